use passid_core::Environment;
use passid_inbox::store::{
    self, Kind, PostgresOptions, PostgresStore, Store, StoreError, TransactionalStore,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool};
use tokio::task::JoinSet;

use crate::postgres_server::TestSchema;
use crate::stage::entry;

fn with(url: &str, option: &str) -> String {
    format!("{url}%20-c%20{option}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_schema_can_be_opened_by_many_instances_at_once() {
    let Some(schema) = TestSchema::new().await else { return };
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let url = schema.url();
        tasks.spawn(async move {
            let store = PostgresOptions::new().connections(2).connect(&url).await.unwrap();
            store.insert(entry(number)).await.unwrap();
        });
    }
    tasks.join_all().await;
    let store = PostgresStore::connect(&schema.url()).await.unwrap();
    assert_eq!(store.counts(Kind::Event, Environment::Live).await.unwrap().ready, 8);
}

#[tokio::test]
async fn a_server_that_would_forget_is_refused() {
    let Some(schema) = TestSchema::new().await else { return };
    let forgetful = with(&schema.url(), "synchronous_commit%3Doff");
    let error = PostgresStore::connect(&forgetful).await.unwrap_err();
    assert!(matches!(error, StoreError::NotDurable { setting: "synchronous_commit = on" }));
}

#[tokio::test]
async fn a_database_that_may_only_be_read_is_refused() {
    let Some(schema) = TestSchema::new().await else { return };
    let standby = with(&schema.url(), "default_transaction_read_only%3Don");
    let error = PostgresStore::connect(&standby).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_left_alone() {
    let Some(schema) = TestSchema::new().await else { return };
    PostgresStore::connect(&schema.url()).await.unwrap().close().await;
    let mut connection = PgConnection::connect(&schema.url()).await.unwrap();
    let newer = "INSERT INTO _passid_inbox_migrations (version, description, success, checksum, \
        execution_time) VALUES (9999, 'of tomorrow', TRUE, '', 0)";
    connection.execute(newer).await.unwrap();
    let error = PostgresStore::connect(&schema.url()).await.unwrap_err();
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_user_that_may_not_change_tables_can_use_them() {
    let Some(schema) = TestSchema::new().await else { return };
    PostgresStore::connect(&schema.url()).await.unwrap().close().await;
    let name = schema.name();
    let mut connection = PgConnection::connect(&schema.url()).await.unwrap();
    let grants = format!(
        "CREATE ROLE {name}; GRANT USAGE ON SCHEMA {name} TO {name}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.passid_ledger TO {name}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.passid_record TO {name}; \
         GRANT SELECT ON {name}._passid_inbox_migrations TO {name}"
    );
    sqlx::raw_sql(AssertSqlSafe(grants)).execute(&mut connection).await.unwrap();
    let least = with(&schema.url(), &format!("role%3D{name}"));
    let opened = PostgresStore::connect(&least).await;
    let inserted = match &opened {
        Ok(store) => Some(store.insert(entry(1)).await),
        Err(_) => None,
    };
    let drop_role = format!("DROP OWNED BY {name}; DROP ROLE {name}");
    sqlx::raw_sql(AssertSqlSafe(drop_role)).execute(&mut connection).await.unwrap();
    opened.unwrap();
    inserted.unwrap().unwrap();
}

#[tokio::test]
async fn the_schema_of_the_options_is_made_and_used() {
    let Some(schema) = TestSchema::new().await else { return };
    let mut connection = PgConnection::connect(schema.server()).await.unwrap();
    let drop = format!("DROP SCHEMA {}", schema.name());
    connection.execute(AssertSqlSafe(drop)).await.unwrap();
    let options = PostgresOptions::new().schema(schema.name());
    let store = options.connect(schema.server()).await.unwrap();
    store.insert(entry(1)).await.unwrap();
    let count = format!("SELECT count(*) FROM {}.passid_ledger", schema.name());
    let count: i64 =
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection).await.unwrap();
    assert_eq!(count, 1);
    for name in ["", "a b", "A", "x;drop", "1a"] {
        let error = PostgresOptions::new().schema(name).connect(schema.server()).await.unwrap_err();
        assert!(matches!(error, StoreError::Address { .. }), "{name}: {error:?}");
    }
}

#[tokio::test]
async fn the_applications_own_pool_and_tables_serve() {
    let Some(schema) = TestSchema::new().await else { return };
    let pool = PgPool::connect(&schema.url()).await.unwrap();
    pool.execute("CREATE TABLE _sqlx_migrations (version BIGINT)").await.unwrap();
    pool.execute("CREATE TABLE loans (id BIGINT)").await.unwrap();
    let store = PostgresStore::from_pool(pool.clone()).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.execute("INSERT INTO loans VALUES (7)").await.unwrap();
    store.insert_in(&mut transaction, entry(1)).await.unwrap();
    store.commit(transaction).await.unwrap();
    let loans: i64 =
        sqlx::query_scalar("SELECT count(*) FROM loans").fetch_one(&pool).await.unwrap();
    assert_eq!(loans, 1);
    assert_eq!(store.counts(Kind::Event, Environment::Live).await.unwrap().ready, 1);
}

#[tokio::test]
async fn an_address_opens_a_store_and_its_password_is_never_shown() {
    if let Some(schema) = TestSchema::new().await {
        store::open(&schema.url()).await.unwrap().insert(entry(1)).await.unwrap();
    }
    let wrong = [
        "postgres://inbox:geheim@127.0.0.1:notaport/x",
        "postgresql://inbox:geheim@127.0.0.1:1/x",
        "postgres:geheim",
    ];
    for address in wrong {
        let error = store::open(address).await.err().unwrap();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert!(!format!("{error} {error:?} {source:?}").contains("geheim"), "{error:?}");
    }
}
