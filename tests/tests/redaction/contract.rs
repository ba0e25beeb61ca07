//! The whole contract, on both adapters, with each provider.

use passid_sandbox::demo;
use passid_tests::apps::{self, Setup};
use passid_tests::http::send;
use passid_tests::provider::Provider;
use passid_tests::provider::docverify::Docverify;
use passid_tests::provider::passbase::Passbase;
use passid_tests::provider::passid::Passid;
use passid_tests::soon;
use passid_tests::table::rows_of;

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

/// Runs every row of a provider, and gives what the callers were answered.
async fn run(provider: &impl Provider) -> Vec<String> {
    listen();
    let mut rows = rows_of(provider.cast());
    rows.extend(provider.own_rows());
    let mut answers = Vec::new();
    // A token in the query is in the address, which frameworks do log: the documentation says so.
    for row in rows.into_iter().filter(|row| row.setup != Setup::Query) {
        provider.prepare(row.upstream);
        let axum = apps::axum::start(row.app(), provider.verifier(row.upstream)).await;
        let answer = soon(row.name, send(axum.address, &row.request)).await.unwrap();
        answers.push(format!("{answer:?}"));
        let actix = apps::actix::start(row.app(), provider.verifier(row.upstream)).await;
        let answer = soon(row.name, send(actix.address, &row.request)).await.unwrap();
        answers.push(format!("{answer:?}"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_or_personal_is_logged_while_the_contract_runs() {
    run(&Passid::start().await).await;
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

/// What everybody who is verified has, and the parts of what they present.
fn secrets_of(provider: &impl Provider, others: &[&str]) -> Vec<String> {
    let cast = provider.cast();
    let presented =
        [&cast.good, &cast.other, &cast.stale, &cast.revoked, &cast.open, &cast.minimal];
    let parts = presented.iter().flat_map(|part| {
        let whole = part.to_string();
        whole.split('.').filter(|part| part.len() > 12).map(str::to_owned).collect::<Vec<_>>()
    });
    parts.chain(others.iter().map(|secret| (*secret).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_is_it_with_passbase_nor_told_to_callers() {
    let passbase = Passbase::start().await;
    let answers = run(&passbase).await;
    let key = passbase.sandbox().passbase().key().to_owned();
    let personal = ["jane", "specimen", "c01x00t47", "1970-01-01", "user-42", &*key];
    let secrets = secrets_of(&passbase, &personal);
    assert!(secrets.len() > 15, "{}", secrets.len());
    for lines in [&said(), &answers] {
        let told = told(lines, &secrets);
        assert!(told.is_empty(), "{told:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_is_it_with_document_verification_nor_told_to_callers() {
    let docverify = Docverify::start().await;
    let answers = run(&docverify).await;
    let secret = docverify.sandbox().docverify().client_secret().to_owned();
    let secrets = secrets_of(&docverify, &["test person", &*secret]);
    assert!(secrets.len() > 10, "{}", secrets.len());
    for lines in [&said(), &answers] {
        let told = told(lines, &secrets);
        assert!(told.is_empty(), "{told:#?}");
    }
}
