//! The one task that writes: it puts what waits into one transaction, so that many calls at once cost
//! one wait for the disk.

use sqlx::SqlitePool;
use tokio::sync::mpsc;

use super::codes;
use super::write::Job;
use crate::store::sql::Fault;

/// What waits to be written. Inserts are apart, so that they never keep a worker from saying that it
/// is done, nor the reverse.
pub(super) struct Queues {
    pub(super) inserts: mpsc::Receiver<Box<dyn Job>>,
    pub(super) others: mpsc::Receiver<Box<dyn Job>>,
}

impl Queues {
    /// What is to be written next: at most so much of each queue. Empty once the store is gone.
    async fn next(&mut self, group: usize) -> Vec<Box<dyn Job>> {
        let (first, of_inserts, of_others) = tokio::select! {
            Some(job) = self.inserts.recv() => (job, group.saturating_sub(1), group),
            Some(job) = self.others.recv() => (job, group, group.saturating_sub(1)),
            else => return Vec::new(),
        };
        let mut next = vec![first];
        take(&mut self.inserts, &mut next, of_inserts);
        take(&mut self.others, &mut next, of_others);
        next
    }
}

fn take(queue: &mut mpsc::Receiver<Box<dyn Job>>, next: &mut Vec<Box<dyn Job>>, most: usize) {
    for _ in 0..most {
        let Ok(job) = queue.try_recv() else { return };
        next.push(job);
    }
}

/// Works until the last handle of the store is dropped and all is written.
pub(super) async fn run(pool: SqlitePool, mut queues: Queues, group: usize) {
    loop {
        let mut jobs = queues.next(group).await;
        if jobs.is_empty() {
            return;
        }
        jobs.retain(|job| job.is_wanted());
        write(&pool, jobs).await;
    }
}

async fn write(pool: &SqlitePool, mut jobs: Vec<Box<dyn Job>>) {
    match commit(pool, &mut jobs).await {
        Ok(()) => jobs.into_iter().for_each(Job::answer),
        // One that is too large must not keep out those that are not.
        Err(fault) if codes::is_full(&fault) && jobs.len() > 1 => {
            for job in jobs {
                let mut alone = vec![job];
                let committed = commit(pool, &mut alone).await;
                for job in alone {
                    match &committed {
                        Ok(()) => job.answer(),
                        Err(fault) => job.fail(fault.clone()),
                    }
                }
            }
        }
        Err(fault) => jobs.into_iter().for_each(|job| job.fail(fault.clone())),
    }
}

async fn commit(pool: &SqlitePool, jobs: &mut [Box<dyn Job>]) -> Result<(), Fault> {
    if jobs.is_empty() {
        return Ok(());
    }
    let limit = pool.options().get_acquire_timeout();
    let begun = pool.begin_with("BEGIN IMMEDIATE").await;
    // Dropped on the way out, it is rolled back.
    let mut transaction = begun.map_err(|error| Fault::of_pool(error, limit))?;
    for job in jobs {
        job.run(&mut transaction).await?;
    }
    Ok(transaction.commit().await?)
}
