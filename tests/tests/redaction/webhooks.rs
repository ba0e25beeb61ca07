//! Routes that receive webhooks, on both adapters: neither secrets, tokens nor signatures are told.

use passid_tests::http::send;
use passid_tests::soon;
use passid_tests::webhook::{self, Received};

use super::listener::{listen, said, told};

/// Secrets and tokens of the webhook table.
const MARKERS: [&str; 3] = ["whsec_1111", "whsec_2222", "PASSID-AB3X-7YQM"];

/// Whoever reads one in a log can send its body again.
fn signatures() -> impl Iterator<Item = String> {
    let headers = webhook::rows().into_iter().flat_map(|row| row.request.headers);
    let values = headers.map(|(_, value)| String::from_utf8_lossy(&value).into_owned());
    values.filter_map(|value| value.split_once('=')?.1.get(..48).map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_route_tells_neither_secrets_nor_signatures() {
    listen();
    let axum = webhook::on_axum(webhook::verifier(), Received::default()).await;
    let actix = webhook::on_actix(webhook::verifier(), Received::default()).await;
    for row in webhook::rows() {
        for address in [axum.address, actix.address] {
            soon(row.name, send(address, &row.request)).await.unwrap();
        }
    }
    let said = said();
    assert!(said.iter().any(|line| line.starts_with("passid::webhook")), "nothing was heard");
    let secrets: Vec<_> = MARKERS.map(str::to_owned).into_iter().chain(signatures()).collect();
    let told = told(&said, &secrets);
    assert!(told.is_empty(), "{told:#?}");
}
