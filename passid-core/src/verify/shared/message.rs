//! What instances say to each other: keyed hashes, and a MAC over them.
//!
//! Whoever can publish and has not the deployment's secret can have nothing forgotten. A message that
//! somebody sends a second time costs calls to the provider and nothing else, so it carries no time
//! (decision P74).

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::SharedEvent;
use super::event::Counts;
use crate::keyed::{is_mac, mac};
use crate::redis::{Keys, Listener, Redis};
use crate::verify::LocalCache;

/// What a message of this format begins with: what it names.
const TOKENS: u8 = b'1';
const SUBJECTS: u8 = b'2';
const ID: usize = 16;
const MAC: usize = 32;
/// The longest message that is looked at: far longer than any that is sent.
const MAX_MESSAGE: usize = 64 * 1024;

/// How the caches of all instances name a token, or a subject.
pub(super) type CacheKey = [u8; ID];
/// Tells instances apart: none acts on what it said itself.
pub(super) type Sender = [u8; ID];

/// The caches of this instance, for as long as they are there.
#[derive(Default)]
pub(super) struct Caches(Mutex<Vec<Weak<dyn LocalCache>>>);

impl Caches {
    pub(super) fn add(&self, cache: Weak<dyn LocalCache>) {
        let mut caches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        caches.retain(|cache| cache.strong_count() > 0);
        caches.push(cache);
    }

    /// Out of the lock: what they do is theirs.
    fn present(&self) -> Vec<Arc<dyn LocalCache>> {
        let caches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        caches.iter().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn forget(&self, keys: &[CacheKey]) {
        for cache in self.present() {
            cache.forget(keys);
        }
    }

    pub(super) fn forget_subjects(&self, keys: &[CacheKey]) {
        for cache in self.present() {
            cache.forget_subjects(keys);
        }
    }

    pub(super) fn forget_all(&self) {
        for cache in self.present() {
            cache.forget_all();
        }
    }
}

/// What is to be forgotten.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Forgotten<'a> {
    /// These tokens; everything if there are none.
    Tokens(&'a [CacheKey]),
    Subjects(&'a [CacheKey]),
}

pub(super) fn message(keys: &Keys, sender: Sender, forgotten: &Forgotten<'_>) -> Vec<u8> {
    let (begin, forgotten) = match forgotten {
        Forgotten::Tokens(tokens) => (TOKENS, *tokens),
        Forgotten::Subjects(subjects) => (SUBJECTS, *subjects),
    };
    let mut message = vec![begin];
    message.extend(sender);
    message.extend(forgotten.iter().flatten());
    let tag = mac(&keys.messages, &[&message]);
    message.extend(tag);
    message
}

/// Who has sent a message, if it was an instance with one of our secrets, and what it is to forget.
fn read<'a>(secrets: &[[u8; 32]], message: &'a [u8]) -> Option<(Sender, Forgotten<'a>)> {
    let message = Some(message).filter(|message| message.len() <= MAX_MESSAGE)?;
    let (signed, tag) = message.split_last_chunk::<MAC>()?;
    // All of them, whichever it is.
    let ours = secrets.iter().fold(false, |ours, key| ours | is_mac(key, &[signed], tag));
    let (begin, ids) = signed.split_first()?;
    let (ids, rest) = ids.as_chunks::<ID>();
    let (sender, ids) = ids.split_first()?;
    let forgotten = match *begin {
        TOKENS => Forgotten::Tokens(ids),
        SUBJECTS => Forgotten::Subjects(ids),
        _ => return None,
    };
    (ours && rest.is_empty()).then_some((*sender, forgotten))
}

/// Hears what the instances had forgotten.
pub(super) struct Hearer {
    secrets: Vec<[u8; 32]>,
    sender: Sender,
    caches: Arc<Caches>,
    counts: Arc<Counts>,
}

impl Hearer {
    pub(super) fn new(
        redis: &Redis,
        sender: Sender,
        caches: Arc<Caches>,
        counts: Arc<Counts>,
    ) -> Self {
        let secrets = redis.secrets().iter().map(|keys| keys.messages).collect();
        Self { secrets, sender, caches, counts }
    }
}

impl Listener for Hearer {
    fn heard(&self, message: &[u8]) {
        let Some((sender, forgotten)) = read(&self.secrets, message) else {
            self.counts.add(SharedEvent::Forged);
            return;
        };
        if sender != self.sender {
            match forgotten {
                Forgotten::Tokens([]) => self.caches.forget_all(),
                Forgotten::Tokens(keys) => self.caches.forget(keys),
                Forgotten::Subjects(keys) => self.caches.forget_subjects(keys),
            }
        }
        self.counts.add(SharedEvent::Received);
    }

    /// P76: what was missed is not known, so nothing that is in memory can be relied on.
    fn began(&self) {
        self.caches.forget_all();
        self.counts.add(SharedEvent::Subscribed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::DeploymentSecret;

    fn keys(text: &str) -> Keys {
        DeploymentSecret::parse(text).unwrap().derive()
    }

    fn ours() -> Keys {
        keys("0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn a_message_is_heard_by_those_with_the_secret_only() {
        let other = keys("0123456789abcdef0123456789abcdee").messages;
        let ids = &[[1; ID], [2; ID]][..];
        for forgotten in [Forgotten::Tokens(ids), Forgotten::Subjects(ids), Forgotten::Tokens(&[])]
        {
            let sent = message(&ours(), [9; ID], &forgotten);
            assert_eq!(read(&[other], &sent), None);
            assert_eq!(read(&[other, ours().messages], &sent), Some(([9; ID], forgotten)));
        }
    }

    #[test]
    fn a_message_with_anything_changed_is_not_heard() {
        let sent = message(&ours(), [9; ID], &Forgotten::Tokens(&[[1; ID]]));
        for position in 0..sent.len() {
            let mut changed = sent.clone();
            changed[position] ^= 1;
            assert_eq!(read(&[ours().messages], &changed), None, "byte {position}");
        }
        for length in 0..sent.len() {
            assert_eq!(read(&[ours().messages], &sent[..length]), None, "length {length}");
        }
    }
}
