//! Forgetting for all instances: a tombstone in Redis, and a message to each of them.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;

use super::builder::Settings;
use super::event::Counts;
use super::message::{CacheKey, Forgotten, Sender, message};
use super::pending::{Of, Pending, Wish};
use super::resolve::millis;
use super::{Level, SharedEvent};
use crate::clock::within;
use crate::redis::Redis;
use crate::{Entropy, Subject, Token};

/// How long the wish for another epoch stands: longer than any entry.
const EPOCH_LIFE: Duration = Duration::from_secs(2 * 3600);
/// How long what is in Redis is not used for a subject (decision P125): longer than any entry that was
/// asked for before.
const SUBJECT_LIFE: Duration = EPOCH_LIFE;
const LOOK_UP: Duration = Duration::from_secs(1);
const TRY_AGAIN: Duration = Duration::from_millis(50);

impl Level {
    pub(super) fn forget_token(&self, token: &Token) {
        let places = self.places(token);
        let keys = self.cache_keys(token);
        let id = places.first().map(|place| place.id);
        let entries = places.into_iter().map(|place| place.entry).collect();
        // First the wish: a request that comes in between must not find what is in Redis.
        self.pending.add(Wish { id, entries, keys: keys.clone(), of: Of::Token });
        self.caches.forget(&keys);
    }

    /// P125: which entries are the subject's nobody can tell, so that its own name gets a tombstone.
    pub(super) fn forget_whom(&self, subject: &Subject) {
        let names = self.subject_names(subject);
        let keys = self.subject_keys(subject);
        let id = names.first().map(|(id, _)| *id);
        let entries = names.into_iter().map(|(_, name)| name).collect();
        self.pending.add(Wish { id, entries, keys: keys.clone(), of: Of::Subject });
        self.caches.forget_subjects(&keys);
    }

    pub(super) fn forget_everything(&self) {
        self.pending.add_all();
        self.caches.forget_all();
    }

    /// Tells the other instances, and leaves what is in Redis.
    pub(super) fn announce(&self, token: &Token) {
        let keys = self.cache_keys(token);
        self.pending.add(Wish { id: None, entries: Vec::new(), keys, of: Of::Token });
    }
}

/// Sends wishes for as long as there is somebody who could have one.
pub(super) fn send(
    redis: Redis,
    sender: Sender,
    pending: &Arc<Pending>,
    counts: Arc<Counts>,
) -> impl Future<Output = ()> + Send + use<> {
    let (news, pending) = (pending.news.clone(), Arc::downgrade(pending));
    async move {
        let clock = redis.clock();
        let mut up = redis.watch();
        loop {
            let Some((all, wishes)) = pending.upgrade().map(|pending| pending.next()) else {
                return;
            };
            if !all && wishes.is_empty() {
                news.notified().await;
                continue;
            }
            // Looks up now and then: the verifier may have gone while Redis was away.
            let open = async { up.wait_for(|number| *number != 0).await.is_ok() };
            if within(&*clock, LOOK_UP, open).await != Some(true) {
                continue;
            }
            if send_some(&redis, sender, all, &wishes).await {
                counts.add(SharedEvent::Sent);
                if let Some(pending) = pending.upgrade() {
                    pending.sent(all, wishes.len());
                }
            } else {
                clock.sleep(TRY_AGAIN).await;
            }
        }
    }
}

/// Whether they were sent. First what is in Redis goes, then the instances are told: whoever looks
/// because of the message finds nothing old.
async fn send_some(redis: &Redis, sender: Sender, all: bool, wishes: &[Wish]) -> bool {
    let Some(keys) = redis.secrets().first() else { return true };
    let entropy = redis.entropy();
    let mut commands = redis::pipe();
    let mut messages = Vec::new();
    if all {
        let epoch = entropy.bits().to_be_bytes();
        let command = commands.cmd("SET").arg(redis.name("e")).arg(&epoch[..]);
        command.arg("PX").arg(millis(EPOCH_LIFE)).ignore();
        messages.push(message(keys, sender, &Forgotten::Tokens(&[])));
    } else {
        for (entry, of) in wishes.iter().flat_map(|wish| wish.entries.iter().map(|e| (e, wish.of)))
        {
            let life = if of == Of::Token { Settings::TOMBSTONE } else { SUBJECT_LIFE };
            let command = commands.cmd("SET").arg(entry).arg(tombstone(&*entropy));
            command.arg("PX").arg(millis(life)).ignore();
        }
        let (tokens, subjects) = (keys_of(wishes, Of::Token), keys_of(wishes, Of::Subject));
        if !tokens.is_empty() {
            messages.push(message(keys, sender, &Forgotten::Tokens(&tokens)));
        }
        if !subjects.is_empty() {
            messages.push(message(keys, sender, &Forgotten::Subjects(&subjects)));
        }
    }
    for message in messages {
        commands.cmd("PUBLISH").arg(redis.name("i")).arg(message).ignore();
    }
    let sent = redis
        .tell(|mut connection| async move {
            let sent: RedisResult<()> = commands.query_async(&mut connection).await;
            sent
        })
        .await;
    sent.is_ok()
}

fn keys_of(wishes: &[Wish], of: Of) -> Vec<CacheKey> {
    wishes.iter().filter(|wish| wish.of == of).flat_map(|wish| &wish.keys).copied().collect()
}

/// What stands in the place of an entry that was forgotten: no two are alike.
pub(super) fn tombstone(entropy: &dyn Entropy) -> Vec<u8> {
    [b"0", &entropy.bits().to_be_bytes()[..]].concat()
}
