//! The contract table: each provider behind each adapter, direct and behind a cache, over real sockets
//! and against the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod listed;
mod run;

use passid_core::{CachedVerifier, Verify};
use passid_tests::apps;
use passid_tests::http::send;
use passid_tests::provider::Provider;
use passid_tests::provider::docverify::Docverify;
use passid_tests::provider::passbase::Passbase;
use passid_tests::provider::passid::Passid;
use passid_tests::table::rows;
use passid_tests::upstream::Upstream;

use run::{every_row, run};

fn cached<V: Verify>(verifier: V) -> CachedVerifier<V> {
    CachedVerifier::builder(verifier).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_adapters_meet_every_row_of_the_contract_alike() {
    let passid = Passid::start().await;
    assert!(every_row(&passid).len() >= 140);
    run(&passid, |client| client, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_do_behind_a_cache_and_a_repetition_is_answered_alike_without_a_call() {
    run(&Passid::start().await, cached, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_passbase_both_adapters_meet_every_row_alike() {
    run(&Passbase::start().await, |verifier| verifier, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_passbase_so_they_do_behind_a_cache() {
    run(&Passbase::start().await, cached, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_document_verification_both_adapters_meet_every_row_alike() {
    run(&Docverify::start().await, |verifier| verifier, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_document_verification_so_they_do_behind_a_cache() {
    run(&Docverify::start().await, cached, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_without_a_guard_does_not_meet_the_contract() {
    let verifier = Passid::start().await.verifier(Upstream::Sound);
    let unguarded = apps::axum::start(apps::Setup::Unguarded, verifier).await;
    let mut met = Vec::new();
    for row in rows() {
        let guarded = row.setup != apps::Setup::Unguarded && row.expected.headers.len() > 2;
        let response = send(unguarded.address, &row.request).await.unwrap();
        if guarded && row.complaints(&response).is_empty() {
            met.push(row.name);
        }
    }
    assert!(met.is_empty(), "{met:#?}");
}
