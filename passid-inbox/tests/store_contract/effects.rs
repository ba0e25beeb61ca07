//! What an application does in a transaction: it counts a loan.

use passid_inbox::store::TransactionalStore;

pub(crate) trait Effects: TransactionalStore + Clone {
    async fn make_table(&self);

    fn effect(
        &self,
        transaction: &mut Self::Transaction,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Has the database give the transaction up, in a way that a careless application does not see.
    async fn lose(&self, transaction: &mut Self::Transaction);

    /// How many effects can be seen from outside.
    async fn effects(&self) -> i64;
}

const TABLE: &str = "CREATE TABLE loans (id BIGINT, note TEXT)";
const EFFECT: &str = "INSERT INTO loans VALUES (7, NULL)";
const COUNT: &str = "SELECT count(*) FROM loans";

#[cfg(feature = "sqlite")]
impl Effects for passid_inbox::store::SqliteStore {
    async fn make_table(&self) {
        let mut transaction = self.begin().await.unwrap();
        sqlx::query(TABLE).execute(&mut *transaction).await.unwrap();
        self.commit(transaction).await.unwrap();
    }

    async fn effect(&self, transaction: &mut Self::Transaction) -> Result<(), sqlx::Error> {
        sqlx::query(EFFECT).execute(&mut **transaction).await.map(drop)
    }

    async fn lose(&self, transaction: &mut Self::Transaction) {
        // As on a full disk, after which SQLite rolls back by itself.
        let pages: i64 = sqlx::query_scalar("PRAGMA max_page_count = 1")
            .fetch_one(&mut **transaction)
            .await
            .unwrap();
        let fill = "INSERT INTO loans VALUES (8, hex(randomblob(1000000)))";
        let full = sqlx::query(fill).execute(&mut **transaction).await;
        assert_eq!(full.unwrap_err().as_database_error().unwrap().code().unwrap(), "13");
        let room = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 10_000));
        sqlx::query(room).execute(&mut **transaction).await.unwrap();
    }

    async fn effects(&self) -> i64 {
        let mut transaction = self.begin().await.unwrap();
        sqlx::query_scalar(COUNT).fetch_one(&mut *transaction).await.unwrap()
    }
}

#[cfg(feature = "postgres")]
impl Effects for passid_inbox::store::PostgresStore {
    async fn make_table(&self) {
        let mut transaction = self.begin().await.unwrap();
        sqlx::query(TABLE).execute(&mut *transaction).await.unwrap();
        self.commit(transaction).await.unwrap();
    }

    async fn effect(&self, transaction: &mut Self::Transaction) -> Result<(), sqlx::Error> {
        sqlx::query(EFFECT).execute(&mut **transaction).await.map(drop)
    }

    async fn lose(&self, transaction: &mut Self::Transaction) {
        sqlx::query("SELECT 1 / 0").execute(&mut **transaction).await.unwrap_err();
    }

    async fn effects(&self) -> i64 {
        let mut transaction = self.begin().await.unwrap();
        sqlx::query_scalar(COUNT).fetch_one(&mut *transaction).await.unwrap()
    }
}
