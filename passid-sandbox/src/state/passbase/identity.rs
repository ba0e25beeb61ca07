use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::passbase::{NewIdentity, TransitionError};
use crate::state::aged::Dated;
use crate::state::table::Row;

/// The states of an identity. `created → processing → pending → approved` or `declined`; a finding
/// makes `approved` `pending` again, and a reviewer can change a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdentityStatus {
    Created,
    Processing,
    Pending,
    Approved,
    Declined,
}

impl IdentityStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Processing => "processing",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Declined => "declined",
        }
    }
}

/// An identity, with all that is known of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    /// Its place in the order of creation, from 1.
    pub(crate) number: u64,
    pub(crate) key: String,
    pub(crate) status: IdentityStatus,
    pub(crate) new: NewIdentity,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) processed: Option<Timestamp>,
    pub(crate) resource_id: String,
    pub(crate) file_id: String,
    /// The kinds of findings; `None` where nobody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) findings: Option<Vec<String>>,
}

impl Identity {
    /// Whether something was found on a watchlist.
    pub(super) fn is_listed(&self) -> bool {
        self.findings.as_ref().is_some_and(|kinds| !kinds.is_empty())
    }

    pub(super) fn expect(&self, from: &[IdentityStatus]) -> Result<(), TransitionError> {
        if from.contains(&self.status) {
            Ok(())
        } else {
            Err(TransitionError::State { status: self.status.as_str() })
        }
    }

    /// The key of its row: in the order of creation.
    pub(super) fn row_key(&self) -> String {
        row_key(self.number)
    }
}

pub(super) fn row_key(number: u64) -> String {
    format!("{number:020}")
}

impl Row for Identity {
    const TABLE: &'static str = "passbase_identities";
}

impl Dated for Identity {
    fn dated(&self) -> Timestamp {
        self.created
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("status", &self.status).finish_non_exhaustive()
    }
}
