//! Sessions: what goes over the wire (guide, step 3), what the answers mean, and what becomes of
//! failures (decision D12).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::script::{CONNECT, INTERRUPTED, Step, TOO_LARGE, play};
use common::{Api, KEY, api, block_on, chain, start};
use passid_core::client::{NewSessionError, PublicSession};
use passid_core::{
    ApiError, DenyReason, ErrorKind, NewSession, Permission, RequestId, Session, SessionCode,
};
use serde_json::{Value, json};

const CREATED: &str = r#"{"requestId":"req_4k9xP2","code":"AB3X-7YQM","deepLink":"passid://verify-request?r=req_4k9xP2&i=42","expiresAt":"2026-03-29T10:32:14Z"}"#;

fn id() -> RequestId {
    RequestId::parse("req_4k9xP2").unwrap()
}

fn created() -> Step {
    Step::Body(201, CREATED.to_owned())
}

fn create(api: &Api, script: &[Step]) -> Result<Session, ApiError> {
    play(api, script);
    block_on(api.client.create_session(&NewSession::new()))
}

fn view(status: u16, body: impl Into<Vec<u8>>) -> Result<PublicSession, ApiError> {
    let api = api();
    api.answer(status, body);
    block_on(api.client.public_session(&id()))
}

#[test]
fn the_requests_are_the_ones_that_the_guide_prints() {
    let api = api();
    let asked = NewSession::new()
        .institution_name("Your Bank")
        .and_then(|new| new.permissions([Permission::IncomeVerified, "sanctions_clear".into()]))
        .and_then(|new| new.ttl(Duration::from_secs(300)))
        .unwrap();
    let code = SessionCode::parse("ab3x7yqm").unwrap();
    api.answer(201, CREATED);
    api.answer(201, CREATED);
    api.answer(200, r#"{"status": "pending"}"#);
    api.answer(200, "{}");
    api.answer(200, "{}");
    block_on(async {
        api.client.create_session(&asked).await.unwrap();
        api.client.create_session(&NewSession::new()).await.unwrap();
        api.client.session(&id()).await.unwrap();
        api.client.public_session(&id()).await.unwrap();
        api.client.public_session_by_code(&code).await.unwrap();
    });
    let requests = api.transport.requests();
    let seen: Vec<_> =
        requests.iter().map(|r| format!("{} {} {}", r.method(), r.url(), r.route())).collect();
    let base = "https://api.passid.io";
    assert_eq!(
        seen,
        [
            format!("POST {base}/v1/sessions /v1/sessions"),
            format!("POST {base}/v1/sessions /v1/sessions"),
            format!("GET {base}/v1/sessions/req_4k9xP2 /v1/sessions/{{requestId}}"),
            format!("GET {base}/v1/sessions/req_4k9xP2/public /v1/sessions/{{requestId}}/public"),
            format!(
                "GET {base}/v1/sessions/by-code/AB3X-7YQM/public /v1/sessions/by-code/{{code}}/public"
            ),
        ]
    );
    let body: Value = serde_json::from_slice(requests[0].body()).unwrap();
    let whole = json!({
        "institutionName": "Your Bank", "permissions": ["income_verified", "sanctions_clear"],
        "ttlSeconds": 300
    });
    assert_eq!(body, whole);
    assert_eq!(requests[1].body(), "{}", "the defaults are the API's");
    for request in &requests[..3] {
        assert_eq!(request.header("x-institution-key"), Some(KEY));
    }
    for request in &requests[3..] {
        assert_eq!(request.header("x-institution-key"), None, "the public views take no key");
    }
    for request in &requests {
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.header("idempotency-key"), None);
        let typed = request.header("content-type").is_some();
        assert_eq!(typed, request.method() == "POST");
        assert_eq!(request.body().is_empty(), request.method() == "GET");
    }
}

#[test]
fn an_id_cannot_leave_its_place_in_the_path() {
    for (id, segment) in [
        ("../../outcome", "..%2F..%2Foutcome"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("%2e%2e", "%252e%252e"),
        ("a\\b;c", "a%5Cb%3Bc"),
    ] {
        let api = api();
        api.answer(404, "");
        let id = RequestId::parse(id).unwrap();
        block_on(api.client.session(&id)).unwrap_err();
        let url = api.transport.requests()[0].url().to_owned();
        assert_eq!(url, format!("https://api.passid.io/v1/sessions/{segment}"));
    }
    for none in ["", ".", "..", "a b", "a\n", "é", &"x".repeat(129)] {
        assert!(RequestId::parse(none).is_err(), "{none}");
    }
}

#[test]
fn a_created_session_is_read_flat_or_in_an_envelope() {
    let flat: Value = serde_json::from_str(CREATED).unwrap();
    let snake = json!({
        "request_id": "req_4k9xP2", "code": "ab3x7yqm", "expires_at": "2026-03-29T10:32:14Z",
        "deep_link": "passid://verify-request?r=req_4k9xP2&i=42", "extra": 1
    });
    for body in [flat.clone(), common::enveloped(&flat), snake] {
        for status in [200, 201] {
            let api = api();
            let session = create(&api, &[Step::Body(status, body.to_string())]).unwrap();
            assert_eq!(session.request_id, id());
            assert_eq!(session.code.as_str(), "AB3X-7YQM");
            assert_eq!(session.deep_link.institution_id(), "42");
            let lifetime = session.expires_at.duration_since(start()).unwrap();
            assert_eq!(lifetime.as_secs(), 1_774_780_334 - 1_773_756_131);
        }
    }
}

#[test]
fn an_answer_that_hides_the_session_is_an_unknown_outcome() {
    let whole: Value = serde_json::from_str(CREATED).unwrap();
    let mut bodies = vec![String::new(), "<html>".into(), "[]".into(), "{}".into()];
    for field in ["requestId", "code", "deepLink", "expiresAt"] {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(field);
        bodies.push(without.to_string());
        for wrong in [json!(7), json!(["x"]), json!(""), json!("..")] {
            let mut body = whole.clone();
            body[field] = wrong;
            bodies.push(body.to_string());
        }
    }
    bodies.push(CREATED.replacen('{', r#"{"code":"XXXX-XXXX","#, 1));
    bodies.push(CREATED.replacen('{', r#"{"request_id":"req_other","#, 1));
    bodies.push(CREATED.replacen('{', r#"{"success":false,"#, 1));
    for body in bodies {
        let api = api();
        let error = create(&api, &[Step::Body(201, body.clone()), created()]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{body}");
        assert_eq!(api.sent(), 1);
        let told = error.to_string();
        assert!(told.contains("create another session") && !told.contains("code"), "{told}");
    }
}

#[test]
fn a_session_is_created_again_only_when_none_can_have_come_about() {
    for step in [CONNECT, Step::Later(429, 1), Step::Status(429)] {
        let api = api();
        create(&api, &[step, created()]).unwrap();
        assert_eq!(api.sent(), 2);
    }
    for step in [INTERRUPTED, TOO_LARGE, Step::Hang] {
        let api = api();
        let error = create(&api, &[step.clone(), created()]).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown, "{step:?}");
        assert!(!error.is_retry_safe() && chain(&error).len() > 1);
        assert_eq!(api.sent(), 1);
    }
    let refused = ErrorKind::Refused(DenyReason::HardDenySanctionsMatch);
    let sanctions = r#"{"error": {"code": "HARD_DENY_SANCTIONS_MATCH"}}"#.to_owned();
    for (step, kind) in [
        (Step::Status(400), ErrorKind::RequestRefused),
        (Step::Status(401), ErrorKind::KeyRefused),
        (Step::Status(403), ErrorKind::KeyRefused),
        (Step::Status(404), ErrorKind::RequestRefused),
        (Step::Status(409), ErrorKind::RequestRefused),
        (Step::Status(302), ErrorKind::UnexpectedStatus),
        (Step::Status(500), ErrorKind::Failed),
        (Step::Status(503), ErrorKind::Failed),
        (Step::Later(429, 3600), ErrorKind::RateLimited),
        (Step::Body(403, sanctions), refused),
    ] {
        let api = api();
        let error = create(&api, &[step.clone(), created()]).unwrap_err();
        assert_eq!((error.kind(), api.sent()), (&kind, 1), "{step:?}");
    }
}

#[test]
fn the_public_view_is_read_and_its_end_is_told() {
    let body = json!({
        "requestId": "req_4k9xP2", "institutionName": "Your Bank", "status": "pending",
        "permissions": ["income_verified", "new_one"], "expiresAt": "2026-03-17T14:12:11Z"
    });
    for body in [body.clone(), common::enveloped(&body)] {
        let seen = view(200, body.to_string()).unwrap();
        assert_eq!(seen.institution_name.as_deref(), Some("Your Bank"));
        assert_eq!(seen.permissions, [Permission::IncomeVerified, "new_one".into()]);
        assert_eq!(seen.expires_at, Some(start() + Duration::from_secs(600)));
        assert_eq!(seen.request_id, Some(id()));
    }
    for (status, kind) in [
        (410, ErrorKind::SessionOver),
        (404, ErrorKind::SessionNotFound),
        (400, ErrorKind::RequestRefused),
        (401, ErrorKind::RequestRefused),
        (403, ErrorKind::RequestRefused),
    ] {
        assert_eq!(*view(status, "").unwrap_err().kind(), kind, "no key was sent to be refused");
    }
    for hostile in [r#"{"permissions":"all"}"#, r#"{"permissions":[1]}"#, r#"{"requestId":".."}"#] {
        assert_eq!(*view(200, hostile).unwrap_err().kind(), ErrorKind::Undecodable);
    }
}

#[test]
fn what_cannot_be_asked_for_is_refused_before_it_is_sent() {
    let ttl = |duration| NewSession::new().ttl(duration);
    for seconds in [1, 600, 3600] {
        ttl(Duration::from_secs(seconds)).unwrap();
    }
    for refused in [
        Duration::ZERO,
        Duration::from_millis(999),
        Duration::from_secs(3601),
        Duration::from_millis(3_600_001),
        Duration::MAX,
    ] {
        assert_eq!(ttl(refused).unwrap_err(), NewSessionError::Ttl);
    }
    for name in ["", "  ", "a\nb", &"x".repeat(257)] {
        let session = NewSession::new();
        assert_eq!(session.clone().institution_name(name).unwrap_err(), NewSessionError::Name);
        assert_eq!(session.permissions([name]).unwrap_err(), NewSessionError::Name);
    }
    let many = NewSession::new().permissions(["income_verified"; 33]);
    assert_eq!(many.unwrap_err(), NewSessionError::TooManyPermissions);
}

#[test]
fn a_public_view_of_another_session_or_of_one_that_is_over_is_none() {
    for other in [r#"{"requestId":"req_other"}"#, r#"{"request_id":"req_other"}"#] {
        assert_eq!(*view(200, other).unwrap_err().kind(), ErrorKind::Undecodable);
    }
    for over in ["completed", "Declined", "expired"] {
        let body = json!({"requestId": "req_4k9xP2", "status": over}).to_string();
        assert_eq!(*view(200, body).unwrap_err().kind(), ErrorKind::SessionOver, "{over}");
    }
    for pending in [r#"{"status":"pending"}"#, r#"{"status":null}"#, "{}"] {
        view(200, pending).unwrap();
    }
    assert_eq!(*view(200, r#"{"status":7}"#).unwrap_err().kind(), ErrorKind::Undecodable);
}

#[test]
fn the_link_is_taken_as_it_is_because_what_its_id_means_is_not_published() {
    let mut body: Value = serde_json::from_str(CREATED).unwrap();
    body["deepLink"] = json!("passid://verify-request?r=other_4k9xP2&i=42&v=2");
    let session = create(&api(), &[Step::Body(201, body.to_string())]).unwrap();
    assert_eq!(session.deep_link.request_id().as_str(), "other_4k9xP2");
    assert_ne!(session.deep_link.request_id(), &session.request_id);
}
