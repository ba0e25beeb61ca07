//! `kill -9` in the middle of writes. The test starts itself as a second process that writes and
//! says what was acknowledged, kills it, and looks for every word of it in the file. While the other
//! process lives, its file is refused.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

const FILE: &str = "PASSID_SANDBOX_TEST_CRASH_FILE";
const WRITERS: u64 = 8;
/// How many keys each writer goes round in.
const KEYS: u64 = 5;

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["store::tests::crash::the_process_to_be_killed", "--exact", "--nocapture"])
        .env(FILE, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a write of a writer's `n`th round does: two rows that belong together, and now and then a
/// row goes.
fn round(writer: u64, n: u64) -> Vec<Change> {
    let (key, value) = (format!("{writer}/{}", n % KEYS), n.to_string());
    let mut changes = vec![put("left", &*key, &*value), put("right", &*key, &*value)];
    if n.is_multiple_of(3) {
        let gone = format!("{writer}/{}", (n + 1) % KEYS);
        changes.extend([remove("left", &*gone), remove("right", gone)]);
    }
    changes
}

/// The rows of a writer after its rounds `1..=n`.
fn model(writer: u64, n: u64) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for change in (1..=n).flat_map(|n| round(writer, n)).filter(|change| change.table == "left") {
        match change.value {
            Some(value) => rows.insert(change.key, value),
            None => rows.remove(&change.key),
        };
    }
    rows
}

fn rows_of(writer: u64, table: &str, rows: &[StoredRow]) -> BTreeMap<String, String> {
    let own = format!("{writer}/");
    rows.iter()
        .filter(|row| row.table == table && row.key.starts_with(&own))
        .map(|row| (row.key.clone(), row.value.clone()))
        .collect()
}

fn last_round(writer: u64, rows: &[StoredRow]) -> u64 {
    let own = rows.iter().find(|row| row.table == "last" && row.key == writer.to_string());
    own.map_or(0, |row| row.value.parse().unwrap())
}

/// Does nothing unless it is started by the test below. Writes until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_to_be_killed() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let (store, rows) = open(Path::new(&path)).await;
    let store = std::sync::Arc::new(store);
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = std::sync::Arc::clone(&store);
            let from = last_round(writer, &rows);
            tokio::spawn(async move {
                for n in from + 1.. {
                    let mut changes = round(writer, n);
                    changes.push(put("last", writer.to_string(), n.to_string()));
                    store.write(changes).await.unwrap();
                    println!("\nkept {writer} {n}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let (folder, path) = place();
    let mut acknowledged = [0_u64; WRITERS as usize];
    // One file through all crashes: what one recovers is what the next one breaks.
    for enough in [1, 3, 10, 37, 90, 200, 451, 1_000] {
        let mut child = start(&path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        // To the end of the pipe: what was said between the decision to kill and the kill counts.
        while let Some(Ok(line)) = lines.next() {
            let Some(kept) = line.strip_prefix("kept ") else { continue };
            let Some((writer, n)) = kept.split_once(' ') else { continue };
            acknowledged[writer.parse::<usize>().unwrap()] = n.parse().unwrap();
            seen += 1;
            if seen == 20 {
                let error = refusal(&path).await;
                assert!(matches!(error, StoreError::InUse { .. }), "{error}");
            }
            if seen == enough {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(seen >= enough, "it ended by itself after {seen} writes");

        let (store, rows) = open(&path).await;
        for (writer, kept) in (0..).zip(&mut acknowledged) {
            let left = rows_of(writer, "left", &rows);
            assert_eq!(left, rows_of(writer, "right", &rows), "a write is whole or not there");
            let last = last_round(writer, &rows);
            // One write more can have been kept without a word of it getting out.
            assert!(last == *kept || last == *kept + 1, "writer {writer}: {kept}, found {last}");
            assert_eq!(left, model(writer, last));
            *kept = last;
        }
        store.close().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing stays beside a closed data file");
    }
}
