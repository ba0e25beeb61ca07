use std::time::Duration;

use passid_sandbox::{NewCredential, Sandbox, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    VERIFY, admin, get, post, redeem, sample_clock, send, session, share, verify,
};

/// Something of everything.
async fn filled() -> (Sandbox, Value, String, String) {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    redeem(&sandbox, &code).await;
    let token = sandbox.mint_token(NewCredential::new()).unwrap();
    send(post(&sandbox, VERIFY, &json!({"token": token})).header("Idempotency-Key", "one")).await;
    share(&sandbox, json!({})).await;
    let session = session(&sandbox, json!({})).await;
    send(post(&sandbox, "/v1/outcome", &json!({"token": token, "outcome": "repaid"}))).await;
    sandbox.advance_clock(Duration::from_secs(100)).unwrap();
    sandbox.freeze_clock(true);
    (sandbox, session, code, token)
}

#[tokio::test]
async fn a_state_goes_through_export_and_import_unchanged() {
    let (sandbox, session, code, token) = filled().await;
    let exported = admin(&sandbox, Method::GET, "/state", None).await;
    let copy = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let imported = admin(&copy, Method::PUT, "/state", Some(exported.json())).await;
    assert_eq!(imported.json(), json!({"status": "imported"}));
    assert_eq!(admin(&copy, Method::GET, "/state", None).await.text, exported.text);
    assert_eq!(copy.export(), exported.text);

    assert_eq!(redeem(&copy, &code).await.status, 410);
    let path = format!("/v1/sessions/{}", session["requestId"].as_str().unwrap());
    assert_eq!(get(&copy, &path).await.json()["status"], "pending");
    let outcome = json!({"token": token, "outcome": "repaid"});
    assert_eq!(send(post(&copy, "/v1/outcome", &outcome)).await.status, 409);
    let body = json!({"token": token});
    let replayed = |sandbox| send(post(sandbox, VERIFY, &body).header("Idempotency-Key", "one"));
    assert_eq!(replayed(&sandbox).await.text, replayed(&copy).await.text);
    // The same goes on from there: clock, counters and the numbers behind codes.
    assert_eq!(copy.now(), sandbox.now());
    assert_eq!(verify(&copy, &token).await.text, verify(&sandbox, &token).await.text);
    assert_eq!(copy.mint_code(NewCredential::new()), sandbox.mint_code(NewCredential::new()));
}

#[tokio::test]
async fn an_import_keeps_the_keys_of_the_process() {
    let (sandbox, ..) = filled().await;
    let other =
        Sandbox::builder().sandbox_key("pk_sandbox_another0000000000000").start().await.unwrap();
    other.import(&sandbox.export()).unwrap();
    assert_eq!(verify(&other, demo::KENYA_TOKEN).await.status, 200);
}

#[tokio::test]
async fn what_was_not_exported_is_refused_and_the_old_state_stays() {
    let (sandbox, _, code, _) = filled().await;
    let before = sandbox.export();
    let mut torn: Value = serde_json::from_str(&before).unwrap();
    torn["tables"]["tokens"]["PASSID-X"] = json!({"claims": 1});
    let mut newer: Value = serde_json::from_str(&before).unwrap();
    newer["version"] = json!(2);
    for bad in [
        json!({}),
        json!({"version": 1}),
        json!({"version": 1, "tables": {"houses": {"a": {}}}}),
        json!({"version": 1, "tables": {"tokens": []}}),
        json!({"version": 1, "tables": {}, "more": 1}),
        torn,
        newer,
    ] {
        let refused = admin(&sandbox, Method::PUT, "/state", Some(bad)).await;
        assert_eq!(refused.error(), (400, "INVALID_REQUEST".to_owned()));
    }
    assert!(sandbox.import("{").is_err());
    assert_eq!(sandbox.export(), before);
    assert_eq!(redeem(&sandbox, &code).await.status, 410);
}

#[tokio::test]
async fn a_reset_forgets_everything_but_what_was_there_at_the_start() {
    let (sandbox, ..) = filled().await;
    sandbox.reset();
    let fresh = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    assert_eq!(sandbox.export(), fresh.export());
}
