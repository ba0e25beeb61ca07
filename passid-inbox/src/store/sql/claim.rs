use super::fault::Fault;
use super::row::{self, Columns};
use super::session::{Session, Value};
use super::time::to_micros;
use crate::store::{Claim, Claimed, EntryId, Lease, Leased, State};

/// The two steps of a claim, as each database puts them.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct ClaimStatements {
    /// Ends leases whose time is over: `$1` kind, `$2` environment, `$3` now, `$4` most attempts.
    /// Returns the new `state` of each.
    pub(in crate::store) take_back: &'static str,
    /// Leases what is due: `$1` kind, `$2` environment, `$3` now, `$4` the most entries, `$5` owner,
    /// `$6` end of the lease. Returns entries with `lease_number`, body and `superseded`.
    pub(in crate::store) lease: &'static str,
}

/// To run in one transaction.
pub(in crate::store) async fn claim<S: Session>(
    session: &mut S,
    statements: ClaimStatements,
    claim: &Claim<'_>,
) -> Result<Claimed, Fault> {
    let kind = Value::Text(claim.kind.as_str());
    let environment = Value::Text(claim.environment.as_str());
    let now = Value::Int(to_micros(claim.now));
    let most = Value::Int(i64::from(claim.max_attempts));
    let lost = session.rows(statements.take_back, &[kind, environment, now, most]).await?;
    let mut buried = 0;
    for row in &lost {
        buried += u64::from(row.text("state")? == State::Dead.as_str());
    }
    let leased = lease(session, statements.lease, claim).await?;
    Ok(Claimed { leased, lost: lost.len() as u64, buried })
}

/// The second step.
pub(in crate::store) async fn lease<S: Session>(
    session: &mut S,
    statement: &'static str,
    claim: &Claim<'_>,
) -> Result<Vec<Leased>, Fault> {
    let values = [
        Value::Text(claim.kind.as_str()),
        Value::Text(claim.environment.as_str()),
        Value::Int(to_micros(claim.now)),
        Value::Int(i64::from(claim.max)),
        Value::Text(claim.owner),
        Value::Int(to_micros(claim.until)),
    ];
    let rows = session.rows(statement, &values).await?;
    let mut leased = rows.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    leased.sort_unstable_by_key(|leased| (leased.entry.next_at, leased.entry.id));
    Ok(leased)
}

fn one(row: &impl Columns) -> Result<Leased, Fault> {
    let lease = Lease { id: EntryId::new(row.int("id")?), number: row.int("lease_number")? };
    let body = row::body(row)?.ok_or(Fault::Unexpected("open entry without a body"))?;
    Ok(Leased { lease, entry: row::entry(row)?, body, superseded: row.flag("superseded")? })
}

/// Whether a later event of the same subject has been handled.
#[cfg(feature = "sqlite")]
pub(in crate::store) async fn is_superseded<S: Session>(
    session: &mut S,
    claim: &Claim<'_>,
    entry: &crate::store::Entry,
) -> Result<bool, Fault> {
    const SUPERSEDED: &str = "SELECT EXISTS (SELECT 1 FROM passid_ledger \
        WHERE kind = $1 AND environment = $2 AND subject = $3 AND state = 'done' \
        AND (occurred_at > $4 OR (occurred_at = $4 AND id > $5))) AS superseded";
    let Some(subject) = &entry.subject else { return Ok(false) };
    let values = [
        Value::Text(claim.kind.as_str()),
        Value::Text(claim.environment.as_str()),
        Value::Bytes(subject),
        Value::Int(to_micros(entry.occurred_at)),
        Value::Int(entry.id.get()),
    ];
    session.rows(SUPERSEDED, &values).await?.first().ok_or(Fault::Protocol)?.flag("superseded")
}
