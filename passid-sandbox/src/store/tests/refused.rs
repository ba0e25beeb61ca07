//! Files that are no data file of ours: an error that names them, and not one byte changed.

use std::collections::BTreeMap;
use std::fs;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::*;

/// Every file of the folder with its bytes.
fn contents(folder: &TempDir) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Opens, expects to be refused, and compares all bytes before and after.
async fn refused_untouched(folder: &TempDir, path: &Path) -> StoreError {
    let before = contents(folder);
    let error = refusal(path).await;
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert!(contents(folder) == before, "{error}: but something was changed");
    error
}

/// A data file with enough rows for several pages.
async fn data_file(path: &Path) {
    let (store, _) = open(path).await;
    let rows = (0..400).map(|n| put("t", format!("{n:04}"), "v".repeat(100))).collect();
    store.write(rows).await.unwrap();
    store.close().await.unwrap();
}

async fn with_sqlite(path: &Path, script: &'static str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(script).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_sqlite() {
    let almost = [b"SQLite format 3\0".as_slice(), &[0; 83]].concat();
    for bytes in [b"{}".to_vec(), vec![0; 4096], almost, vec![b'x'; 100_000]] {
        let (folder, path) = place();
        fs::write(&path, bytes).unwrap();
        let error = refused_untouched(&folder, &path).await;
        assert!(matches!(error, StoreError::NotSqlite { .. }), "{error}");
    }
}

#[tokio::test]
async fn another_applications_file() {
    for script in [
        "CREATE TABLE rows (table_name TEXT, key TEXT, value TEXT)",
        "PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE rows (value TEXT)",
        "PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT)",
    ] {
        let (folder, path) = place();
        with_sqlite(&path, script).await;
        let error = refused_untouched(&folder, &path).await;
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_of_a_newer_sandbox() {
    let (folder, path) = place();
    data_file(&path).await;
    with_sqlite(&path, "PRAGMA user_version = 2").await;
    let error = refused_untouched(&folder, &path).await;
    assert!(matches!(error, StoreError::OtherVersion { found: 2, known: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_file_without_its_table() {
    let (folder, path) = place();
    data_file(&path).await;
    with_sqlite(&path, "ALTER TABLE rows RENAME TO gone").await;
    let error = refused_untouched(&folder, &path).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn damaged_pages_wherever_they_are() {
    let (_folder, whole) = place();
    data_file(&whole).await;
    let whole = fs::read(whole).unwrap();
    assert!(whole.len() > 8 * 4096);
    let mut refused = 0;
    for page in 1..whole.len() / 4096 {
        let (folder, path) = place();
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        fs::write(&path, bytes).unwrap();
        let error = refused_untouched(&folder, &path).await;
        assert!(matches!(error, StoreError::Damaged { .. }), "page {page}: {error}");
        refused += 1;
    }
    assert!(refused >= 8);
}

#[tokio::test]
async fn a_file_that_was_cut_off() {
    let (_folder, whole) = place();
    data_file(&whole).await;
    let whole = fs::read(whole).unwrap();
    for length in [100, 512, 4096, 3 * 4096, whole.len() - 1] {
        let (folder, path) = place();
        fs::write(&path, &whole[..length]).unwrap();
        let error = refused_untouched(&folder, &path).await;
        assert!(matches!(error, StoreError::Damaged { .. }), "{length}: {error}");
    }
}

#[tokio::test]
async fn damage_under_the_log_of_a_crash() {
    let (_folder, path) = place();
    data_file(&path).await;
    let (store, _) = open(&path).await;
    store.write(vec![put("t", "new", "v")]).await.unwrap();
    // What a crash leaves: the file, and the log that was not folded into it yet.
    let (crashed, copy) = place();
    let log = super::super::file::beside(&path, "-wal");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096 * 5..4096 * 6].fill(0xa5);
    fs::write(&copy, bytes).unwrap();
    fs::copy(log, super::super::file::beside(&copy, "-wal")).unwrap();
    let error = refused_untouched(&crashed, &copy).await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_folder_or_a_path_through_nothing() {
    let (folder, path) = place();
    fs::create_dir(&path).unwrap();
    assert!(matches!(refusal(&path).await, StoreError::NotAFile { .. }));
    assert!(matches!(refusal(Path::new("/")).await, StoreError::NotAFile { .. }));
    let nowhere = folder.path().join("no").join("state.db");
    assert!(matches!(refusal(&nowhere).await, StoreError::Open { .. }));
    assert!(!nowhere.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_without_the_permission_to_write() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = place();
    data_file(&path).await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    // The superuser may write all the same.
    if fs::OpenOptions::new().write(true).open(&path).is_err() {
        let error = refusal(&path).await;
        assert!(matches!(error, StoreError::Open { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_this_process_has_open() {
    let (folder, path) = place();
    let (store, _) = open(&path).await;
    store.write(vec![put("t", "k", "v")]).await.unwrap();
    let other_name = folder.path().join("link.db");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, &other_name).unwrap();
    #[cfg(not(unix))]
    let other_name = path.clone();
    for name in [&path, &other_name] {
        let error = refusal(name).await;
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    }
    store.write(vec![put("t", "l", "v")]).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(open(&path).await.1.len(), 2);
}
