//! Rows, sent to both adapters over real sockets.

use std::net::SocketAddr;

use passid_core::Verify;
use passid_tests::http::{Response, send};
use passid_tests::provider::Provider;
use passid_tests::table::{Row, rows_of};
use passid_tests::{apps, soon};

/// The rows of the table that a provider can express, and those that are about it alone.
pub(crate) fn every_row(provider: &impl Provider) -> Vec<Row> {
    let mut rows = rows_of(provider.cast());
    rows.extend(provider.own_rows());
    rows
}

/// What is wrong, one line per complaint.
async fn check(
    provider: &impl Provider,
    adapter: &str,
    row: &Row,
    address: SocketAddr,
) -> (Option<Response>, Vec<String>) {
    let response = match soon(row.name, send(address, &row.request)).await {
        Ok(response) => response,
        Err(error) => return (None, vec![format!("{adapter}: {}: {error}", row.name)]),
    };
    let mut complaints = row.complaints(&response);
    let calls = provider.calls();
    if row.calls.is_some_and(|expected| expected != calls) {
        complaints.push(format!("{calls} calls of the API instead of {:?}", row.calls));
    }
    // A refusal without a question: nothing was sent, for an access token neither.
    if row.calls == Some(0) && response.status < 500 && provider.all_calls() > 0 {
        complaints.push("something was sent".to_owned());
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

/// Every row of a provider on both adapters, each behind a verifier of its own. With `again`, each
/// request is sent a second time to the same app.
pub(crate) async fn run<P: Provider, V: Verify + Clone>(
    provider: &P,
    wrap: impl Fn(P::Verifier) -> V,
    again: bool,
) {
    let rows = every_row(provider);
    let mut complaints = Vec::new();
    for row in &rows {
        provider.prepare(row.upstream);
        let verifies = wrap(provider.verifier(row.upstream));
        let on_axum = apps::axum::start(row.app(), verifies).await;
        let (axum, wrong) = check(provider, "axum", row, on_axum.address).await;
        complaints.extend(wrong);
        if again {
            complaints.extend(repeated(provider, "axum", row, on_axum.address, axum.clone()).await);
        }

        provider.prepare(row.upstream);
        let verifies = wrap(provider.verifier(row.upstream));
        let on_actix = apps::actix::start(row.app(), verifies).await;
        let (actix, wrong) = check(provider, "actix", row, on_actix.address).await;
        complaints.extend(wrong);
        if again {
            complaints
                .extend(repeated(provider, "actix", row, on_actix.address, actix.clone()).await);
        }

        if comparable(axum.clone()) != comparable(actix.clone()) && row.expected.body.is_some() {
            complaints.push(format!("{}: axum {axum:?}, actix {actix:?}", row.name));
        }
    }
    let name = provider.name();
    assert!(complaints.is_empty(), "{name}, {} rows\n{}", rows.len(), complaints.join("\n"));
}

/// The same request a second time: the same answer, and where the first was the API's own word, or
/// none was needed, without a call.
async fn repeated(
    provider: &impl Provider,
    adapter: &str,
    row: &Row,
    address: SocketAddr,
    first: Option<Response>,
) -> Vec<String> {
    let before = provider.calls();
    let second = soon(row.name, send(address, &row.request)).await.ok();
    let called = provider.calls() - before;
    let mut complaints = Vec::new();
    if comparable(second.clone()) != comparable(first.clone()) {
        complaints.push(format!("{adapter}: {}: first {first:?}, then {second:?}", row.name));
    }
    if first.is_some_and(|first| first.status < 500) && called > 0 {
        complaints.push(format!("{adapter}: {}: {called} calls for what is known", row.name));
    }
    complaints
}
