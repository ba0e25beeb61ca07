//! The contract table, over real sockets, against both adapters and the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use passid_core::{CachedVerifier, PassidClient, Verify};
use passid_tests::http::{Response, send};
use passid_tests::table::{Row, rows};
use passid_tests::upstream::Api;
use passid_tests::{apps, soon};

/// What is wrong, one line per complaint.
async fn check(
    api: &Api,
    adapter: &str,
    row: &Row,
    address: SocketAddr,
) -> (Option<Response>, Vec<String>) {
    let response = match soon(row.name, send(address, &row.request)).await {
        Ok(response) => response,
        Err(error) => return (None, vec![format!("{adapter}: {}: {error}", row.name)]),
    };
    let mut complaints = row.complaints(&response);
    let calls = api.sandbox.calls(passid_sandbox::Route::Any);
    if row.calls.is_some_and(|expected| expected != calls) {
        complaints.push(format!("{calls} calls of the API instead of {:?}", row.calls));
    }
    let named = complaints.iter().map(|complaint| format!("{adapter}: {}: {complaint}", row.name));
    (Some(response), named.collect())
}

/// Header fields whose order or presence is the framework's own business.
fn comparable(response: Option<Response>) -> Option<Response> {
    let mut response = response?;
    response.headers.retain(|(name, _)| name != "date" && name != "connection" && name != "allow");
    response.headers.sort();
    Some(response)
}

/// Every row on both adapters, each behind a verifier of its own. With `again`, each request is sent a
/// second time to the same app.
async fn run<V: Verify + Clone>(verifier: impl Fn(PassidClient) -> V, again: bool) {
    let rows = rows();
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let api = Api::start().await;
    let mut complaints = Vec::new();
    for row in &rows {
        api.prepare(row.upstream);
        let verifies = verifier(api.client(row.upstream));
        let on_axum = apps::axum::start(row.setup, verifies).await;
        let (axum, wrong) = check(&api, "axum", row, on_axum.address).await;
        complaints.extend(wrong);
        if again {
            complaints.extend(repeated(&api, "axum", row, on_axum.address, axum.clone()).await);
        }

        api.prepare(row.upstream);
        let verifies = verifier(api.client(row.upstream));
        let on_actix = apps::actix::start(row.setup, verifies).await;
        let (actix, wrong) = check(&api, "actix", row, on_actix.address).await;
        complaints.extend(wrong);
        if again {
            complaints.extend(repeated(&api, "actix", row, on_actix.address, actix.clone()).await);
        }

        if comparable(axum.clone()) != comparable(actix.clone()) && row.expected.body.is_some() {
            complaints.push(format!("{}: axum {axum:?}, actix {actix:?}", row.name));
        }
    }
    assert!(complaints.is_empty(), "{} rows\n{}", rows.len(), complaints.join("\n"));
}

/// The same request a second time: the same answer, and where the first was the API's own word, or
/// none was needed, without a call.
async fn repeated(
    api: &Api,
    adapter: &str,
    row: &Row,
    address: SocketAddr,
    first: Option<Response>,
) -> Vec<String> {
    let before = api.sandbox.calls(passid_sandbox::Route::Any);
    let second = soon(row.name, send(address, &row.request)).await.ok();
    let called = api.sandbox.calls(passid_sandbox::Route::Any) - before;
    let mut complaints = Vec::new();
    if comparable(second.clone()) != comparable(first.clone()) {
        complaints.push(format!("{adapter}: {}: first {first:?}, then {second:?}", row.name));
    }
    if first.is_some_and(|first| first.status < 500) && called > 0 {
        complaints.push(format!("{adapter}: {}: {called} calls for what is known", row.name));
    }
    complaints
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_adapters_meet_every_row_of_the_contract_alike() {
    run(|client| client, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_do_behind_a_cache_and_a_repetition_is_answered_alike_without_a_call() {
    run(|client| CachedVerifier::builder(client).build().unwrap(), true).await;
}

#[test]
fn the_names_of_the_rows_are_unique() {
    let mut names: Vec<_> = rows().iter().map(|row| row.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_without_a_guard_does_not_meet_the_contract() {
    let api = Api::start().await;
    let unguarded = apps::axum::start(apps::Setup::Unguarded, api.client(rows()[0].upstream)).await;
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
