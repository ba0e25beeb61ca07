//! The whole contract, on both adapters.

use passid_sandbox::demo;
use passid_tests::apps::{self, Setup};
use passid_tests::http::send;
use passid_tests::soon;
use passid_tests::table::rows;
use passid_tests::upstream::Api;

use super::listener::{listen, said, told};

/// What must not be said: keys, tokens, codes, and claim values that no ordinary line holds.
fn secrets() -> Vec<String> {
    let secrets = [
        demo::SANDBOX_KEY,
        demo::LIVE_KEY,
        demo::KENYA_TOKEN,
        demo::NIGERIA_TOKEN,
        demo::GHANA_TOKEN,
        demo::SANDBOX_TOKEN,
        demo::STALE_TOKEN,
        demo::EXPIRED_TOKEN,
        demo::REVOKED_TOKEN,
        demo::SANCTIONS_DENIED_TOKEN,
        demo::KENYA_CODE,
        "3,000-4,000",
        "2,000-3,000",
        "KE->GB",
        "NG->US",
        "GH->EU",
        "eyJhbGciOiJIUzI1NiJ9",
        "dTpw",
    ];
    secrets.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_or_personal_is_logged_while_the_contract_runs() {
    listen();
    let api = Api::start().await;
    // A token in the query is in the address, which frameworks do log: the documentation says so.
    for row in rows().into_iter().filter(|row| row.setup != Setup::Query) {
        api.prepare(row.upstream);
        let axum = apps::axum::start(row.setup, api.client(row.upstream)).await;
        soon(row.name, send(axum.address, &row.request)).await.unwrap();
        let actix = apps::actix::start(row.setup, api.client(row.upstream)).await;
        soon(row.name, send(actix.address, &row.request)).await.unwrap();
    }

    let said = said();
    for expected in ["passid::guard", "passid::client", "hyper"] {
        assert!(
            said.iter().any(|line| line.starts_with(expected)),
            "nothing of {expected} was heard"
        );
    }
    let refusals = said.iter().filter(|line| line.starts_with("passid::guard")).count();
    assert!(refusals > 60, "{refusals} events of the guard");
    let told = told(&said, &secrets());
    assert!(told.is_empty(), "{told:#?}");
}
