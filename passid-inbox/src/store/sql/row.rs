use bytes::Bytes;

use super::fault::Fault;
use super::time::from_micros;
use crate::store::{Entry, EntryId, Hash, Kind, State, StoredBody};

/// A row of a database's, read column by column.
pub(in crate::store) trait Columns: Send {
    fn int(&self, column: &'static str) -> Result<i64, Fault>;
    fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, Fault>;
    fn text(&self, column: &'static str) -> Result<String, Fault>;
    fn maybe_text(&self, column: &'static str) -> Result<Option<String>, Fault>;
    fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, Fault>;
    fn flag(&self, column: &'static str) -> Result<bool, Fault>;
}

/// The columns of an [`Entry`].
macro_rules! entry_columns {
    () => {
        "id, kind, state, name, body_sha256, subject, occurred_at, received_at, attempts, next_at, \
         lease_owner, lease_until, ended_at, last_error, replays, body IS NOT NULL AS has_body"
    };
}
pub(in crate::store) use entry_columns;

pub(super) fn entry(row: &impl Columns) -> Result<Entry, Fault> {
    Ok(Entry {
        id: EntryId::new(row.int("id")?),
        kind: kind(row)?,
        state: State::from_name(&row.text("state")?).ok_or(Fault::Unexpected("state"))?,
        name: row.text("name")?,
        body_sha256: hash(row, "body_sha256")?.ok_or(Fault::Unexpected("body_sha256"))?,
        subject: hash(row, "subject")?,
        occurred_at: from_micros(row.int("occurred_at")?),
        received_at: from_micros(row.int("received_at")?),
        attempts: count(row.int("attempts")?),
        next_at: from_micros(row.int("next_at")?),
        lease_owner: row.maybe_text("lease_owner")?,
        lease_until: row.maybe_int("lease_until")?.map(from_micros),
        ended_at: row.maybe_int("ended_at")?.map(from_micros),
        last_error: row.maybe_text("last_error")?,
        replays: count(row.int("replays")?),
        has_body: row.flag("has_body")?,
    })
}

pub(super) fn kind(row: &impl Columns) -> Result<Kind, Fault> {
    Kind::from_name(&row.text("kind")?).ok_or(Fault::Unexpected("kind"))
}

pub(super) fn hash(row: &impl Columns, column: &'static str) -> Result<Option<Hash>, Fault> {
    let bytes = row.maybe_bytes(column)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| Fault::Unexpected(column))).transpose()
}

pub(super) fn body(row: &impl Columns) -> Result<Option<StoredBody>, Fault> {
    let Some(bytes) = row.maybe_bytes("body")? else { return Ok(None) };
    Ok(Some(StoredBody { bytes: Bytes::from(bytes), key_id: row.maybe_text("body_key_id")? }))
}

/// Ledgers count in 64 bits, and answer at most what an entry can say.
fn count(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}
