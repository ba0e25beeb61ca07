use passid_sandbox::{Sandbox, Seed, SeedError, StartError, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{VERIFY, admin, bearer, client, post_with_key, redeem, send, verify};

const KEY: &str = "pk_sandbox_second00000000000000";

fn everything() -> Value {
    json!({
        "institutions": [{
            "id": "43",
            "name": "Second Bank",
            "sandbox": {"key": KEY, "jwt": "second.jwt.x", "webhook_url": "http://127.0.0.1:9/"},
        }],
        "customers": [{"id": "usr_amina", "jwt": "amina.jwt.x", "credential": {"freshness_hours": 3}}],
        "tokens": [{"token": "passid-seed-0000-0000-0001", "credential": {"state": "revoked"}}],
        "codes": [
            {"code": "SEED 0000 0001", "credential": {"claims": {"income_verified": true}}},
            {"code": "SEED-0000-0002", "repeatable": true},
        ],
    })
}

async fn holds_everything(sandbox: &Sandbox) {
    let body = json!({"token": demo::KENYA_TOKEN});
    assert_eq!(send(post_with_key(sandbox, KEY, VERIFY, &body)).await.status, 200);
    let cohort = bearer(sandbox, Method::GET, "/v1/outcome/cohort", "second.jwt.x", None).await;
    assert_eq!(cohort.data()["institutionId"], "43");
    let path = "/api/v1/bridge/share/user/usr_amina";
    let history = bearer(sandbox, Method::GET, path, "amina.jwt.x", None).await;
    assert_eq!(history.data(), json!({"shares": []}));
    let rejected = verify(sandbox, "PASSID-SEED-0000-0000-0001").await.data();
    assert_eq!(rejected["reason_code"], "TOKEN_REVOKED");
    let redeemed = redeem(sandbox, "SEED-0000-0001").await.data();
    assert_eq!(redeemed["verified_claims"], json!({"income_verified": true}));
    assert_eq!(redeem(sandbox, "SEED-0000-0001").await.status, 410);
    for _ in 0..2 {
        assert_eq!(redeem(sandbox, "SEED-0000-0002").await.status, 200);
    }
}

#[tokio::test]
async fn a_seed_is_there_from_the_start_and_after_a_reset() {
    let seed = Seed::from_json(&everything().to_string()).unwrap();
    let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
    holds_everything(&sandbox).await;
    sandbox.reset();
    holds_everything(&sandbox).await;
}

#[tokio::test]
async fn a_seed_can_be_planted_later_and_again_without_undoing_anything() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = admin(&sandbox, Method::POST, "/seed", Some(everything())).await;
    assert_eq!(answer.json(), json!({"status": "seeded"}));
    holds_everything(&sandbox).await;
    let again = admin(&sandbox, Method::POST, "/seed", Some(everything())).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(redeem(&sandbox, "SEED-0000-0001").await.status, 410, "used is used");
}

#[tokio::test]
async fn an_entry_that_cannot_be_taken_is_named_and_nothing_is_planted() {
    let sandbox = Sandbox::start().await.unwrap();
    let good = json!({"code": "SEED-0000-0003"});
    for (seed, named) in [
        (json!({"codes": [good, {"code": "SHORT"}]}), "codes entry 2"),
        (json!({"codes": [good], "tokens": [{"token": ""}]}), "tokens entry 1"),
        (json!({"codes": [good], "institutions": [{"id": "a/b"}]}), "institutions entry 1"),
        (
            json!({"codes": [good], "institutions": [{"id": "9", "sandbox": {"key": demo::SANDBOX_KEY}}]}),
            "its key is another's already",
        ),
        (
            json!({"codes": [good], "institutions": [{"id": "9", "sandbox": {"key": "pk_live_x"}}]}),
            "institutions entry 1",
        ),
        (
            json!({"codes": [good], "institutions": [
                {"id": "9", "sandbox": {"key": KEY, "webhook_url": "nowhere"}},
            ]}),
            "webhook URL",
        ),
        (json!({"codes": [good], "customers": [{"id": ""}]}), "customers entry 1"),
        (
            json!({"codes": [good], "customers": [
                {"id": "a", "jwt": "x.y.z"}, {"id": "b", "jwt": "x.y.z"},
            ]}),
            "customers entry 2",
        ),
        (
            json!({
                "codes": [good],
                "institutions": [{"id": "9", "sandbox": {"key": KEY, "jwt": "x.y.z"}}],
                "customers": [{"id": "a", "jwt": "x.y.z"}],
            }),
            "customers entry 1",
        ),
        (json!({"codes": [good], "houses": []}), "houses"),
        (json!({"codes": [{"code": "SEED-0000-0003", "creditential": {}}]}), "creditential"),
    ] {
        let answer = admin(&sandbox, Method::POST, "/seed", Some(seed.clone())).await;
        assert_eq!(answer.error().0, 400, "{seed}");
        assert!(answer.text.contains(named), "{named}: {}", answer.text);
        assert!(!answer.text.contains(demo::SANDBOX_KEY) && !answer.text.contains(KEY));
    }
    assert_eq!(redeem(&sandbox, "SEED-0000-0003").await.status, 404);
}

#[tokio::test]
async fn a_sandbox_does_not_start_with_a_seed_that_cannot_be_planted() {
    let seed = Seed::from_toml("[[codes]]\ncode = \"x\"").unwrap();
    let refused = Sandbox::builder().seed(seed).start().await.unwrap_err();
    assert!(matches!(
        refused,
        StartError::Seed(SeedError::Entry { table: "codes", number: 1, .. })
    ));
    let unreadable = Seed::from_toml("codes = 1\nkey = \"pk_live_secret\"").unwrap_err();
    assert!(!unreadable.to_string().contains("pk_live_secret"));
}

#[tokio::test]
async fn the_control_api_takes_a_seed_in_toml_too() {
    let sandbox = Sandbox::start().await.unwrap();
    let plant = |text: &'static str| {
        let url = format!("{}/seed", sandbox.admin_url());
        send(client().post(url).header("Content-Type", "application/toml").body(text))
    };
    let planted = plant("[[codes]]\ncode = \"SEED-0000-0009\"").await;
    assert_eq!(planted.json(), json!({"status": "seeded"}));
    assert_eq!(redeem(&sandbox, "SEED-0000-0009").await.status, 200);
    for wrong in ["codes = 1", "[[houses]]", "\u{0}"] {
        assert_eq!(plant(wrong).await.error(), (400, "INVALID_REQUEST".to_owned()));
    }
}

#[tokio::test]
async fn an_environment_that_a_seed_leaves_out_is_closed() {
    let seed = Seed::from_json(&everything().to_string()).unwrap();
    let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
    let state: Value = serde_json::from_str(&sandbox.export()).unwrap();
    let key = state["tables"]["institutions"]["43"]["live"]["key"].as_str().unwrap();
    assert!(reqwest::header::HeaderValue::from_str(key).is_err());
    let body = json!({"token": demo::LIVE_TOKEN});
    let bare = post_with_key(&sandbox, key.trim(), VERIFY, &body);
    assert_eq!(send(bare).await.error().0, 403, "it is the JWT, and no key");
}
