//! `POST /api/redeem` of the loan examples: the client called in a handler.

use passid_sandbox::{FaultKind, demo};

use super::*;

fn redeem(code: &str) -> Request {
    Request::new("POST", "/api/redeem").json(format!(r#"{{"code":"{code}"}}"#))
}

fn redeemed(status: &str, holds: bool) -> Expected {
    Expected {
        status: 200,
        body: Some(format!(
            r#"{{"status":"{status}","freshness":"fresh","policy_holds":{holds}}}"#
        )),
        headers: vec![("content-type", Some("application/json"))],
    }
}

fn failed(status: u16, code: &str, message: &str) -> Expected {
    Expected {
        status,
        body: Some(format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)),
        headers: vec![("content-type", Some("application/json"))],
    }
}

/// The rows.
pub fn rows() -> Vec<Row> {
    let unknown =
        || failed(502, "OUTCOME_UNKNOWN", "The code may have been used up; ask for a new one.");
    let unavailable = || {
        failed(
            503,
            "VERIFIER_UNAVAILABLE",
            "The code cannot be redeemed at the moment. Try again later.",
        )
    };
    let fault = |kind| Upstream::Fault(kind, 0);
    vec![
        Row::new("a demo code is redeemed", redeem(demo::KENYA_CODE), redeemed("verified", true))
            .calls(1),
        Row::new(
            "a code in any spelling is redeemed",
            redeem("ng4m xqrs t88w"),
            redeemed("verified", true),
        ),
        Row::new(
            "a manual review is told and does not hold",
            redeem(demo::GHANA_CODE),
            redeemed("manual_review_required", false),
        ),
        Row::new(
            "an unknown code is told",
            redeem("AAAA-BBBB-CCCC"),
            failed(404, "CODE_NOT_FOUND", "The code is not known."),
        )
        .calls(1),
        Row::new(
            "what is no code is not sent",
            redeem("KE8V-3TXY"),
            failed(400, "CODE_INVALID", "A code has twelve letters and digits."),
        )
        .calls(0),
        Row::new(
            "what is no request is not sent",
            Request::new("POST", "/api/redeem").json("{}"),
            failed(400, "REQUEST_INVALID", "A JSON object with a code is expected."),
        )
        .calls(0),
        Row::new("a reset may have burnt the code", redeem(demo::KENYA_CODE), unknown())
            .upstream(fault(FaultKind::reset()))
            .calls(1),
        Row::new("a lost answer has burnt the code", redeem(demo::KENYA_CODE), unknown())
            .upstream(fault(FaultKind::apply_then_drop()))
            .calls(1),
        Row::new("a truncated answer has burnt the code", redeem(demo::KENYA_CODE), unknown())
            .upstream(fault(FaultKind::truncate()))
            .calls(1),
        Row::new("a 500 may have burnt the code", redeem(demo::KENYA_CODE), unknown())
            .upstream(fault(FaultKind::status(500)))
            .calls(1),
        Row::new("a 429 has not burnt the code", redeem(demo::KENYA_CODE), unavailable())
            .upstream(fault(FaultKind::status(429)))
            .calls(1),
        Row::new(
            "nobody listening has not burnt the code",
            redeem(demo::KENYA_CODE),
            unavailable(),
        )
        .upstream(Upstream::Down),
        Row::new(
            "a refused key is our own fault",
            redeem(demo::KENYA_CODE),
            failed(
                500,
                "VERIFIER_MISCONFIGURED",
                "The service cannot redeem codes because of a fault in its own setup.",
            ),
        )
        .upstream(Upstream::UnknownKey)
        .calls(1),
    ]
}
