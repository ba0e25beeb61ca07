//! What a caller gets, and the answers that many rows share.

use crate::challenge;
use crate::http::Response;

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

pub(crate) const BEARER: &str = r#"Bearer realm="passid""#;
pub(crate) const BEARER_INVALID: &str = r#"Bearer realm="passid", error="invalid_token""#;
pub(crate) const BEARER_SCOPE: &str = r#"Bearer realm="passid", error="insufficient_scope""#;
pub(crate) const DEFAULT_VARY: &str = "x-passid-token, authorization";

pub(crate) fn accepted(band: Option<&str>) -> Expected {
    answered(true, band, 0)
}

pub(crate) fn answered(verified: bool, band: Option<&str>, body_len: usize) -> Expected {
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

pub(crate) fn greeted(verified: bool) -> Expected {
    Expected {
        status: 200,
        body: Some(format!(r#"{{"verified":{verified}}}"#)),
        headers: vec![("www-authenticate", None)],
    }
}

/// A refusal in JSON: the headers that every refusal has, and its challenge.
pub(crate) fn refused(
    status: u16,
    code: &str,
    message: &str,
    challenge: Option<&'static str>,
) -> Expected {
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
    pub(crate) fn header(mut self, name: &'static str, value: Option<&'static str>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    pub(crate) fn body(self, body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..self }
    }
}

pub(crate) fn missing() -> Expected {
    refused(401, "TOKEN_MISSING", "A PASSID token is required.", Some(BEARER))
}

pub(crate) fn invalid() -> Expected {
    refused(401, "TOKEN_INVALID", "The PASSID token is not valid.", Some(BEARER_INVALID))
}

pub(crate) const POLICY_MESSAGE: &str =
    "The verified credential does not meet the requirements of this service.";

/// A policy violation at the terse level.
pub(crate) fn breach() -> Expected {
    refused(403, "POLICY_VIOLATION", POLICY_MESSAGE, Some(BEARER_SCOPE))
}

/// A policy violation with this list.
pub(crate) fn breach_with(violations: &str) -> Expected {
    breach().body(format!(
        r#"{{"error":{{"code":"POLICY_VIOLATION","message":"{POLICY_MESSAGE}","violations":[{violations}]}}}}"#
    ))
}

pub(crate) fn unavailable() -> Expected {
    refused(
        503,
        "VERIFIER_UNAVAILABLE",
        "The credential cannot be verified at the moment. Try again later.",
        None,
    )
}

pub(crate) fn misconfigured() -> Expected {
    refused(
        500,
        "VERIFIER_MISCONFIGURED",
        "The service cannot verify credentials because of a fault in its own setup.",
        None,
    )
}

/// A framework's own answer: only the status is ours to promise.
pub(crate) fn status(status: u16) -> Expected {
    Expected { status, body: None, headers: vec![("www-authenticate", None)] }
}
