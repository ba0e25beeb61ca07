//! Nothing secret or personal in a log, an error or a report. Alone in its program: what is logged is the
//! whole program's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use common::{api_with, block_on, chain, identity, shows_nothing, token};
use passid_core::client::TransportErrorKind;
use passid_core::{Token, Verdict, Verify};
use passid_passbase::{CallObserver, CallReport, ErrorKind, PageRequest};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Everything that is logged, at every level, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn keep(&self, record: impl FnOnce(&mut Line)) {
        let mut line = Line(String::new());
        record(&mut line);
        self.0.lock().unwrap().push_str(&line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, " {field}={value:?}").unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.keep(|line| span.record(line));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.keep(|line| values.record(line));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.keep(|line| event.record(line));
    }
}

#[derive(Debug, Default)]
struct Reports(Mutex<Vec<CallReport<ErrorKind>>>);

impl CallObserver<ErrorKind> for Reports {
    fn called(&self, report: &CallReport<ErrorKind>) {
        self.0.lock().unwrap().push(report.clone());
    }
}

#[test]
fn logs_reports_and_errors_name_routes_and_kinds_only() {
    let log = Log::default();
    let reports = Arc::new(Reports::default());
    let subscriber = Registry::default().with(log.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    {
        let api = api_with(|builder| builder.observer(reports.clone()));
        api.transport.fail(TransportErrorKind::Interrupted);
        api.answer(&identity());
        api.answer_raw(400, identity().to_string());
        api.answer(&json!({"id": common::KEY, "score": "jane"}));
        block_on(async {
            assert!(matches!(api.verifier().verify(token()).await, Verdict::Valid(_)));
            let error = api.client.identities(&PageRequest::first()).await.unwrap_err();
            shows_nothing(&format!("{error:?} {}", chain(&error)));
            let Verdict::Unavailable(outage) = api.verifier().verify(token()).await else {
                panic!()
            };
            shows_nothing(&format!("{outage:?} {}", chain(&outage)));
            let foreign = Token::parse("PASSID-AB3X-7YQM").unwrap();
            let verdict = api.verifier().verify(foreign).await;
            assert!(!format!("{verdict:?}").contains("AB3X"));
        });
    }
    let log = log.0.lock().unwrap().clone();
    assert!(log.contains("/identities/{id}") && log.contains("request_refused"), "{log}");
    assert!(log.contains("resend_count=1"), "{log}");
    shows_nothing(&log);
    let reports = reports.0.lock().unwrap();
    shows_nothing(&format!("{reports:?}"));
    let told: Vec<_> =
        reports.iter().map(|r| (r.operation(), r.error().copied(), r.attempts())).collect();
    assert_eq!(
        told,
        [
            ("identity", None, 2),
            ("identities", Some(ErrorKind::RequestRefused), 1),
            ("identity", Some(ErrorKind::Undecodable), 1)
        ]
    );
}
