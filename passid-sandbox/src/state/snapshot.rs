//! The whole state as one document: to be looked at, kept, and put back.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::world::World;

/// The form of the document. Another form is refused rather than guessed at.
const VERSION: u64 = 1;

/// Everything but what tests put on top: faults, counts and the journal.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Snapshot {
    version: u64,
    /// Rows by table and key.
    #[schema(value_type = Object)]
    tables: Map<String, Value>,
}

/// Why a state cannot be imported. The old one stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Another version of the sandbox wrote it.
    #[error("export it again with this version of the sandbox, which reads version {VERSION} only")]
    Version,
    /// A table or row is not what this version writes.
    #[error("import only what was exported: {0}")]
    Unreadable(String),
}

impl World {
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { version: VERSION, tables: self.export() }
    }

    /// Fills a world that holds nothing with what a snapshot describes.
    pub(super) fn take_snapshot(&mut self, snapshot: Snapshot) -> Result<(), SnapshotError> {
        if snapshot.version != VERSION {
            return Err(SnapshotError::Version);
        }
        for (name, rows) in snapshot.tables {
            let Value::Object(rows) = rows else {
                return Err(SnapshotError::Unreadable("a table is no object".to_owned()));
            };
            for (key, row) in rows {
                self.load(&name, &key, &row.to_string())
                    .map_err(|error| SnapshotError::Unreadable(error.to_string()))?;
            }
        }
        self.finish_loading().map_err(|error| SnapshotError::Unreadable(error.to_string()))
    }
}
