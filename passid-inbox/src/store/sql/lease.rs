use std::time::SystemTime;

use super::fault::Fault;
use super::session::{Session, Value};
use super::time::to_micros;
use crate::store::{Failure, Lease};

const EXTEND: &str = "UPDATE passid_ledger SET lease_until = $3 \
    WHERE id = $1 AND state = 'leased' AND lease_number = $2 RETURNING id";
const COMPLETE: &str = "UPDATE passid_ledger SET state = 'done', ended_at = $3, last_error = NULL, \
    lease_owner = NULL, lease_until = NULL \
    WHERE id = $1 AND state = 'leased' AND lease_number = $2 RETURNING id";
const RETRY: &str = "UPDATE passid_ledger SET state = 'ready', next_at = $3, last_error = $4, \
    lease_owner = NULL, lease_until = NULL \
    WHERE id = $1 AND state = 'leased' AND lease_number = $2 RETURNING id";
const GIVE_UP: &str = "UPDATE passid_ledger SET state = 'dead', ended_at = $3, last_error = $4, \
    lease_owner = NULL, lease_until = NULL \
    WHERE id = $1 AND state = 'leased' AND lease_number = $2 RETURNING id";
const RELEASE: &str = "UPDATE passid_ledger SET state = 'ready', next_at = $3, \
    attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END, \
    lease_owner = NULL, lease_until = NULL \
    WHERE id = $1 AND state = 'leased' AND lease_number = $2 RETURNING id";

/// What a worker says about an entry that it has.
#[derive(Clone, Debug)]
pub(in crate::store) enum LeaseEnd {
    Extended { until: SystemTime },
    Complete { now: SystemTime },
    Retry { at: SystemTime, reason: String },
    GivenUp { now: SystemTime, reason: String },
    Released { now: SystemTime },
}

impl LeaseEnd {
    pub(in crate::store) fn failed(failure: &Failure<'_>, now: SystemTime) -> Self {
        let reason = failure.reason.to_owned();
        match failure.retry_at {
            Some(at) => Self::Retry { at, reason },
            None => Self::GivenUp { now, reason },
        }
    }

    /// The word for errors.
    pub(in crate::store) const fn operation(&self) -> &'static str {
        match self {
            Self::Extended { .. } => "extend",
            Self::Complete { .. } => "complete",
            Self::Retry { .. } | Self::GivenUp { .. } => "fail",
            Self::Released { .. } => "release",
        }
    }
}

/// Whether the lease was still there.
pub(in crate::store) async fn end_lease<S: Session>(
    session: &mut S,
    lease: Lease,
    end: &LeaseEnd,
) -> Result<bool, Fault> {
    let (id, number) = (Value::Int(lease.id.get()), Value::Int(lease.number));
    let at = |time: &SystemTime| Value::Int(to_micros(*time));
    let rows = match end {
        LeaseEnd::Extended { until } => session.rows(EXTEND, &[id, number, at(until)]).await?,
        LeaseEnd::Complete { now } => session.rows(COMPLETE, &[id, number, at(now)]).await?,
        LeaseEnd::Retry { at: time, reason } => {
            session.rows(RETRY, &[id, number, at(time), Value::Text(reason)]).await?
        }
        LeaseEnd::GivenUp { now, reason } => {
            session.rows(GIVE_UP, &[id, number, at(now), Value::Text(reason)]).await?
        }
        LeaseEnd::Released { now } => session.rows(RELEASE, &[id, number, at(now)]).await?,
    };
    Ok(!rows.is_empty())
}
