use std::time::Duration;

use passid_sandbox::{NewCredential, Sandbox, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, bearer, redeem, sample_clock, session, share, verify};

async fn revoke(sandbox: &Sandbox, jwt: &str, body: Value) -> Answer {
    bearer(sandbox, Method::POST, "/api/v1/bridge/share/revoke", jwt, Some(body)).await
}

async fn history(sandbox: &Sandbox, jwt: &str, customer: &str) -> Answer {
    let path = format!("/api/v1/bridge/share/user/{customer}");
    bearer(sandbox, Method::GET, &path, jwt, None).await
}

fn text<'a>(share: &'a Value, member: &str) -> &'a str {
    share[member].as_str().unwrap()
}

#[tokio::test]
async fn a_share_is_a_token_and_a_one_time_code_narrowed_to_permissions() {
    let sandbox = Sandbox::builder().clock(sample_clock()).start().await.unwrap();
    let body = json!({"permissions": ["sanctions_clear"], "expiresInSeconds": 600});
    let share = share(&sandbox, body).await;
    assert_eq!(share["permissions"], json!(["sanctions_clear"]));
    assert_eq!(share["expiresAt"], "2026-03-17T14:12:11Z");
    let claims = json!({
        "sanctions_screening_clear": true,
        "data_window_days": 180,
        "freshness_hours": 2,
        "linked_accounts": 3,
        "corridor": "KE->GB",
    });
    let redeemed = redeem(&sandbox, text(&share, "code")).await.data();
    assert_eq!((&redeemed["verified_claims"], &redeemed["token"]), (&claims, &share["token"]));
    assert_eq!(redeem(&sandbox, text(&share, "code")).await.status, 410);
    let token = text(&share, "token");
    assert_eq!(verify(&sandbox, token).await.data()["verified_claims"], claims);
    sandbox.advance_clock(Duration::from_secs(600)).unwrap();
    assert_eq!(verify(&sandbox, token).await.data()["reason_code"], "TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_share_that_is_taken_back_gives_nothing_any_more() {
    let sandbox = Sandbox::start().await.unwrap();
    let jwt = sandbox.user_jwt();
    let by_id = share(&sandbox, json!({})).await;
    let by_token = share(&sandbox, json!({})).await;
    let answer = revoke(&sandbox, &jwt, json!({"shareId": by_id["shareId"]})).await;
    assert_eq!(answer.data()["shareId"], by_id["shareId"]);
    assert_eq!(revoke(&sandbox, &jwt, json!({"token": by_token["token"]})).await.status, 200);
    for share in [&by_id, &by_token] {
        let verified = verify(&sandbox, text(share, "token")).await.data();
        assert_eq!(verified["reason_code"], "TOKEN_REVOKED");
        let redeemed = redeem(&sandbox, text(share, "code")).await.data();
        assert_eq!(redeemed["deny_reason"], "TOKEN_REVOKED");
        assert!(redeemed.get("verified_claims").is_none());
    }
    // Once more is no error.
    assert_eq!(revoke(&sandbox, &jwt, json!({"shareId": by_id["shareId"]})).await.status, 200);
}

#[tokio::test]
async fn shares_of_others_do_not_exist() {
    let sandbox = Sandbox::start().await.unwrap();
    let (other, other_jwt) = sandbox.add_customer(NewCredential::new()).unwrap();
    let share = share(&sandbox, json!({})).await;
    for body in [
        json!({"shareId": share["shareId"]}),
        json!({"token": share["token"]}),
        json!({"token": demo::KENYA_TOKEN}),
        json!({"shareId": "shr_unknown"}),
    ] {
        let refused = revoke(&sandbox, &other_jwt, body).await;
        assert_eq!(refused.error(), (404, "SHARE_NOT_FOUND".to_owned()));
    }
    assert_eq!(verify(&sandbox, text(&share, "token")).await.data()["credential_valid"], true);
    assert_eq!(history(&sandbox, &other_jwt, demo::CUSTOMER_ID).await.error().0, 404);
    assert_eq!(history(&sandbox, &other_jwt, &other).await.data(), json!({"shares": []}));
}

#[tokio::test]
async fn the_history_says_what_became_of_each_share() {
    let sandbox = Sandbox::start().await.unwrap();
    let jwt = sandbox.user_jwt();
    let mut shares = Vec::new();
    for _ in 0..4 {
        shares.push(share(&sandbox, json!({})).await);
    }
    redeem(&sandbox, text(&shares[1], "code")).await;
    revoke(&sandbox, &jwt, json!({"shareId": shares[2]["shareId"]})).await;
    let session = session(&sandbox, json!({})).await;
    let path = format!("/v1/sessions/{}/fulfill", text(&session, "requestId"));
    let body = json!({"token": shares[3]["token"]});
    assert_eq!(bearer(&sandbox, Method::POST, &path, &jwt, Some(body)).await.status, 200);
    let seen = history(&sandbox, &jwt, demo::CUSTOMER_ID).await.data();
    let seen = seen["shares"].as_array().unwrap();
    let flags: Vec<_> = seen
        .iter()
        .map(|share| (share["used"].as_bool().unwrap(), share["revoked"].as_bool().unwrap()))
        .collect();
    assert_eq!(flags, [(false, false), (true, false), (false, true), (true, false)]);
    let ids: Vec<_> = seen.iter().map(|share| &share["shareId"]).collect();
    assert_eq!(ids, shares.iter().map(|share| &share["shareId"]).collect::<Vec<_>>());
    let text = seen.iter().map(Value::to_string).collect::<String>();
    assert!(!text.contains("PASSID-"), "a history holds no tokens");
}

#[tokio::test]
async fn requests_that_cannot_be_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let jwt = sandbox.user_jwt();
    let path = "/api/v1/bridge/share/create";
    for body in [
        json!({"permissions": ["everything"]}),
        json!({"expiresInSeconds": 0}),
        json!({"expiresInSeconds": -5}),
        json!([]),
    ] {
        assert_eq!(bearer(&sandbox, Method::POST, path, &jwt, Some(body)).await.error().0, 400);
    }
    for body in [json!({}), json!({"shareId": "a", "token": "PASSID-AB"}), json!({"token": ""})] {
        assert_eq!(revoke(&sandbox, &jwt, body).await.error().0, 400);
    }
    let far = json!({"expiresInSeconds": u64::MAX});
    let answer = bearer(&sandbox, Method::POST, path, &jwt, Some(far)).await;
    assert_eq!(answer.json()["data"]["expiresAt"], "2100-01-01T00:00:00Z", "the credential's own");
}
