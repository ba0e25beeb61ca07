//! Forgetting for all instances: a tombstone in Redis, and a message to each of them.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;

use super::builder::Settings;
use super::event::Counts;
use super::message::{CacheKey, Sender, message};
use super::pending::{Pending, Wish};
use super::resolve::millis;
use super::{Level, SharedEvent};
use crate::clock::within;
use crate::redis::Redis;
use crate::{Entropy, Token};

/// How long the wish for another epoch stands: longer than any entry.
const EPOCH_LIFE: Duration = Duration::from_secs(2 * 3600);
const LOOK_UP: Duration = Duration::from_secs(1);
const TRY_AGAIN: Duration = Duration::from_millis(50);

impl Level {
    pub(super) fn forget_token(&self, token: &Token) {
        let places = self.places(token);
        let keys = self.cache_keys(token);
        let id = places.first().map(|place| place.id);
        let entries = places.into_iter().map(|place| place.entry).collect();
        // First the wish: a request that comes in between must not find what is in Redis.
        self.pending.add(Wish { id, entries, keys: keys.clone() });
        self.caches.forget(&keys);
    }

    pub(super) fn forget_everything(&self) {
        self.pending.add_all();
        self.caches.forget_all();
    }

    /// Tells the other instances, and leaves what is in Redis.
    pub(super) fn announce(&self, token: &Token) {
        let keys = self.cache_keys(token);
        self.pending.add(Wish { id: None, entries: Vec::new(), keys });
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
    let forgotten: Vec<CacheKey> = if all {
        let epoch = entropy.bits().to_be_bytes();
        let command = commands.cmd("SET").arg(redis.name("e")).arg(&epoch[..]);
        command.arg("PX").arg(millis(EPOCH_LIFE)).ignore();
        Vec::new()
    } else {
        for entry in wishes.iter().flat_map(|wish| &wish.entries) {
            let command = commands.cmd("SET").arg(entry).arg(tombstone(&*entropy));
            command.arg("PX").arg(millis(Settings::TOMBSTONE)).ignore();
        }
        wishes.iter().flat_map(|wish| &wish.keys).copied().collect()
    };
    let message = message(keys, sender, &forgotten);
    commands.cmd("PUBLISH").arg(redis.name("i")).arg(message).ignore();
    let sent = redis
        .tell(|mut connection| async move {
            let sent: RedisResult<()> = commands.query_async(&mut connection).await;
            sent
        })
        .await;
    sent.is_ok()
}

/// What stands in the place of an entry that was forgotten: no two are alike.
pub(super) fn tombstone(entropy: &dyn Entropy) -> Vec<u8> {
    [b"0", &entropy.bits().to_be_bytes()[..]].concat()
}
