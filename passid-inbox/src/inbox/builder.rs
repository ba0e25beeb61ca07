use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use passid_core::{Clock, Entropy, Environment, SystemClock, SystemEntropy};
use tokio::sync::watch;

use super::{Inbox, Retention, Shared};
use crate::observe::InboxObserver;
use crate::seal::BodyKeys;
use crate::store::Store;

const MINUTE: Duration = Duration::from_secs(60);
#[cfg(test)]
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sets up an [`Inbox`].
pub struct InboxBuilder<S> {
    store: S,
    environment: Environment,
    keys: Option<BodyKeys>,
    retention: Retention,
    max_age: Option<Duration>,
    clock_skew: Duration,
    insert_deadline: Duration,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    observer: Option<Arc<dyn InboxObserver>>,
}

impl<S: Store> Inbox<S> {
    /// The shortest [`max_age`](InboxBuilder::max_age): PASSID's last attempt comes 2 h 36 min after
    /// the event (guide, step 8), and takes a little.
    pub const SHORTEST_MAX_AGE: Duration = Duration::from_secs(3 * 60 * 60);

    /// An inbox over this store, for the webhooks of this environment.
    ///
    /// Both environments may share a store: their entries never meet. Each needs its own inbox, route
    /// and secret, since an event does not say where it comes from.
    pub fn builder(store: S, environment: Environment) -> InboxBuilder<S> {
        InboxBuilder {
            store,
            environment,
            keys: None,
            retention: Retention { handled_bodies: 30 * DAY, dead_bodies: 90 * DAY, hashes: None },
            max_age: None,
            clock_skew: 5 * MINUTE,
            insert_deadline: Duration::from_secs(8),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            observer: None,
        }
    }
}

impl<S: Store> InboxBuilder<S> {
    /// Seals bodies at rest. Plain without: then whoever can read the database can read claims.
    #[must_use]
    pub fn body_keys(mut self, keys: BodyKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// How long the body of a handled event is kept; 30 days unless set (decision P61). Removed by
    /// [`Inbox::purge`], its hashes stay.
    #[must_use]
    pub fn keep_handled_bodies(mut self, time: Duration) -> Self {
        self.retention.handled_bodies = time;
        self
    }

    /// How long the body of a dead letter is kept; 90 days unless set (decision P61).
    #[must_use]
    pub fn keep_dead_bodies(mut self, time: Duration) -> Self {
        self.retention.dead_bodies = time;
        self
    }

    /// How long hashes are kept, by which a repetition is told; for ever unless set (decision D26).
    /// Needs a [`max_age`](Self::max_age), or an event could come again after its hash is forgotten.
    #[must_use]
    pub fn keep_hashes(mut self, time: Duration) -> Self {
        self.retention.hashes = Some(time);
        self
    }

    /// Refuses events that happened longer ago than this, by their own time; off unless set (decision
    /// D26). An event that is refused so is lost: PASSID gives up on it.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// How far PASSID's clock and ours may be apart; 5 min unless set. With a maximum age, events of a
    /// later time than this are refused.
    #[must_use]
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// How long the store may take to keep an event before PASSID is told to come again; 8 s unless
    /// set, and less than the 10 s that PASSID waits.
    #[must_use]
    pub fn insert_deadline(mut self, time: Duration) -> Self {
        self.insert_deadline = time;
        self
    }

    /// Is told what happens: a hook for metrics.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn InboxObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Another clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of jitter.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// The inbox, if its times fit each other.
    ///
    /// # Errors
    ///
    /// [`InboxConfigError`].
    pub fn build(self) -> Result<Inbox<S>, InboxConfigError> {
        self.check()?;
        let shared = Shared {
            store: self.store,
            environment: self.environment,
            keys: self.keys,
            clock: self.clock,
            entropy: self.entropy,
            accepted: watch::Sender::new(0),
            observer: self.observer,
            retention: self.retention,
            max_age: self.max_age,
            clock_skew: self.clock_skew,
            insert_deadline: self.insert_deadline,
        };
        Ok(Inbox { shared: Arc::new(shared) })
    }

    fn check(&self) -> Result<(), InboxConfigError> {
        let limit = Duration::from_secs(10);
        if self.insert_deadline.is_zero() || self.insert_deadline >= limit {
            return Err(InboxConfigError::InsertDeadline);
        }
        if let Some(max_age) = self.max_age {
            if max_age < Inbox::<S>::SHORTEST_MAX_AGE {
                return Err(InboxConfigError::MaxAgeTooShort);
            }
            if self.clock_skew >= max_age {
                return Err(InboxConfigError::ClockSkewTooLong);
            }
        }
        match (self.retention.hashes, self.max_age) {
            (Some(_), None) => Err(InboxConfigError::NoMaxAge),
            (Some(hashes), Some(age)) if hashes < age.saturating_add(self.clock_skew) => {
                Err(InboxConfigError::HashesTooShort)
            }
            _ => Ok(()),
        }
    }
}

/// Times of an inbox that do not fit each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InboxConfigError {
    /// Hashes are forgotten, and nothing refuses old events.
    #[error("hashes that are not kept for ever need a max_age: an older event could come again")]
    NoMaxAge,
    /// Hashes are forgotten before the event is too old.
    #[error("keep_hashes must be at least max_age and clock_skew together")]
    HashesTooShort,
    /// PASSID's own attempts would be refused.
    #[error("max_age must be at least 3 h: PASSID's last attempt comes after 2 h 36 min")]
    MaxAgeTooShort,
    /// A skew that takes all of the age.
    #[error("clock_skew must be shorter than max_age")]
    ClockSkewTooLong,
    /// PASSID would have stopped waiting.
    #[error("insert_deadline must be more than nothing and less than the 10 s that PASSID waits")]
    InsertDeadline,
}

impl<S> fmt::Debug for InboxBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxBuilder")
            .field("environment", &self.environment)
            .field("keys", &self.keys)
            .field("retention", &self.retention)
            .field("max_age", &self.max_age)
            .field("clock_skew", &self.clock_skew)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn builder() -> InboxBuilder<MemoryStore> {
        Inbox::builder(MemoryStore::new(), Environment::Sandbox)
    }

    #[test]
    fn the_defaults_and_what_the_documentation_recommends_build() {
        builder().build().unwrap();
        builder().max_age(DAY).build().unwrap();
        builder().max_age(DAY).keep_hashes(DAY + 5 * MINUTE).build().unwrap();
    }

    #[test]
    fn times_that_would_let_an_event_in_twice_or_not_at_all_are_refused() {
        let refused = |builder: InboxBuilder<MemoryStore>| builder.build().unwrap_err();
        assert_eq!(refused(builder().keep_hashes(365 * DAY)), InboxConfigError::NoMaxAge);
        let short = builder().max_age(DAY).keep_hashes(DAY + 4 * MINUTE);
        assert_eq!(refused(short), InboxConfigError::HashesTooShort);
        let longer_skew = builder().max_age(DAY).clock_skew(HOUR).keep_hashes(DAY + 5 * MINUTE);
        assert_eq!(refused(longer_skew), InboxConfigError::HashesTooShort);
        assert_eq!(refused(builder().max_age(2 * HOUR)), InboxConfigError::MaxAgeTooShort);
        let skewed = builder().max_age(3 * HOUR).clock_skew(3 * HOUR);
        assert_eq!(refused(skewed), InboxConfigError::ClockSkewTooLong);
        for deadline in [Duration::ZERO, Duration::from_secs(10)] {
            let late = builder().insert_deadline(deadline);
            assert_eq!(refused(late), InboxConfigError::InsertDeadline);
        }
    }
}
