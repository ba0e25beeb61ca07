use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::{Event, EventData};

/// What makes two bodies the same event: the second of the two keys that tell a repetition (decision
/// D26). A hash, so that a record of it holds no token.
///
/// It stays the same from version to version of this library (decision P34): SHA-256 of
/// `passid-webhook-1` and the parts, each behind its length in eight bytes, most significant first.
/// The parts are the event's name, the institution's id, the token in its printed form, and either
/// the seconds of `verified_at` since 1970 as decimal digits, or the outcome's word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SemanticKey([u8; 32]);

impl SemanticKey {
    pub(super) fn of(event: &Event) -> Option<Self> {
        let (token, last) = match &event.data {
            EventData::VerificationCompleted(data) => {
                (data.token.as_ref()?, seconds(data.verified_at?))
            }
            EventData::OutcomeReported(data) => (data.token.as_ref()?, data.outcome.clone()?),
            EventData::VerificationFailed(_) | EventData::Test(_) | EventData::Other { .. } => {
                return None;
            }
        };
        let mut hash = Sha256::new_with_prefix(b"passid-webhook-1");
        for part in [event.name(), &event.institution_id, token.expose(), &last] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Some(Self(hash.finalize().into()))
    }

    /// The key, to be kept.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Whole seconds, rounded down; fractions are not to be told apart by who writes them.
fn seconds(time: SystemTime) -> String {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_secs().to_string(),
        Err(before) => {
            let before = before.duration();
            let seconds = before.as_secs() + u64::from(before.subsec_nanos() > 0);
            format!("-{seconds}")
        }
    }
}

/// Lower-case hex.
impl fmt::Display for SemanticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SemanticKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SemanticKey({self})")
    }
}
