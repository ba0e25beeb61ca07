//! A request for which something has to be found out: look, lease, ask.

use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;

use super::seal::Id;
use super::store::{Found, Seen, Values};
use super::write::{Held, Lease};
use super::{Level, Place, Shared, SharedEvent};
use crate::redis::{NoAnswer, hex};
use crate::{Token, Verdict, Verify};

/// Who asks.
enum Turn {
    /// Nobody: another instance has.
    Answered(Verdict),
    /// This one, for all.
    Ours(Held, Seen),
    /// This one, for itself: the way to the others is closed, or their answer did not come.
    Alone(Option<Seen>),
}

/// The first pause between two looks while another instance asks, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl<V: Verify> Shared<V> {
    pub(super) async fn resolve(self: Arc<Self>, token: Token) -> Verdict {
        let level = &self.level;
        let places = level.places(&token);
        match level.turn(&places, &token).await {
            Turn::Answered(verdict) => {
                level.count(match verdict {
                    Verdict::Valid(_) => SharedEvent::Hit,
                    _ => SharedEvent::Negative,
                });
                verdict
            }
            Turn::Ours(held, seen) => {
                let verdict = self.verifier.verify(token.clone()).await;
                level.keep(&places, &token, &verdict, Some(seen), Some(held));
                verdict
            }
            Turn::Alone(seen) => {
                let verdict = self.verifier.verify(token.clone()).await;
                level.keep(&places, &token, &verdict, seen, None);
                verdict
            }
        }
    }
}

impl Level {
    async fn turn(self: &Arc<Self>, places: &[Place], token: &Token) -> Turn {
        let Some(place) = places.first() else { return Turn::Alone(None) };
        // P74: what this instance was told to forget may still be in Redis, which has not heard of it.
        if self.pending.concerns(place.id) {
            return Turn::Alone(None);
        }
        let clock = self.redis.clock();
        let began = clock.elapsed();
        let mut seen = match self.look(places, token).await {
            Ok(Found::Verdict(verdict)) => return self.used(verdict).await,
            Ok(Found::Nothing(seen)) => seen,
            Err(NoAnswer) => {
                self.count(SharedEvent::Unanswered);
                return Turn::Alone(None);
            }
        };
        self.count(SharedEvent::Miss);

        // Both commands together take no longer than the deadline.
        let deadline = self.redis.deadline();
        let mut limit = deadline.saturating_sub(clock.elapsed().saturating_sub(began));
        if limit < deadline / 4 {
            // So slow that the next answer would hardly come in time.
            self.count(SharedEvent::Unanswered);
            return Turn::Alone(Some(seen));
        }
        let mut pause = FIRST_PAUSE;
        let began = clock.elapsed();
        loop {
            let (held, found) = match self.board(places, place.id, token, limit).await {
                Ok(boarded) => boarded,
                Err(NoAnswer) => {
                    self.count(SharedEvent::Unanswered);
                    return Turn::Alone(Some(seen));
                }
            };
            match (found, held) {
                (Found::Verdict(verdict), _) => return self.used(verdict).await,
                (Found::Nothing(seen), Some(held)) => return Turn::Ours(held, seen),
                (Found::Nothing(newer), None) => seen = newer,
            }
            // P75: one lease at most, whoever held it in the meantime.
            if clock.elapsed().saturating_sub(began) >= self.settings.lease {
                self.count(SharedEvent::LeaseOver);
                return Turn::Alone(Some(seen));
            }
            if pause == FIRST_PAUSE {
                self.count(SharedEvent::Waited);
            }
            clock.sleep(pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            limit = deadline;
        }
    }

    /// P125: what was found is used unless its subject was forgotten, or nobody can say whether it was.
    async fn used(&self, verdict: Verdict) -> Turn {
        let subject = match &verdict {
            Verdict::Valid(credential) => credential.subject(),
            Verdict::Invalid(_) | Verdict::Unavailable(_) => None,
        };
        let Some(subject) = subject else { return Turn::Answered(verdict) };
        let names = self.subject_names(&subject);
        if names.first().is_some_and(|(id, _)| self.pending.concerns(*id)) {
            return Turn::Alone(None);
        }
        let mut commands = redis::pipe();
        for (_, name) in &names {
            commands.cmd("EXISTS").arg(name);
        }
        let answer = self.redis.ask(self.redis.deadline(), |mut redis| async move {
            let there: RedisResult<Vec<u8>> = commands.query_async(&mut redis).await;
            there
        });
        match answer.await {
            Ok((there, _)) if there.iter().all(|there| *there == 0) => Turn::Answered(verdict),
            Ok(_) => Turn::Alone(None),
            Err(NoAnswer) => {
                self.count(SharedEvent::Unanswered);
                Turn::Alone(None)
            }
        }
    }

    /// Takes the lease if it is free, and looks once more: what came in the meantime is seen before
    /// anybody asks.
    async fn board(
        self: &Arc<Self>,
        places: &[Place],
        id: Id,
        token: &Token,
        limit: Duration,
    ) -> Result<(Option<Held>, Found), NoAnswer> {
        let lease = Lease {
            name: self.redis.key("l", id.0),
            owner: hex(self.redis.entropy().bits().to_be_bytes()),
        };
        let mut commands = redis::pipe();
        commands.cmd("SET").arg(&lease.name).arg(&lease.owner).arg("NX");
        commands.arg("PX").arg(millis(self.settings.lease));
        self.look_commands(places, &mut commands);
        // Made before the command: should its answer come too late, or the caller go, the lease is
        // given back all the same.
        let held = Held::new(self, lease);
        let answer = self
            .redis
            .ask(limit, |mut redis| async move {
                let answer: RedisResult<Vec<redis::Value>> = commands.query_async(&mut redis).await;
                let mut answer = answer?.into_iter();
                let taken = answer.next().is_some_and(|taken| taken == redis::Value::Okay);
                let values: RedisResult<Values> =
                    answer.map(|value| Ok(redis::from_redis_value(value)?)).collect();
                Ok((taken, values?))
            })
            .await;
        let ((taken, values), connection) = answer?;
        let found = self.read(places, token, values, connection);
        if taken {
            return Ok((Some(held), found));
        }
        held.was_not_taken();
        Ok((None, found))
    }
}

/// At least one: Redis takes no time to live of zero.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}
