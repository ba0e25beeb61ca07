//! The webhook table, over real sockets, against both adapters.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::net::SocketAddr;

use passid_tests::http::{Response, send};
use passid_tests::soon;
use passid_tests::webhook::{Received, Row, on_actix, on_axum, rows, verifier};

async fn check(adapter: &str, row: &Row, address: SocketAddr) -> (Option<Response>, Vec<String>) {
    let response = match soon(row.name, send(address, &row.request)).await {
        Ok(response) => response,
        Err(error) => return (None, vec![format!("{adapter}: {}: {error}", row.name)]),
    };
    let complaints = row.expected.complaints(&response);
    let named = complaints.iter().map(|complaint| format!("{adapter}: {}: {complaint}", row.name));
    (Some(response), named.collect())
}

/// Header fields that are the framework's own business.
fn comparable(response: Option<Response>) -> Option<Response> {
    let mut response = response?;
    response.headers.retain(|(name, _)| name != "date" && name != "connection" && name != "allow");
    response.headers.sort();
    Some(response)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_adapters_meet_every_row_of_the_webhook_contract_alike() {
    let rows = rows();
    println!("{} rows, each on both adapters", rows.len());
    assert!(rows.len() >= 35, "{} rows", rows.len());
    let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
    let (kept_by_axum, kept_by_actix) = (Received::default(), Received::default());
    let axum = on_axum(verifier(), kept_by_axum.clone()).await;
    let actix = on_actix(verifier(), kept_by_actix.clone()).await;
    let mut complaints = Vec::new();
    for row in &rows {
        let (first, wrong) = check("axum", row, axum.address).await;
        complaints.extend(wrong);
        let (second, wrong) = check("actix", row, actix.address).await;
        complaints.extend(wrong);
        if row.expected.status != 405 && row.expected.status != 200 {
            let (first, second) = (comparable(first), comparable(second));
            if first != second {
                complaints.push(format!("{}: axum {first:?}, actix {second:?}", row.name));
            }
        }
    }
    assert!(complaints.is_empty(), "{} rows\n{}", rows.len(), complaints.join("\n"));
    let accepted: Vec<_> = rows.iter().filter(|row| row.expected.status == 200).collect();
    for kept in [kept_by_axum.all(), kept_by_actix.all()] {
        assert_eq!(kept.len(), accepted.len(), "a refused webhook reached the handler");
        for (webhook, row) in kept.iter().zip(&accepted) {
            assert_eq!(webhook.body.bytes(), row.request.body, "{}", row.name);
        }
    }
}
