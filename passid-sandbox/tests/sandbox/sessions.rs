use std::time::Duration;

use passid_sandbox::{CredentialState, NewCredential, Sandbox, SessionError, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, admin, bearer, client, get, get_with_key, post, post_with_key, sample_clock, send,
    session, share, two_institutions, verify,
};

const LATER: &str = "2026-03-17T14:12:11Z";

async fn sandbox() -> Sandbox {
    Sandbox::builder().clock(sample_clock()).start().await.unwrap()
}

fn id(session: &Value) -> &str {
    session["requestId"].as_str().unwrap()
}

async fn poll(sandbox: &Sandbox, session: &Value) -> Answer {
    get(sandbox, &format!("/v1/sessions/{}", id(session))).await
}

async fn status(sandbox: &Sandbox, session: &Value) -> Value {
    poll(sandbox, session).await.json()["status"].clone()
}

async fn public(sandbox: &Sandbox, session: &Value) -> Answer {
    send(client().get(format!("{}/v1/sessions/{}/public", sandbox.url(), id(session)))).await
}

async fn by_code(sandbox: &Sandbox, code: &str) -> Answer {
    send(client().get(format!("{}/v1/sessions/by-code/{code}/public", sandbox.url()))).await
}

async fn fulfil(sandbox: &Sandbox, session: &Value, jwt: &str, token: &Value) -> Answer {
    let path = format!("/v1/sessions/{}/fulfill", id(session));
    bearer(sandbox, Method::POST, &path, jwt, Some(json!({"token": token}))).await
}

async fn decline(sandbox: &Sandbox, session: &Value, jwt: &str) -> Answer {
    let path = format!("/v1/sessions/{}/decline", id(session));
    bearer(sandbox, Method::POST, &path, jwt, None).await
}

#[tokio::test]
async fn a_session_has_the_fields_of_the_guide_and_ten_minutes_unless_told() {
    let sandbox = sandbox().await;
    let session = session(&sandbox, json!({})).await;
    assert_eq!(session.as_object().unwrap().len(), 4);
    let code = session["code"].as_str().unwrap();
    assert_eq!((code.len(), code.find('-')), (9, Some(4)));
    let link = format!("passid://verify-request?r={}&i={}", id(&session), demo::INSTITUTION_ID);
    assert_eq!(session["deepLink"], link);
    assert_eq!(session["expiresAt"], LATER);
    let polled = poll(&sandbox, &session).await.json();
    let expected = json!({"requestId": id(&session), "status": "pending", "expiresAt": LATER});
    assert_eq!(polled, expected);
}

#[tokio::test]
async fn the_older_path_makes_sessions_too() {
    let sandbox = sandbox().await;
    let answer = send(post(&sandbox, "/api/bridge/request", &json!({"ttlSeconds": 60}))).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["expiresAt"], "2026-03-17T14:03:11Z");
    assert_eq!(status(&sandbox, &answer.json()).await, "pending");
}

#[tokio::test]
async fn a_ttl_out_of_range_and_unknown_permissions_are_refused() {
    let sandbox = sandbox().await;
    for body in [
        json!({"ttlSeconds": 0}),
        json!({"ttlSeconds": 3601}),
        json!({"ttlSeconds": -1}),
        json!({"ttlSeconds": 1.5}),
        json!({"ttlSeconds": "600"}),
        json!({"permissions": ["sanctions_screening_clear"]}),
        json!({"permissions": ["full_score"]}),
        json!({"permissions": "income_verified"}),
        json!({"permissions": [1]}),
        json!({"institutionName": ""}),
        json!({"institutionName": "x".repeat(257)}),
        json!({"institutionName": 42}),
    ] {
        let answer = send(post(&sandbox, "/v1/sessions", &body)).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{body}");
    }
    for ttl in [1, 3600] {
        session(&sandbox, json!({"ttlSeconds": ttl})).await;
    }
}

#[tokio::test]
async fn the_wallet_sees_name_permissions_and_expiry_without_a_key() {
    let sandbox = sandbox().await;
    let body = json!({
        "institutionName": "Branch 7",
        "permissions": ["income_verified", "sanctions_clear", "income_verified"],
    });
    let session = session(&sandbox, body).await;
    let seen = public(&sandbox, &session).await;
    assert_eq!(
        seen.json(),
        json!({
            "requestId": id(&session),
            "institutionName": "Branch 7",
            "permissions": ["income_verified", "sanctions_clear"],
            "status": "pending",
            "expiresAt": LATER,
        })
    );
    let code = session["code"].as_str().unwrap();
    for spelling in [code.to_owned(), code.replace('-', ""), code.to_lowercase()] {
        assert_eq!(by_code(&sandbox, &spelling).await.text, seen.text);
    }
    let unnamed = crate::support::session(&sandbox, json!({})).await;
    let seen = public(&sandbox, &unnamed).await.json();
    assert_eq!(seen["institutionName"], demo::INSTITUTION_NAME);
}

#[tokio::test]
async fn codes_that_are_none_or_unknown_are_told_apart() {
    let sandbox = sandbox().await;
    assert_eq!(by_code(&sandbox, "AB3X-7YQM").await.error().1, "SESSION_NOT_FOUND");
    for code in ["AB3X-7YQ", "AB3X-7YQM-", "KE8V-3TXY-Z72L", "AB3X%207YQM1", "%C3%84B3X-7YQM"] {
        let (status, error) = by_code(&sandbox, code).await.error();
        assert!(
            (status, &*error) == (400, "INVALID_CODE") || code.ends_with('-'),
            "{code}: {error}"
        );
    }
    assert_eq!(by_code(&sandbox, "%FF%FE").await.error().0, 400);
}

#[tokio::test]
async fn the_whole_flow_of_the_guide_ends_in_claims_and_then_in_410() {
    let sandbox = sandbox().await;
    let permissions = json!({"permissions": ["income_verified", "identity_verified"]});
    let session = session(&sandbox, permissions).await;
    let share = share(&sandbox, json!({})).await;
    let jwt = sandbox.user_jwt();
    let answer = fulfil(&sandbox, &session, &jwt, &share["token"]).await;
    assert_eq!(
        answer.json(),
        json!({
            "requestId": id(&session),
            "status": "completed",
            "verifiedAt": "2026-03-17T14:02:11Z",
        })
    );
    let polled = poll(&sandbox, &session).await.json();
    assert_eq!(polled["status"], "completed");
    assert_eq!(polled["verifiedAt"], "2026-03-17T14:02:11Z");
    assert_eq!(polled["token"], share["token"]);
    assert!(polled["auditId"].as_str().unwrap().starts_with("aud_"));
    assert_eq!(
        polled["claims"],
        json!({
            "identity_verified": true,
            "income_verified": true,
            "income_band": "$3,000-4,000/mo",
            "data_window_days": 180,
            "freshness_hours": 2,
            "linked_accounts": 3,
            "corridor": "KE->GB",
        })
    );
    assert_eq!(public(&sandbox, &session).await.error(), (410, "SESSION_OVER".to_owned()));
    let code = session["code"].as_str().unwrap();
    assert_eq!(by_code(&sandbox, code).await.error().0, 410);
    assert_eq!(fulfil(&sandbox, &session, &jwt, &share["token"]).await.error().0, 410);
    assert_eq!(decline(&sandbox, &session, &jwt).await.error().0, 410);
    // The token stays good for the institution (D14).
    let token = share["token"].as_str().unwrap();
    let verified = verify(&sandbox, token).await.data();
    assert_eq!(verified["credential_valid"], true);
    // And gives no more than the session asked for.
    assert_eq!(verified["verified_claims"], polled["claims"]);
}

#[tokio::test]
async fn a_share_token_approves_one_session_only() {
    let sandbox = sandbox().await;
    let share = share(&sandbox, json!({})).await;
    let jwt = sandbox.user_jwt();
    let first = session(&sandbox, json!({})).await;
    let second = session(&sandbox, json!({})).await;
    assert_eq!(fulfil(&sandbox, &first, &jwt, &share["token"]).await.status, 200);
    let refused = fulfil(&sandbox, &second, &jwt, &share["token"]).await;
    assert_eq!(refused.error(), (410, "SHARE_TOKEN_USED".to_owned()));
    assert_eq!(status(&sandbox, &second).await, "pending");
}

#[tokio::test]
async fn tokens_that_the_customer_did_not_share_do_not_approve() {
    let sandbox = sandbox().await;
    let jwt = sandbox.user_jwt();
    let session = session(&sandbox, json!({})).await;
    let (_, other_jwt) = sandbox.add_customer(NewCredential::new()).unwrap();
    let own = share(&sandbox, json!({"expiresInSeconds": 60})).await;
    let revoked = share(&sandbox, json!({})).await;
    assert!(sandbox.revoke_token(revoked["token"].as_str().unwrap()));
    let attempts = [
        (&jwt, json!("PASSID-0000-0000-0000-0000")),
        (&jwt, json!(demo::KENYA_TOKEN)),
        (&jwt, json!(sandbox.mint_token(NewCredential::new()).unwrap())),
        (&jwt, revoked["token"].clone()),
        (&other_jwt, own["token"].clone()),
    ];
    for (jwt, token) in attempts {
        let refused = fulfil(&sandbox, &session, jwt, &token).await;
        assert_eq!(refused.error(), (422, "SHARE_TOKEN_REFUSED".to_owned()));
    }
    sandbox.advance_clock(Duration::from_secs(60)).unwrap();
    let expired = fulfil(&sandbox, &session, &jwt, &own["token"]).await;
    assert_eq!(expired.error().0, 422);
    assert_eq!(status(&sandbox, &session).await, "pending");
}

#[tokio::test]
async fn a_customer_declines() {
    let sandbox = sandbox().await;
    let session = session(&sandbox, json!({})).await;
    let answer = decline(&sandbox, &session, &sandbox.user_jwt()).await;
    assert_eq!(answer.json(), json!({"requestId": id(&session), "status": "declined"}));
    let polled = poll(&sandbox, &session).await.json();
    assert_eq!(polled["status"], "declined");
    assert!(polled.get("claims").is_none());
    assert_eq!(public(&sandbox, &session).await.error().0, 410);
}

#[tokio::test]
async fn a_session_expires_at_the_second_of_its_expiry() {
    let sandbox = sandbox().await;
    let session = session(&sandbox, json!({"ttlSeconds": 60})).await;
    sandbox.advance_clock(Duration::from_secs(59)).unwrap();
    assert_eq!(status(&sandbox, &session).await, "pending");
    sandbox.advance_clock(Duration::from_secs(1)).unwrap();
    assert_eq!(status(&sandbox, &session).await, "expired");
    assert_eq!(public(&sandbox, &session).await.error().0, 410);
    let share = share(&sandbox, json!({})).await;
    let late = fulfil(&sandbox, &session, &sandbox.user_jwt(), &share["token"]).await;
    assert_eq!(late.error(), (410, "SESSION_OVER".to_owned()));
    assert_eq!(status(&sandbox, &session).await, "expired");
}

#[tokio::test]
async fn what_has_ended_well_does_not_expire_later() {
    let sandbox = sandbox().await;
    let session = session(&sandbox, json!({})).await;
    sandbox.approve_session(id(&session)).unwrap();
    sandbox.advance_clock(Duration::from_secs(4_000)).unwrap();
    assert_eq!(status(&sandbox, &session).await, "completed");
}

#[tokio::test]
async fn sessions_of_others_do_not_exist() {
    let (sandbox, [own, other]) = two_institutions().await;
    let session = session(&sandbox, json!({})).await;
    let path = format!("/v1/sessions/{}", id(&session));
    assert_eq!(get_with_key(&sandbox, &own, &path).await.status, 200);
    for key in [&*other, sandbox.live_key()] {
        let refused = get_with_key(&sandbox, key, &path).await;
        assert_eq!(refused.error(), (404, "SESSION_NOT_FOUND".to_owned()));
    }
    let (_, live_jwt) = sandbox
        .add_customer(NewCredential::new().environment(passid_sandbox::Environment::Live))
        .unwrap();
    assert_eq!(decline(&sandbox, &session, &live_jwt).await.error().0, 404);
    let refused = fulfil(&sandbox, &session, &live_jwt, &json!(demo::LIVE_TOKEN)).await;
    assert_eq!(refused.error().0, 404);
    for path in ["/v1/sessions/req_unknown", "/v1/sessions/req_unknown/public"] {
        assert_eq!(get(&sandbox, path).await.error().1, "SESSION_NOT_FOUND");
    }
}

#[tokio::test]
async fn keys_and_jwts_of_the_wrong_kind_are_told_so() {
    let sandbox = sandbox().await;
    let session = session(&sandbox, json!({})).await;
    let jwt = sandbox.user_jwt();
    let path = format!("/v1/sessions/{}", id(&session));
    let by_jwt = bearer(&sandbox, Method::GET, &path, &jwt, None).await;
    assert_eq!(by_jwt.error(), (403, "WRONG_KIND_OF_CREDENTIAL".to_owned()));
    let by_key = decline(&sandbox, &session, sandbox.sandbox_key()).await;
    assert_eq!(by_key.error(), (403, "WRONG_KIND_OF_CREDENTIAL".to_owned()));
    let by_institution = decline(&sandbox, &session, &sandbox.institution_jwt()).await;
    assert_eq!(by_institution.error().0, 403);
    let unknown = decline(&sandbox, &session, "x.y.z").await;
    assert_eq!(unknown.error(), (401, "INVALID_USER_JWT".to_owned()));
    let none = send(post_with_key(&sandbox, "", "/v1/sessions", &json!({}))).await;
    assert_eq!(none.error(), (401, "INVALID_INSTITUTION_KEY".to_owned()));
}

#[tokio::test]
async fn a_test_approves_declines_and_expires_in_the_customers_place() {
    let sandbox = sandbox().await;
    let sessions = [
        session(&sandbox, json!({"permissions": ["identity_verified"]})).await,
        session(&sandbox, json!({})).await,
        session(&sandbox, json!({})).await,
    ];
    let [approved, declined, expired] =
        sessions.each_ref().map(|session| format!("/sessions/{}", id(session)));
    let path = format!("{approved}/approve");
    let body =
        json!({"claims": {"identity_verified": true, "income_band": "x", "freshness_hours": 7}});
    let answer = admin(&sandbox, Method::POST, &path, Some(body)).await;
    assert_eq!(answer.json()["status"], "completed");
    let polled = poll(&sandbox, &sessions[0]).await.json();
    assert_eq!(polled["claims"], json!({"identity_verified": true, "freshness_hours": 7}));
    assert_eq!(polled["token"], answer.json()["token"]);
    for (path, wanted) in
        [(format!("{declined}/decline"), "declined"), (format!("{expired}/expire"), "expired")]
    {
        let answer = admin(&sandbox, Method::POST, &path, None).await;
        assert_eq!(answer.json()["status"], wanted);
        assert_eq!(admin(&sandbox, Method::POST, &path, None).await.error().0, 410);
    }
    assert_eq!(status(&sandbox, &sessions[1]).await, "declined");
    assert_eq!(status(&sandbox, &sessions[2]).await, "expired");
    let unknown = admin(&sandbox, Method::POST, "/sessions/req_x/approve", None).await;
    assert_eq!(unknown.error(), (404, "SESSION_NOT_FOUND".to_owned()));
    assert_eq!(sandbox.approve_session("req_x"), Err(SessionError::NotFound));
    assert_eq!(sandbox.decline_session(id(&sessions[0])), Err(SessionError::Over));
}

#[tokio::test]
async fn a_credential_that_is_not_valid_cannot_approve() {
    let sandbox = sandbox().await;
    let session = session(&sandbox, json!({})).await;
    for state in [CredentialState::Revoked, CredentialState::SanctionsDenied] {
        let refused = sandbox.approve_session_with(id(&session), NewCredential::new().state(state));
        assert_eq!(refused, Err(SessionError::CredentialNotValid));
    }
    let path = format!("/sessions/{}/approve", id(&session));
    let refused = admin(&sandbox, Method::POST, &path, Some(json!({"state": "expired"}))).await;
    assert_eq!(refused.error(), (422, "CREDENTIAL_NOT_VALID".to_owned()));
    assert_eq!(status(&sandbox, &session).await, "pending");
}

#[tokio::test]
async fn the_oldest_sessions_make_room() {
    let sandbox = Sandbox::builder().max_records(3).start().await.unwrap();
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(session(&sandbox, json!({})).await);
    }
    assert_eq!(poll(&sandbox, &sessions[0]).await.status, 404);
    assert_eq!(by_code(&sandbox, sessions[0]["code"].as_str().unwrap()).await.status, 404);
    for kept in &sessions[1..] {
        assert_eq!(status(&sandbox, kept).await, "pending");
    }
}

#[tokio::test]
async fn a_session_of_the_other_environment_does_not_exist_also_when_it_is_over() {
    let sandbox = Sandbox::start().await.unwrap();
    let made = post_with_key(&sandbox, sandbox.live_key(), "/v1/sessions", &json!({}));
    let made = send(made).await.json();
    let id = made["requestId"].as_str().unwrap();
    let share = share(&sandbox, json!({})).await;
    let body = json!({"token": share["token"]});
    for _ in ["while it waits", "when it is over"] {
        for end in ["fulfill", "decline"] {
            let path = format!("/v1/sessions/{id}/{end}");
            let jwt = sandbox.user_jwt();
            let answer = bearer(&sandbox, Method::POST, &path, &jwt, Some(body.clone())).await;
            assert_eq!(answer.error(), (404, "SESSION_NOT_FOUND".to_owned()), "{end}");
        }
        let _ = sandbox.decline_session(id);
    }
}
