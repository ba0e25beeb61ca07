use passid_core::Environment;

use super::fault::Fault;
use super::row::{self, Columns, entry_columns};
use super::session::{Session, Value};
use super::time::from_micros;
use crate::store::{BodyAt, Counts, Entry, EntryId, Filter, Kind, StoredBody};

// One index over the states serves all pages: a page of every state is made of one page of each.
const LIST: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM passid_ledger WHERE id IN (SELECT id FROM (",
    "SELECT * FROM (SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 ",
    "AND state = 'ready' AND id < $3 ORDER BY id DESC LIMIT $4) AS ready UNION ALL ",
    "SELECT * FROM (SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 ",
    "AND state = 'leased' AND id < $3 ORDER BY id DESC LIMIT $4) AS leased UNION ALL ",
    "SELECT * FROM (SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 ",
    "AND state = 'done' AND id < $3 ORDER BY id DESC LIMIT $4) AS done UNION ALL ",
    "SELECT * FROM (SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 ",
    "AND state = 'dead' AND id < $3 ORDER BY id DESC LIMIT $4) AS dead",
    ") AS newest ORDER BY id DESC LIMIT $4) ORDER BY id DESC",
);
const LIST_STATE: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM passid_ledger WHERE kind = $1 AND environment = $2 AND state = $5 AND id < $3 ",
    "ORDER BY id DESC LIMIT $4",
);
const LIST_NAME: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM passid_ledger WHERE kind = $1 AND environment = $2 AND name = $5 AND id < $3 ",
    "ORDER BY id DESC LIMIT $4",
);
const LIST_NAME_STATE: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM passid_ledger WHERE kind = $1 AND environment = $2 AND name = $5 AND state = $6 ",
    "AND id < $3 ORDER BY id DESC LIMIT $4",
);
const SHOW: &str = concat!(
    "SELECT ",
    entry_columns!(),
    ", body, body_key_id FROM passid_ledger WHERE environment = $1 AND id = $2",
);
const COUNTS: &str = "SELECT \
    (SELECT count(*) FROM passid_ledger \
     WHERE kind = $1 AND environment = $2 AND state = 'ready') AS ready, \
    (SELECT count(*) FROM passid_ledger \
     WHERE kind = $1 AND environment = $2 AND state = 'leased') AS leased, \
    (SELECT count(*) FROM passid_ledger \
     WHERE kind = $1 AND environment = $2 AND state = 'done') AS done, \
    (SELECT count(*) FROM passid_ledger \
     WHERE kind = $1 AND environment = $2 AND state = 'dead') AS dead, \
    (SELECT min(received_at) FROM passid_ledger \
     WHERE kind = $1 AND environment = $2 AND state IN ('ready', 'leased')) AS oldest_open, \
    (SELECT max(received_at) FROM passid_ledger \
     WHERE kind = $1 AND environment = $2) AS last_received";
// Read in the order of the numbers: an index over the environment would have to be sorted for each page.
const BODIES: &str = "SELECT id, kind, body_sha256, body, body_key_id FROM passid_ledger \
    WHERE environment || '' = $1 AND id > $2 AND body IS NOT NULL \
    AND body_key_id IS DISTINCT FROM $3 ORDER BY id LIMIT $4";

pub(in crate::store) async fn list<S: Session>(
    session: &mut S,
    filter: &Filter,
) -> Result<Vec<Entry>, Fault> {
    let kind = Value::Text(filter.kind.as_str());
    let environment = Value::Text(filter.environment.as_str());
    let before = Value::Int(filter.before.map_or(i64::MAX, EntryId::get));
    let limit = Value::Int(i64::from(filter.limit));
    let rows = match (filter.name.as_deref(), filter.state) {
        (None, None) => session.rows(LIST, &[kind, environment, before, limit]).await?,
        (None, Some(state)) => {
            let values = [kind, environment, before, limit, Value::Text(state.as_str())];
            session.rows(LIST_STATE, &values).await?
        }
        (Some(name), None) => {
            let values = [kind, environment, before, limit, Value::Text(name)];
            session.rows(LIST_NAME, &values).await?
        }
        (Some(name), Some(state)) => {
            let (name, state) = (Value::Text(name), Value::Text(state.as_str()));
            let values = [kind, environment, before, limit, name, state];
            session.rows(LIST_NAME_STATE, &values).await?
        }
    };
    rows.iter().map(row::entry).collect()
}

pub(in crate::store) async fn show<S: Session>(
    session: &mut S,
    environment: Environment,
    id: EntryId,
) -> Result<Option<(Entry, Option<StoredBody>)>, Fault> {
    let values = [Value::Text(environment.as_str()), Value::Int(id.get())];
    let rows = session.rows(SHOW, &values).await?;
    rows.first().map(|found| Ok((row::entry(found)?, row::body(found)?))).transpose()
}

pub(in crate::store) async fn counts<S: Session>(
    session: &mut S,
    kind: Kind,
    environment: Environment,
) -> Result<Counts, Fault> {
    let values = [Value::Text(kind.as_str()), Value::Text(environment.as_str())];
    let rows = session.rows(COUNTS, &values).await?;
    let row = rows.first().ok_or(Fault::Unexpected("count"))?;
    let count = |column| row.int(column).map(|count| u64::try_from(count).unwrap_or_default());
    Ok(Counts {
        ready: count("ready")?,
        leased: count("leased")?,
        done: count("done")?,
        dead: count("dead")?,
        oldest_open: row.maybe_int("oldest_open")?.map(from_micros),
        last_received: row.maybe_int("last_received")?.map(from_micros),
    })
}

pub(in crate::store) async fn bodies_not_under<S: Session>(
    session: &mut S,
    environment: Environment,
    key_id: &str,
    after: Option<EntryId>,
    limit: u32,
) -> Result<Vec<BodyAt>, Fault> {
    let values = [
        Value::Text(environment.as_str()),
        Value::Int(after.map_or(i64::MIN, EntryId::get)),
        Value::Text(key_id),
        Value::Int(i64::from(limit)),
    ];
    let rows = session.rows(BODIES, &values).await?;
    let body_at = |found: &S::Row| {
        Ok(BodyAt {
            id: EntryId::new(found.int("id")?),
            kind: row::kind(found)?,
            body_sha256: row::hash(found, "body_sha256")?
                .ok_or(Fault::Unexpected("body_sha256"))?,
            body: row::body(found)?.ok_or(Fault::Unexpected("body"))?,
        })
    };
    rows.iter().map(body_at).collect()
}
