//! A schema of its own on a real Postgres server, for one test.
//!
//! `PASSID_TEST_POSTGRES_URL` names the server, else the one of this machine is tried. Where none
//! answers, a test says so and passes; with `PASSID_REQUIRE_SERVICES=1` it fails.
//!
//! Crates whose tests cannot depend on this one include the file with `#[path]`.

#![expect(clippy::expect_used, clippy::print_stderr, reason = "for tests, which fail by panicking")]

use std::hash::{BuildHasher, RandomState};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

/// A schema that is there until this is dropped.
#[derive(Debug)]
pub struct TestSchema {
    name: String,
    server: String,
}

impl TestSchema {
    /// An empty schema; `None` where there is no server.
    ///
    /// # Panics
    ///
    /// Where a server is asked for and there is none.
    pub async fn new() -> Option<Self> {
        let server = std::env::var("PASSID_TEST_POSTGRES_URL")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let Some(mut connection) = connect(&server).await else {
            let required = std::env::var("PASSID_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
            assert!(!required, "no Postgres answers, and PASSID_REQUIRE_SERVICES=1 asks for one");
            eprintln!("skipped: no Postgres");
            return None;
        };
        let name = format!("passid_test_{:016x}", RandomState::new().hash_one(std::process::id()));
        let create = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
        connection.execute(create).await.expect("a schema of our own");
        let _ = connection.close().await;
        Some(Self { name, server })
    }

    /// The schema's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's address, without the schema.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// An address by which everything happens in the schema.
    pub fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-c%20search_path%3D{}", self.server, self.name)
    }
}

async fn connect(url: &str) -> Option<PgConnection> {
    let options: sqlx::postgres::PgConnectOptions = url.parse().expect("an address of Postgres");
    options.disable_statement_logging().connect().await.ok()
}

impl Drop for TestSchema {
    fn drop(&mut self) {
        let (server, drop) = (self.server.clone(), format!("DROP SCHEMA {} CASCADE", self.name));
        // A runtime of its own: the test's may be about to end.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let Some(mut connection) = connect(&server).await else { return };
                // A connection that a test has leaked must not keep this waiting.
                let _ = connection.execute("SET lock_timeout = '10s'").await;
                let _ = connection.execute(AssertSqlSafe(drop)).await;
                let _ = connection.close().await;
            });
        });
        let _ = dropping.join();
    }
}
