use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::access::Tenant;
use super::aged::{Aged, Dated, Limits};
use super::table::Row;

/// D13: 24 hours; the count is ours.
pub(super) const LIMITS: Limits = Limits { records: 10_000, age: SignedDuration::from_hours(24) };

/// D13: a key means something only together with the institution and the path it was sent to.
pub(crate) struct IdempotencyScope<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) path: &'static str,
    pub(crate) key: &'a str,
}

impl IdempotencyScope<'_> {
    fn row_key(&self) -> String {
        self.tenant.key(&format!("{} {}", self.path, self.key))
    }
}

/// The part of an answer that is replayed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// JSON.
    pub(crate) body: String,
}

/// The key was used before, with another body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyReused;

/// An answer that was given under an idempotency key.
#[derive(Serialize, Deserialize)]
pub(super) struct Remembered {
    request_sha256: [u8; 32],
    answer: Answer,
    at: Timestamp,
}

impl Row for Remembered {
    const TABLE: &'static str = "idempotency";
}

impl Dated for Remembered {
    fn dated(&self) -> Timestamp {
        self.at
    }
}

/// What was answered under this key, if it was used; an error if with another body.
pub(super) fn recall(
    answers: &mut Aged<Remembered>,
    scope: &IdempotencyScope<'_>,
    request_body: &[u8],
    now: Timestamp,
) -> Result<Option<Answer>, KeyReused> {
    answers.forget_what_is_over(now);
    // What is in front of an answer may date from a later time, if the clock was set back since.
    let is_over = |known: &&Remembered| now.duration_since(known.at) >= LIMITS.age;
    match answers.get(&scope.row_key()).filter(|known| !is_over(known)) {
        None => Ok(None),
        Some(known) if known.request_sha256 == sha256(request_body) => {
            Ok(Some(known.answer.clone()))
        }
        Some(_) => Err(KeyReused),
    }
}

pub(super) fn remember(
    answers: &mut Aged<Remembered>,
    scope: &IdempotencyScope<'_>,
    request_body: &[u8],
    answer: &Answer,
    now: Timestamp,
) {
    let request_sha256 = sha256(request_body);
    let remembered = Remembered { request_sha256, answer: answer.clone(), at: now };
    answers.insert(scope.row_key(), remembered);
}

fn sha256(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("at", &self.at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use passid_core::Environment;

    use super::*;

    const PATH: &str = "/v1/verify";

    fn tenant(environment: Environment) -> Tenant {
        Tenant { institution: "42".to_owned(), environment }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    fn ask(
        answers: &mut Aged<Remembered>,
        scope: &IdempotencyScope<'_>,
        request: &[u8],
        hours: i64,
        body: &str,
    ) -> Result<String, KeyReused> {
        if let Some(known) = recall(answers, scope, request, at(hours))? {
            return Ok(known.body);
        }
        let answer = Answer { status: 200, body: body.to_owned() };
        remember(answers, scope, request, &answer, at(hours));
        Ok(answer.body)
    }

    #[test]
    fn an_answer_is_remembered_for_24_hours() {
        let mut answers = Aged::new(LIMITS);
        let tenant = tenant(Environment::Sandbox);
        let scope = IdempotencyScope { tenant: &tenant, path: PATH, key: "a" };
        let mut ask = |hours, request, body| ask(&mut answers, &scope, request, hours, body);
        assert_eq!(ask(0, b"x", "first"), Ok("first".to_owned()));
        assert_eq!(ask(23, b"x", "second"), Ok("first".to_owned()));
        assert_eq!(ask(23, b"y", "second"), Err(KeyReused));
        assert_eq!(ask(24, b"y", "third"), Ok("third".to_owned()));
    }

    #[test]
    fn an_answer_is_forgotten_in_time_also_behind_one_from_a_later_time() {
        let mut answers = Aged::new(LIMITS);
        let tenant = tenant(Environment::Sandbox);
        let scope = |key| IdempotencyScope { tenant: &tenant, path: PATH, key };
        ask(&mut answers, &scope("later"), b"x", 9_000, "later").unwrap();
        ask(&mut answers, &scope("a"), b"x", 0, "first").unwrap();
        assert_eq!(ask(&mut answers, &scope("a"), b"x", 23, "second"), Ok("first".to_owned()));
        assert_eq!(ask(&mut answers, &scope("a"), b"y", 24, "third"), Ok("third".to_owned()));
    }

    #[test]
    fn keys_of_another_path_environment_or_institution_are_other_keys() {
        let mut answers = Aged::new(LIMITS);
        let other = Tenant { institution: "43".to_owned(), environment: Environment::Sandbox };
        let tenants = [tenant(Environment::Sandbox), tenant(Environment::Live), other];
        for tenant in &tenants {
            for path in [PATH, "/api/v1/bridge/verify"] {
                let scope = IdempotencyScope { tenant, path, key: "a" };
                let body = format!("{tenant:?} {path}");
                assert_eq!(ask(&mut answers, &scope, b"x", 0, &body), Ok(body));
            }
        }
    }
}
