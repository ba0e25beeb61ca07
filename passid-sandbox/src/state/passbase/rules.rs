//! The rules by which identities change.
//!
//! P102: the states and the ways between them are worked out from the documentation, which draws none:
//! a decision can be changed, a finding takes an approval back and nothing else, and whatever is not
//! possible from a state changes nothing.

use jiff::Timestamp;
use serde_json::Value;

use super::identity::{Identity, IdentityStatus, row_key};
use crate::passbase::{
    MetadataKey, NewIdentity, PassbaseSettings, TransitionError, UnreadableMetadata, check_size,
};
use crate::state::world::World;
use crate::webhook::WebhookEvent;

impl World {
    /// A person opens the button: an identity in `created`. Gives its key.
    pub(crate) fn begin_identity(
        &mut self,
        mut new: NewIdentity,
        now: Timestamp,
    ) -> Result<String, TransitionError> {
        new.check()?;
        if let Some(signed) = new.signed_metadata.take() {
            let PassbaseSettings { metadata_key, unreadable_metadata, .. } =
                self.passbase_settings();
            let key = metadata_key.as_deref().and_then(MetadataKey::from_pem);
            new.metadata = match key.and_then(|key| key.open(&signed)) {
                Some(opened) => opened,
                // P101
                None if unreadable_metadata == UnreadableMetadata::Null => Value::Null,
                None => return Err(TransitionError::Metadata),
            };
        }
        let key = loop {
            let candidate = self.passbase_id();
            if self.passbase_identity(&candidate).is_none() {
                break candidate;
            }
        };
        self.add_identity(key.clone(), new, now);
        Ok(key)
    }

    /// An identity in `created`, under a key that no other has.
    pub(super) fn add_identity(&mut self, key: String, new: NewIdentity, now: Timestamp) {
        // A state that was put together by hand may have identities beyond its counter.
        let number = loop {
            let candidate = self.counters_mut().passbase_identity();
            if !self.passbase.identities.contains(&row_key(candidate)) {
                break candidate;
            }
        };
        let identity = Identity {
            number,
            key: key.clone(),
            status: IdentityStatus::Created,
            new,
            created: now,
            updated: now,
            processed: None,
            resource_id: self.passbase_id(),
            file_id: self.passbase_id(),
            findings: None,
        };
        let row = identity.row_key();
        let tables = &mut self.passbase;
        tables.by_key.insert(key, row.clone());
        let mut gone = tables.identities.forget_what_is_over(now);
        gone.extend(tables.identities.insert(row, identity));
        for identity in gone {
            tables.by_key.remove(&identity.key);
        }
    }

    fn passbase_id(&mut self) -> String {
        let number = self.counters_mut().spelt();
        self.speller.uuid(number)
    }

    /// Changes an identity as a whole or not at all, and gives it as it is then.
    pub(super) fn change_identity(
        &mut self,
        key: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Identity) -> Result<(), TransitionError>,
    ) -> Result<Identity, TransitionError> {
        let mut identity = self.passbase_identity(key).ok_or(TransitionError::Unknown)?.clone();
        change(&mut identity)?;
        identity.updated = now;
        if let Some(known) = self.passbase.identities.get_mut(&identity.row_key()) {
            known.clone_from(&identity);
        }
        Ok(identity)
    }

    /// The person has handed everything in.
    pub(crate) fn submit_identity(
        &mut self,
        key: &str,
        now: Timestamp,
    ) -> Result<IdentityStatus, TransitionError> {
        let identity = self.change_identity(key, now, |identity| {
            identity.expect(&[IdentityStatus::Created])?;
            identity.status = IdentityStatus::Processing;
            Ok(())
        })?;
        Ok(identity.status)
    }

    /// Processing ends. The documented trap, unless it is off: with a finding on a watchlist,
    /// COMPLETED says what the thresholds say, and the identity is `pending`.
    pub(crate) fn process_identity(
        &mut self,
        key: &str,
        now: Timestamp,
    ) -> Result<IdentityStatus, TransitionError> {
        let PassbaseSettings { thresholds, trap, .. } = self.passbase_settings();
        let decided = |score: f64| match thresholds {
            Some(limits) if score >= limits.approve => IdentityStatus::Approved,
            Some(limits) if score < limits.decline => IdentityStatus::Declined,
            _ => IdentityStatus::Pending,
        };
        let identity = self.change_identity(key, now, |identity| {
            identity.expect(&[IdentityStatus::Processing])?;
            identity.processed = Some(now);
            identity.status = match decided(identity.new.score) {
                _ if identity.is_listed() => IdentityStatus::Pending,
                decision => decision,
            };
            Ok(())
        })?;
        let decision = decided(identity.new.score);
        let completed = if trap { decision } else { identity.status };
        self.tell_of(&identity, WebhookEvent::PassbaseVerificationCompleted, completed, now);
        if identity.is_listed() {
            let found = WebhookEvent::PassbaseWatchlistMonitoring;
            self.tell_of(&identity, found, identity.status, now);
        } else if decision != IdentityStatus::Pending {
            let reviewed = WebhookEvent::PassbaseVerificationReviewed;
            self.tell_of(&identity, reviewed, decision, now);
        }
        Ok(identity.status)
    }

    /// Somebody decides, or decides again.
    pub(crate) fn review_identity(
        &mut self,
        key: &str,
        approve: bool,
        now: Timestamp,
    ) -> Result<IdentityStatus, TransitionError> {
        let decision = if approve { IdentityStatus::Approved } else { IdentityStatus::Declined };
        let identity = self.change_identity(key, now, |identity| {
            identity.expect(&[
                IdentityStatus::Pending,
                IdentityStatus::Approved,
                IdentityStatus::Declined,
            ])?;
            identity.status = decision;
            Ok(())
        })?;
        self.tell_of(&identity, WebhookEvent::PassbaseVerificationReviewed, decision, now);
        Ok(identity.status)
    }

    /// The person is looked for on watchlists; none is a clean result.
    pub(crate) fn screen_identity(
        &mut self,
        key: &str,
        findings: Vec<String>,
        now: Timestamp,
    ) -> Result<IdentityStatus, TransitionError> {
        let identity = self.change_identity(key, now, |identity| {
            identity.findings = Some(findings);
            if identity.is_listed() && identity.status == IdentityStatus::Approved {
                identity.status = IdentityStatus::Pending;
            }
            check_size(identity)
        })?;
        if identity.is_listed() && identity.processed.is_some() {
            let pending = IdentityStatus::Pending;
            self.tell_of(&identity, WebhookEvent::PassbaseWatchlistMonitoring, pending, now);
        }
        Ok(identity.status)
    }

    /// The person shows their face again, with success.
    pub(crate) fn authenticate_identity(
        &mut self,
        key: &str,
        now: Timestamp,
    ) -> Result<IdentityStatus, TransitionError> {
        let approved = IdentityStatus::Approved;
        let identity = self.change_identity(key, now, |identity| identity.expect(&[approved]))?;
        self.tell_of(&identity, WebhookEvent::PassbaseIdentityAuthenticated, approved, now);
        Ok(identity.status)
    }

    /// Somebody edits a data point of the document.
    pub(crate) fn edit_identity(
        &mut self,
        key: &str,
        name: &str,
        value: Value,
        now: Timestamp,
    ) -> Result<IdentityStatus, TransitionError> {
        let event_value = value.clone();
        let identity = self.change_identity(key, now, |identity| {
            if let Some(document) = &mut identity.new.document {
                document.data_points.insert(name.to_owned(), value);
            }
            check_size(identity)
        })?;
        self.tell_of_edit(&identity, name, &event_value, now);
        Ok(identity.status)
    }
}
