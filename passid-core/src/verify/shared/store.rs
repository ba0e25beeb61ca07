//! Looking: a few commands sent at once, and what their answers say.

use std::time::{Duration, SystemTime};

use redis::RedisResult;

use super::record::Record;
use super::seal::{Epoch, MAX_VALUE, is_entry};
use super::{Level, Place, SharedEvent};
use crate::redis::NoAnswer;
use crate::{Token, Verdict};

/// What a look found.
pub(super) enum Found {
    Verdict(Verdict),
    Nothing(Seen),
}

/// What was in the place of an entry, for the moment when an answer is to be put there.
pub(super) struct Seen {
    /// The value, if there was any: a tombstone, what is over, what did not open.
    pub(super) value: Option<Vec<u8>>,
    pub(super) epoch: Option<Vec<u8>>,
    /// Which connection saw it: another one may lead to another Redis, or to one that lost its memory.
    pub(super) connection: u64,
    /// When, by the clock that does not go back.
    pub(super) at: Duration,
}

/// The epoch, then the values of the places; empty where there is none.
pub(super) type Values = Vec<Vec<u8>>;

/// As much of the epoch as tells a sound one from another.
const EPOCH_LOOK: usize = 64;

impl Seen {
    /// The epoch to seal with; zeros as long as nobody has begun another.
    pub(super) fn epoch(&self) -> Option<Epoch> {
        epoch(self.epoch.as_deref())
    }
}

fn epoch(value: Option<&[u8]>) -> Option<Epoch> {
    value.map_or(Some(Epoch::default()), |value| value.try_into().ok())
}

impl Level {
    /// Appends the commands of a look. Whatever somebody has put there, no more is read than a value
    /// can be long.
    pub(super) fn look_commands(&self, places: &[Place], commands: &mut redis::Pipeline) {
        let mut part = |name: &str, most: usize| {
            commands.cmd("GETRANGE").arg(name).arg(0).arg(most - 1);
        };
        part(&self.redis.name("e"), EPOCH_LOOK);
        for place in places {
            part(&place.entry, MAX_VALUE + 1);
        }
    }

    /// What is known of a token, within the deadline.
    pub(super) async fn look(&self, places: &[Place], token: &Token) -> Result<Found, NoAnswer> {
        let mut commands = redis::pipe();
        self.look_commands(places, &mut commands);
        let (values, connection): (Values, u64) = self
            .redis
            .ask(self.redis.deadline(), |mut redis| async move {
                let values: RedisResult<Values> = commands.query_async(&mut redis).await;
                values
            })
            .await?;
        Ok(self.read(places, token, values, connection))
    }

    pub(super) fn read(
        &self,
        places: &[Place],
        token: &Token,
        values: Values,
        connection: u64,
    ) -> Found {
        let clock = self.redis.clock();
        let now = clock.now();
        let mut values =
            values.into_iter().map(|value| Some(value).filter(|value| !value.is_empty()));
        let of_epoch = values.next().flatten();
        let values: Vec<_> = values.collect();
        let current = epoch(of_epoch.as_deref());
        for (place, value) in places.iter().zip(&values) {
            let (Some(epoch), Some(value)) = (&current, value) else { continue };
            if let Some(verdict) = self.open(place, epoch, value, token, now) {
                return Found::Verdict(verdict);
            }
        }
        let value = values.into_iter().next().flatten();
        Found::Nothing(Seen { value, epoch: of_epoch, connection, at: clock.elapsed() })
    }

    fn open(
        &self,
        place: &Place,
        epoch: &Epoch,
        value: &[u8],
        token: &Token,
        now: SystemTime,
    ) -> Option<Verdict> {
        if !is_entry(value) || value.len() > MAX_VALUE {
            return None;
        }
        let of_this_epoch = value.get(1..).is_some_and(|rest| rest.starts_with(epoch));
        let record = place
            .seal
            .open(&place.entry, epoch, value)
            .and_then(|plain| Record::from_bytes(&plain));
        let Some(record) = record else {
            if of_this_epoch {
                self.count(SharedEvent::Unopened);
            }
            return None;
        };
        record.verdict(token, &self.scope, now, self.settings.refresh_ahead)
    }
}
