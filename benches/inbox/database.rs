//! The databases: a ledger for the inbox, and another one of the same tables and indices that is
//! written to without it.

use std::env;
use std::process;
use std::sync::Arc;

use passid_inbox::store::{self, Store};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, SqlitePool};
use tempfile::TempDir;

use crate::Failure;

/// As many connections as the store has.
const CONNECTIONS: u32 = 10;

const INSERT: &str = "INSERT INTO passid_ledger \
    (kind, environment, state, name, body_sha256, semantic_key, subject, \
    occurred_at, received_at, next_at, body) \
    VALUES ('event', 'sandbox', 'ready', 'verification.completed', $1, $1, $2, $3, $3, $3, $4)";

/// A row as the inbox makes it, without the work of making it.
#[derive(Clone, Debug)]
pub(crate) struct BareRow {
    pub(crate) hash: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) micros: i64,
    pub(crate) body: Vec<u8>,
}

/// Where bare rows go: each is a transaction of its own, and on the disk when it is confirmed.
#[derive(Clone)]
pub(crate) enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Bare {
    pub(crate) async fn insert(&self, row: &BareRow) -> Result<(), Failure> {
        match self {
            Self::Sqlite(pool) => {
                let insert = sqlx::query(INSERT).bind(&row.hash).bind(&row.subject);
                insert.bind(row.micros).bind(&row.body).execute(pool).await?;
            }
            Self::Postgres(pool) => {
                let insert = sqlx::query(INSERT).bind(&row.hash).bind(&row.subject);
                insert.bind(row.micros).bind(&row.body).execute(pool).await?;
            }
        }
        Ok(())
    }
}

/// Both of them, empty at first.
pub(crate) struct Database {
    pub(crate) name: &'static str,
    pub(crate) bare: Bare,
    pub(crate) ledger: Arc<dyn Store>,
    home: Home,
}

enum Home {
    Folder(#[expect(dead_code, reason = "deleted when it is dropped")] TempDir),
    Server { server: Box<PgConnectOptions>, databases: [String; 2] },
}

impl Database {
    pub(crate) async fn sqlite() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str| folder.path().join(name);
        let url = |name: &str| format!("sqlite:{}", file(name).display());
        // For its tables.
        drop(store::open(&url("bare.db")).await?);
        let options = SqliteConnectOptions::new()
            .filename(file("bare.db"))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let bare = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let ledger = store::open(&url("ledger.db")).await?;
        let home = Home::Folder(folder);
        Ok(Self { name: "SQLite", bare: Bare::Sqlite(bare), ledger, home })
    }

    /// `None` where no server answers.
    pub(crate) async fn postgres() -> Result<Option<Self>, Failure> {
        let url = env::var("PASSID_TEST_POSTGRES_URL")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let server: PgConnectOptions = url.parse()?;
        let Ok(mut connection) = PgConnection::connect_with(&server).await else {
            return Ok(None);
        };
        let databases =
            ["bare", "ledger"].map(|name| format!("passid_bench_{}_{name}", process::id()));
        for database in &databases {
            let create = format!("CREATE DATABASE {database}");
            sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await?;
        }
        let [bare, ledger] = &databases;
        let (bare, ledger) = (server.clone().database(bare), server.clone().database(ledger));
        drop(store::open(bare.to_url_lossy().as_str()).await?);
        let options = PgPoolOptions::new().max_connections(CONNECTIONS);
        let bare = Bare::Postgres(options.connect_with(bare).await?);
        let ledger = store::open(ledger.to_url_lossy().as_str()).await?;
        let home = Home::Server { server: Box::new(server), databases };
        Ok(Some(Self { name: "Postgres", bare, ledger, home }))
    }

    /// Leaves nothing behind on a server.
    pub(crate) async fn remove(self) -> Result<(), Failure> {
        let Home::Server { server, databases } = self.home else { return Ok(()) };
        let mut connection = PgConnection::connect_with(&server).await?;
        for database in databases {
            let remove = format!("DROP DATABASE {database} WITH (FORCE)");
            sqlx::raw_sql(AssertSqlSafe(remove)).execute(&mut connection).await?;
        }
        Ok(())
    }
}
