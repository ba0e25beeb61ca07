use std::time::SystemTime;

use passid_core::Environment;

use super::fault::Fault;
use super::row::{self, Columns};
use super::session::{Session, Value};
use super::time::{from_micros, to_micros};
use crate::store::{Hash, NewRecord, Record};

const READ: &str = "SELECT key, keep_until, body, body_key_id FROM passid_record \
    WHERE environment = $1 AND key = $2";
const INSERT: &str = "INSERT INTO passid_record (environment, key, keep_until, body, body_key_id) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING key";
const REPLACE: &str = "UPDATE passid_record SET keep_until = $3, body = $4, body_key_id = $5 \
    WHERE environment = $1 AND key = $2 AND body = $6 AND body_key_id IS NOT DISTINCT FROM $7 \
    RETURNING key";
const NOT_UNDER: &str = "SELECT key, keep_until, body, body_key_id FROM passid_record \
    WHERE environment = $1 AND key > $2 AND body_key_id IS DISTINCT FROM $3 ORDER BY key LIMIT $4";
const PURGE: &str = "DELETE FROM passid_record WHERE environment = $1 AND key IN (\
    SELECT key FROM passid_record WHERE environment = $1 AND keep_until < $2 LIMIT $3) \
    AND keep_until < $2 RETURNING key";

pub(in crate::store) async fn record<S: Session>(
    session: &mut S,
    environment: Environment,
    key: &Hash,
) -> Result<Option<Record>, Fault> {
    let values = [Value::Text(environment.as_str()), Value::Bytes(key)];
    session.rows(READ, &values).await?.first().map(read).transpose()
}

/// Whether what was to stand there did.
pub(in crate::store) async fn put_record<S: Session>(
    session: &mut S,
    record: &NewRecord,
) -> Result<bool, Fault> {
    let NewRecord { environment, from, to } = record;
    let values = [
        Value::Text(environment.as_str()),
        Value::Bytes(&to.key),
        Value::Int(to_micros(to.keep_until)),
        Value::Bytes(&to.body.bytes),
        Value::MaybeText(to.body.key_id.as_deref()),
    ];
    let rows = match from {
        None => session.rows(INSERT, &values).await?,
        Some(from) => {
            let of_from = [Value::Bytes(&from.bytes), Value::MaybeText(from.key_id.as_deref())];
            session.rows(REPLACE, &[&values[..], &of_from].concat()).await?
        }
    };
    Ok(!rows.is_empty())
}

pub(in crate::store) async fn records_not_under<S: Session>(
    session: &mut S,
    environment: Environment,
    key_id: &str,
    after: Option<Hash>,
    limit: u32,
) -> Result<Vec<Record>, Fault> {
    let after = after.as_ref().map_or(&[][..], |key| key);
    let values = [
        Value::Text(environment.as_str()),
        Value::Bytes(after),
        Value::Text(key_id),
        Value::Int(i64::from(limit)),
    ];
    session.rows(NOT_UNDER, &values).await?.iter().map(read).collect()
}

pub(in crate::store) async fn purge_records<S: Session>(
    session: &mut S,
    environment: Environment,
    before: SystemTime,
    limit: u32,
) -> Result<u64, Fault> {
    let values = [
        Value::Text(environment.as_str()),
        Value::Int(to_micros(before)),
        Value::Int(i64::from(limit)),
    ];
    Ok(session.rows(PURGE, &values).await?.len() as u64)
}

fn read(found: &impl Columns) -> Result<Record, Fault> {
    Ok(Record {
        key: row::hash(found, "key")?.ok_or(Fault::Unexpected("key"))?,
        body: row::body(found)?.ok_or(Fault::Unexpected("body"))?,
        keep_until: from_micros(found.int("keep_until")?),
    })
}
