use std::collections::{HashMap, VecDeque};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use passid_core::Environment;

/// D13.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);
const MAX_ENTRIES: usize = 10_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// D13: a key means something only together with the institution and the path it was sent to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct IdempotencyScope {
    pub(crate) environment: Environment,
    pub(crate) path: &'static str,
    pub(crate) key: String,
}

/// The part of an answer that is replayed.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// The key was used before, with another body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyReused;

/// The answers given under idempotency keys, the oldest first in the queue.
#[derive(Default)]
pub(super) struct IdempotencyStore {
    entries: HashMap<IdempotencyScope, Entry>,
    by_age: VecDeque<IdempotencyScope>,
    bytes: usize,
}

struct Entry {
    request_body: Vec<u8>,
    answer: Answer,
    remembered_at: Timestamp,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.request_body.len() + self.answer.body.len()
    }
}

impl IdempotencyStore {
    pub(super) fn once(
        &mut self,
        scope: IdempotencyScope,
        request_body: &[u8],
        now: Timestamp,
        work: impl FnOnce() -> Answer,
    ) -> Result<Answer, KeyReused> {
        self.forget_what_is_over(now);
        if let Some(entry) = self.entries.get(&scope) {
            return if entry.request_body == request_body {
                Ok(entry.answer.clone())
            } else {
                Err(KeyReused)
            };
        }
        let answer = work();
        let entry = Entry {
            request_body: request_body.to_vec(),
            answer: answer.clone(),
            remembered_at: now,
        };
        self.bytes += entry.bytes();
        self.by_age.push_back(scope.clone());
        self.entries.insert(scope, entry);
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            self.forget_the_oldest();
        }
        Ok(answer)
    }

    fn forget_what_is_over(&mut self, now: Timestamp) {
        while let Some(entry) = self.by_age.front().and_then(|scope| self.entries.get(scope)) {
            if now.duration_since(entry.remembered_at) < LIFETIME {
                return;
            }
            self.forget_the_oldest();
        }
    }

    fn forget_the_oldest(&mut self) {
        if let Some(entry) = self.by_age.pop_front().and_then(|scope| self.entries.remove(&scope)) {
            self.bytes = self.bytes.saturating_sub(entry.bytes());
        }
    }
}

impl fmt::Debug for IdempotencyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdempotencyStore")
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(key: &str) -> IdempotencyScope {
        IdempotencyScope {
            environment: Environment::Sandbox,
            path: "/v1/verify",
            key: key.to_owned(),
        }
    }

    fn answer(body: &str) -> Answer {
        Answer { status: 200, body: body.as_bytes().to_vec() }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    #[test]
    fn an_answer_is_remembered_for_24_hours() {
        let mut store = IdempotencyStore::default();
        let mut ask = |hours, request: &[u8], body| {
            store
                .once(scope("a"), request, at(hours), || answer(body))
                .map(|given| String::from_utf8(given.body).unwrap())
        };
        assert_eq!(ask(0, b"x", "first"), Ok("first".to_owned()));
        assert_eq!(ask(23, b"x", "second"), Ok("first".to_owned()));
        assert_eq!(ask(23, b"y", "second"), Err(KeyReused));
        assert_eq!(ask(24, b"y", "third"), Ok("third".to_owned()));
    }

    #[test]
    fn keys_of_another_path_or_environment_are_other_keys() {
        let mut store = IdempotencyStore::default();
        let bridge = IdempotencyScope { path: "/api/v1/bridge/verify", ..scope("a") };
        let live = IdempotencyScope { environment: Environment::Live, ..scope("a") };
        for (number, scope) in [scope("a"), bridge, live].into_iter().enumerate() {
            let given = store.once(scope, &[], at(0), || answer(&number.to_string())).unwrap();
            assert_eq!(given.body, number.to_string().as_bytes());
        }
    }

    #[test]
    fn the_oldest_answers_make_room() {
        let mut store = IdempotencyStore::default();
        for number in 0..=MAX_ENTRIES {
            store.once(scope(&number.to_string()), b"x", at(0), || answer("old")).unwrap();
        }
        assert_eq!(store.entries.len(), MAX_ENTRIES);
        assert_eq!(store.by_age.len(), MAX_ENTRIES);
        let fresh = store.once(scope("0"), b"x", at(0), || answer("new")).unwrap();
        assert_eq!(fresh.body, b"new");
        let kept = store.once(scope("5000"), b"x", at(0), || answer("new")).unwrap();
        assert_eq!(kept.body, b"old");

        let large = vec![b'x'; MAX_BYTES];
        store.once(scope("large"), &large, at(0), || answer("")).unwrap();
        assert_eq!(store.entries.len(), 1);
    }
}
