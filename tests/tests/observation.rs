//! What calls tell while they meet the sandbox: one span each, with OpenTelemetry's names, and one
//! report each, with the number of tries and the kind of the error.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passid_core::client::{CallObserver, CallReport, NewWebhook};
use passid_core::{
    Clock, ErrorKind, InstitutionJwt, NewOutcome, NewSession, PassidClient, Probe, ReportedOutcome,
    Session, ShareCode, Token,
};
use passid_sandbox::{Fault, FaultKind, NewCredential, Route, demo};
use passid_tests::soon;
use passid_tests::standing::Standing;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// The fields of a span, as text.
type Fields = BTreeMap<String, String>;

/// Keeps the spans of calls, with what was recorded later.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<(Id, Fields)>>>);

struct Collect<'a>(&'a mut Fields);

impl Visit for Collect<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl<S: Subscriber> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        if attributes.metadata().name() == "passid_call" {
            let mut fields = Fields::new();
            attributes.record(&mut Collect(&mut fields));
            self.0.lock().unwrap().push((id.clone(), fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        if let Some((_, fields)) = spans.iter_mut().rev().find(|(span, _)| span == id) {
            values.record(&mut Collect(fields));
        }
    }
}

#[derive(Default)]
struct Reports(Mutex<Vec<CallReport>>);

impl CallObserver for Reports {
    fn called(&self, report: &CallReport) {
        self.0.lock().unwrap().push(report.clone());
    }
}

/// A sandbox, a client that is observed, and what was seen of it.
struct Stage {
    standing: Standing,
    client: PassidClient,
    reports: Arc<Reports>,
    spans: Spans,
}

impl Stage {
    async fn set() -> Self {
        let standing = Standing::start().await;
        let reports = Arc::new(Reports::default());
        let client = standing.builder().observer(reports.clone()).build().unwrap();
        Self { standing, client, reports, spans: Spans::default() }
    }

    /// A pending session, made by a client that nobody observes.
    async fn session(&self) -> Session {
        self.standing.client().create_session(&NewSession::new()).await.unwrap()
    }

    /// Makes a call under our subscriber, while the fault meets all its tries; the one span and the one
    /// report of it.
    async fn observe(&self, name: &str, fault: Option<(Route, FaultKind)>) -> (Fields, CallReport) {
        let session = self.session().await;
        self.standing.client().verify_token(&token()).await.unwrap();
        self.reports.0.lock().unwrap().clear();
        self.spans.0.lock().unwrap().clear();
        if let Some((route, kind)) = fault {
            self.standing.sandbox.inject_fault(Fault::on(route, kind).always()).unwrap();
        }
        let subscriber = tracing_subscriber::registry().with(self.spans.clone());
        let call = self.call(name, &session).with_subscriber(Dispatch::new(subscriber));
        soon(name, call).await;
        self.standing.sandbox.clear_faults();
        let spans = self.spans.0.lock().unwrap();
        let reports = self.reports.0.lock().unwrap();
        assert_eq!((spans.len(), reports.len()), (1, 1), "{name} x {fault:?}");
        (spans[0].1.clone(), reports[0].clone())
    }

    async fn call(&self, name: &str, session: &Session) {
        let client = &self.client;
        let code = self.standing.sandbox.mint_code(NewCredential::new()).unwrap();
        let jwt = InstitutionJwt::parse(&self.standing.sandbox.institution_jwt()).unwrap();
        match name {
            "verify_token" => drop(client.verify_token(&token()).await),
            "redeem_code" => {
                drop(client.redeem_code(&ShareCode::parse(&code).unwrap()).await);
            }
            "create_session" => drop(client.create_session(&NewSession::new()).await),
            "session" => drop(client.session(&session.request_id).await),
            "public_session" => drop(client.public_session(&session.request_id).await),
            "public_session_by_code" => {
                drop(client.public_session_by_code(&session.code).await);
            }
            "report_outcome" => {
                let outcome = NewOutcome::new(&token(), ReportedOutcome::Repaid);
                drop(client.report_outcome(&outcome).await);
            }
            "outcome_cohort" => drop(client.outcome_cohort(&jwt).await),
            "set_webhook" => {
                let webhook = NewWebhook::new("https://bank.example/hook").unwrap();
                drop(client.set_webhook(&jwt, &webhook).await);
            }
            "stored_verification" => drop(client.stored_verification(&token()).await),
            "probe" => drop(client.probe().await),
            other => panic!("{other} is no call"),
        }
    }
}

fn token() -> Token {
    Token::parse(demo::KENYA_TOKEN).unwrap()
}

/// Name, route, method, template, status when all is well.
const CALLS: [(&str, Route, &str, &str, u16); 11] = [
    ("verify_token", Route::Verify, "POST", "/v1/verify", 200),
    ("redeem_code", Route::Redeem, "POST", "/api/bridge/code/redeem", 200),
    ("create_session", Route::Sessions, "POST", "/v1/sessions", 201),
    ("session", Route::Session, "GET", "/v1/sessions/{requestId}", 200),
    ("public_session", Route::SessionPublic, "GET", "/v1/sessions/{requestId}/public", 200),
    (
        "public_session_by_code",
        Route::SessionByCode,
        "GET",
        "/v1/sessions/by-code/{code}/public",
        200,
    ),
    ("report_outcome", Route::Outcome, "POST", "/v1/outcome", 201),
    ("outcome_cohort", Route::Cohort, "GET", "/v1/outcome/cohort", 200),
    ("set_webhook", Route::WebhookSettings, "PATCH", "/api/institution/webhook", 200),
    ("stored_verification", Route::StoredVerification, "GET", "/api/v1/bridge/verify/{token}", 200),
    ("probe", Route::Session, "GET", "/v1/sessions/{requestId}", 404),
];

#[tokio::test]
async fn every_call_has_one_span_with_the_names_of_opentelemetry_and_one_report() {
    let stage = Stage::set().await;
    let port = stage.standing.sandbox.url().rsplit_once(':').unwrap().1.to_owned();
    for (name, _, method, template, status) in CALLS {
        let (span, report) = stage.observe(name, None).await;
        let status_text = status.to_string();
        let expected: Fields = [
            ("otel.kind", "client"),
            ("otel.name", &format!("{method} {template}")),
            ("passid.provider", "passid"),
            ("http.request.method", method),
            ("url.template", template),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("http.response.status_code", &status_text),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        assert_eq!(span, expected, "{name}: nothing more and nothing less");
        assert_eq!((report.operation(), report.method()), (name, method));
        assert_eq!((report.route(), report.status()), (template, Some(status)));
        assert_eq!((report.error(), report.attempts()), (None, 1), "{name}");
        assert_eq!(report.duration(), Duration::ZERO, "the clock stands");
    }
}

/// How often a call is tried under a fault that meets every try.
fn tries(name: &str, fault: FaultKind) -> u32 {
    match (name, fault) {
        ("redeem_code", _) => 1,
        ("create_session", FaultKind::RateLimit { .. }) => 3,
        ("create_session", _) => 1,
        (_, FaultKind::Status { status: 418, .. }) => 1,
        _ => 3,
    }
}

#[tokio::test]
async fn tries_and_the_kind_of_the_error_are_told_in_both() {
    let stage = Stage::set().await;
    for (name, route, ..) in CALLS {
        for fault in [FaultKind::status(503), FaultKind::status(418), FaultKind::rate_limit(0)] {
            let what = format!("{name} x {fault:?}");
            let (span, report) = stage.observe(name, Some((route, fault))).await;
            assert_eq!(span["error.type"], report.error().unwrap().name(), "{what}");
            let status = report.status().unwrap().to_string();
            assert_eq!(span["http.response.status_code"], status, "{what}");
            assert_eq!(report.attempts(), tries(name, fault), "{what}");
            let resent = span.get("http.request.resend_count").map(String::as_str);
            let more = report.attempts() - 1;
            assert_eq!(resent, (more > 0).then(|| more.to_string()).as_deref(), "{what}");
        }
    }
}

#[tokio::test]
async fn a_call_without_an_answer_has_no_status_and_says_what_was_lost() {
    let stage = Stage::set().await;
    for (name, route, ..) in CALLS {
        let (span, report) = stage.observe(name, Some((route, FaultKind::reset()))).await;
        let kind = match name {
            "redeem_code" | "create_session" => ErrorKind::OutcomeUnknown,
            _ => ErrorKind::Interrupted,
        };
        // A probe has an error of its own; the call behind it is reported as it ended.
        assert_eq!((report.error(), report.status()), (Some(&kind), None), "{name}");
        assert_eq!(report.attempts(), tries(name, FaultKind::reset()), "{name}");
        assert_eq!(span["error.type"], kind.name(), "{name}");
        assert!(!span.contains_key("http.response.status_code"), "{name}");
    }
}

#[tokio::test]
async fn the_time_of_a_call_holds_the_delays_between_its_tries() {
    let stage = Stage::set().await;
    let later = Fault::on(Route::Session, FaultKind::rate_limit(90));
    stage.standing.sandbox.inject_fault(later).unwrap();
    let session = stage.session().await;
    let before = stage.standing.clock.elapsed();
    let poll = stage.standing.pass(stage.client.session(&session.request_id), |_, _| {});
    soon("the poll", poll).await.unwrap();
    let reports = stage.reports.0.lock().unwrap();
    assert_eq!(reports[0].duration(), Duration::from_secs(90));
    assert_eq!(stage.standing.clock.elapsed() - before, Duration::from_secs(90));
}

#[tokio::test]
async fn each_poll_of_a_wait_is_a_call_of_its_own_and_a_dropped_call_is_none() {
    let stage = Stage::set().await;
    let session = stage.session().await;
    let id = session.request_id.as_str();
    let sandbox = &stage.standing.sandbox;
    let wait = stage.standing.pass(stage.client.wait_for_session(&session), |pause, _| {
        if pause == 4 {
            sandbox.decline_session(id).unwrap();
        }
    });
    soon("the end", wait).await.unwrap();
    let polls: Vec<_> = stage.reports.0.lock().unwrap().iter().map(CallReport::operation).collect();
    assert_eq!(polls, ["session"; 5]);

    let dropped = stage.client.session(&session.request_id);
    assert!(futures_util::FutureExt::now_or_never(dropped).is_none());
    assert_eq!(stage.reports.0.lock().unwrap().len(), 5);
}
