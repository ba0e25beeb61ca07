use std::time::SystemTime;

use passid_core::{
    ApiError, ErrorKind, FreshnessStatus, PassidClient, Policy, Redemption, ShareCode,
};
use serde::{Deserialize, Serialize};

/// A status and a JSON body, for either framework to send.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON.
    pub body: String,
}

#[derive(Deserialize)]
struct Request {
    code: String,
}

#[derive(Serialize)]
struct Redeemed<'a> {
    status: &'a str,
    freshness: Option<&'a str>,
    policy_holds: bool,
}

#[derive(Serialize)]
struct Failed {
    error: Failure,
}

#[derive(Serialize)]
struct Failure {
    code: &'static str,
    message: &'static str,
}

/// `POST /api/redeem`: the client called in a handler, without a guard.
///
/// The code is one-time. Where the outcome is unknown the answer says so, and nothing is sent again.
pub async fn redeem(client: &PassidClient, policy: &Policy, body: &[u8], now: SystemTime) -> Reply {
    let Ok(Request { code }) = serde_json::from_slice(body) else {
        return failed(400, "REQUEST_INVALID", "A JSON object with a code is expected.");
    };
    let Ok(code) = ShareCode::parse(&code) else {
        return failed(400, "CODE_INVALID", "A code has twelve letters and digits.");
    };
    match client.redeem_code(&code).await {
        Ok(redemption) => redeemed(&redemption, policy, now),
        Err(error) => failure(&error),
    }
}

fn redeemed(redemption: &Redemption, policy: &Policy, now: SystemTime) -> Reply {
    let holds = |credential| policy.evaluate(credential, now).is_ok();
    reply(
        200,
        &Redeemed {
            status: redemption.status().as_str(),
            freshness: redemption.freshness_status().map(FreshnessStatus::as_str),
            policy_holds: redemption.credential().is_some_and(holds),
        },
    )
}

/// What the caller is told. Why a person was refused stays here.
fn failure(error: &ApiError) -> Reply {
    match error.kind() {
        ErrorKind::AlreadyRedeemed => {
            failed(410, "CODE_ALREADY_REDEEMED", "The code was used before; ask for a new one.")
        }
        ErrorKind::CodeNotFound => failed(404, "CODE_NOT_FOUND", "The code is not known."),
        ErrorKind::Refused(_) => {
            failed(403, "CREDENTIAL_REFUSED", "The credential behind the code is not valid.")
        }
        ErrorKind::OutcomeUnknown => {
            failed(502, "OUTCOME_UNKNOWN", "The code may have been used up; ask for a new one.")
        }
        ErrorKind::KeyRefused => failed(
            500,
            "VERIFIER_MISCONFIGURED",
            "The service cannot redeem codes because of a fault in its own setup.",
        ),
        _ => failed(
            503,
            "VERIFIER_UNAVAILABLE",
            "The code cannot be redeemed at the moment. Try again later.",
        ),
    }
}

fn failed(status: u16, code: &'static str, message: &'static str) -> Reply {
    reply(status, &Failed { error: Failure { code, message } })
}

fn reply(status: u16, body: &impl Serialize) -> Reply {
    // Plain structs of text and booleans always serialise.
    Reply { status, body: serde_json::to_string(body).unwrap_or_default() }
}
