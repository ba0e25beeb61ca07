//! What is told about calls, and whether the API can be asked at all.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::{Arc, Mutex};

use common::{ACCESS, SECRET, SESSION, api_with, ready, session, status};
use passid_core::{Health, Probe};
use passid_docverify::{CallObserver, CallReport, ErrorKind, Region};
use serde_json::json;

#[derive(Debug, Default)]
struct Reports(Mutex<Vec<CallReport<ErrorKind>>>);

impl CallObserver<ErrorKind> for Reports {
    fn called(&self, report: &CallReport<ErrorKind>) {
        self.0.lock().unwrap().push(report.clone());
    }
}

#[tokio::test]
async fn every_call_is_told_with_its_end_and_nothing_secret() {
    let reports = Arc::new(Reports::default());
    let api = api_with(Region::Us, |builder| builder.observer(reports.clone()));
    api.grant(ACCESS, 3600);
    api.answer(503, "");
    api.answer(200, status("pending"));
    api.client.result(&session()).await.unwrap();
    api.answer(200, json!({"consent_granted": "odd"}));
    api.client.consent(&session()).await.unwrap_err();
    api.answer(404, "");
    api.client.delete_session(&session()).await.unwrap_err();

    let reports = reports.0.lock().unwrap().clone();
    let told: Vec<_> = reports
        .iter()
        .map(|report| {
            (report.operation(), report.status(), report.error().copied(), report.attempts())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("result", Some(200), None, 2),
            ("consent", Some(200), Some(ErrorKind::Undecodable), 1),
            ("delete_session", Some(404), Some(ErrorKind::SessionNotFound), 1),
        ]
    );
    assert_eq!(reports[0].route(), "/api/v1/verification/{sid}/result");
    let shown = format!("{reports:?}");
    for hidden in [SECRET, ACCESS, SESSION] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn a_probe_creates_nothing_and_knows_three_answers() {
    for (code, accepted, refused) in
        [(404, true, false), (403, false, true), (400, false, false), (200, false, false)]
    {
        let api = ready(Region::Us);
        api.answer(code, json!({"session_id": "readiness-probe", "status": "pending"}));
        let health = api.client.probe().await;
        assert_eq!(health.is_accepted(), accepted, "{code}");
        assert_eq!(matches!(health, Health::KeyRefused), refused, "{code}");
        assert!(api.sent()[1].starts_with("GET "));
    }
}
