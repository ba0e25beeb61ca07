use super::fault::Fault;
use super::row::Columns;
use super::session::{Session, Value};
use super::time::to_micros;
use crate::store::{EntryId, Insertion, NewEntry, State};

const INSERT: &str = "INSERT INTO passid_ledger \
    (kind, environment, state, name, body_sha256, semantic_key, subject, occurred_at, received_at, \
     next_at, ended_at, last_error, body_key_id, body) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13) \
    ON CONFLICT DO NOTHING RETURNING id";

const FIND: &str = "SELECT min(id) AS id FROM (\
    SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 AND body_sha256 = $3 \
    UNION ALL \
    SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 AND semantic_key = $4\
    ) AS known";

/// How often an entry is tried to be inserted that a purge removes between two looks.
const TRIES: u32 = 5;

pub(in crate::store) async fn insert<S: Session>(
    session: &mut S,
    entry: &NewEntry,
) -> Result<Insertion, Fault> {
    let received_at = to_micros(entry.received_at);
    let state = if entry.dead.is_some() { State::Dead } else { State::Ready };
    let (kind, environment) =
        (Value::Text(entry.kind.as_str()), Value::Text(entry.environment.as_str()));
    let body_sha256 = Value::Bytes(&entry.body_sha256);
    let semantic_key = Value::MaybeBytes(entry.semantic_key.as_ref().map(<[u8; 32]>::as_slice));
    let values = [
        kind,
        environment,
        Value::Text(state.as_str()),
        Value::Text(&entry.name),
        body_sha256,
        semantic_key,
        Value::MaybeBytes(entry.subject.as_ref().map(<[u8; 32]>::as_slice)),
        Value::Int(to_micros(entry.occurred_at)),
        Value::Int(received_at),
        Value::MaybeInt(entry.dead.map(|_| received_at)),
        Value::MaybeText(entry.dead),
        Value::MaybeText(entry.body.key_id.as_deref()),
        Value::Bytes(&entry.body.bytes),
    ];
    for _ in 0..TRIES {
        if let Some(row) = session.rows(INSERT, &values).await?.first() {
            return Ok(Insertion::New(EntryId::new(row.int("id")?)));
        }
        let keys = [kind, environment, body_sha256, semantic_key];
        let known = session.rows(FIND, &keys).await?;
        if let Some(id) = known.first().map(|row| row.maybe_int("id")).transpose()?.flatten() {
            return Ok(Insertion::Duplicate(EntryId::new(id)));
        }
    }
    Err(Fault::Unexpected("conflict of an entry with none"))
}
