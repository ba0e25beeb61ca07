//! The outbox against the sandbox: real time, real connections.

use std::time::Duration;

use passid_core::client::RetrySettings;
use passid_core::{
    ApiKey, Environment, InstitutionJwt, NewOutcome, PassidClient, ReportedOutcome, Token,
};
use passid_inbox::store::Store;
use passid_inbox::{Inbox, Outbox, RetrySchedule, Running};
use passid_sandbox::{Fault, FaultKind, Route, Sandbox, demo};

use crate::faulty::{Call, Fault as StoreFault, FaultyStore};

const MILLIS: Duration = Duration::from_millis(1);

fn start<S: Store>(outbox: &Outbox<S>, sandbox: &Sandbox) -> Running {
    let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key()).unwrap())
        .base_url(sandbox.url())
        .retry(RetrySettings::never())
        .build()
        .unwrap();
    let schedule = RetrySchedule { first: MILLIS, longest: MILLIS, max_attempts: 700 };
    let worker = outbox.worker(client).lease(300 * MILLIS).poll(5 * MILLIS).retries(schedule);
    worker.start().unwrap()
}

fn repaid() -> NewOutcome {
    NewOutcome::new(&Token::parse(demo::KENYA_TOKEN).unwrap(), ReportedOutcome::Repaid)
}

#[expect(clippy::disallowed_methods, reason = "a test must not hang")]
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(MILLIS).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert!(in_time.is_ok(), "{what} did not happen in time");
}

/// How many outcomes PASSID has.
async fn on_record(sandbox: &Sandbox) -> Option<u64> {
    let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key()).unwrap());
    let client = client.base_url(sandbox.url()).build().unwrap();
    let jwt = InstitutionJwt::parse(&sandbox.institution_jwt()).unwrap();
    client.outcome_cohort(&jwt).await.unwrap().total
}

#[tokio::test]
async fn an_outcome_arrives_once_after_refusals_resets_and_lost_answers() {
    let sandbox = Sandbox::start().await.unwrap();
    for kind in [
        FaultKind::status_with_retry_after(503, 0),
        FaultKind::Reset {},
        FaultKind::ApplyThenDrop {},
    ] {
        sandbox.inject_fault(Fault::on(Route::Outcome, kind)).unwrap();
    }
    let inbox = Inbox::builder(FaultyStore::new(), Environment::Sandbox).build().unwrap();
    let outbox = inbox.outbox();
    let running = start(&outbox, &sandbox);
    outbox.enqueue(&repaid()).await.unwrap();
    until("the report", async || outbox.counts().await.unwrap().done == 1).await;
    assert_eq!(on_record(&sandbox).await, Some(1));
    assert_eq!(sandbox.calls(Route::Outcome), 4);
    running.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_worker_that_dies_after_sending_leaves_one_outcome_and_the_next_ends_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let store = FaultyStore::new();
    store.spoil(Call::Complete, StoreFault::Hangs, 1000);
    let inbox = Inbox::builder(store.clone(), Environment::Sandbox).build().unwrap();
    let outbox = inbox.outbox();
    let dies = start(&outbox, &sandbox);
    outbox.enqueue(&repaid()).await.unwrap();
    until("the first report", async || on_record(&sandbox).await == Some(1)).await;
    drop(dies);
    store.heal();
    let running = start(&outbox, &sandbox);
    until("the end", async || outbox.counts().await.unwrap().done == 1).await;
    assert_eq!(on_record(&sandbox).await, Some(1));
    running.shutdown(Duration::from_secs(1)).await;
}
