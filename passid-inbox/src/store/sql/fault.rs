use std::borrow::Cow;
use std::sync::Arc;

use crate::store::StoreError;

/// What is kept of a database's error: its code. Its text may quote what was to be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::store) enum Fault {
    #[error("the database answered with code {code}{}", meaning(code))]
    Code { code: String },
    #[error("the connection to the database broke: {0}")]
    Broken(std::io::ErrorKind),
    #[error("the database's answer was not understood")]
    Protocol,
    #[cfg(feature = "sqlite")]
    #[error("an error before had the transaction rolled back")]
    RolledBack,
    #[error("an unexpected {0} was read")]
    Unexpected(&'static str),
    #[error("no connection to the database became free within {millis} ms")]
    NoConnection { millis: u64 },
    #[error("the store was closed")]
    Closed,
}

impl Fault {
    /// An error of this operation.
    pub(in crate::store) fn at(self, operation: &'static str) -> StoreError {
        match self {
            Self::Unexpected(what) => StoreError::Unexpected { what },
            Self::NoConnection { millis } => StoreError::Deadline { millis },
            Self::Closed => StoreError::Closed,
            other => StoreError::Database { operation, source: Arc::new(other) },
        }
    }

    pub(in crate::store) fn code(&self) -> Option<&str> {
        match self {
            Self::Code { code } => Some(code),
            _ => None,
        }
    }

    /// An error of the pool that waits so long for a connection.
    pub(in crate::store) fn of_pool(error: sqlx::Error, limit: std::time::Duration) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => {
                Self::NoConnection { millis: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
            }
            other => other.into(),
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => Self::Code {
                code: error.code().map_or_else(|| "unknown".to_owned(), Cow::into_owned),
            },
            sqlx::Error::Io(error) => Self::Broken(error.kind()),
            sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                Self::Broken(std::io::ErrorKind::Other)
            }
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) => {
                Self::Unexpected("column")
            }
            _ => Self::Protocol,
        }
    }
}

/// The codes that an operator is likely to meet: SQLite's primary codes in their extended ones, and
/// SQLSTATE.
fn meaning(code: &str) -> &'static str {
    if code.len() < 5 {
        return match code.parse::<u32>().unwrap_or_default() & 0xff {
            5 | 6 => " (locked by another process)",
            8 => " (it may not be written)",
            10 => " (the disk could not be read or written)",
            11 => " (damaged)",
            13 => " (full)",
            14 => " (it could not be opened)",
            18 => " (too large)",
            26 => " (not a database)",
            _ => "",
        };
    }
    match code {
        "25006" => " (it may only be read: a standby?)",
        "28000" | "28P01" => " (user or password refused)",
        "3D000" => " (no such database)",
        "3F000" => " (no such schema)",
        "42501" => " (not permitted)",
        "53100" => " (disk full)",
        "53300" => " (too many connections)",
        "57014" => " (cancelled, it took too long)",
        "57P01" | "57P02" | "57P03" => " (it stops or starts)",
        _ => "",
    }
}
