//! What calls tell: spans with OpenTelemetry's names, reports for metrics, one warning of another
//! version, and nothing secret at any level.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::log::{logged, record};
use common::script::{CONNECT, Step, good, play, redeemed};
use common::{Api, CODE, KEY, TOKEN, api, api_with, block_on, code, token};
use passid_core::client::{ApiResponse, CallObserver, CallReport, NewWebhook};
use passid_core::{
    ErrorKind, InstitutionJwt, NewOutcome, NewSession, Probe, ReportedOutcome, RequestId,
    SessionCode, WebhookSecret,
};
use serde_json::json;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.am9obg.c2lnLW1hcmtlcg";
const SECRET: &str = "whsec_marker_9f8e7d6c5b4a";
const HOOK: &str = "https://bank.example/hook-marker";

/// What was logged since `before`, by this test or by one beside it.
fn since(before: usize) -> String {
    logged().get(before..).unwrap_or_default().to_owned()
}

#[derive(Default)]
struct Reports(Mutex<Vec<CallReport>>);

impl CallObserver for Reports {
    fn called(&self, report: &CallReport) {
        self.0.lock().unwrap().push(report.clone());
    }
}

fn observed() -> (Api, Arc<Reports>) {
    let reports = Arc::new(Reports::default());
    let observer = reports.clone();
    (api_with(|builder| builder.observer(observer)), reports)
}

/// Every call of the client, each against one step.
async fn every_call(api: &Api) {
    let client = &api.client;
    let id = RequestId::parse("req_1").unwrap();
    let jwt = InstitutionJwt::parse(JWT).unwrap();
    let webhook = NewWebhook::new(HOOK).unwrap().secret(WebhookSecret::parse(SECRET).unwrap());
    let outcome = NewOutcome::new(&token(), ReportedOutcome::Other).notes("notes-marker").unwrap();
    let session_code = SessionCode::parse("AB3X7YQM").unwrap();
    let _ = client.verify_token(&token()).await;
    let _ = client.redeem_code(&code()).await;
    let _ = client.create_session(&NewSession::new()).await;
    let _ = client.session(&id).await;
    let _ = client.public_session(&id).await;
    let _ = client.public_session_by_code(&session_code).await;
    let _ = client.report_outcome(&outcome).await;
    let _ = client.outcome_cohort(&jwt).await;
    let _ = client.set_webhook(&jwt, &webhook).await;
    let _ = client.stored_verification(&token()).await;
    let _ = client.probe().await;
}

#[test]
fn a_call_has_a_span_with_the_names_of_opentelemetry() {
    record();
    let before = logged().len();
    let api = api_with(|builder| builder.base_url("https://span-a.example:8443/base"));
    play(&api, &[Step::Status(503), CONNECT, good()]);
    block_on(api.client.verify_token(&token())).unwrap();
    let seen = since(before);
    for field in [
        "passid_call",
        "otel.kind=\"client\"",
        "otel.name=POST /v1/verify",
        "http.request.method=\"POST\"",
        "url.template=\"/v1/verify\"",
        "server.address=\"span-a.example\"",
        "server.port=8443",
        "http.response.status_code=200",
        "http.request.resend_count=2",
    ] {
        assert!(seen.contains(field), "{field} is not in {seen}");
    }
}

#[test]
fn a_failed_call_names_the_kind_of_its_error() {
    record();
    let before = logged().len();
    let api = api_with(|builder| builder.base_url("https://span-b.example"));
    play(&api, &[Step::Status(410)]);
    block_on(api.client.redeem_code(&code())).unwrap_err();
    let seen = since(before);
    for field in
        ["error.type=\"already_redeemed\"", "http.response.status_code=410", "server.port=443"]
    {
        assert!(seen.contains(field), "{field} is not in {seen}");
    }
    assert!(!seen.contains("span-b.example/"), "the address itself is not told");
}

#[test]
fn no_call_tells_a_secret_at_any_level() {
    record();
    let echo = json!({
        "error": {"code": KEY, "message": TOKEN}, "status": JWT, "code": SECRET,
        "requestId": CODE, "claims": {"x": "claim-marker"}
    });
    for status in [200, 201, 204, 302, 400, 401, 404, 409, 410, 422, 429, 500] {
        let api = api();
        for _ in 0..40 {
            api.transport.answer(
                ApiResponse::new(status, echo.to_string())
                    .with_header("x-request-id", KEY)
                    .with_header("x-passid-api-version", TOKEN),
            );
        }
        block_on(every_call(&api));
    }
    block_on(every_call(&api()));
    let seen = logged().to_lowercase();
    assert!(seen.contains("/v1/sessions/{requestid}"), "nothing was recorded");
    for secret in [KEY, TOKEN, CODE, JWT, SECRET, HOOK, "notes-marker", "claim-marker", "req_1"] {
        let secret = secret.to_lowercase();
        assert!(!seen.contains(&secret), "{secret} is logged");
        assert!(!seen.contains(&secret.replace('-', "")), "{secret} is logged");
    }
}

#[test]
fn an_observer_is_told_about_every_call() {
    let (api, reports) = observed();
    play(&api, &[Step::Later(503, 4), good(), redeemed(), Step::Status(429), CONNECT]);
    block_on(async {
        api.client.verify_token(&token()).await.unwrap();
        api.client.redeem_code(&code()).await.unwrap();
        api.client.redeem_code(&code()).await.unwrap_err();
        api.client.redeem_code(&code()).await.unwrap_err();
    });
    let seen = reports.0.lock().unwrap();
    let [verify, redeem, limited, unreachable] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((verify.operation(), verify.method()), ("verify_token", "POST"));
    assert_eq!(verify.route(), "/v1/verify");
    assert_eq!((verify.status(), verify.error(), verify.attempts()), (Some(200), None, 2));
    assert_eq!(verify.duration(), Duration::from_secs(4));
    assert_eq!((redeem.operation(), redeem.attempts()), ("redeem_code", 1));
    assert_eq!(limited.error(), Some(&ErrorKind::RateLimited));
    assert_eq!((limited.status(), limited.error().unwrap().name()), (Some(429), "rate_limited"));
    assert_eq!(unreachable.error(), Some(&ErrorKind::Unreachable));
    assert_eq!((unreachable.status(), unreachable.attempts()), (None, 3));
}

#[test]
fn every_call_is_reported_under_its_own_name() {
    let (api, reports) = observed();
    play(&api, &vec![Step::Status(418); 11]);
    block_on(every_call(&api));
    let seen = reports.0.lock().unwrap();
    let names: Vec<_> = seen.iter().map(CallReport::operation).collect();
    assert_eq!(
        names,
        [
            "verify_token",
            "redeem_code",
            "create_session",
            "session",
            "public_session",
            "public_session_by_code",
            "report_outcome",
            "outcome_cohort",
            "set_webhook",
            "stored_verification",
            "probe"
        ]
    );
    assert!(seen.iter().all(|report| report.error().is_some() && report.status() == Some(418)));
}

#[test]
fn an_answer_that_cannot_be_read_is_reported_as_such() {
    let (api, reports) = observed();
    play(&api, &[Step::Body(200, "<html>".into())]);
    block_on(api.client.verify_token(&token())).unwrap_err();
    let seen = reports.0.lock().unwrap();
    assert_eq!((seen[0].status(), seen[0].error()), (Some(200), Some(&ErrorKind::Undecodable)));
}

#[test]
fn another_version_of_the_api_is_warned_of_once_for_each_client() {
    record();
    let marked = |version: &str| {
        ApiResponse::new(200, common::valid_answer().to_string())
            .with_header("x-passid-api-version", version)
    };
    let warnings = |version: &str| logged().matches(&format!("version=\"{version}\"")).count();
    let api = api();
    for version in ["1", "77.1", "77.1", "77.2", "1", "77.2", "77.1"] {
        api.transport.answer(marked(version));
        block_on(api.client.clone().verify_token(&token())).unwrap();
    }
    assert_eq!((warnings("1"), warnings("77.1"), warnings("77.2")), (0, 1, 1));
    let other = common::api();
    other.transport.answer(marked("77.1"));
    block_on(other.client.verify_token(&token())).unwrap();
    assert_eq!(warnings("77.1"), 2);
    for number in 0..50 {
        other.transport.answer(marked(&format!("78.{number}")));
        block_on(other.client.verify_token(&token())).unwrap();
    }
    assert!(logged().matches("version=\"78.").count() < 10, "a server can fill the log");
}

#[test]
fn a_short_webhook_secret_is_warned_of_and_not_shown() {
    record();
    WebhookSecret::parse("whsec_16_bytes__").unwrap();
    assert!(!logged().contains("the webhook secret is short"));
    WebhookSecret::parse("whsec_15_bytes_").unwrap();
    let seen = logged();
    assert!(seen.contains("the webhook secret is short") && !seen.contains("whsec_1"));
}
