//! What is true at the end, read from the database and from nowhere else.

use std::collections::HashMap;

use sqlx::{PgPool, SqlitePool};

use crate::passid::Events;

/// The ledger's database, seen from outside of the nodes.
pub(crate) enum Database {
    Sqlite { ledger: SqlitePool, outside: SqlitePool },
    Postgres(PgPool),
}

/// The same query of either database.
macro_rules! fetch {
    ($database:expr, $method:ident, $query:expr) => {
        match $database {
            Database::Sqlite { ledger, .. } => $query.$method(ledger).await.unwrap(),
            Database::Postgres(pool) => $query.$method(pool).await.unwrap(),
        }
    };
}

impl Database {
    /// The tables of the effects; the ledger's are its own affair.
    pub(crate) async fn prepare(&self) {
        let effect = |key: &str| {
            format!(
                "CREATE TABLE effect (seq {key}, entry BIGINT NOT NULL, superseded BOOLEAN NOT NULL)"
            )
        };
        const OUTSIDE: &str =
            "CREATE TABLE outside (entry BIGINT NOT NULL, idempotency_key TEXT NOT NULL)";
        match self {
            Self::Sqlite { ledger, outside } => {
                run(effect("INTEGER PRIMARY KEY AUTOINCREMENT"), ledger).await;
                run(OUTSIDE.to_owned(), outside).await;
            }
            Self::Postgres(pool) => {
                let serial = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
                sqlx::raw_sql(sqlx::AssertSqlSafe(effect(serial))).execute(pool).await.unwrap();
                sqlx::raw_sql(OUTSIDE).execute(pool).await.unwrap();
            }
        }
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        fetch!(self, fetch_one, sqlx::query_scalar(query))
    }

    /// How many entries have not ended.
    pub(crate) async fn open(&self) -> i64 {
        self.count("SELECT count(*) FROM passid_ledger WHERE state IN ('ready', 'leased')").await
    }

    pub(crate) async fn check(&self, events: &Events) {
        let again = "SELECT count(*) FROM passid_ledger WHERE attempts > 1";
        assert!(self.count(again).await > 0, "no kill has interrupted a handler");
        self.check_that_nothing_is_lost(events).await;
        self.check_that_effects_happened_once().await;
        self.check_that_others_happened_under_one_key().await;
        self.check_the_order().await;
    }

    async fn check_that_nothing_is_lost(&self, events: &Events) {
        let kept: Vec<(Vec<u8>, String)> =
            fetch!(self, fetch_all, sqlx::query_as("SELECT body_sha256, state FROM passid_ledger"));
        assert_eq!(kept.len(), events.len(), "each event is there once");
        let states: HashMap<_, _> = kept.into_iter().collect();
        for [compact, spaced] in events.hashes() {
            let found = states.get(&compact).or_else(|| states.get(&spaced));
            assert_eq!(found.map(String::as_str), Some("done"), "a lost event");
        }
    }

    async fn check_that_effects_happened_once(&self) {
        let wrong = "SELECT count(*) FROM passid_ledger WHERE name = 'verification.completed' \
             AND (SELECT count(*) FROM effect WHERE effect.entry = passid_ledger.id) <> 1";
        assert_eq!(self.count(wrong).await, 0, "entries without exactly one effect");
        let strange = "SELECT count(*) FROM effect WHERE entry NOT IN \
             (SELECT id FROM passid_ledger WHERE name = 'verification.completed')";
        assert_eq!(self.count(strange).await, 0, "effects of entries that are not there");
    }

    /// Outside of the transaction an effect may happen again, but never under another name.
    async fn check_that_others_happened_under_one_key(&self) {
        let query =
            "SELECT entry, count(*), count(DISTINCT idempotency_key) FROM outside GROUP BY entry";
        let made: Vec<(i64, i64, i64)> = match self {
            Self::Sqlite { outside, .. } => sqlx::query_as(query).fetch_all(outside).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_as(query).fetch_all(pool).await.unwrap(),
        };
        let outcomes = "SELECT count(*) FROM passid_ledger WHERE name = 'outcome.reported'";
        assert_eq!(i64::try_from(made.len()).unwrap(), self.count(outcomes).await);
        assert!(made.iter().all(|(_, _, keys)| *keys == 1));
    }

    /// Of each token's events the handler was told truly whether it had seen a later one.
    pub(crate) async fn check_the_order(&self) {
        let query = "SELECT subject, occurred_at, superseded FROM effect \
             JOIN passid_ledger ON passid_ledger.id = effect.entry ORDER BY effect.seq";
        let made: Vec<(Vec<u8>, i64, bool)> = fetch!(self, fetch_all, sqlx::query_as(query));
        let mut latest = HashMap::new();
        for (subject, occurred_at, superseded) in made {
            let latest = latest.entry(subject).or_insert(i64::MIN);
            assert_eq!(superseded, *latest > occurred_at, "an event out of order");
            *latest = occurred_at.max(*latest);
        }
    }
}

async fn run(sql: String, pool: &SqlitePool) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await.unwrap();
}
