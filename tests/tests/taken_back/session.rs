//! A session that passed and was deleted, and access tokens that were taken back in between.

use std::time::Duration;

use passid_docverify::Region;
use passid_tests::provider::Provider;
use passid_tests::provider::docverify::Docverify;
use passid_tests::upstream::Upstream;

use super::{Apps, TTL, cached};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_is_seen_by_the_next_request() {
    let docverify = Docverify::start().await;
    let (session, token) = docverify.newcomer().await;
    let apps = Apps::start(docverify.verifier(Upstream::Sound)).await;
    assert_eq!(apps.status(&token).await, 200);
    docverify.delete(&session).await;
    assert_eq!(apps.status(&token).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_cache_a_deletion_is_seen_when_the_entry_ends_and_no_later() {
    let docverify = Docverify::start().await;
    let (session, token) = docverify.newcomer().await;
    let (cache, clock) = cached(docverify.verifier(Upstream::Sound), |builder| builder);
    let apps = Apps::start(cache).await;
    assert_eq!(apps.status(&token).await, 200);
    docverify.delete(&session).await;

    docverify.prepare(Upstream::Sound);
    clock.advance(TTL * 9 / 10 - Duration::from_secs(1));
    assert_eq!(apps.status(&token).await, 200);
    assert_eq!(docverify.all_calls(), 0, "nobody was asked");
    clock.advance(TTL / 10 + Duration::from_secs(1));
    assert_eq!(apps.status(&token).await, 401);
    assert_eq!(docverify.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_token_that_was_taken_back_is_replaced_and_nobody_notices() {
    let docverify = Docverify::start().await;
    let (_, token) = docverify.newcomer().await;
    let apps = Apps::start(docverify.verifier(Upstream::Sound)).await;
    docverify.prepare(Upstream::Sound);
    assert_eq!(apps.status(&token).await, 200);
    assert_eq!((docverify.calls(), docverify.all_calls()), (2, 3), "one access token for both");
    docverify.sandbox().docverify().revoke_tokens();
    docverify.prepare(Upstream::Sound);
    assert_eq!(apps.status(&token).await, 200);
    assert_eq!((docverify.calls(), docverify.all_calls()), (3, 4), "401, another token, again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mocked_session_is_none_in_production_and_nobody_is_asked() {
    let docverify = Docverify::start().await;
    let mocked = docverify.live_newcomer(true).await;
    let real = docverify.live_newcomer(false).await;
    let apps = Apps::start(docverify.verifier_in(Region::Eu, Upstream::Sound)).await;
    docverify.prepare(Upstream::Sound);
    assert_eq!(apps.status(&mocked).await, 401);
    assert_eq!(docverify.all_calls(), 0);
    assert_eq!(apps.status(&real).await, 200, "the same session, not remembered as mocked");
}
