use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use passid_core::client::{IdempotencyKey, StoredOutcomeError};
use passid_core::{ApiError, Environment, ErrorKind, NewOutcome, PassidClient};

use super::Outbox;
use crate::inbox::UNREADABLE;
use crate::store::{Entry, Kind, Leased, Store};
use crate::worker::{
    Engine, HandlerError, Job, NotWorked, RetrySchedule, Running, Worked, WorkerBuilder,
    WorkerConfigError, Working, idempotency_key,
};

/// The ledger's word for an outcome that stands at PASSID and is not ours.
const ALREADY_REPORTED: &str = "OUTCOME_ALREADY_REPORTED";

impl<S: Store> Outbox<S> {
    /// A worker that reports what is in this outbox with this client. Any number of them may run, in
    /// any number of processes.
    ///
    /// | PASSID answers | the outcome |
    /// |---|---|
    /// | 2xx | is done |
    /// | 409 | is done if an earlier try may have been taken, else a dead letter: another outcome of the token stands there (decision P68) |
    /// | 400, 404, 422 and other 4xx | is a dead letter |
    /// | 401, 403, 408, 429, 5xx, or not at all | is tried again by [`RetrySchedule::for_outages`], and not before `Retry-After` |
    ///
    /// A try that is stopped half-way, also by [`Running::shutdown`], counts as one that may have been
    /// taken.
    pub fn worker(&self, client: PassidClient) -> WorkerBuilder<S, Reporting> {
        WorkerBuilder::new(&self.inbox, Reporting(client), RetrySchedule::for_outages())
    }
}

/// The work of an outbox's worker: the client that reports outcomes.
pub struct Reporting(PassidClient);

impl fmt::Debug for Reporting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reporting").field(&self.0).finish()
    }
}

impl<S: Store> WorkerBuilder<S, Reporting> {
    /// Starts the worker on the tokio runtime of the caller.
    ///
    /// # Errors
    ///
    /// [`WorkerConfigError`].
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn start(self) -> Result<Running, WorkerConfigError> {
        let (Reporting(client), environment) = (self.work, self.inbox.environment());
        if client.environment() != environment {
            return Err(WorkerConfigError::Environment);
        }
        self.settings.check()?;
        let job = Arc::new(OutcomeJob { client, environment });
        Ok(Engine::start(self.inbox, job, self.settings))
    }
}

struct OutcomeJob {
    client: PassidClient,
    environment: Environment,
}

impl Job for OutcomeJob {
    fn kind(&self) -> Kind {
        Kind::Outcome
    }

    fn begin(&self, leased: &Leased, body: Bytes) -> Result<Option<Working>, HandlerError> {
        let mut outcome = NewOutcome::from_exposed_json(&body).map_err(unreadable)?;
        let entry = &leased.entry;
        if outcome.key().is_none() {
            let key = idempotency_key(entry.kind, self.environment, &entry.body_sha256);
            outcome = outcome.idempotency_key(IdempotencyKey::parse(key)?);
        }
        let (client, earlier) = (self.client.clone(), Earlier::of(entry));
        let reporting = async move {
            match client.report_outcome(&outcome).await {
                Ok(_receipt) => Ok(Worked::Handled),
                Err(error) => earlier.conclude(error),
            }
        };
        Ok(Some(reporting.boxed()))
    }

    /// The outcome may have left.
    fn counts_when_stopped(&self) -> bool {
        true
    }
}

fn unreadable(error: StoredOutcomeError) -> HandlerError {
    match error {
        // Another instance runs a later version, and this one will too.
        StoredOutcomeError::LaterVersion { .. } => HandlerError::retry("LATER_VERSION"),
        _ => HandlerError::give_up(UNREADABLE),
    }
    .caused_by(error)
}

/// What is known of the tries before this one (decision P68).
#[derive(Clone, Copy)]
enum Earlier {
    /// There was none.
    None,
    /// PASSID may have taken the outcome.
    MayHaveLanded,
    /// The first try found another outcome there: so it is not this one.
    Conflict,
}

impl Earlier {
    fn of(entry: &Entry) -> Self {
        if entry.last_error.as_deref() == Some(ALREADY_REPORTED) {
            Self::Conflict
        } else if entry.attempts > 1 || entry.replays > 0 {
            Self::MayHaveLanded
        } else {
            Self::None
        }
    }

    fn conclude(self, error: ApiError) -> Result<Worked, NotWorked> {
        let failed = match (error.kind(), self) {
            (ErrorKind::OutcomeAlreadyReported, Self::MayHaveLanded) => return Ok(Worked::Handled),
            (ErrorKind::OutcomeAlreadyReported, Self::None)
                if error.earlier_try_may_have_landed() =>
            {
                return Ok(Worked::Handled);
            }
            (ErrorKind::OutcomeAlreadyReported, _) => HandlerError::give_up(ALREADY_REPORTED),
            (ErrorKind::TokenNotFound, _) => HandlerError::give_up("TOKEN_NOT_FOUND"),
            (ErrorKind::Refused(_), _) => HandlerError::give_up("TOKEN_REFUSED"),
            (ErrorKind::Unsendable, _) => HandlerError::give_up("UNSENDABLE"),
            (ErrorKind::RequestRefused, _) if error.status() != Some(408) => {
                HandlerError::give_up("REQUEST_REFUSED")
            }
            // What the first try has found out is still to be known at the next one.
            (_, Self::Conflict) => HandlerError::retry(ALREADY_REPORTED),
            (kind, _) => HandlerError::retry(word(kind)),
        };
        let failed = match error.retry_after() {
            Some(delay) => failed.after(delay),
            None => failed,
        };
        Err(NotWorked::Handler(failed.caused_by(error)))
    }
}

/// The ledger's word for a failure that passes.
fn word(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::KeyRefused => "KEY_REFUSED",
        ErrorKind::RateLimited => "RATE_LIMITED",
        ErrorKind::Failed => "PASSID_FAILED",
        ErrorKind::Unreachable => "PASSID_UNREACHABLE",
        ErrorKind::Undecodable => "ANSWER_UNDECODABLE",
        _ => "NO_ANSWER",
    }
}
