use std::fs;
use std::path::Path;

use passid_core::Environment;
use passid_inbox::store::{self, Insertion, Kind, SqliteStore, Store, StoreError};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::task::JoinSet;

use crate::stage::{at, claim, entry};

async fn counted(store: &SqliteStore) -> u64 {
    store.counts(Kind::Event, Environment::Live).await.unwrap().ready
}

async fn run(path: &Path, sql: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// That it is refused with these words, and not a byte of it changed.
async fn is_left_alone(path: &Path, why: &str) {
    let before = fs::read(path).unwrap();
    let error = SqliteStore::open(path).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains(why), "{error}");
    assert!(fs::read(path).unwrap() == before, "the file was changed");
}

#[tokio::test]
async fn what_was_stored_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let first = SqliteStore::open(&path).await.unwrap();
    let Insertion::New(id) = first.insert(entry(1)).await.unwrap() else { panic!() };
    let lease = first.claim(claim(0)).await.unwrap().leased[0].lease;
    first.close().await;
    assert!(matches!(first.insert(entry(2)).await, Err(StoreError::Closed)));
    assert!(matches!(first.counts(Kind::Event, Environment::Live).await, Err(StoreError::Closed)));

    let again = SqliteStore::open(&path).await.unwrap();
    assert_eq!(again.insert(entry(1)).await.unwrap(), Insertion::Duplicate(id));
    assert!(again.complete(lease, at(1)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_share_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let stores = [SqliteStore::open(&path).await.unwrap(), SqliteStore::open(&path).await.unwrap()];
    let mut tasks = JoinSet::new();
    for number in 0..100_u32 {
        let store = stores[number as usize % 2].clone();
        tasks.spawn(async move { store.insert(entry(number / 2)).await.unwrap() });
    }
    let inserted = tasks.join_all().await;
    let new = inserted.iter().filter(|insertion| matches!(insertion, Insertion::New(_))).count();
    assert_eq!(new, 50);
    for store in &stores {
        assert_eq!(counted(store).await, 50);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_file_can_be_opened_many_times_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let path = path.clone();
        tasks.spawn(async move {
            let store = SqliteStore::open(&path).await.unwrap();
            store.insert(entry(number)).await.unwrap();
        });
    }
    tasks.join_all().await;
    assert_eq!(counted(&SqliteStore::open(&path).await.unwrap()).await, 8);
}

const CHILD: &str = "PASSID_TEST_CHILD_FILE";

/// What each process of the test below does; nothing where it is run as a test.
#[tokio::test]
async fn a_process_opens_the_file_and_inserts() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let store = SqliteStore::open(&path).await.unwrap();
    for number in 0..20 {
        let number = std::process::id() * 100 + number;
        assert!(matches!(store.insert(entry(number)).await.unwrap(), Insertion::New(_)));
    }
    store.close().await;
}

#[tokio::test]
async fn several_processes_open_a_fresh_file_at_once_and_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let children: Vec<_> = (0..8)
        .map(|_| {
            std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "files::a_process_opens_the_file_and_inserts"])
                .env(CHILD, &path)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(counted(&SqliteStore::open(&path).await.unwrap()).await, 8 * 20);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    fs::write(&path, "Dear customer, ".repeat(1000)).unwrap();
    is_left_alone(&path, "not a SQLite database").await;
}

#[tokio::test]
async fn a_damaged_ledger_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.close().await;
    drop(store);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    is_left_alone(&path, "damaged").await;
    let mut spoilt = whole.clone();
    spoilt[100..400].fill(0xff);
    fs::write(&path, spoilt).unwrap();
    is_left_alone(&path, "damaged").await;
}

#[tokio::test]
async fn a_ledger_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    run(
        &path,
        "INSERT INTO _passid_inbox_migrations (version, description, success, checksum, \
         execution_time) VALUES (9999, 'of tomorrow', TRUE, x'00', 0); \
         PRAGMA wal_checkpoint(TRUNCATE)",
    )
    .await;
    is_left_alone(&path, "newer version").await;
}

#[tokio::test]
async fn another_table_of_the_same_name_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    run(&path, "CREATE TABLE passid_ledger (mine TEXT)").await;
    is_left_alone(&path, "another table").await;
}

#[tokio::test]
async fn the_ledger_may_be_in_the_applications_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    run(
        &path,
        "CREATE TABLE loans (id INTEGER); CREATE TABLE _sqlx_migrations (version INTEGER); \
         INSERT INTO loans VALUES (7); INSERT INTO _sqlx_migrations VALUES (20200101)",
    )
    .await;
    let store = SqliteStore::open(&path).await.unwrap();
    store.insert(entry(1)).await.unwrap();
    assert_eq!(counted(&store).await, 1);
}

#[tokio::test]
async fn a_database_in_memory_is_refused() {
    for path in [":memory:", "", "file::memory:?cache=shared"] {
        let opened = SqliteStore::open(path).await;
        assert!(matches!(opened, Err(StoreError::NotDurable { .. })), "{path}");
    }
    let opened = store::open("sqlite::memory:").await.err();
    assert!(matches!(opened, Some(StoreError::NotDurable { .. })));
}

#[tokio::test]
async fn an_address_opens_a_file_and_a_wrong_one_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    for address in [format!("sqlite:{}", path.display()), format!("sqlite://{}", path.display())] {
        store::open(&address).await.unwrap().insert(entry(1)).await.unwrap();
    }
    assert!(path.exists());
    for address in ["mysql://root:geheim@db/x", "geheim", "", "sqlite:geheim?mode=rwc"] {
        let error = store::open(address).await.err().unwrap();
        assert!(matches!(error, StoreError::Address { .. }));
        assert!(!format!("{error} {error:?}").contains("geheim"));
    }
}

#[tokio::test]
async fn a_folder_or_a_missing_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(SqliteStore::open(folder.path()).await.is_err());
    let missing = SqliteStore::open(folder.path().join("no/inbox.db")).await.unwrap_err();
    let source = std::error::Error::source(&missing).unwrap().to_string();
    assert!(source.contains("entity not found"), "{source}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_the_file_and_what_is_beside_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("inbox.db")).await.unwrap();
    store.insert(entry(1)).await.unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn bodies_that_are_purged_are_gone_from_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut given = entry(1);
    given.body.bytes = "income band C ".repeat(1000).into();
    given.dead = Some("UNREADABLE");
    store.insert(given).await.unwrap();
    let purge = store::Purge {
        environment: Environment::Live,
        done_before: at(10),
        dead_before: at(10),
        entries_before: None,
        limit: 10,
    };
    assert_eq!(store.purge(purge).await.unwrap().bodies, 1);
    store.close().await;
    drop(store);
    let holds = fs::read(&path).unwrap().windows(13).any(|bytes| bytes == b"income band C");
    assert!(!holds, "the file still holds the body");
}
