//! Forgetting: one token, what an event is about, a subject, everything; and what is under way
//! (decision P57).

use std::collections::HashSet;

use super::key::CacheKey;
use super::{CacheEvent, CachedVerifier, Shared};
use crate::verify::LocalCache;
use crate::webhook::{Event, EventData};
use crate::{Subject, Token, Verify};

impl<V: Verify> CachedVerifier<V> {
    /// Forgets what is known of a token, also what a call that is under way will say of it. The next
    /// request asks the provider. Where instances share what they know, all of them forget it.
    pub fn invalidate(&self, token: &Token) {
        match &self.shared.level {
            Some(level) => level.forget(token),
            None => LocalCache::forget(&*self.shared, &[self.shared.hasher.key(token).to_bytes()]),
        }
    }

    /// Forgets the credential that a webhook speaks against: of a `verification.failed`, and of an
    /// event that is not known and names a token, such as a revocation might be (decision P58).
    /// Whether it did.
    ///
    /// A `verification.completed` changes nothing: it is the echo of what the cache asked itself. An
    /// event without a token cannot be matched with an entry; there the time to live is the bound.
    ///
    /// ```
    /// use passid_core::webhook::VerifiedBody;
    /// use passid_core::{CachedVerifier, PassidClient};
    ///
    /// // In the handler of the webhook; clones of the cache share everything.
    /// fn received(cache: &CachedVerifier<PassidClient>, body: VerifiedBody) {
    ///     if let Ok(event) = body.parse() {
    ///         cache.invalidate_event(&event);
    ///     }
    /// }
    /// ```
    pub fn invalidate_event(&self, event: &Event) -> bool {
        let Some(token) = spoken_against(event) else { return false };
        let shared = &self.shared;
        if let Some(level) = &shared.level {
            level.forget(&token);
            return true;
        }
        let key = shared.hasher.key(&token);
        {
            let mut table = shared.flights.lock();
            table.give_up(&key);
            // A refusal stays: the event agrees with it.
            shared.store.forget_credential(&key);
        }
        shared.tell(CacheEvent::Invalidated);
        true
    }

    /// Forgets every credential of a subject, whatever token it was asked for with, also what calls that
    /// are under way will say of it: for what a provider tells of somebody whose tokens it does not
    /// know. Refusals stay. Where instances share what they know, all of them forget it.
    ///
    /// Looks at each credential that is kept: a matter of microseconds for a thousand (decision P124).
    ///
    /// ```
    /// use passid_core::{CachedVerifier, Subject, Verify};
    ///
    /// fn revoked<V: Verify>(cache: &CachedVerifier<V>, id: &str) {
    ///     cache.invalidate_subject(Subject::of("provider", id));
    /// }
    /// ```
    pub fn invalidate_subject(&self, subject: Subject) {
        match &self.shared.level {
            Some(level) => level.forget_subject(&subject),
            None => {
                let key = self.shared.hasher.subject(&subject).to_bytes();
                LocalCache::forget_subjects(&*self.shared, &[key]);
            }
        }
    }

    /// Forgets everything, also what calls that are under way will say. Where instances share what
    /// they know, all of them forget it.
    pub fn clear(&self) {
        match &self.shared.level {
            Some(level) => level.forget_all(),
            None => LocalCache::forget_all(&*self.shared),
        }
    }
}

impl<V: Verify> LocalCache for Shared<V> {
    fn forget(&self, keys: &[[u8; 16]]) {
        {
            let mut table = self.flights.lock();
            for key in keys.iter().copied().map(CacheKey::from_bytes) {
                table.give_up(&key);
                self.store.forget(&key);
            }
        }
        self.tell(CacheEvent::Invalidated);
    }

    fn forget_subjects(&self, subjects: &[[u8; 16]]) {
        let subjects: HashSet<_> = subjects.iter().copied().map(CacheKey::from_bytes).collect();
        {
            // No answer is put in between the note and the look.
            let mut table = self.flights.lock();
            for subject in &subjects {
                table.forget_subject(*subject);
            }
            self.store.forget_subjects(|subject| subjects.contains(&self.hasher.subject(subject)));
        }
        self.tell(CacheEvent::Invalidated);
    }

    fn forget_all(&self) {
        {
            let mut table = self.flights.lock();
            table.give_all_up();
            self.store.clear();
        }
        self.tell(CacheEvent::Invalidated);
    }
}

/// P58: the token of an event after which its credential must be looked at again.
fn spoken_against(event: &Event) -> Option<Token> {
    match &event.data {
        EventData::VerificationFailed(failed) => failed.token.clone(),
        EventData::Other { data, .. } => Token::parse(data.get("token")?.as_str()?).ok(),
        EventData::VerificationCompleted(_)
        | EventData::OutcomeReported(_)
        | EventData::Test(_) => None,
    }
}
