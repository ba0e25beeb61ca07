//! A caller for whom nothing was known at once: finds a flight, waits for it, and no longer than its
//! deadline.

use std::sync::Arc;

use super::entry::{Life, Moment};
use super::flight::{Arrival, Grounded};
use super::key::CacheKey;
use super::landing::Landing;
use super::store::Known;
use super::{CacheEvent, Shared};
use crate::clock::within;
use crate::{Token, Unavailable, UnavailableKind, Verdict, Verify};

/// What a caller finds at the gate.
enum Boarded {
    /// The answer came in the meantime, or none is to be had.
    Verdict(Verdict),
    /// A flight, its own or another's.
    Waiting(Arrival),
}

impl<V: Verify> Shared<V> {
    pub(super) async fn resolve(self: Arc<Self>, token: Token) -> Verdict {
        let key = self.hasher.key(&token);
        let answer = within(&*self.clock, self.settings.deadline, self.answer(key, &token)).await;
        let verdict = answer.unwrap_or_else(|| {
            self.tell(CacheEvent::TimedOut);
            Verdict::Unavailable(Unavailable::new(UnavailableKind::Timeout))
        });
        self.or_stale(&key, verdict).presented_with(token)
    }

    async fn answer(self: &Arc<Self>, key: CacheKey, token: &Token) -> Verdict {
        loop {
            let mut arrival = match self.board(key, token) {
                Boarded::Verdict(verdict) => return verdict,
                Boarded::Waiting(arrival) => arrival,
            };
            let landed = match arrival.wait_for(Option::is_some).await {
                Ok(landed) => landed.clone(),
                Err(_) => None,
            };
            match landed {
                // P57: a pass from before an invalidation. Ask again, for as long as there is time.
                Some(landed) if landed.given_up && matches!(landed.verdict, Verdict::Valid(_)) => {}
                Some(landed) => return landed.verdict,
                None => {
                    let lost = Unavailable::new(UnavailableKind::Failed).because(FlightLost);
                    return Verdict::Unavailable(lost);
                }
            }
        }
    }

    /// Looks, joins or departs, all under one lock: between a landing and this look nothing is lost,
    /// and of any number of callers one departs.
    fn board(self: &Arc<Self>, key: CacheKey, token: &Token) -> Boarded {
        let mut table = self.flights.lock();
        let now = Moment::now(&*self.clock);
        match self.store.look(&key, &now) {
            Some(Known::Credential(entry, Life::Fresh)) => {
                drop(table);
                self.tell(CacheEvent::Hit);
                return Boarded::Verdict(Verdict::Valid(entry.credential));
            }
            Some(Known::Refusal(reason)) => {
                drop(table);
                self.tell(CacheEvent::Negative);
                return Boarded::Verdict(Verdict::Invalid(reason));
            }
            Some(Known::Credential(..)) | None => {}
        }
        if let Some(arrival) = table.join(&key) {
            drop(table);
            self.tell(CacheEvent::Joined);
            return Boarded::Waiting(arrival);
        }
        let departure = table.depart(key, now.elapsed, self.settings.max_in_flight);
        drop(table);
        match departure {
            Ok(departure) => {
                let arrival = departure.arrival.clone();
                let landing = Landing::new(self.clone(), departure);
                self.tell(CacheEvent::Miss);
                landing.launch(token.clone());
                Boarded::Waiting(arrival)
            }
            Err(grounded) => Boarded::Verdict(Verdict::Unavailable(self.turned_away(grounded))),
        }
    }

    fn turned_away(&self, grounded: Grounded) -> Unavailable {
        match grounded {
            Grounded::HeldBack(wait) => {
                self.tell(CacheEvent::HeldBack);
                let outage = Unavailable::new(UnavailableKind::Unreachable).retry_after(wait);
                outage.because(BreakerOpen)
            }
            Grounded::Full => {
                self.tell(CacheEvent::Rejected);
                Unavailable::new(UnavailableKind::Overloaded)
            }
        }
    }
}

/// The cause of an outage that the breaker tells of.
#[derive(Debug, thiserror::Error)]
#[error("calls are held back after repeated failures")]
struct BreakerOpen;

/// The cause of an outage that is our own.
#[derive(Debug, thiserror::Error)]
#[error("the call panicked, or the runtime that it ran on has ended")]
struct FlightLost;
