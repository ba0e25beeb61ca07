//! Step 3, the QR flow, with the calls of step 6 that it is made of.

use std::time::Duration;

use passid_core::{
    ErrorKind, NewSession, Permission, Session, SessionCode, SessionState, SessionStatus,
};
use passid_tests::http::{Request, Response};
use serde_json::{Value, json};

use crate::stage::{NOW, SECRET, Stage, error, json_of, now};

/// Ten minutes after the guide's time, and an hour after it.
const TEN_MINUTES: &str = "2026-03-29T10:32:14Z";
const AN_HOUR: &str = "2026-03-29T11:22:14Z";

async fn created(stage: &Stage, body: Value) -> Value {
    let created = stage.post("/v1/sessions", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    json_of(&created)
}

async fn polled(stage: &Stage, session: &Value) -> Value {
    json_of(&stage.get(format!("/v1/sessions/{}", text(session, "requestId"))).await)
}

async fn public(stage: &Stage, session: &Value) -> Response {
    let path = format!("/v1/sessions/{}/public", text(session, "requestId"));
    stage.send(Request::new("GET", path)).await
}

async fn by_code(stage: &Stage, code: &str) -> Response {
    stage.send(Request::new("GET", format!("/v1/sessions/by-code/{code}/public"))).await
}

async fn fulfilled(stage: &Stage, request_id: &str) -> Response {
    let token = stage.share(json!({})).await;
    let path = format!("/v1/sessions/{request_id}/fulfill");
    stage.wallet_post(path, &json!({"token": token})).await
}

fn text<'a>(session: &'a Value, name: &str) -> &'a str {
    session[name].as_str().unwrap()
}

async fn created_by_client(stage: &Stage) -> Session {
    stage.client.create_session(&NewSession::new()).await.unwrap()
}

fn status(state: &SessionState) -> &str {
    state.status.as_str()
}

#[tokio::test]
async fn a_session_is_created_with_id_code_deep_link_and_expiry() {
    let stage = Stage::set().await;
    let body = json!({
        "institutionName": "Your Bank",
        "permissions": ["income_verified", "identity_verified"],
        "ttlSeconds": 3600,
    });
    let session = created(&stage, body).await;
    let [left, right] = text(&session, "code").split('-').collect::<Vec<_>>()[..] else {
        panic!("two groups, as in AB3X-7YQM")
    };
    assert_eq!((left.len(), right.len()), (4, 4));
    let link = format!("passid://verify-request?r={}&i=42", text(&session, "requestId"));
    assert_eq!(session["deepLink"], link);
    assert_eq!(session["expiresAt"], AN_HOUR);
    assert_eq!(polled(&stage, &session).await["status"], "pending");
}

#[tokio::test]
async fn without_a_ttl_a_session_lives_for_ten_minutes_and_never_above_an_hour() {
    let stage = Stage::set().await;
    assert_eq!(created(&stage, json!({})).await["expiresAt"], TEN_MINUTES);
    let refused = stage.post("/v1/sessions", &json!({"ttlSeconds": 3601})).await;
    assert_eq!(error(&refused), (400, "INVALID_REQUEST".to_owned()));

    let session = created_by_client(&stage).await;
    assert_eq!(session.expires_at, now() + Duration::from_secs(600));
    assert!(NewSession::new().ttl(Duration::from_secs(3600)).is_ok());
    assert!(NewSession::new().ttl(Duration::from_secs(3601)).is_err());
}

#[tokio::test]
async fn the_wallet_reads_the_deep_link_and_sees_the_request_without_a_key() {
    let stage = Stage::set().await;
    let asked = NewSession::new()
        .institution_name("Your Bank")
        .unwrap()
        .permissions([Permission::IncomeVerified, Permission::SanctionsClear])
        .unwrap();
    let session = stage.client.create_session(&asked).await.unwrap();
    assert_eq!(session.deep_link.request_id(), &session.request_id);
    assert_eq!(session.deep_link.institution_id(), "42");

    let seen = stage.client.public_session(session.deep_link.request_id()).await.unwrap();
    assert_eq!(seen.institution_name.as_deref(), Some("Your Bank"));
    assert_eq!(seen.permissions, [Permission::IncomeVerified, Permission::SanctionsClear]);
    assert_eq!(seen.expires_at, Some(session.expires_at));

    let path = format!("/v1/sessions/{}/public", session.request_id.as_str());
    let raw = json_of(&stage.send(Request::new("GET", path)).await);
    assert_eq!(raw["institutionName"], "Your Bank");
    assert_eq!(raw["permissions"], json!(["income_verified", "sanctions_clear"]));
    assert_eq!(raw["expiresAt"], TEN_MINUTES);
}

#[tokio::test]
async fn the_fallback_code_gives_the_same_answer_with_and_without_its_hyphen() {
    let stage = Stage::set().await;
    let session = created(&stage, json!({})).await;
    let code = text(&session, "code");
    let by_id = public(&stage, &session).await;
    for spelling in [code.to_owned(), code.replace('-', "")] {
        assert_eq!(by_code(&stage, &spelling).await.body, by_id.body, "{spelling}");
        let spelling = SessionCode::parse(&spelling).unwrap();
        let seen = stage.client.public_session_by_code(&spelling).await.unwrap();
        assert_eq!(seen.request_id.unwrap().as_str(), text(&session, "requestId"));
    }
}

#[tokio::test]
async fn the_whole_flow_ends_in_claims_and_a_signed_webhook() {
    let stage = Stage::set().await;
    let body = json!({"permissions": ["income_verified", "identity_verified"]});
    let session = created(&stage, body).await;
    let request_id = text(&session, "requestId");
    assert_eq!(polled(&stage, &session).await["status"], "pending");

    assert_eq!(public(&stage, &session).await.status, 200, "the consent screen");
    let fulfilled = fulfilled(&stage, request_id).await;
    assert_eq!(fulfilled.status, 200, "{}", fulfilled.body);

    let completed = polled(&stage, &session).await;
    assert_eq!(completed["status"], "completed");
    assert_eq!(completed["verifiedAt"], NOW);
    assert_eq!(completed["claims"]["income_band"], "$3,000-4,000/mo");
    assert!(completed["claims"].get("sanctions_screening_clear").is_none(), "was not asked for");

    let received = stage.received().await;
    assert_eq!(received.len(), 1);
    assert!(received[0].is_signed_with(SECRET));
    let event = received[0].json();
    assert_eq!(event["event"], "verification.completed");
    assert_eq!(event["data"]["verified_claims"], completed["claims"]);
}

#[tokio::test]
async fn the_client_waits_for_the_customer_and_gets_a_credential() {
    let stage = Stage::set().await;
    let session = created_by_client(&stage).await;
    assert_eq!(fulfilled(&stage, session.request_id.as_str()).await.status, 200);
    let state = stage.client.wait_for_session(&session).await.unwrap();
    let SessionStatus::Completed(credential) = &state.status else { panic!("{state:?}") };
    assert_eq!(credential.claims().identity_verified, Some(true));
    assert_eq!(credential.verified_at(), Some(now()));
    assert_eq!(stage.only_event().await["event"], "verification.completed");
}

#[tokio::test]
async fn a_session_that_is_over_is_gone_for_the_wallet() {
    let stage = Stage::set().await;
    let sessions = [
        created(&stage, json!({})).await,
        created(&stage, json!({})).await,
        created(&stage, json!({"ttlSeconds": 60})).await,
    ];
    let [completed, declined, expired] = &sessions;
    assert_eq!(fulfilled(&stage, text(completed, "requestId")).await.status, 200);
    let path = format!("/v1/sessions/{}/decline", text(declined, "requestId"));
    assert_eq!(stage.wallet_post(path, &json!({})).await.status, 200);
    stage.sandbox.advance_clock(Duration::from_secs(60)).unwrap();
    for (session, status) in
        [(completed, "completed"), (declined, "declined"), (expired, "expired")]
    {
        assert_eq!(polled(&stage, session).await["status"], status);
        assert_eq!(public(&stage, session).await.status, 410);
        assert_eq!(by_code(&stage, text(session, "code")).await.status, 410);
        assert_eq!(fulfilled(&stage, text(session, "requestId")).await.status, 410);
        let code = SessionCode::parse(text(session, "code")).unwrap();
        let gone = stage.client.public_session_by_code(&code).await.unwrap_err();
        assert_eq!(*gone.kind(), ErrorKind::SessionOver);
    }
}

#[tokio::test]
async fn a_request_that_nobody_scans_expires_and_a_new_one_can_be_made() {
    let stage = Stage::set().await;
    let session = created_by_client(&stage).await;
    stage.sandbox.advance_clock(Duration::from_secs(599)).unwrap();
    let state = stage.client.session(&session.request_id).await.unwrap();
    assert_eq!(status(&state), "pending");
    stage.sandbox.advance_clock(Duration::from_secs(1)).unwrap();
    let state = stage.client.wait_for_session(&session).await.unwrap();
    assert!(matches!(state.status, SessionStatus::Expired));
    assert!(stage.received().await.is_empty(), "nothing was verified");

    let next = created_by_client(&stage).await;
    let left = next.expires_at.duration_since(stage.sandbox.now()).unwrap();
    assert_eq!(left, Duration::from_secs(600));
}

#[tokio::test]
async fn a_customer_who_declines_is_told_to_the_poll() {
    let stage = Stage::set().await;
    let session = created_by_client(&stage).await;
    let path = format!("/v1/sessions/{}/decline", session.request_id.as_str());
    stage.wallet_post(path, &json!({})).await;
    let state = stage.client.wait_for_session(&session).await.unwrap();
    assert!(matches!(state.status, SessionStatus::Declined));
    assert!(state.credential().is_none());
}
