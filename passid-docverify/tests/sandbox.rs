//! The whole of it against the emulation: from a person who is sent to the page to a credential.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::time::Duration;

use passid_core::client::RetrySettings;
use passid_core::{Verdict, Verify};
use passid_docverify::image::{Feedback, NewImage};
use passid_docverify::result::{
    CheckName, CheckRecommendation, DeprecatedDocument, ExtractedDetails, ImageType,
    Recommendation, ResultBody, SessionStatus,
};
use passid_docverify::{
    Callback, ClientCredentials, DocumentVerificationClient, DocumentVerifier, ErrorKind,
    MemorySessionRecords, MockBehavior, NewSession, Region, SessionFlow, StartConsent, StartToken,
};
use passid_sandbox::docverify::{DocumentEnding, DocumentSettings, ErrorBodies};
use passid_sandbox::{Fault, FaultKind, Route, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn sandbox_with(settings: DocumentSettings) -> Sandbox {
    Sandbox::builder().docverify(settings).start().await.unwrap()
}

fn client(sandbox: &Sandbox) -> DocumentVerificationClient {
    let api = sandbox.docverify();
    let credentials = ClientCredentials::new(api.client_id(), api.client_secret()).unwrap();
    let retry = RetrySettings { base_delay: Duration::from_millis(2), ..RetrySettings::default() };
    DocumentVerificationClient::builder(Region::Sandbox, credentials)
        .host_url(api.url())
        .retry(retry)
        .build()
        .unwrap()
}

/// An exchange without the client: the whole answer as text. `headers` end with a line break.
async fn raw(method: &str, url: &str, headers: &str, body: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let length = body.len();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The person opens the page: the status, and where they are sent.
async fn visit(client: &DocumentVerificationClient, token: &StartToken) -> (u16, Option<String>) {
    let url = client.start_url(token).unwrap();
    let answer = raw("GET", &url, "", "").await;
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let place = answer.lines().find_map(|line| line.strip_prefix("location: "));
    (status, place.map(str::to_owned))
}

async fn backend_session(
    client: &DocumentVerificationClient,
    mock: MockBehavior,
) -> passid_docverify::CreatedSession {
    let asked = NewSession::new().start_with_consent(StartConsent::granted("consent-1")).mock(mock);
    client.create_session(&asked).await.unwrap()
}

fn picture(kind: &ImageType) -> NewImage {
    NewImage::jpeg(kind.clone(), b"\xff\xd8\xffpixels".as_slice()).unwrap()
}

#[tokio::test]
async fn a_person_who_went_through_the_page_passes_a_guard() {
    let sandbox = sandbox_with(DocumentSettings::new().created_is_201()).await;
    let flow = SessionFlow::new(client(&sandbox), MemorySessionRecords::default());
    let asked = NewSession::new().callback_url("https://bank.example/back?from=page");
    let session = flow.begin(&asked).await.unwrap();
    let token = session.start_token.as_ref().unwrap();
    assert_eq!(flow.result(&session.session_id).await.unwrap().0.status, SessionStatus::Pending);

    let (status, place) = visit(flow.client(), token).await;
    assert_eq!(status, 303);
    let place = place.unwrap();
    let (page, query) = place.split_once('?').unwrap();
    assert_eq!(page, "https://bank.example/back");
    assert_eq!(visit(flow.client(), token).await.0, 404, "a start token is used once");

    let presented = Callback::parse(query).unwrap().verify(&session.state).unwrap();
    let result = flow.wait(presented.session_id()).await.unwrap();
    assert_eq!(result.recommendation(), Some(&Recommendation::Allow));

    let verifier = DocumentVerifier::new(flow);
    let verdict = verifier.verify(presented.to_token().unwrap()).await;
    let Verdict::Valid(credential) = verdict else { panic!("{verdict:?}") };
    assert_eq!(credential.claims().identity_verified, Some(true));
    assert_eq!(credential.claims().identity_and_fraud_checks_passed, Some(true));
    assert_eq!(credential.claims().sanctions_screening_clear, None);
    let consent = client(&sandbox).consent(presented.session_id()).await.unwrap();
    assert!(consent.granted && consent.date.is_some());
}

#[tokio::test]
async fn a_backend_adds_the_images_itself_and_is_told_when_they_are_complete() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let session = backend_session(&client, MockBehavior::ending_in(Recommendation::Allow)).await;
    assert!(session.start_token.is_none());
    sandbox.docverify().feedback_next("blur").unwrap();
    let blurred =
        client.add_image(&session.session_id, &picture(&ImageType::Selfie)).await.unwrap();
    assert_eq!((blurred.feedback, blurred.missing_images.len()), (Feedback::Blur, 3));
    for (kind, missing) in ImageType::KNOWN.iter().zip([2, 1, 0]) {
        let added = client.add_image(&session.session_id, &picture(kind)).await.unwrap();
        assert_eq!((added.missing_images.len(), added.complete), (missing, missing == 0));
    }
    let surplus = client.add_image(&session.session_id, &picture(&ImageType::Selfie)).await;
    assert_eq!(surplus.unwrap_err().kind(), ErrorKind::ImagesComplete);

    let images = client.images(&session.session_id).await.unwrap();
    assert_eq!(
        images.iter().map(|image| image.rejected).collect::<Vec<_>>(),
        [Some(true), Some(false), Some(false), Some(false)]
    );
    let id = images[1].image_id().unwrap();
    let image = client.image(&session.session_id, &id).await.unwrap();
    assert_eq!(image.into_bytes().await.unwrap(), b"\xff\xd8\xffpixels".as_slice());

    let result = client.result(&session.session_id).await.unwrap();
    let risk = result.checks().unwrap().recommendation(CheckName::RiskRecommendation);
    assert_eq!(risk, Some(&CheckRecommendation::NotApplicable), "nobody looked at a device");
}

#[tokio::test]
async fn a_mock_decides_the_time_the_retry_the_end_and_what_was_read() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let mut document = DeprecatedDocument::default();
    document.country = Some("GBR".into());
    document.id_value = Some("V-1".into());
    document.valid_until = Some("2031-01-01".into());
    let mut info = ExtractedDetails::default();
    info.document_details = Some(document);
    let mock = MockBehavior {
        processing_time: Some("1m30s".into()),
        force_retry: Some(true),
        info: Some(info),
        ..MockBehavior::ending_in(Recommendation::Deny)
    };
    let session = backend_session(&client, mock).await;
    let id = &session.session_id;
    for end in [SessionStatus::Recapture, SessionStatus::Complete] {
        for kind in ImageType::KNOWN {
            client.add_image(id, &picture(kind)).await.unwrap();
        }
        sandbox.advance_clock(Duration::from_secs(89)).unwrap();
        assert_eq!(client.result(id).await.unwrap().status, SessionStatus::Processing);
        sandbox.advance_clock(Duration::from_secs(1)).unwrap();
        assert_eq!(client.result(id).await.unwrap().status, end);
    }
    let result = client.result(id).await.unwrap();
    assert_eq!(result.recommendation(), Some(&Recommendation::Deny));
    let ResultBody::Complete(body) = result.body else { panic!() };
    let document = body.document.unwrap();
    assert_eq!(document.country.as_deref(), Some("GB"), "two letters here, three there");
    assert_eq!(document.number.as_deref(), Some("V-1"));
    assert_eq!(body.person.unwrap().national_id.as_deref(), Some("V-1"));
}

#[tokio::test]
async fn a_session_ends_with_its_window_its_deletion_and_its_retention() {
    for (settings, not_found) in
        [(DocumentSettings::new(), false), (DocumentSettings::new().expired_is_not_found(), true)]
    {
        let sandbox = sandbox_with(settings).await;
        let client = client(&sandbox);
        let session = client.create_session(&NewSession::new()).await.unwrap();
        sandbox.advance_clock(Duration::from_secs(1800)).unwrap();
        match client.result(&session.session_id).await {
            Ok(result) => assert_eq!((result.status, not_found), (SessionStatus::Expired, false)),
            Err(error) => {
                assert_eq!((error.kind(), not_found), (ErrorKind::SessionNotFound, true));
            }
        }
    }
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let gone = client.create_session(&NewSession::new()).await.unwrap().session_id;
    client.delete_session(&gone).await.unwrap();
    let asked = NewSession::new().deprecated_time_to_live("30d");
    let old = client.create_session(&asked).await.unwrap().session_id;
    sandbox.advance_clock(Duration::from_secs(30 * 86_400)).unwrap();
    for id in [&gone, &old] {
        let kinds = [
            client.result(id).await.map(drop).unwrap_err().kind(),
            client.images(id).await.map(drop).unwrap_err().kind(),
            client.consent(id).await.map(drop).unwrap_err().kind(),
            client.delete_session(id).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::SessionNotFound; 4]);
    }
}

#[tokio::test]
async fn access_tokens_end_are_revoked_and_must_be_for_the_api() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client(&sandbox);
    let id = client.create_session(&NewSession::new()).await.unwrap().session_id;
    sandbox.advance_clock(Duration::from_secs(3600)).unwrap();
    client.result(&id).await.map(drop).unwrap_or_else(|error| panic!("{error}"));
    sandbox.docverify().revoke_tokens();
    client.result(&id).await.unwrap();
    assert_eq!(sandbox.calls(Route::DocverifyToken), 3);

    let credentials =
        ClientCredentials::new(sandbox.docverify().client_id(), "wrong-secret").unwrap();
    let stranger = DocumentVerificationClient::builder(Region::Sandbox, credentials)
        .host_url(sandbox.docverify().url())
        .build()
        .unwrap();
    let error = stranger.result(&id).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::CredentialsRefused, Some(401)));
}

#[tokio::test]
async fn failures_pass_away_whatever_their_bodies_look_like() {
    for bodies in [ErrorBodies::Sibling, ErrorBodies::Framework, ErrorBodies::Empty] {
        let sandbox = sandbox_with(DocumentSettings::new().error_bodies(bodies)).await;
        let client = client(&sandbox);
        let id = client.create_session(&NewSession::new()).await.unwrap().session_id;
        let fail = |status| Fault::on(Route::AnyDocverify, FaultKind::status(status));
        sandbox.inject_fault(fail(503).times(2)).unwrap();
        client.result(&id).await.unwrap();
        sandbox.inject_fault(fail(400)).unwrap();
        assert_eq!(client.result(&id).await.unwrap_err().kind(), ErrorKind::RequestRefused);
    }
}

#[tokio::test]
async fn a_session_that_ends_otherwise_is_told_in_its_words() {
    let sandbox = Sandbox::start().await.unwrap();
    let (client, api) = (client(&sandbox), sandbox.docverify());
    for (word, status) in
        [("error", SessionStatus::Error), ("cancelled", SessionStatus::Other("cancelled".into()))]
    {
        api.end_next(DocumentEnding::new().status(word)).unwrap();
        let mock = MockBehavior::ending_in(Recommendation::Allow);
        let ended = backend_session(&client, mock.clone()).await.session_id;
        api.capture(ended.as_str()).unwrap();
        let forced = backend_session(&client, mock).await.session_id;
        api.set_status(forced.as_str(), word).unwrap();
        for id in [ended, forced] {
            assert_eq!(client.result(&id).await.unwrap().status, status);
        }
    }
}

/// A token, asked for without the API's resource.
async fn token_without_resource(sandbox: &Sandbox) -> String {
    let api = sandbox.docverify();
    let form = format!(
        "client_id={}&client_secret={}&grant_type=client_credentials",
        api.client_id(),
        api.client_secret()
    );
    let url = format!("{}/oidc/token", api.url());
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let answer = raw("POST", &url, kind, &form).await;
    let (_, token) = answer.split_once("\"access_token\":\"").unwrap();
    format!("Authorization: Bearer {}\r\n", token.split_once('"').unwrap().0)
}

#[tokio::test]
async fn what_the_client_never_asks_for_is_served_as_the_reference_says() {
    let strict = Sandbox::start().await.unwrap();
    let api =
        |sandbox: &Sandbox| format!("{}/verify/api/v1/verification", sandbox.docverify().url());
    let bearer = token_without_resource(&strict).await;
    let refused = raw("POST", &api(&strict), &bearer, "").await;
    assert!(refused.starts_with("HTTP/1.1 401 ") && refused.contains("\"error_code\":401"));

    let settings = DocumentSettings::new().allow_tokens_without_resource();
    let lax = sandbox_with(settings.older_results_by_default()).await;
    let bearer = token_without_resource(&lax).await;
    let empty = raw("POST", &api(&lax), &bearer, "").await;
    assert!(empty.starts_with("HTTP/1.1 200 "), "samples send no body: {empty}");
    let malformed = raw("POST", &api(&lax), &bearer, "{\"time_to_live\":\"soon\"}").await;
    assert!(malformed.starts_with("HTTP/1.1 400 "), "{malformed}");

    let client = client(&lax);
    let session = client.create_session(&NewSession::new()).await.unwrap();
    visit(&client, session.start_token.as_ref().unwrap()).await;
    let one = format!("{}/{}", api(&lax), session.session_id);
    let older = raw("GET", &format!("{one}/result"), &bearer, "").await;
    assert!(older.contains("verified_info") && !older.contains("checks"), "{older}");
    let newer = raw("GET", &format!("{one}/result?detailed=true"), &bearer, "").await;
    assert!(newer.contains("checks") && !newer.contains("verified_info"), "{newer}");
    let id = client.images(&session.session_id).await.unwrap()[0].image_id().unwrap();
    let coded = raw("GET", &format!("{one}/images/{id}?format=base64"), &bearer, "").await;
    assert!(coded.contains("/9j/4"), "{coded}");
}
