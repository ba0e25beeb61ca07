#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod broken;
mod crash;
mod refused;
mod round_trip;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::{Store, StoreError, StoreLimits, StoredRow};
use crate::state::table::Change;

/// For tests in which somebody else holds the file: they need not wait for long.
const IMPATIENT: StoreLimits = StoreLimits { max_bytes: 1 << 26, patience: Duration::ZERO };

/// A path in a folder of its own.
fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.db");
    (folder, path)
}

fn put(table: &'static str, key: impl Into<String>, value: impl Into<String>) -> Change {
    Change { table, key: key.into(), value: Some(value.into()) }
}

fn remove(table: &'static str, key: impl Into<String>) -> Change {
    Change { table, key: key.into(), value: None }
}

fn shown(rows: &[StoredRow]) -> Vec<(&str, &str, &str)> {
    rows.iter().map(|row| (&*row.table, &*row.key, &*row.value)).collect()
}

async fn open(path: &Path) -> (Store, Vec<StoredRow>) {
    Store::open(path, StoreLimits::default()).await.unwrap()
}

async fn refusal(path: &Path) -> StoreError {
    match Store::open(path, IMPATIENT).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}
