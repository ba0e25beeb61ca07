use std::time::{Duration, SystemTime};

use passid_sandbox::{NewCredential, Sandbox};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, admin, sample_clock, verify};

const SAMPLE: &str = "2026-03-17T14:02:11Z";

async fn change(sandbox: &Sandbox, body: Value) -> Answer {
    admin(sandbox, Method::PUT, "/clock", Some(body)).await
}

async fn advance(sandbox: &Sandbox, body: Value) -> Answer {
    admin(sandbox, Method::POST, "/clock/advance", Some(body)).await
}

async fn read(sandbox: &Sandbox) -> Value {
    admin(sandbox, Method::GET, "/clock", None).await.json()
}

#[tokio::test]
async fn the_clock_is_read_set_advanced_and_frozen() {
    let base = sample_clock();
    let sandbox = Sandbox::builder().clock(base.clone()).start().await.unwrap();
    assert_eq!(read(&sandbox).await, json!({"now": SAMPLE, "frozen": false}));
    let advanced = advance(&sandbox, json!({"seconds": 3_600})).await.json();
    assert_eq!(advanced["now"], "2026-03-17T15:02:11Z");
    let set = change(&sandbox, json!({"now": "2030-01-01T00:00:00+01:00", "frozen": true})).await;
    assert_eq!(set.json(), json!({"now": "2029-12-31T23:00:00Z", "frozen": true}));
    base.advance(Duration::from_secs(60));
    assert_eq!(read(&sandbox).await["now"], "2029-12-31T23:00:00Z", "it stands");
    change(&sandbox, json!({"frozen": false})).await;
    base.advance(Duration::from_secs(60));
    assert_eq!(read(&sandbox).await["now"], "2029-12-31T23:01:00Z");
    let back = change(&sandbox, json!({"now": SAMPLE})).await.json();
    assert_eq!(back["now"], SAMPLE, "it can go back");
}

#[tokio::test]
async fn expiry_freshness_and_times_in_answers_go_by_it() {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let token = sandbox.mint_token(NewCredential::new().freshness_hours(40)).unwrap();
    let data = verify(&sandbox, &token).await.data();
    assert_eq!(
        (&data["verified_at"], &data["freshness_status"]),
        (&json!(SAMPLE), &json!("fresh"))
    );
    sandbox.advance_clock(Duration::from_secs(9 * 3_600)).unwrap();
    let data = verify(&sandbox, &token).await.data();
    assert_eq!(data["verified_claims"]["freshness_hours"], 49);
    assert_eq!(data["freshness_status"], "stale");
    assert_eq!(data["verified_at"], "2026-03-17T23:02:11Z");
    sandbox.advance_clock(Duration::from_secs(83 * 24 * 3_600)).unwrap();
    assert_eq!(verify(&sandbox, &token).await.data()["reason_code"], "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_reset_gives_the_clock_back_as_it_was_at_the_start() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131);
    let sandbox = Sandbox::builder().start_time(start).freeze_clock(true).start().await.unwrap();
    assert_eq!(read(&sandbox).await, json!({"now": SAMPLE, "frozen": true}));
    sandbox.advance_clock(Duration::from_secs(10)).unwrap();
    sandbox.freeze_clock(false);
    sandbox.reset();
    assert_eq!(read(&sandbox).await, json!({"now": SAMPLE, "frozen": true}));
    assert_eq!(sandbox.now(), start);
}

#[tokio::test]
async fn times_that_cannot_be_are_refused_and_change_nothing() {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    for body in [
        json!({}),
        json!({"now": "yesterday"}),
        json!({"now": "1969-12-31T23:59:59Z"}),
        json!({"now": 0}),
        json!({"frozen": "yes"}),
        json!({"later": SAMPLE}),
    ] {
        assert_eq!(change(&sandbox, body.clone()).await.error().0, 400, "{body}");
    }
    for body in [
        json!({}),
        json!({"seconds": -1}),
        json!({"seconds": 1.5}),
        json!({"seconds": u64::MAX}),
        json!({"seconds": 300_000_000_000_u64}),
    ] {
        assert_eq!(advance(&sandbox, body.clone()).await.error().0, 400, "{body}");
    }
    assert_eq!(read(&sandbox).await, json!({"now": SAMPLE, "frozen": false}));
    assert!(sandbox.advance_clock(Duration::MAX).is_err());
    assert!(sandbox.set_clock(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_err());
}
