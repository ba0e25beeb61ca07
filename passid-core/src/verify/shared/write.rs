//! Writing, for which nobody waits: keeping answers and giving leases back.

use std::sync::{Arc, LazyLock};

use redis::Script;
use tokio::sync::mpsc;

use super::builder::Settings;
use super::event::Counts;
use super::invalidate::tombstone;
use super::record::Record;
use super::resolve::millis;
use super::store::Seen;
use super::{Level, Place, SharedEvent};
use crate::redis::Redis;
use crate::{DenyReason, Token, Verdict};

/// The right to ask for all instances: a name and whose it is.
#[derive(Clone)]
pub(super) struct Lease {
    pub(super) name: String,
    pub(super) owner: String,
}

/// A lease that may have been taken. Dropped, it is given back.
pub(super) struct Held {
    level: Arc<Level>,
    lease: Option<Lease>,
}

impl Held {
    pub(super) fn new(level: &Arc<Level>, lease: Lease) -> Self {
        Self { level: level.clone(), lease: Some(lease) }
    }

    pub(super) fn was_not_taken(mut self) {
        self.lease = None;
    }

    /// To be given back together with what is kept.
    fn into_lease(mut self) -> Option<Lease> {
        self.lease.take()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.level.queue(Write { keep: None, lease: Some(lease) });
        }
    }
}

/// One thing to be written.
pub(super) struct Write {
    keep: Option<Keep>,
    lease: Option<Lease>,
}

struct Keep {
    /// Whatever is there: for refusals, which outweigh everything.
    in_any_case: bool,
    entry: String,
    /// The places under other secrets.
    others: Vec<String>,
    seen: Seen,
    epoch: String,
    value: Vec<u8>,
    px: u64,
    tombstone: Vec<u8>,
}

/// P73: an answer is put only where nothing has changed since the look that came before it, so that
/// what was invalidated or refused in the meantime does not come back.
static KEEP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local kept = 0
        if ARGV[1] ~= 'release' then
            local same = (redis.call('GET', KEYS[1]) or '') == ARGV[2]
            local epoch = redis.call('GET', KEYS[3]) or ''
            if epoch == ARGV[3] and (same or ARGV[1] == 'always') then
                redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
                kept = 1
            end
            if ARGV[1] == 'always' then
                for other = 4, #KEYS do
                    redis.call('SET', KEYS[other], ARGV[7], 'PX', ARGV[8])
                end
            end
        end
        if ARGV[6] ~= '' and redis.call('GET', KEYS[2]) == ARGV[6] then
            redis.call('DEL', KEYS[2])
        end
        return kept
        ",
    )
});

impl Level {
    /// Has an answer kept, if it may be, and the lease given back.
    pub(super) fn keep(
        &self,
        places: &[Place],
        token: &Token,
        verdict: &Verdict,
        seen: Option<Seen>,
        held: Option<Held>,
    ) {
        let revoked = matches!(
            verdict,
            Verdict::Invalid(DenyReason::HardDenySanctionsMatch | DenyReason::TokenRevoked)
        );
        let keep = seen.and_then(|seen| self.prepare(places, token, verdict, seen));
        let lease = held.and_then(Held::into_lease);
        if keep.is_some() || lease.is_some() {
            self.queue(Write { keep, lease });
        }
        if revoked {
            // P74: what other instances have of it in their memory must not outlive this.
            self.announce(token);
        }
    }

    fn prepare(
        &self,
        places: &[Place],
        token: &Token,
        verdict: &Verdict,
        seen: Seen,
    ) -> Option<Keep> {
        let clock = self.redis.clock();
        let now = clock.now();
        if clock.elapsed().saturating_sub(seen.at) > Settings::LONGEST_CALL {
            return None;
        }
        let (until, in_any_case) = match verdict {
            Verdict::Valid(credential) => {
                let end = credential.received_at().checked_add(self.settings.ttl)?;
                (credential.expires_at().map_or(end, |expiry| expiry.min(end)), false)
            }
            Verdict::Invalid(_) if self.settings.negative_ttl.is_zero() => return None,
            Verdict::Invalid(_) => (now.checked_add(self.settings.negative_ttl)?, true),
            Verdict::Unavailable(_) => return None,
        };
        let left = until.duration_since(now).ok().filter(|left| !left.is_zero())?;
        // A refusal stands in the way of older answers for as long as a tombstone does.
        let px = if in_any_case { left.max(Settings::TOMBSTONE) } else { left };
        let (place, others) = places.split_first()?;
        let record = Record::of(verdict, token, &self.scope, until)?.to_bytes()?;
        let value = place.seal.seal(&place.entry, &seen.epoch()?, record)?;
        Some(Keep {
            in_any_case,
            entry: place.entry.clone(),
            others: others.iter().map(|place| place.entry.clone()).collect(),
            seen,
            epoch: self.redis.name("e"),
            value,
            px: millis(px),
            tombstone: tombstone(&*self.redis.entropy()),
        })
    }

    fn queue(&self, write: Write) {
        if self.writes.try_send(write).is_err() {
            self.count(SharedEvent::Dropped);
        }
    }
}

/// Writes for as long as there is somebody who keeps.
pub(super) async fn work(redis: Redis, mut queue: mpsc::Receiver<Write>, counts: Arc<Counts>) {
    while let Some(write) = queue.recv().await {
        let wants_kept = write.keep.is_some();
        let event = match write_one(&redis, write).await {
            Some(true) => SharedEvent::Kept,
            Some(false) if wants_kept => SharedEvent::Superseded,
            Some(false) => continue,
            None => SharedEvent::Dropped,
        };
        counts.add(event);
    }
}

/// Whether an answer was kept; `None` if Redis gave none.
async fn write_one(redis: &Redis, write: Write) -> Option<bool> {
    let Write { keep, lease } = write;
    let mut script = KEEP.prepare_invoke();
    let lease_name = lease.as_ref().map_or("", |lease| lease.name.as_str());
    let owner = lease.as_ref().map_or("", |lease| lease.owner.as_str());
    // Every name that a script touches must be told, also where it does nothing with it.
    let unused = redis.name("-");
    let lease_name = if lease_name.is_empty() { unused.as_str() } else { lease_name };
    match &keep {
        None => {
            script.key(&unused).key(lease_name);
            script.arg("release").arg("").arg("").arg("").arg("").arg(owner);
        }
        Some(keep) => {
            if *redis.watch().borrow() != keep.seen.connection {
                // Another Redis, or the same without its memory: what was seen says nothing of it.
                return Some(false);
            }
            script.key(&keep.entry).key(lease_name).key(&keep.epoch);
            for other in &keep.others {
                script.key(other);
            }
            script.arg(if keep.in_any_case { "always" } else { "unchanged" });
            script.arg(keep.seen.value.as_deref().unwrap_or_default());
            script.arg(keep.seen.epoch.as_deref().unwrap_or_default());
            script.arg(&keep.value).arg(keep.px).arg(owner);
            script.arg(&keep.tombstone).arg(millis(Settings::TOMBSTONE));
        }
    }
    let answer = redis
        .tell(|mut connection| async move { script.invoke_async::<i64>(&mut connection).await })
        .await;
    answer.ok().map(|(kept, _)| kept == 1)
}
