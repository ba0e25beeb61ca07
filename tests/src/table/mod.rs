//! The contract: (request, behaviour of the API) -> (status, headers, body).

mod outages;
mod policies;
mod presented;
mod redemptions;
mod routes;
mod sources;
mod verdicts;

use crate::apps::Setup;
use crate::challenge;
use crate::http::{Request, Response};
use crate::upstream::Upstream;

pub use redemptions::rows as redemption_rows;

/// One row of the contract.
#[derive(Clone, Debug)]
pub struct Row {
    /// What the row is about, as a sentence.
    pub name: &'static str,
    /// How the app is guarded.
    pub setup: Setup,
    /// How the API behaves.
    pub upstream: Upstream,
    /// What the caller sends.
    pub request: Request,
    /// What the caller gets.
    pub expected: Expected,
    /// How often the API is called, where it matters.
    pub calls: Option<u64>,
}

/// What a caller gets.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The status.
    pub status: u16,
    /// The whole body; `None` where a framework's own answer stands, such as a 404.
    pub body: Option<String>,
    /// Header fields that must have this value, or must be absent.
    pub headers: Vec<(&'static str, Option<&'static str>)>,
}

impl Row {
    fn new(name: &'static str, request: Request, expected: Expected) -> Self {
        let (setup, upstream) = (Setup::Loan, Upstream::Sound);
        Self { name, setup, upstream, request, expected, calls: None }
    }

    fn setup(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }

    fn upstream(self, upstream: Upstream) -> Self {
        Self { upstream, ..self }
    }

    fn calls(self, calls: u64) -> Self {
        Self { calls: Some(calls), ..self }
    }

    /// What is wrong with an answer to this row; empty when nothing is.
    pub fn complaints(&self, response: &Response) -> Vec<String> {
        self.expected.complaints(response)
    }
}

impl Expected {
    /// What is wrong with an answer; empty when nothing is.
    pub fn complaints(&self, response: &Response) -> Vec<String> {
        let mut complaints = Vec::new();
        if response.status != self.status {
            complaints.push(format!("status {} instead of {}", response.status, self.status));
        }
        if self.body.as_ref().is_some_and(|body| *body != response.body) {
            complaints.push(format!("body {} instead of {:?}", response.body, self.body));
        }
        for (name, value) in &self.headers {
            if response.header(name) != *value {
                complaints
                    .push(format!("{name} is {:?} instead of {value:?}", response.header(name)));
            }
        }
        if response.status == 401 && response.header("www-authenticate").is_none() {
            complaints.push("a 401 without a challenge".to_owned());
        }
        if let Some(value) = response.header("www-authenticate")
            && challenge::parse(value).is_none()
        {
            complaints.push(format!("a malformed challenge: {value}"));
        }
        complaints
    }
}

/// Every row that both adapters must meet.
pub fn rows() -> Vec<Row> {
    let parts = [
        presented::rows(),
        verdicts::rows(),
        policies::rows(),
        outages::rows(),
        sources::rows(),
        routes::rows(),
    ];
    parts.into_iter().flatten().collect()
}

const BEARER: &str = r#"Bearer realm="passid""#;
const BEARER_INVALID: &str = r#"Bearer realm="passid", error="invalid_token""#;
const BEARER_SCOPE: &str = r#"Bearer realm="passid", error="insufficient_scope""#;
const DEFAULT_VARY: &str = "x-passid-token, authorization";

fn apply() -> Request {
    Request::new("POST", "/api/apply")
}

fn with_token(token: &str) -> Request {
    apply().header("X-PASSID-Token", token)
}

fn greet() -> Request {
    Request::new("GET", "/api/greeting")
}

fn accepted(band: Option<&str>) -> Expected {
    answered(true, band, 0)
}

fn answered(verified: bool, band: Option<&str>, body_len: usize) -> Expected {
    let band = serde_json::json!(band);
    let body = format!(r#"{{"verified":{verified},"income_band":{band},"body_len":{body_len}}}"#);
    Expected {
        status: 200,
        body: Some(body),
        headers: vec![
            ("content-type", Some("application/json")),
            ("www-authenticate", None),
            ("cache-control", None),
        ],
    }
}

fn greeted(verified: bool) -> Expected {
    Expected {
        status: 200,
        body: Some(format!(r#"{{"verified":{verified}}}"#)),
        headers: vec![("www-authenticate", None)],
    }
}

/// A refusal in JSON: the headers that every refusal has, and its challenge.
fn refused(status: u16, code: &str, message: &str, challenge: Option<&'static str>) -> Expected {
    Expected {
        status,
        body: Some(format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)),
        headers: vec![
            ("content-type", Some("application/json")),
            ("cache-control", Some("no-store")),
            ("vary", Some(DEFAULT_VARY)),
            ("www-authenticate", challenge),
            ("retry-after", None),
        ],
    }
}

impl Expected {
    fn header(mut self, name: &'static str, value: Option<&'static str>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    fn body(self, body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..self }
    }
}

fn missing() -> Expected {
    refused(401, "TOKEN_MISSING", "A PASSID token is required.", Some(BEARER))
}

fn invalid() -> Expected {
    refused(401, "TOKEN_INVALID", "The PASSID token is not valid.", Some(BEARER_INVALID))
}

const POLICY_MESSAGE: &str =
    "The verified credential does not meet the requirements of this service.";

/// A policy violation at the terse level.
fn breach() -> Expected {
    refused(403, "POLICY_VIOLATION", POLICY_MESSAGE, Some(BEARER_SCOPE))
}

/// A policy violation with this list.
fn breach_with(violations: &str) -> Expected {
    breach().body(format!(
        r#"{{"error":{{"code":"POLICY_VIOLATION","message":"{POLICY_MESSAGE}","violations":[{violations}]}}}}"#
    ))
}

fn unavailable() -> Expected {
    refused(
        503,
        "VERIFIER_UNAVAILABLE",
        "The credential cannot be verified at the moment. Try again later.",
        None,
    )
}

fn misconfigured() -> Expected {
    refused(
        500,
        "VERIFIER_MISCONFIGURED",
        "The service cannot verify credentials because of a fault in its own setup.",
        None,
    )
}

/// A framework's own answer: only the status is ours to promise.
fn status(status: u16) -> Expected {
    Expected { status, body: None, headers: vec![("www-authenticate", None)] }
}
