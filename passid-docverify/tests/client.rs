//! Every call over a script: what is sent, what is repeated and what never, what each answer means.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::time::{Duration, SystemTime};

use common::{ACCESS, SECRET, SESSION, allowed, api, created, ready, session, start, status};
use passid_core::client::{ApiResponse, TransportErrorKind};
use passid_docverify::image::{CaptureMargins, Feedback, NewImage};
use passid_docverify::result::{ImageType, Recommendation, SessionStatus};
use passid_docverify::{
    ApiError, CallbackState, CustomerInformation, ErrorKind, ImageId, MockBehavior, NewSession,
    Region, SessionId, StartConsent,
};
use serde_json::{Value, json};

fn last_body(api: &common::Api) -> Value {
    serde_json::from_slice(api.transport.requests().last().unwrap().body()).unwrap()
}

#[tokio::test]
async fn a_session_is_created_with_a_state_and_read_under_both_statuses() {
    for code in [200, 201] {
        let api = ready(Region::Eu);
        api.answer(code, created());
        let session = api.client.create_session(&NewSession::new()).await.unwrap();
        assert_eq!(
            api.sent()[1],
            "POST https://api.eu.transmitsecurity.io/verify/api/v1/verification"
        );
        assert_eq!(last_body(&api), json!({"state": session.state.expose()}));
        assert_eq!((session.session_id.as_str(), session.mocked), (SESSION, false));
        assert_eq!(session.created_at, start());
        let token = session.start_token.unwrap();
        assert_eq!(
            api.client.start_url(&token).unwrap(),
            "https://api.eu.transmitsecurity.io/verify/app/ca766ed78c8c0b7824dfea356ed30b72"
        );
    }
}

#[tokio::test]
async fn everything_that_a_session_can_be_created_with_is_sent_under_its_name() {
    let api = ready(Region::Sandbox);
    api.answer(200, created());
    let state = CallbackState::parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    let mock = MockBehavior {
        processing_time: Some("15s".into()),
        force_retry: Some(true),
        mock_recommendation: Some(Recommendation::Deny),
        ..MockBehavior::ending_in(Recommendation::Allow)
    };
    let customer = CustomerInformation {
        organization_name: Some("Bank".into()),
        organization_id: Some("o-1".into()),
        external_user_id: Some("u-1".into()),
    };
    let asked = NewSession::new()
        .callback_url("https://bank.example/back")
        .state(state.clone())
        .mock(mock)
        .start_with_consent(StartConsent::granted("consent-3"))
        .customer(customer)
        .deprecated_time_to_live("30d")
        .deprecated_auto_start(false);
    let session = api.client.create_session(&asked).await.unwrap();
    assert!(session.mocked && session.state == state);
    let expected = json!({
        "callback_url": "https://bank.example/back", "state": state.expose(),
        "mock_behavior": {
            "recommendation": "ALLOW", "mock_recommendation": "DENY", "processing_time": "15s",
            "force_retry": true
        },
        "start": {"consent": {"granted": true, "document_id": "consent-3"}},
        "customer_information": {
            "organization_name": "Bank", "organization_id": "o-1", "external_user_id": "u-1"
        },
        "time_to_live": "30d", "auto_start": false
    });
    assert_eq!(last_body(&api), expected);
}

#[tokio::test]
async fn a_mock_outside_the_sandbox_is_refused_before_anything_is_sent() {
    let asked = NewSession::new().mock(MockBehavior::ending_in(Recommendation::Allow));
    for region in Region::ALL.into_iter().filter(|region| *region != Region::Sandbox) {
        let api = ready(region);
        let error = api.client.create_session(&asked).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MockOutsideSandbox);
        assert!(api.sent().is_empty());
    }
    let api = ready(Region::Us);
    api.answer(200, created());
    let forced = asked.force_mock_outside_sandbox();
    assert!(api.client.create_session(&forced).await.unwrap().mocked);
}

#[tokio::test]
async fn a_creation_is_never_sent_twice_once_bytes_may_have_left() {
    let api = ready(Region::Us);
    api.transport.fail(TransportErrorKind::Interrupted);
    let error = api.client.create_session(&NewSession::new()).await.unwrap_err();
    assert_eq!((error.kind(), api.sent().len()), (ErrorKind::OutcomeUnknown, 2));

    let api = ready(Region::Us);
    api.transport.hang();
    let error = api.client.create_session(&NewSession::new()).await.unwrap_err();
    assert_eq!((error.kind(), api.sent().len()), (ErrorKind::OutcomeUnknown, 2));

    let api = ready(Region::Us);
    api.answer(201, json!({"session": SESSION}));
    let error = api.client.create_session(&NewSession::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "it exists, and nobody can name it");

    for silent in [408, 500, 502, 503, 504, 302] {
        let api = ready(Region::Us);
        api.answer(silent, "");
        let error = api.client.create_session(&NewSession::new()).await.unwrap_err();
        assert_eq!((error.kind(), api.sent().len()), (ErrorKind::OutcomeUnknown, 2), "{silent}");
        assert!(!error.kind().passes_away());
    }

    let api = ready(Region::Us);
    api.transport.fail(TransportErrorKind::Connect);
    api.answer(429, "");
    api.answer(200, created());
    api.client.create_session(&NewSession::new()).await.unwrap();
    assert_eq!(api.sent().len(), 4);
}

#[tokio::test]
async fn a_result_is_asked_for_in_the_newer_shape_and_again_when_it_fails() {
    let api = ready(Region::Ca);
    api.answer(500, "");
    api.transport.fail(TransportErrorKind::Interrupted);
    api.answer(200, allowed());
    let id = SessionId::parse("a/b?c").unwrap();
    let error = api.client.result(&id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable, "it is about another session");
    assert_eq!(
        api.sent()[3],
        "GET https://api.ca.transmitsecurity.io/verify/api/v1/verification/a%2Fb%3Fc/result?detailed=true"
    );
}

#[tokio::test]
async fn a_deletion_that_an_earlier_try_has_done_is_done() {
    let api = ready(Region::Au);
    api.answer(200, "");
    api.client.delete_session(&session()).await.unwrap();
    assert!(api.sent()[1].starts_with("DELETE https://api.au."));
    api.transport.fail(TransportErrorKind::Interrupted);
    api.answer(404, "");
    api.client.delete_session(&session()).await.unwrap();
    api.answer(404, "");
    let error = api.client.delete_session(&session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionNotFound);
}

#[tokio::test]
async fn a_deletion_that_no_try_can_have_done_is_not_reported_as_done() {
    let api = ready(Region::Au);
    api.transport.fail(TransportErrorKind::Connect);
    api.answer(429, "");
    api.answer(404, "");
    let error = api.client.delete_session(&session()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::SessionNotFound, 3));

    api.transport.fail(TransportErrorKind::Interrupted);
    api.answer(401, "");
    api.grant("another", 3600);
    api.answer(404, "");
    api.client.delete_session(&session()).await.unwrap();
}

#[tokio::test]
async fn consent_is_read() {
    let api = ready(Region::Us);
    api.answer(200, json!({"consent_granted": true, "consent_date": "2026-03-17T14:02:11Z"}));
    let consent = api.client.consent(&session()).await.unwrap();
    assert_eq!((consent.granted, consent.date), (true, Some(start())));
    assert!(api.sent()[1].ends_with("/consent"));
}

fn image_answer(body: &[u8]) -> ApiResponse {
    ApiResponse::new(200, body.to_vec()).with_header("content-type", "image/jpg")
}

#[tokio::test]
async fn images_are_listed_and_read() {
    let api = ready(Region::Us);
    api.answer(
        200,
        json!({"session_images": [
            {"id": "i 1", "rejected": true, "original": true},
            {"id": "i/1", "rejected": false, "original": true, "format": "jpg", "type": "selfie"}
        ]}),
    );
    let images = api.client.images(&session()).await.unwrap();
    assert!(images[0].image_id().is_err(), "such an id could not be asked for");
    let id = images[1].image_id().unwrap();
    api.transport.answer(image_answer(b"\xff\xd8\xffpixels"));
    let image = api.client.image(&session(), &id).await.unwrap();
    assert_eq!((image.content_type(), format!("{image:?}")), ("image/jpg", "ImageStream".into()));
    assert_eq!(image.into_bytes().await.unwrap(), b"\xff\xd8\xffpixels".as_slice());
    assert!(api.sent()[2].ends_with("/images/i%2F1?format=raw"));
}

#[tokio::test]
async fn what_is_no_image_or_too_long_is_undecodable() {
    let id = ImageId::parse("i").unwrap();
    let kinds = ["text/html", "application/json", "text/plain", "imagejpg", ""];
    for kind in kinds {
        let api = ready(Region::Us);
        api.transport.answer(ApiResponse::new(200, "x").with_header("content-type", kind));
        let error = api.client.image(&session(), &id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{kind}");
    }
    let api = common::api_with(Region::Us, |builder| builder.max_image_bytes(4));
    api.grant(ACCESS, 3600);
    api.transport.answer(image_answer(b"12345"));
    let error = match api.client.image(&session(), &id).await {
        Ok(image) => image.into_bytes().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    api.answer(404, "");
    let error = api.client.image(&session(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ImageNotFound);
}

fn selfie() -> NewImage {
    NewImage::jpeg(ImageType::Selfie, b"\xff\xd8\xffpixels".as_slice()).unwrap()
}

#[tokio::test]
async fn an_image_is_added_once_and_every_feedback_is_told() {
    for feedback in Feedback::KNOWN {
        let api = ready(Region::Us);
        api.answer(
            200,
            json!({
                "feedback": feedback, "complete": "false", "missing_images": ["document_back"],
                "custom_feedback": "a text"
            }),
        );
        let margins = CaptureMargins { top: 1.0, bottom: 2.0, left: 3.0, right: 4.5 };
        let image = selfie().capture_margins(margins).image_id("mine");
        let added = api.client.add_image(&session(), &image).await.unwrap();
        assert_eq!((&added.feedback, added.complete), (feedback, false));
        assert_eq!(added.missing_images, [ImageType::DocumentBack]);
        let expected = json!({"image": {
            "format": "jpg", "image_type": "selfie", "content": "/9j/cGl4ZWxz", "image_id": "mine",
            "capture_margins": {"top": 1.0, "bottom": 2.0, "left": 3.0, "right": 4.5}
        }});
        assert_eq!(last_body(&api), expected);
        assert!(!format!("{added:?} {image:?}").contains("a text"));
    }
    let api = ready(Region::Us);
    api.answer(409, "");
    let error = api.client.add_image(&session(), &selfie()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ImagesComplete);
    api.transport.fail(TransportErrorKind::Interrupted);
    let error = api.client.add_image(&session(), &selfie()).await.unwrap_err();
    assert_eq!((error.kind(), api.sent().len()), (ErrorKind::OutcomeUnknown, 3));
}

#[tokio::test]
async fn an_image_over_the_limit_is_not_sent() {
    let api = common::api_with(Region::Us, |builder| builder.max_image_bytes(8));
    let error = api.client.add_image(&session(), &selfie()).await.unwrap_err();
    assert_eq!((error.kind(), api.sent().len()), (ErrorKind::Unsendable, 0));
}

#[tokio::test]
async fn each_status_is_an_error_of_its_kind_and_tells_when_to_come_back() {
    for (code, kind) in [
        (400, ErrorKind::RequestRefused),
        (403, ErrorKind::CredentialsRefused),
        (404, ErrorKind::SessionNotFound),
        (409, ErrorKind::RequestRefused),
        (302, ErrorKind::UnexpectedStatus),
        (100, ErrorKind::UnexpectedStatus),
    ] {
        let api = ready(Region::Us);
        api.answer(code, r#"{"message":"Jane Roe is unknown"}"#);
        let error = api.client.result(&session()).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(code)));
        assert!(!format!("{error:?} {}", common::chain(&error)).contains("Jane"));
    }
    let api = ready(Region::Us);
    for _ in 0..3 {
        api.transport.answer(ApiResponse::new(429, "").with_header("retry-after", "7"));
    }
    let error: ApiError = api.client.result(&session()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert!(api.clock.slept().contains(&Duration::from_secs(7)));
}

#[tokio::test]
async fn waiting_ends_with_the_session_and_its_pauses_grow() {
    let api = ready(Region::Us);
    api.answer(200, created());
    let created = api.client.create_session(&NewSession::new()).await.unwrap();
    for word in ["pending", "capturing", "processing", "recapture", "processing"] {
        api.answer(200, status(word));
    }
    api.answer(200, allowed());
    let result = api.client.wait_for_result(&created).await.unwrap();
    assert_eq!(result.status, SessionStatus::Complete);
    let pauses: Vec<_> = [3.0, 4.5, 6.75, 10.125, 15.1875].map(Duration::from_secs_f64).into();
    let slept = api.clock.slept();
    let pauses_slept: Vec<_> = slept.into_iter().filter(|pause| pauses.contains(pause)).collect();
    assert_eq!(pauses_slept, pauses);
}

#[tokio::test]
async fn waiting_ends_with_a_last_look_after_the_sessions_own_end() {
    let api = ready(Region::Us);
    api.answer(200, created());
    let created = api.client.create_session(&NewSession::new()).await.unwrap();
    for _ in 0..500 {
        api.answer(200, status("capturing"));
    }
    let result = api.client.wait_for_result(&created).await.unwrap();
    assert_eq!(result.status, SessionStatus::Capturing);
    use passid_core::Clock;
    let waited = api.clock.now().duration_since(start()).unwrap();
    assert!(
        waited >= Duration::from_secs(1800) && waited < Duration::from_secs(1802),
        "{waited:?}"
    );
    assert!(created.expires_at.unwrap() > SystemTime::UNIX_EPOCH);
}

#[tokio::test]
async fn waiting_outlasts_what_passes_away_and_nothing_else() {
    let api = ready(Region::Us);
    for _ in 0..3 {
        api.answer(503, "");
    }
    api.answer(200, status("error"));
    let result = api.client.wait_for_result(&session()).await.unwrap();
    assert_eq!(result.status, SessionStatus::Error);
    api.answer(404, "");
    let error = api.client.wait_for_result(&session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionNotFound);
}

#[test]
fn addresses_are_checked_and_a_host_of_ones_own_keeps_the_world_of_its_region() {
    use passid_core::Environment;
    use passid_docverify::{BuildError, DocumentVerificationClient};
    let build = |url: &str| {
        let client = DocumentVerificationClient::builder(Region::Us, common::credentials());
        client.host_url(url).transport(passid_core::testing::MockTransport::new()).build()
    };
    assert_eq!(build("http://127.0.0.1:1/verify").unwrap().environment(), Environment::Live);
    for url in ["http://api.transmitsecurity.io", "ftp://x", "https://u:p@x", ""] {
        let Err(error) = build(url) else { panic!("{url}") };
        assert!(matches!(error, BuildError::HostUrl(_)));
        assert!(!format!("{error:?}").contains(SECRET));
    }
    for sandbox in
        ["https://api.sbx.transmitsecurity.io/verify/", "https://API.sbx.transmitsecurity.io."]
    {
        assert!(matches!(build(sandbox), Err(BuildError::AnotherWorld)), "{sandbox}");
    }
    build(Region::Eu.host_url()).unwrap();
    let sandbox = DocumentVerificationClient::builder(Region::Sandbox, common::credentials());
    let live = sandbox.host_url(Region::Au.host_url()).build();
    assert!(matches!(live, Err(BuildError::AnotherWorld)));
    assert!(api(Region::Us).sent().is_empty(), "a client asks for nothing until it has to");
}

#[test]
fn what_goes_out_shows_nothing_of_a_person() {
    use passid_docverify::image::Camera;
    let asked = NewSession::new().callback_url("https://bank.example/back?user=jane").customer(
        CustomerInformation { external_user_id: Some("jane".into()), ..Default::default() },
    );
    let camera = Camera { label: Some("Jane's iPhone".into()) };
    let shown = format!("{asked:?} {camera:?}").to_lowercase();
    assert!(!shown.contains("jane"), "{shown}");
}
