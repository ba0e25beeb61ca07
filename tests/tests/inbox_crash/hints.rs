//! Webhooks of another provider, while the node that receives and handles them is killed at every step.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use passid_core::testing::SeededEntropy;
use passid_tests::http::{Request, send};
use passid_tests::soon;
use tokio::task::JoinSet;

use super::database::Database;
use super::node::{Node, Role};
use super::passid::below;
use super::{POINTS, on_postgres, on_sqlite, settle};

const HINTS: usize = 240;

/// Of thirty identities, in no order.
fn hint(number: usize) -> Request {
    let (identity, second) = (number % 30, 1_795_000_000 + number * 37 % HINTS);
    let body = format!(
        r#"{{"event":"VERIFICATION_REVIEWED","key":"00000000-0000-4000-8000-{identity:012}","updated":{second}}}"#
    );
    Request::new("POST", "/passbase/webhook").json(body)
}

/// Sends what has not been answered 200, six at a time, until all is or the node is no more.
async fn deliver(address: SocketAddr, left: &mut BTreeSet<usize>) {
    let mut numbers = left.clone().into_iter();
    let mut sending = JoinSet::new();
    loop {
        while sending.len() < 6
            && let Some(number) = numbers.next()
        {
            sending.spawn(async move { (number, send(address, &hint(number)).await) });
        }
        let Some(sent) = sending.join_next().await else { return };
        let (number, answer) = sent.unwrap();
        if answer.is_ok_and(|answer| answer.status == 200) {
            left.remove(&number);
        }
    }
}

async fn kill_at_every_step(store: &str, database: &Database, seed: u64) {
    database.prepare().await;
    let chance = SeededEntropy::new(seed);
    let role = Role { store: store.to_owned(), works: true, stop_at: String::new() };
    let mut left: BTreeSet<_> = (0..HINTS).collect();
    for point in POINTS.iter().chain(&POINTS) {
        let stop_at = format!("{point}:{}", below(&chance, 25));
        let mut node = Node::start(&Role { stop_at, ..role.clone() }).await;
        let address = node.address;
        tokio::select! {
            () = node.stopped() => {}
            () = deliver(address, &mut left) => {}
        }
        node.kill().await;
    }
    let node = Node::start(&role).await;
    soon("the last delivery", deliver(node.address, &mut left)).await;
    assert!(left.is_empty());
    // All of them once more: none has a second effect.
    let mut again = (0..HINTS).collect();
    soon("the repetitions", deliver(node.address, &mut again)).await;
    settle(database).await;
    node.kill().await;

    let done = "SELECT count(*) FROM passid_ledger WHERE kind = 'hint' AND state = 'done'";
    assert_eq!(database.count(done).await, i64::try_from(HINTS).unwrap(), "each is there once");
    let wrong = "SELECT count(*) FROM passid_ledger WHERE \
        (SELECT count(*) FROM effect WHERE effect.entry = passid_ledger.id) <> 1";
    assert_eq!(database.count(wrong).await, 0, "hints without exactly one effect");
    let again = "SELECT count(*) FROM passid_ledger WHERE attempts > 1";
    assert!(database.count(again).await > 0, "no kill has interrupted a handler");
    database.check_the_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_sqlite_no_kill_loses_a_hint_or_repeats_its_effect() {
    on_sqlite(async |store, database| kill_at_every_step(store, database, 5).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_postgres_no_kill_loses_a_hint_or_repeats_its_effect() {
    on_postgres(async |store, database| kill_at_every_step(store, database, 6).await).await;
}
