//! What each failure is called, how often it is tried again, and what the probe makes of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use common::{BASE, api, block_on, chain, identity, key, settings};
use passid_core::client::ApiResponse;
use passid_core::{Environment, Health, Probe, UnavailableKind};
use passid_passbase::ErrorKind;
use serde_json::json;

#[test]
fn each_status_has_its_kind_and_its_advice() {
    for (status, kind, sent) in [
        (400, ErrorKind::RequestRefused, 1),
        (401, ErrorKind::KeyRefused, 1),
        (403, ErrorKind::KeyRefused, 1),
        (404, ErrorKind::NotFound, 1),
        (422, ErrorKind::RequestRefused, 1),
        (429, ErrorKind::RateLimited, 3),
        (500, ErrorKind::Failed, 3),
        (503, ErrorKind::Failed, 3),
        (301, ErrorKind::UnexpectedStatus, 1),
        (201, ErrorKind::UnexpectedStatus, 1),
    ] {
        let api = api();
        let body = identity().to_string();
        (0..3).for_each(|_| api.answer_raw(status, body.clone()));
        let error = block_on(api.client.identity(&key())).unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, Some(status)));
        assert_eq!((error.attempts() as usize, api.paths().len()), (sent, sent), "{status}");
        assert!(error.to_string().contains("; ") && error.to_string().contains("status"));
        common::shows_nothing(&format!("{} {error:?}", chain(&error)));
    }
}

#[test]
fn retry_after_is_kept_and_told() {
    let api = api();
    let busy = ApiResponse::new(429, "").with_header("Retry-After", "40");
    api.transport.answer(busy);
    let error = block_on(api.client.identity(&key())).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(40)));
    assert!(error.is_retry_safe());
}

#[test]
fn the_probe_holds_the_project_against_the_stated_environment() {
    let api = api();
    api.answer(&settings());
    assert_eq!(api.client.environment(), Environment::Sandbox);
    assert!(matches!(block_on(api.client.probe()), Health::Accepted));
    for environment in [json!("production"), json!("staging"), json!(null)] {
        api.answer(&json!({"environment": environment}));
        let Health::Unreachable(outage) = block_on(api.client.probe()) else { panic!() };
        assert_eq!(outage.kind(), UnavailableKind::Misconfigured);
    }
    api.answer_raw(401, "");
    assert!(matches!(block_on(api.client.probe()), Health::KeyRefused));
    api.answer_raw(404, "");
    assert!(matches!(block_on(api.client.probe()), Health::Unreachable(_)));
    assert!(api.transport.requests().iter().all(|r| r.url() == format!("{BASE}/settings")));
}
