use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::PostgresStore;
use crate::store::StoreError;

/// How a [`PostgresStore`] connects (decision P65).
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    pub(super) connections: u32,
    pub(super) acquire_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) schema: Option<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: 10,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            schema: None,
        }
    }
}

impl PostgresOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most connections; 10 unless set. A handler's transaction has one for as long as it runs.
    #[must_use]
    pub fn connections(mut self, connections: u32) -> Self {
        self.connections = connections.clamp(1, 1000);
        self
    }

    /// How long a call waits for a connection to become free; 5 s unless set.
    #[must_use]
    pub fn acquire_timeout(mut self, time: Duration) -> Self {
        self.acquire_timeout = time.clamp(Duration::from_millis(1), Duration::from_secs(60));
        self
    }

    /// How long the server may work on a statement, waiting for locks included; 10 s unless set.
    #[must_use]
    pub fn statement_timeout(mut self, time: Duration) -> Self {
        self.statement_timeout = time.clamp(Duration::from_millis(1), Duration::from_secs(600));
        self
    }

    /// The schema of the ledger, which is made if it is not there; the first of the user's search path
    /// unless set. Lower case letters, digits and `_`.
    #[must_use]
    pub fn schema(mut self, name: &str) -> Self {
        self.schema = Some(name.to_owned());
        self
    }

    /// Connects to the database at this address, and makes a ledger of it or brings the one that is
    /// there up to date; see [`PostgresStore::connect`].
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::connect`].
    pub async fn connect(self, url: &str) -> Result<PostgresStore, StoreError> {
        // The error would quote the address, and with it the password.
        let url = url.parse().map_err(|_| StoreError::Address {
            expected: "postgres://USER@HOST/DATABASE, each part escaped as in any URL",
        })?;
        self.connect_with(url).await
    }

    /// The same with sqlx's own options: for certificates, a socket, or a password from elsewhere.
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::connect`].
    pub async fn connect_with(
        self,
        connect: PgConnectOptions,
    ) -> Result<PostgresStore, StoreError> {
        PostgresStore::open(connect, self).await
    }
}
