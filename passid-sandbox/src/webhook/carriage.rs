//! How an event is carried, which is a matter of whose API it is of.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::delivery::Outcome;
use super::schedule;
use crate::route::Api;

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "api", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Carriage {
    /// Signed JSON of an institution, up to five times, until any 2xx.
    #[default]
    Passid,
    /// P100: sent once unless the project is set to more, until a 200. No signature; the body may be
    /// encrypted.
    Passbase {
        encrypted: bool,
        /// What stood in `Authorization` in 2019.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authorization: Option<String>,
        /// The pauses before the second attempt and those after it, in seconds.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        retries: Vec<u32>,
        /// The first attempt is followed by the same bytes again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        repeated: bool,
    },
}

impl Carriage {
    pub(crate) fn api(&self) -> Api {
        match self {
            Self::Passid => Api::Passid,
            Self::Passbase { .. } => Api::Passbase,
        }
    }

    pub(super) fn is_passid(&self) -> bool {
        self.api() == Api::Passid
    }

    pub(super) fn is_success(&self, outcome: &Outcome) -> bool {
        match (outcome, self) {
            (Outcome::Status { status, .. }, Self::Passid) => schedule::is_success(*status),
            (Outcome::Status { status, .. }, Self::Passbase { .. }) => *status == 200,
            _ => false,
        }
    }

    /// When to try again after so many failed attempts, the last of which ended at `now`.
    pub(super) fn next(&self, failed: usize, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Passid => schedule::next(failed, now),
            Self::Passbase { retries, .. } => {
                let pause = retries.get(failed.checked_sub(1)?)?;
                Some(schedule::later(now, SignedDuration::from_secs(i64::from(*pause))))
            }
        }
    }

    pub(super) fn is_repeated(&self) -> bool {
        matches!(self, Self::Passbase { repeated: true, .. })
    }
}

/// Without the key that 2019's header holds.
impl fmt::Debug for Carriage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Carriage").field(&self.api()).finish()
    }
}
