//! The probe against a sandbox: what it finds, and that it costs no verification (decision P16).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use passid_core::{Health, PassidClient, Probe, UnavailableKind};
use passid_sandbox::{Fault, FaultKind, RequestFilter, Route};
use passid_tests::soon;
use passid_tests::standing::Standing;

/// Probes while the fault meets every try.
async fn probe(standing: &Standing, client: &PassidClient, fault: Option<FaultKind>) -> Health {
    standing.sandbox.reset();
    if let Some(fault) = fault {
        standing.sandbox.inject_fault(Fault::on(Route::Any, fault).always()).unwrap();
    }
    let found = soon("the probe", client.probe()).await;
    let called = standing.sandbox.calls(Route::Any);
    assert_eq!(called, standing.sandbox.calls(Route::Session), "it calls nothing else");
    for state in ["verifications", "sessions"] {
        let exported = standing.sandbox.export();
        assert!(!exported.contains(&format!(r#""{state}":{{""#)), "{state} in {exported}");
    }
    found
}

#[track_caller]
fn unreachable(found: Health) -> UnavailableKind {
    match found {
        Health::Unreachable(outage) => outage.kind(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_sandbox_that_takes_the_key_is_found_in_one_call_without_a_verification() {
    let standing = Standing::start().await;
    for key in [standing.sandbox.sandbox_key(), standing.sandbox.live_key()] {
        let client = standing.builder_for(key).build().unwrap();
        assert!(probe(&standing, &client, None).await.is_accepted());
        assert_eq!(standing.sandbox.calls(Route::Any), 1);
        let seen = standing.sandbox.requests(&RequestFilter::new().route(Route::Session));
        assert_eq!((seen.len(), seen.first().unwrap().status), (1, Some(404)));
    }
}

#[tokio::test]
async fn a_key_that_is_not_known_is_refused_and_not_asked_about_again() {
    let standing = Standing::start().await;
    let client = standing.builder_for("pk_sandbox_of_nobody").build().unwrap();
    assert!(matches!(probe(&standing, &client, None).await, Health::KeyRefused));
    assert_eq!(standing.sandbox.calls(Route::Any), 1);
    for status in [401, 403] {
        let found = probe(&standing, &standing.client(), Some(FaultKind::status(status))).await;
        assert!(matches!(found, Health::KeyRefused), "{status}");
    }
}

#[tokio::test]
async fn every_fault_is_an_outage_of_its_kind() {
    use UnavailableKind::{Failed, RateLimited, Undecodable, Unreachable};
    let standing = Standing::start().await;
    let client = standing.client();
    for (fault, kind, calls) in [
        (FaultKind::status(500), Failed, 3),
        (FaultKind::status(503), Failed, 3),
        (FaultKind::status(429), RateLimited, 3),
        (FaultKind::reset(), Unreachable, 3),
        (FaultKind::empty(), Unreachable, 3),
        (FaultKind::garbage(), Unreachable, 3),
        (FaultKind::truncate(), Unreachable, 3),
        (FaultKind::html(), Undecodable, 1),
        (FaultKind::oversize(), Undecodable, 1),
        (FaultKind::status(200), Undecodable, 1),
        (FaultKind::status(302), Undecodable, 1),
        (FaultKind::status(410), Undecodable, 1),
    ] {
        let found = probe(&standing, &client, Some(fault)).await;
        assert_eq!(unreachable(found), kind, "{fault:?}");
        assert_eq!(standing.sandbox.calls(Route::Session), calls, "{fault:?}");
    }
    let odd = probe(&standing, &client, Some(FaultKind::wrong_content_type())).await;
    assert!(odd.is_accepted());
}

#[tokio::test]
async fn refused_connections_are_an_outage_and_the_next_probe_finds_the_api_again() {
    let standing = Standing::start().await;
    let client = standing.client();
    let refusal = FaultKind::connect_refused(Duration::from_secs(60));
    standing.sandbox.inject_fault(Fault::on(Route::Any, refusal)).unwrap();
    let found = soon("the probe", client.probe()).await;
    assert_eq!(unreachable(found), UnavailableKind::Unreachable);
    assert_eq!(standing.sandbox.calls(Route::Any), 0);
    standing.sandbox.clear_faults();
    assert!(soon("the probe", client.probe()).await.is_accepted());
}

#[tokio::test]
async fn a_late_answer_is_a_timeout_within_the_time_that_the_caller_gives() {
    let standing = Standing::start().await;
    let late = FaultKind::delay(Duration::from_secs(60));
    standing.sandbox.inject_fault(Fault::on(Route::Session, late).always()).unwrap();
    let brief = standing.client().with_timeout(passid_tests::standing::ATTEMPT);
    let found = soon("giving up", standing.time_out(Route::Session, brief.probe())).await;
    assert_eq!(unreachable(found), UnavailableKind::Timeout);
    assert_eq!(standing.sandbox.calls(Route::Session), 1);
}
