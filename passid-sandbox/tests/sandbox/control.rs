use std::net::SocketAddr;

use passid_sandbox::{
    CredentialState, Environment, Fault, FaultError, FaultKind, MintError, NewCredential, Route,
    Sandbox, demo,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{VERIFY, admin, client, post_with_key, redeem, send, verify};

async fn mint(sandbox: &Sandbox, what: &str, body: Value) -> String {
    let answer = admin(sandbox, Method::POST, what, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let minted = answer.json();
    assert_eq!(minted.as_object().unwrap().len(), 1);
    minted[what.trim_matches(['/', 's'])].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn health_says_ok() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = admin(&sandbox, Method::GET, "/health", None).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "ok"})));
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(sandbox.calls(Route::Any), 0, "control calls are not counted");
}

#[tokio::test]
async fn codes_and_tokens_are_minted_as_described() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = mint(&sandbox, "/codes", json!({})).await;
    assert_eq!(redeem(&sandbox, &code).await.data()["status"], "verified");
    assert_eq!(redeem(&sandbox, &code).await.status, 410);

    let token = mint(
        &sandbox,
        "/tokens",
        json!({
            "claims": {"income_verified": true},
            "environment": "live",
            "state": "active",
            "freshness_hours": 60,
            "expires_at": "2090-01-31T12:00:00+02:00",
        }),
    )
    .await;
    let call = post_with_key(&sandbox, sandbox.live_key(), VERIFY, &json!({"token": token}));
    let data = send(call).await.data();
    assert_eq!(data["verified_claims"], json!({"income_verified": true, "freshness_hours": 60}));
    assert_eq!(data["freshness_status"], "stale");
    assert_eq!(data["expires_at"], "2090-01-31T10:00:00Z");

    for (state, reason) in [
        ("expired", "TOKEN_EXPIRED"),
        ("revoked", "TOKEN_REVOKED"),
        ("bad_signature", "invalid_signature"),
        ("sanctions_denied", "HARD_DENY_SANCTIONS_MATCH"),
    ] {
        let token = mint(&sandbox, "/tokens", json!({"state": state})).await;
        assert_eq!(verify(&sandbox, &token).await.data()["reason_code"], reason);
    }
}

#[tokio::test]
async fn what_cannot_be_minted_is_refused_with_a_reason() {
    let sandbox = Sandbox::start().await.unwrap();
    let many: Value = (0..65)
        .map(|number| (number.to_string(), json!(true)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (body, word) in [
        (json!({"claim": {}}), "claim"),
        (json!({"claims": []}), "map"),
        (json!({"environment": "test"}), "sandbox or live"),
        (json!({"state": "sleepy"}), "sleepy"),
        (json!({"expires_at": "tomorrow"}), "RFC 3339"),
        (json!({"freshness_hours": -1}), "u32"),
        (json!({"status": " "}), "status"),
        (json!({"claims": {"x": "y".repeat(9_000)}}), "8192"),
        (json!({"claims": many}), "64 claims"),
        (json!([]), "JSON object"),
        (json!("x"), "NewCredential"),
    ] {
        for path in ["/codes", "/tokens"] {
            let answer = admin(&sandbox, Method::POST, path, Some(body.clone())).await;
            assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{body}");
            let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(message.contains(word), "{message}");
        }
    }
    let url = format!("{}/codes", sandbox.admin_url());
    let plain = send(client().post(&url).body("{}")).await;
    assert_eq!(plain.error(), (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    let broken = client().post(&url).header("Content-Type", "application/json").body("{");
    assert_eq!(send(broken).await.error(), (400, "INVALID_JSON".to_owned()));
    let large = NewCredential::new().claim("x", "y".repeat(9_000));
    assert_eq!(sandbox.mint_token(large).unwrap_err(), MintError::ClaimsTooLarge);
}

#[tokio::test]
async fn every_fault_has_its_json_form() {
    let sandbox = Sandbox::start().await.unwrap();
    let forms = [
        json!({"kind": "status", "status": 503}),
        json!({"kind": "status", "status": 429, "retry_after_secs": 3}),
        json!({"kind": "delay", "millis": 5}),
        json!({"kind": "slow_body", "millis": 5}),
        json!({"kind": "reset"}),
        json!({"kind": "truncate"}),
        json!({"kind": "garbage"}),
        json!({"kind": "empty"}),
        json!({"kind": "apply_then_drop"}),
        json!({"kind": "html"}),
        json!({"kind": "oversize"}),
        json!({"kind": "rate_limit", "retry_after_secs": 3}),
        json!({"kind": "wrong_content_type"}),
        json!({"kind": "delay_log_normal", "median_millis": 5, "sigma": 0.5}),
    ];
    let mut expected = Vec::new();
    for form in forms {
        let fault = json!({"route": "verify", "times": 2, "fault": form});
        expected.push(fault.clone());
        let answer = admin(&sandbox, Method::POST, "/faults", Some(fault)).await;
        assert_eq!((answer.status, answer.json()), (201, json!({"faults": expected})));
    }
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 503);
    let listed = admin(&sandbox, Method::GET, "/faults", None).await.json();
    assert_eq!(listed["faults"][0]["times"], 1);
    let cleared = admin(&sandbox, Method::DELETE, "/faults", None).await;
    assert_eq!((cleared.status, cleared.json()), (200, json!({"faults": []})));
    let short = json!({"fault": {"kind": "html"}});
    let answer = admin(&sandbox, Method::POST, "/faults", Some(short)).await.json();
    assert_eq!(answer["faults"][0]["route"], "any");
    assert_eq!(answer["faults"][0]["times"], 1);
    let long = json!({
        "route": "session",
        "method": "get",
        "times": "always",
        "nth": 3,
        "probability": 0.5,
        "fault": {"kind": "html"},
    });
    let answer = admin(&sandbox, Method::POST, "/faults", Some(long.clone())).await.json();
    let mut wanted = long;
    wanted["method"] = json!("GET");
    assert_eq!(answer["faults"][1], wanted);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for body in [
        json!({}),
        json!({"fault": {"kind": "earthquake"}}),
        json!({"fault": {"kind": "reset", "status": 1}}),
        json!({"fault": {"kind": "status"}}),
        json!({"fault": {"kind": "status", "status": 204}}),
        json!({"fault": {"kind": "status", "status": 99_999}}),
        json!({"fault": {"kind": "delay", "millis": 60_001}}),
        json!({"fault": {"kind": "delay", "millis": -1}}),
        json!({"fault": {"kind": "reset"}, "times": 0}),
        json!({"fault": {"kind": "reset"}, "route": "all"}),
        json!({"fault": {"kind": "reset"}, "path": "/v1/verify"}),
        json!({"fault": {"kind": "reset"}, "times": null}),
        json!({"fault": {"kind": "reset"}, "times": "often"}),
        json!({"fault": {"kind": "reset"}, "nth": 0}),
        json!({"fault": {"kind": "reset"}, "probability": 0}),
        json!({"fault": {"kind": "reset"}, "probability": 1.5}),
        json!({"fault": {"kind": "reset"}, "method": "BREW"}),
        json!({"fault": {"kind": "rate_limit"}}),
        json!({"fault": {"kind": "delay_log_normal", "median_millis": 5}}),
        json!({"fault": {"kind": "delay_log_normal", "median_millis": 5, "sigma": 11}}),
        json!({"fault": {"kind": "connect_refused", "millis": 60_001}}),
        json!({"fault": {"kind": "connect_refused", "millis": 1}, "route": "verify"}),
        json!({"fault": {"kind": "connect_refused", "millis": 1}, "times": 2}),
    ] {
        let answer = admin(&sandbox, Method::POST, "/faults", Some(body.clone())).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{body}");
    }
    for _ in 0..1_000 {
        sandbox.inject_fault(Fault::on(Route::Redeem, FaultKind::reset())).unwrap();
    }
    let one_more = json!({"fault": {"kind": "reset"}});
    let answer = admin(&sandbox, Method::POST, "/faults", Some(one_more)).await;
    assert_eq!(answer.error(), (409, "LIMIT_REACHED".to_owned()));
    let refused = sandbox.inject_fault(Fault::on(Route::Redeem, FaultKind::reset()));
    assert_eq!(refused.unwrap_err(), FaultError::Full { limit: 1_000 });
}

#[tokio::test]
async fn calls_are_counted_per_route() {
    let sandbox = Sandbox::start().await.unwrap();
    redeem(&sandbox, demo::KENYA_CODE).await;
    redeem(&sandbox, "bad").await;
    verify(&sandbox, demo::KENYA_TOKEN).await;
    send(post_with_key(&sandbox, "unknown", "/api/v1/bridge/verify", &json!({}))).await;
    send(client().get(format!("{}/nowhere", sandbox.url()))).await;
    send(client().get(format!("{}/v1/sessions/req_1/public", sandbox.url()))).await;
    let counted = admin(&sandbox, Method::GET, "/calls", None).await.json();
    let counted = counted.as_object().unwrap();
    for (name, count) in counted {
        let wanted = match name.as_str() {
            "redeem" | "verify" => 2,
            "session_public" | "other" => 1,
            "any" => 6,
            _ => 0,
        };
        assert_eq!(*count, wanted, "{name}");
    }
    let several = [Route::Any, Route::AnyPassbase, Route::AnyDocverify];
    for route in Route::all().chain(several) {
        assert_eq!(counted[&route.to_string()], sandbox.calls(route));
    }
    assert_eq!(counted.len(), Route::all().count() + 4);
}

#[tokio::test]
async fn a_reset_brings_the_first_moment_back() {
    let sandbox = Sandbox::builder().strict_demo_codes(true).start().await.unwrap();
    let mint = || {
        let code = sandbox.mint_code(NewCredential::new()).unwrap();
        let token = sandbox.mint_token(NewCredential::new()).unwrap();
        (code, token)
    };
    let (code, token) = mint();
    let first = redeem(&sandbox, demo::KENYA_CODE).await.text;
    redeem(&sandbox, &code).await;
    sandbox.inject_fault(Fault::on(Route::Any, FaultKind::html())).unwrap();

    let answer = admin(&sandbox, Method::POST, "/reset", None).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "reset"})));
    assert_eq!(sandbox.calls(Route::Any), 0);
    assert_eq!(redeem(&sandbox, demo::KENYA_CODE).await.text, first);
    assert_eq!(redeem(&sandbox, &code).await.error(), (404, "CODE_NOT_FOUND".to_owned()));
    assert_eq!(verify(&sandbox, &token).await.data()["reason_code"], "TOKEN_NOT_FOUND");
    assert_eq!(mint(), (code, token), "the same calls mint the same");
    sandbox.reset();
    assert_eq!(sandbox.calls(Route::Any), 0);
}

#[tokio::test]
async fn beyond_loopback_the_control_api_is_locked_and_the_api_is_not() {
    let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let sandbox = Sandbox::builder().listen(everywhere).start().await.unwrap();
    for path in ["/health", "/calls", "/nothing", ""] {
        let answer = admin(&sandbox, Method::GET, path, None).await;
        assert_eq!(answer.error(), (403, "CONTROL_API_LOCKED".to_owned()));
    }
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
}

#[test]
fn descriptions_survive_their_json_form() {
    let credential = NewCredential::new()
        .environment(Environment::Live)
        .state(CredentialState::SanctionsDenied)
        .expires_at(std::time::SystemTime::UNIX_EPOCH)
        .freshness_hours(3)
        .status("on_hold")
        .without_claim("corridor");
    let json = serde_json::to_value(&credential).unwrap();
    assert_eq!(json["expires_at"], "1970-01-01T00:00:00Z");
    assert_eq!(serde_json::from_value::<NewCredential>(json).unwrap(), credential);
}
