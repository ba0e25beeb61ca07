//! An identity that was approved, and then found on a watchlist.

use std::time::Duration;

use passid_sandbox::FaultKind;
use passid_tests::provider::Provider;
use passid_tests::provider::passbase::Passbase;
use passid_tests::upstream::Upstream;

use super::{Apps, REFUSED, TTL, cached};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_is_seen_by_the_next_request() {
    let passbase = Passbase::start().await;
    let apps = Apps::start(passbase.verifier(Upstream::Sound)).await;
    for finding in ["pep-class-1", "sanction"] {
        let (key, token) = passbase.newcomer();
        assert_eq!(apps.status(&token).await, 200);
        passbase.sandbox().passbase().screen(&key, &[finding]).unwrap();
        assert_eq!(apps.status(&token).await, 401, "{finding}");
        passbase.sandbox().passbase().review(&key, true).unwrap();
        let outweighed = if finding == "sanction" { 401 } else { 200 };
        assert_eq!(apps.status(&token).await, outweighed, "{finding}, approved all the same");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_cache_a_finding_is_seen_when_the_entry_ends_and_no_later() {
    let passbase = Passbase::start().await;
    let (key, token) = passbase.newcomer();
    let (cache, clock) = cached(passbase.verifier(Upstream::Sound), |builder| builder);
    let apps = Apps::start(cache).await;
    assert_eq!(apps.status(&token).await, 200);
    passbase.sandbox().passbase().screen(&key, &["sanction"]).unwrap();

    passbase.prepare(Upstream::Sound);
    // An entry lives up to a tenth less than it may.
    clock.advance(TTL * 9 / 10 - Duration::from_secs(1));
    assert_eq!(apps.status(&token).await, 200);
    assert_eq!(passbase.calls(), 0, "nobody was asked");
    clock.advance(TTL / 10 + Duration::from_secs(1));
    assert_eq!(apps.status(&token).await, 401);
    assert_eq!(passbase.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finding_ends_what_is_served_while_the_api_is_silent() {
    let passbase = Passbase::start().await;
    let (key, token) = passbase.newcomer();
    let stale = Duration::from_secs(3600);
    let verifier = passbase.verifier(Upstream::Sound);
    let (cache, clock) = cached(verifier, |builder| builder.stale_if_error(stale));
    let apps = Apps::start(cache).await;
    let down = Upstream::Fault(FaultKind::status(503), 0);
    assert_eq!(apps.status(&token).await, 200);
    clock.advance(TTL);
    passbase.prepare(down);
    assert_eq!(apps.status(&token).await, 200, "as long as nothing else is known");

    passbase.sandbox().passbase().screen(&key, &["sanction"]).unwrap();
    passbase.prepare(Upstream::Sound);
    clock.advance(REFUSED);
    assert_eq!(apps.status(&token).await, 401);
    passbase.prepare(down);
    assert_eq!(apps.status(&token).await, 401, "kept for a moment");
    clock.advance(REFUSED);
    assert_eq!(apps.status(&token).await, 503, "and never a pass again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_serves_an_identity_to_its_caller_alone() {
    let passbase = Passbase::start().await;
    let (key, token) = passbase.newcomer();
    let (_, anothers) = passbase.newcomer();
    let (_, nonce) = anothers.split_once('.').unwrap();
    let (cache, _clock) = cached(passbase.verifier(Upstream::Sound), |builder| builder);
    let apps = Apps::start(cache).await;
    assert_eq!(apps.status(&token).await, 200);
    assert_eq!(apps.status(&format!("{key}.{nonce}")).await, 401);
    assert_eq!(apps.status(&key).await, 401);
    assert_eq!(apps.status(&token).await, 200);
}
