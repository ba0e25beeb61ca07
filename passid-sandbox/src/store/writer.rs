//! The one task that writes: it puts what waits into one transaction, so that a hundred calls at
//! once cost one wait for the disk.

use std::sync::Arc;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;
use super::open::Opened;
use crate::state::table::Change;

/// How many writes one transaction holds.
const LARGEST_GROUP: usize = 512;

const PUT: &str = "INSERT INTO rows (table_name, key, value) VALUES (?1, ?2, ?3) \
    ON CONFLICT (table_name, key) DO UPDATE SET value = excluded.value";
const REMOVE: &str = "DELETE FROM rows WHERE table_name = ?1 AND key = ?2";

type Done = oneshot::Sender<Result<(), StoreError>>;

/// What the writer is asked for. Without `Debug`: keys and values can be secrets.
pub(super) enum Job {
    Write { changes: Vec<Change>, done: Done },
    Close { done: Done },
}

/// Works until it is told to close, or until the last store handle is dropped and all is written.
pub(super) async fn run(opened: Opened, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let Opened { mut connection, claim } = opened;
    let mut failure = None;
    let mut closing = None;
    let mut waiting = Vec::new();
    while closing.is_none() && jobs.recv_many(&mut waiting, LARGEST_GROUP).await > 0 {
        let (mut group, mut waiters) = (Vec::new(), Vec::new());
        for job in waiting.drain(..) {
            match job {
                Job::Close { done } if closing.is_none() => closing = Some(done),
                Job::Write { changes, done } if closing.is_none() => {
                    group.extend(changes);
                    waiters.push(done);
                }
                // After the close: who waits learns from the dropped channel that it is closed.
                Job::Close { .. } | Job::Write { .. } => {}
            }
        }
        if failure.is_none() {
            failure = commit(&mut connection, &group).await.err().map(Arc::new);
            if failure.is_some() {
                tracing::error!("the data file could not be written; nothing more will be");
            }
        }
        for done in waiters {
            // Who no longer waits does not want to know.
            let _ = done.send(outcome(failure.as_ref()));
        }
    }
    drop(jobs);
    let closed = connection.close().await.map_err(Arc::new);
    drop(claim);
    if let Some(done) = closing {
        let _ = done.send(outcome(failure.as_ref().or(closed.as_ref().err())));
    }
}

fn outcome(failure: Option<&Arc<sqlx::Error>>) -> Result<(), StoreError> {
    match failure {
        Some(source) => Err(StoreError::Failed { source: Arc::clone(source) }),
        None => Ok(()),
    }
}

async fn commit(connection: &mut SqliteConnection, changes: &[Change]) -> Result<(), sqlx::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    // A transaction that is dropped on the way out is rolled back.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    for change in changes {
        let query = match &change.value {
            Some(value) => sqlx::query(PUT).bind(change.table).bind(&change.key).bind(value),
            None => sqlx::query(REMOVE).bind(change.table).bind(&change.key),
        };
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
