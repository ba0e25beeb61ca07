use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{WebhookError, read};
use crate::IdentityAccessKey;
use crate::model::{Fields, IdentityStatus};
use crate::word::open_enum;

open_enum! {
    /// What happened.
    EventName {
        /// Processing has ended. Its status can say `approved` while a watchlist finding keeps the
        /// identity `pending`.
        VerificationCompleted = "VERIFICATION_COMPLETED",
        /// Somebody, or the project's thresholds, decided. Can come more than once.
        VerificationReviewed = "VERIFICATION_REVIEWED",
        /// Data points were edited.
        DatapointUpdated = "DATAPOINT_UPDATED",
        /// Something was found on a watchlist; the identity is `pending` from now on.
        WatchlistMonitoring = "WATCHLIST_MONITORING",
        /// A biometric authentication succeeded.
        IdentityAuthenticated = "IDENTITY_AUTHENTICATED",
        /// Until 2019.
        AuthenticationCreated = "AUTHENTICATION_CREATED",
        /// Until 2019.
        AuthenticationFinished = "AUTHENTICATION_FINISHED",
        /// Until November 2020; then `VERIFICATION_COMPLETED`.
        AuthenticationProcessed = "AUTHENTICATION_PROCESSED",
        /// Until November 2020; then `VERIFICATION_REVIEWED`.
        AuthenticationReviewStatusChanged = "AUTHENTICATION_REVIEW_STATUS_CHANGED",
    }
}

/// A webhook that was opened. **A hint**: its order, its number and what it says are not to be relied
/// on; read the identity again with
/// [`PassbaseClient::identity_of`](crate::PassbaseClient::identity_of).
///
/// Only name and key are demanded: the payload of one event was never published. `Debug` shows name,
/// status and times.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub event: EventName,
    /// Which identity it is about.
    pub key: IdentityAccessKey,
    /// What the status was when the event was written.
    pub status: Option<IdentityStatus>,
    /// When the identity was begun, in whole seconds.
    pub created: Option<SystemTime>,
    /// When anything about it last changed.
    pub updated: Option<SystemTime>,
    /// When its processing ended: the age of the evidence counts from here, and no read ever tells
    /// it. Keep it; see [`ProcessedTimes`](crate::ProcessedTimes).
    pub processed: Option<SystemTime>,
    /// The resource whose data point was edited.
    pub resource_key: Option<String>,
    /// The name of the data point that was edited, in upper case.
    pub data_point: Option<String>,
    /// Its new value: personal.
    pub value: Option<Value>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Event {
    /// Reads what was opened and kept: nothing is checked here, and whoever calls this answers for where
    /// the bytes have been since.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] for what is no event.
    pub fn from_opened(body: &[u8]) -> Result<Self, WebhookError> {
        read(body).ok_or(WebhookError)
    }

    /// `None` where name or key is missing, or a field has a type that was never published.
    pub(super) fn read(fields: Map<String, Value>) -> Option<Self> {
        let mut fields = Fields::new(fields);
        let event = EventName::from(&*fields.text("event").ok()??);
        // 2019's name of the field.
        let key = fields.first_text(["key", "authentication_key"]).ok()??;
        // 2019's template held a key of the project.
        let _ = fields.any("api_key");
        Some(Self {
            event,
            key: IdentityAccessKey::parse(&key).ok()?,
            status: fields.word("status").ok()?,
            created: fields.time("created").ok()?,
            updated: fields.time("updated").ok()?,
            processed: fields.time("processed").ok()?,
            resource_key: fields.text("resource_key").ok()?,
            data_point: fields.text("type").ok()?,
            value: fields.any("value"),
            extra: fields.rest(),
        })
    }

    /// The same for repetitions of an event: a hash of its name, its key, `updated`, and what it says has
    /// changed. There is no event id (decision P86): without `updated` it says nothing.
    pub fn semantic_key(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix("passid-passbase-webhook-1");
        let updated = self.updated.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let updated = updated.map_or_else(String::new, |since| since.as_secs().to_string());
        let value = self.value.as_ref().map(Value::to_string);
        // `updated` counts in whole seconds, in which more than one thing can happen.
        let changed = [
            self.status.as_ref().map(IdentityStatus::as_str),
            self.resource_key.as_deref(),
            self.data_point.as_deref(),
            value.as_deref(),
        ];
        let changed = changed.map(Option::unwrap_or_default);
        for part in [self.event.as_str(), self.key.expose(), &updated].into_iter().chain(changed) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// Whether a credential that was issued for the identity may no longer stand: drop what is cached,
    /// and read it again. True for everything but an approval by a review and an authentication: also
    /// where `VERIFICATION_COMPLETED` says `approved`, since the identity may be `pending` all the same.
    pub fn may_revoke(&self) -> bool {
        match self.event {
            EventName::IdentityAuthenticated => false,
            EventName::VerificationReviewed => self.status != Some(IdentityStatus::Approved),
            _ => true,
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event", &self.event)
            .field("status", &self.status)
            .field("updated", &self.updated)
            .field("processed", &self.processed)
            .finish_non_exhaustive()
    }
}
