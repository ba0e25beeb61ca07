//! The contract table, over real sockets, against both adapters and the sandbox.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::SocketAddr;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_adapters_meet_every_row_of_the_contract_alike() {
    let rows = rows();
    println!("{} rows, each on both adapters", rows.len());
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let api = Api::start().await;
    let mut complaints = Vec::new();
    for row in &rows {
        api.prepare(row.upstream);
        let on_axum = apps::axum::start(row.setup, api.client(row.upstream)).await;
        let (axum, wrong) = check(&api, "axum", row, on_axum.address).await;
        complaints.extend(wrong);

        api.prepare(row.upstream);
        let on_actix = apps::actix::start(row.setup, api.client(row.upstream)).await;
        let (actix, wrong) = check(&api, "actix", row, on_actix.address).await;
        complaints.extend(wrong);

        if comparable(axum.clone()) != comparable(actix.clone()) && row.expected.body.is_some() {
            complaints.push(format!("{}: axum {axum:?}, actix {actix:?}", row.name));
        }
    }
    assert!(complaints.is_empty(), "{} rows\n{}", rows.len(), complaints.join("\n"));
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
