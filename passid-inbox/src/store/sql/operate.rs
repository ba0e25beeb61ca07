use passid_core::Environment;

use super::fault::Fault;
use super::row::Columns;
use super::session::{Session, Value};
use super::time::to_micros;
use crate::store::{EntryId, Purge, Purged, Replay, State, StoredBody};
use std::time::SystemTime;

const REPLAY: &str = "UPDATE passid_ledger SET state = 'ready', attempts = 0, next_at = $3, \
    ended_at = NULL, replays = replays + 1 \
    WHERE environment = $1 AND id = $2 AND state <> 'leased' AND body IS NOT NULL RETURNING id";
const WHY_NOT: &str = "SELECT state FROM passid_ledger WHERE environment = $1 AND id = $2";

// Every kind is named so that the index over them serves.
const PURGE_BODIES: &str = "UPDATE passid_ledger SET body = NULL, body_key_id = NULL WHERE id IN (\
    SELECT id FROM (\
    SELECT id FROM passid_ledger WHERE environment = $1 AND state = 'done' AND ended_at < $2 \
    AND body IS NOT NULL UNION ALL \
    SELECT id FROM passid_ledger WHERE environment = $1 AND state = 'dead' AND ended_at < $3 \
    AND body IS NOT NULL) AS ended LIMIT $4) \
    AND state IN ('done', 'dead') RETURNING id";
const PURGE_ENTRIES: &str = "DELETE FROM passid_ledger WHERE id IN (\
    SELECT id FROM passid_ledger WHERE kind IN ('event', 'hint', 'outcome') AND environment = $1 \
    AND received_at < $2 AND body IS NULL AND state IN ('done', 'dead') LIMIT $3) \
    AND body IS NULL AND state IN ('done', 'dead') RETURNING id";

const REPLACE_BODY: &str = "UPDATE passid_ledger SET body = $4, body_key_id = $5 \
    WHERE id = $1 AND body = $2 AND body_key_id IS NOT DISTINCT FROM $3 RETURNING id";

pub(in crate::store) async fn replay<S: Session>(
    session: &mut S,
    environment: Environment,
    id: EntryId,
    now: SystemTime,
) -> Result<Replay, Fault> {
    let (environment, id) = (Value::Text(environment.as_str()), Value::Int(id.get()));
    let replayed = session.rows(REPLAY, &[environment, id, Value::Int(to_micros(now))]).await?;
    if !replayed.is_empty() {
        return Ok(Replay::Ready);
    }
    let found = session.rows(WHY_NOT, &[environment, id]).await?;
    let Some(row) = found.first() else { return Ok(Replay::Unknown) };
    let leased = row.text("state")? == State::Leased.as_str();
    Ok(if leased { Replay::Leased } else { Replay::BodyGone })
}

pub(in crate::store) async fn purge<S: Session>(
    session: &mut S,
    purge: &Purge,
) -> Result<Purged, Fault> {
    let environment = Value::Text(purge.environment.as_str());
    let limit = Value::Int(i64::from(purge.limit));
    let done_before = Value::Int(to_micros(purge.done_before));
    let dead_before = Value::Int(to_micros(purge.dead_before));
    let values = [environment, done_before, dead_before, limit];
    let bodies = session.rows(PURGE_BODIES, &values).await?;
    let entries = match purge.entries_before {
        Some(before) => {
            let values = [environment, Value::Int(to_micros(before)), limit];
            session.rows(PURGE_ENTRIES, &values).await?.len()
        }
        None => 0,
    };
    Ok(Purged { bodies: bodies.len() as u64, entries: entries as u64 })
}

/// Whether the first body was still there.
pub(in crate::store) async fn replace_body<S: Session>(
    session: &mut S,
    id: EntryId,
    from: &StoredBody,
    to: &StoredBody,
) -> Result<bool, Fault> {
    let values = [
        Value::Int(id.get()),
        Value::Bytes(&from.bytes),
        Value::MaybeText(from.key_id.as_deref()),
        Value::Bytes(&to.bytes),
        Value::MaybeText(to.key_id.as_deref()),
    ];
    Ok(!session.rows(REPLACE_BODY, &values).await?.is_empty())
}
