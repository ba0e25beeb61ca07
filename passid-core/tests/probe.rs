//! The probe: reachable, and our key accepted, for the price of no verification (decision P16).
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;

use common::script::{CONNECT, INTERRUPTED, Step, TOO_LARGE, play};
use common::{KEY, api, block_on, chain};
use passid_core::{BoxFuture, Health, Probe, Unavailable, UnavailableKind};

fn probe(script: &[Step]) -> Health {
    let api = api();
    play(&api, script);
    block_on(api.client.probe())
}

#[test]
fn a_probe_asks_for_a_session_that_cannot_exist() {
    let api = api();
    play(&api, &[Step::Status(404)]);
    assert!(block_on(api.client.probe()).is_accepted());
    let requests = api.transport.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method(), "GET");
    assert_eq!(requests[0].url(), "https://api.passid.io/v1/sessions/readiness-probe");
    assert_eq!(requests[0].header("x-institution-key"), Some(KEY));
}

#[test]
fn a_refused_key_is_told_apart_from_an_outage() {
    for status in [401, 403] {
        assert!(matches!(probe(&[Step::Status(status)]), Health::KeyRefused));
    }
    use UnavailableKind::{Failed, RateLimited, Timeout, Undecodable, Unreachable};
    for (step, kind) in [
        (CONNECT, Unreachable),
        (INTERRUPTED, Unreachable),
        (Step::Hang, Timeout),
        (Step::Status(500), Failed),
        (Step::Status(503), Failed),
        (Step::Later(429, 3600), RateLimited),
        (Step::Status(200), Undecodable),
        (Step::Body(200, "<html>a portal</html>".into()), Undecodable),
        (Step::Status(302), Undecodable),
        (Step::Status(400), Undecodable),
        (Step::Status(410), Undecodable),
        (TOO_LARGE, Undecodable),
    ] {
        let Health::Unreachable(outage) = probe(&vec![step.clone(); 3]) else { panic!("{step:?}") };
        assert_eq!(outage.kind(), kind, "{step:?}");
        assert!(chain(&outage).len() > 1, "{step:?} has no cause");
    }
}

#[test]
fn a_passing_failure_is_asked_about_again() {
    assert!(probe(&[CONNECT, Step::Status(503), Step::Status(404)]).is_accepted());
}

#[derive(Debug)]
struct OtherProvider;

impl Probe for OtherProvider {
    fn probe(&self) -> BoxFuture<'static, Health> {
        Box::pin(async { Health::Unreachable(Unavailable::new(UnavailableKind::Timeout)) })
    }
}

#[test]
fn an_endpoint_can_hold_the_probes_of_several_providers() {
    let api = api();
    play(&api, &[Step::Status(404)]);
    let probes: Vec<Arc<dyn Probe>> = vec![Arc::new(api.client), Arc::new(OtherProvider)];
    let found: Vec<_> = probes.iter().map(|probe| block_on(probe.probe())).collect();
    assert!(found[0].is_accepted() && !found[1].is_accepted());
}
