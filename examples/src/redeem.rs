use std::time::SystemTime;

use passid_core::{ApiError, ErrorKind, FreshnessStatus, Policy, Redemption, ShareCode};
use serde::{Deserialize, Serialize};

use crate::provider::Provider;
use crate::reply::Reply;

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

/// `POST /api/redeem`: the client called in a handler, without a guard.
///
/// The code is one-time. Where the outcome is unknown the answer says so, and nothing is sent again.
/// Share codes are PASSID's: with another provider there is no such thing here.
pub async fn redeem(provider: &Provider, policy: &Policy, body: &[u8], now: SystemTime) -> Reply {
    let Some(client) = provider.passid() else {
        return Reply::not_offered("Share codes are PASSID's; present a token of the provider.");
    };
    let Ok(Request { code }) = serde_json::from_slice(body) else {
        return Reply::failed(400, "REQUEST_INVALID", "A JSON object with a code is expected.");
    };
    let Ok(code) = ShareCode::parse(&code) else {
        return Reply::failed(400, "CODE_INVALID", "A code has twelve letters and digits.");
    };
    match client.redeem_code(&code).await {
        Ok(redemption) => redeemed(&redemption, policy, now),
        Err(error) => failure(&error),
    }
}

fn redeemed(redemption: &Redemption, policy: &Policy, now: SystemTime) -> Reply {
    let holds = |credential| policy.evaluate(credential, now).is_ok();
    Reply::json(
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
        ErrorKind::AlreadyRedeemed => Reply::failed(
            410,
            "CODE_ALREADY_REDEEMED",
            "The code was used before; ask for a new one.",
        ),
        ErrorKind::CodeNotFound => Reply::failed(404, "CODE_NOT_FOUND", "The code is not known."),
        ErrorKind::Refused(_) => {
            Reply::failed(403, "CREDENTIAL_REFUSED", "The credential behind the code is not valid.")
        }
        ErrorKind::OutcomeUnknown => Reply::failed(
            502,
            "OUTCOME_UNKNOWN",
            "The code may have been used up; ask for a new one.",
        ),
        ErrorKind::KeyRefused => Reply::failed(
            500,
            "VERIFIER_MISCONFIGURED",
            "The service cannot redeem codes because of a fault in its own setup.",
        ),
        _ => Reply::failed(
            503,
            "VERIFIER_UNAVAILABLE",
            "The code cannot be redeemed at the moment. Try again later.",
        ),
    }
}
