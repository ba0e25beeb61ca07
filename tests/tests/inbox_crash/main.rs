//! Receivers and workers, really killed at every step: of 2,000 events none is lost, and none has two
//! effects in the ledger's database.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where its expectation does"
)]
#![allow(clippy::disallowed_methods, reason = "the nodes are other processes, in real time")]

mod database;
mod hints;
mod node;
mod passid;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use passid_core::testing::SeededEntropy;
use passid_tests::postgres::TestSchema;
use passid_tests::soon;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{PgPool, SqlitePool};
use tokio::sync::watch;

use crate::database::Database;
use crate::node::{Node, Role};
use crate::passid::{Events, Passid, below};

const POINTS: [&str; 4] = ["before-insert", "before-answer", "in-handler", "before-completion"];
const ROUNDS: usize = 5;
/// Deliveries that are let go for each life of a node: more than it needs to reach its end.
const PORTION: usize = 150;

/// Kills a node at each point in turn and anywhere else, and checks what is left.
async fn kill_at_every_step(store: &str, database: &Database, seed: u64) {
    database.prepare().await;
    let events = Events::new();
    assert!(events.len() >= 2000);
    let chance = SeededEntropy::new(seed);
    let (address, addresses) = watch::channel(vec![None]);
    let passid = Passid::start(&events, &chance, &addresses);
    let role = Role { store: store.to_owned(), works: true, stop_at: String::new() };
    for _ in 0..ROUNDS {
        for point in POINTS {
            let stop_at = format!("{point}:{}", below(&chance, 40));
            let mut node = Node::start(&Role { stop_at, ..role.clone() }).await;
            publish(&address, 0, &node);
            passid.allow(PORTION);
            node.stopped().await;
            node.kill().await;
        }
        // And wherever it happens to be.
        let node = Node::start(&role).await;
        publish(&address, 0, &node);
        passid.allow(PORTION);
        soon("some answers", passid.answered(below(&chance, 100))).await;
        node.kill().await;
    }
    let node = Node::start(&role).await;
    publish(&address, 0, &node);
    soon("the last delivery", passid.finish()).await;
    settle(database).await;
    node.kill().await;
    database.check(&events).await;
}

/// Two receivers and two workers, each killed again and again while the others go on.
async fn kill_under_load(store: &str, database: &Database, seed: u64) {
    database.prepare().await;
    let events = Events::new();
    let chance = SeededEntropy::new(seed);
    let (address, addresses) = watch::channel(vec![None; 2]);
    let passid = Passid::start(&events, &chance, &addresses);
    passid.allow_all();
    let lives = (0..4).map(|number| {
        let (store, address) = (store.to_owned(), address.clone());
        let chance = SeededEntropy::new(seed + number);
        tokio::spawn(async move {
            let works = number >= 2;
            let (points, most) = if works { (&POINTS[2..], 10) } else { (&POINTS[..2], 40) };
            let receiver = usize::try_from(number).unwrap();
            let role = Role { store, works, stop_at: String::new() };
            for point in points.iter().cycle().take(2 * ROUNDS) {
                let stop_at = format!("{point}:{}", below(&chance, most));
                let mut node = Node::start(&Role { stop_at, ..role.clone() }).await;
                publish(&address, receiver, &node);
                node.stopped().await;
                node.kill().await;
            }
            let node = Node::start(&role).await;
            publish(&address, receiver, &node);
            node
        })
    });
    let nodes = futures_util::future::join_all(lives.collect::<Vec<_>>()).await;
    soon("the last delivery", passid.finish()).await;
    settle(database).await;
    for node in nodes {
        node.unwrap().kill().await;
    }
    database.check(&events).await;
}

/// Only receivers have an address to which PASSID sends.
fn publish(addresses: &watch::Sender<Vec<Option<SocketAddr>>>, number: usize, node: &Node) {
    addresses.send_modify(|addresses| {
        if let Some(address) = addresses.get_mut(number) {
            *address = Some(node.address);
        }
    });
}

/// Waits until everything has ended, by the database.
async fn settle(database: &Database) {
    let settled = async {
        while database.open().await > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("the end of all entries", settled).await;
}

/// A file, and the one beside it for the effects outside.
pub(crate) async fn on_sqlite(test: impl AsyncFnOnce(&str, &Database)) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("inbox.db");
    let outside = folder.path().join("inbox.db.outside");
    let database = Database::Sqlite { ledger: open(&file).await, outside: open(&outside).await };
    test(&format!("sqlite:{}", file.display()), &database).await;
}

async fn open(file: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .busy_timeout(Duration::from_secs(30));
    SqlitePool::connect_with(options).await.unwrap()
}

pub(crate) async fn on_postgres(test: impl AsyncFnOnce(&str, &Database)) {
    let Some(schema) = TestSchema::new().await else { return };
    let url = schema.url();
    let pool = PgPool::connect(&url).await.unwrap();
    test(&url, &Database::Postgres(pool.clone())).await;
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_sqlite_no_kill_loses_an_event_or_repeats_an_effect() {
    on_sqlite(async |store, database| kill_at_every_step(store, database, 1).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_postgres_no_kill_loses_an_event_or_repeats_an_effect() {
    on_postgres(async |store, database| kill_at_every_step(store, database, 2).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_receivers_and_two_workers_share_one_file() {
    on_sqlite(async |store, database| kill_under_load(store, database, 3).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_receivers_and_two_workers_share_one_postgres() {
    on_postgres(async |store, database| kill_under_load(store, database, 4).await).await;
}
