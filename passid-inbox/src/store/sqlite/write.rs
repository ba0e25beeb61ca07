//! What the writer is asked for.

use std::future::Future;
use std::time::SystemTime;

use passid_core::BoxFuture;
use passid_core::Environment;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::oneshot;

use super::codes;
use crate::store::sql::{self, ClaimStatements, Fault, LeaseEnd};
use crate::store::{
    Claim, Claimed, EntryId, Insertion, Kind, Lease, NewEntry, NewRecord, Purge, Purged, Replay,
    StoreError, StoredBody,
};

const CLAIM: ClaimStatements = ClaimStatements {
    take_back: "UPDATE passid_ledger SET \
        state = CASE WHEN attempts >= $4 THEN 'dead' ELSE 'ready' END, \
        last_error = CASE WHEN attempts >= $4 THEN 'LEASE_LOST' ELSE last_error END, \
        ended_at = CASE WHEN attempts >= $4 THEN $3 END, \
        lease_owner = NULL, lease_until = NULL \
        WHERE kind = $1 AND environment = $2 AND state = 'leased' AND lease_until <= $3 \
        RETURNING state",
    lease: concat!(
        "UPDATE passid_ledger SET state = 'leased', attempts = attempts + 1, ",
        "lease_number = lease_number + 1, lease_owner = $5, lease_until = $6 ",
        "WHERE id IN (SELECT id FROM passid_ledger AS due ",
        "WHERE kind = $1 AND environment = $2 AND state = 'ready' AND next_at <= $3 ",
        "AND NOT EXISTS (SELECT 1 FROM passid_ledger AS other ",
        "WHERE other.kind = due.kind AND other.environment = due.environment ",
        "AND other.subject = due.subject AND other.state = 'leased') ",
        "AND NOT EXISTS (SELECT 1 FROM passid_ledger AS other ",
        "WHERE other.kind = due.kind AND other.environment = due.environment ",
        "AND other.subject = due.subject AND other.state = 'ready' ",
        "AND (other.occurred_at, other.id) < (due.occurred_at, due.id)) ",
        "ORDER BY next_at, id LIMIT $4) ",
        "RETURNING ",
        sql::entry_columns!(),
        ", lease_number, body, body_key_id, FALSE AS superseded",
    ),
};

/// A write that can be repeated, should the transaction that carried it be lost.
pub(super) trait Write: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Whether it consists of several statements, all or none of which must be carried out.
    const STEPS: bool = false;

    /// The word for errors.
    fn operation(&self) -> &'static str;

    fn run(
        &self,
        connection: &mut SqliteConnection,
    ) -> impl Future<Output = Result<Self::Answer, Fault>> + Send;
}

pub(super) struct Insert(pub(super) NewEntry);

impl Write for Insert {
    type Answer = Insertion;

    fn operation(&self) -> &'static str {
        "insert"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Insertion, Fault> {
        sql::insert(connection, &self.0).await
    }
}

pub(super) struct EndLease(pub(super) Lease, pub(super) LeaseEnd);

impl Write for EndLease {
    type Answer = bool;

    fn operation(&self) -> &'static str {
        self.1.operation()
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<bool, Fault> {
        sql::end_lease(connection, self.0, &self.1).await
    }
}

/// A [`Claim`] with an owner of its own.
pub(super) struct TakeDue {
    pub(super) kind: Kind,
    pub(super) environment: Environment,
    pub(super) owner: String,
    pub(super) now: SystemTime,
    pub(super) until: SystemTime,
    pub(super) max: u32,
    pub(super) max_attempts: u32,
}

impl Write for TakeDue {
    type Answer = Claimed;
    const STEPS: bool = true;

    fn operation(&self) -> &'static str {
        "claim"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Claimed, Fault> {
        let claim = Claim {
            kind: self.kind,
            environment: self.environment,
            owner: &self.owner,
            now: self.now,
            until: self.until,
            max: self.max,
            max_attempts: self.max_attempts,
        };
        let mut claimed = sql::claim(connection, CLAIM, &claim).await?;
        // As a part of the statement that leases, SQLite reads the whole index for each.
        for leased in &mut claimed.leased {
            leased.superseded = sql::is_superseded(connection, &claim, &leased.entry).await?;
        }
        Ok(claimed)
    }
}

pub(super) struct MakeReady(pub(super) Environment, pub(super) EntryId, pub(super) SystemTime);

impl Write for MakeReady {
    type Answer = Replay;

    fn operation(&self) -> &'static str {
        "replay"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Replay, Fault> {
        sql::replay(connection, self.0, self.1, self.2).await
    }
}

impl Write for Purge {
    type Answer = Purged;
    const STEPS: bool = true;

    fn operation(&self) -> &'static str {
        "purge"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Purged, Fault> {
        sql::purge(connection, self).await
    }
}

pub(super) struct ReplaceBody {
    pub(super) id: EntryId,
    pub(super) from: StoredBody,
    pub(super) to: StoredBody,
}

impl Write for ReplaceBody {
    type Answer = bool;

    fn operation(&self) -> &'static str {
        "replace_body"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<bool, Fault> {
        sql::replace_body(connection, self.id, &self.from, &self.to).await
    }
}

impl Write for NewRecord {
    type Answer = bool;

    fn operation(&self) -> &'static str {
        "put_record"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<bool, Fault> {
        sql::put_record(connection, self).await
    }
}

pub(super) struct PurgeRecords(pub(super) Environment, pub(super) SystemTime, pub(super) u32);

impl Write for PurgeRecords {
    type Answer = u64;

    fn operation(&self) -> &'static str {
        "purge_records"
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<u64, Fault> {
        sql::purge_records(connection, self.0, self.1, self.2).await
    }
}

/// A write with somebody who waits for its answer.
pub(super) trait Job: Send {
    /// Whether anybody still waits.
    fn is_wanted(&self) -> bool;

    /// Carries it out. An error is one of the whole transaction; one of its own is its answer.
    fn run<'a>(
        &'a mut self,
        connection: &'a mut SqliteConnection,
    ) -> BoxFuture<'a, Result<(), Fault>>;

    /// Answers what it has, now that it is durable.
    fn answer(self: Box<Self>);

    /// Answers that it was not carried out.
    fn fail(self: Box<Self>, fault: Fault);
}

pub(super) struct Waiting<W: Write> {
    write: W,
    answer: Option<Result<W::Answer, Fault>>,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
}

impl<W: Write> Waiting<W> {
    pub(super) fn new(write: W, reply: oneshot::Sender<Result<W::Answer, StoreError>>) -> Self {
        Self { write, answer: None, reply }
    }
}

impl<W: Write> Job for Waiting<W> {
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run<'a>(
        &'a mut self,
        connection: &'a mut SqliteConnection,
    ) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let ran = if W::STEPS {
                let mut steps = connection.begin().await?;
                let ran = self.write.run(&mut steps).await;
                // Dropped on an error, the steps before it are undone.
                if ran.is_ok() {
                    steps.commit().await?;
                }
                ran
            } else {
                self.write.run(connection).await
            };
            match ran {
                Err(fault) if !codes::is_of_statement(&fault) => Err(fault),
                ran => {
                    self.answer = Some(ran);
                    Ok(())
                }
            }
        })
    }

    fn answer(self: Box<Self>) {
        let operation = self.write.operation();
        let answer = self.answer.unwrap_or(Err(Fault::Closed));
        // Who no longer waits does not want to know.
        let _ = self.reply.send(answer.map_err(|fault| fault.at(operation)));
    }

    fn fail(self: Box<Self>, fault: Fault) {
        let _ = self.reply.send(Err(fault.at(self.write.operation())));
    }
}
