//! Rows that know which of them changed: what is kept in memory, exported, and written to disk.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::fmt;
use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What a table holds.
pub(crate) trait Row: Serialize + DeserializeOwned {
    /// The name of the table, in the data file and in an export.
    const TABLE: &'static str;
}

/// One row as it is to be written: its JSON, or nothing when it is gone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) table: &'static str,
    pub(crate) key: String,
    pub(crate) value: Option<String>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("table", &self.table).finish_non_exhaustive()
    }
}

/// Rows by key. Every change is remembered until [`Table::drain_changes`] takes it.
pub(crate) struct Table<R> {
    rows: BTreeMap<String, R>,
    changed: BTreeSet<String>,
}

impl<R: Row> Table<R> {
    pub(crate) fn get(&self, key: &str) -> Option<&R> {
        self.rows.get(key)
    }

    /// The row, to be changed. It counts as changed from here on.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut R> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    /// The row, to be changed; a new one when there is none.
    pub(crate) fn get_or_default(&mut self, key: &str) -> &mut R
    where
        R: Default,
    {
        self.changed.insert(key.to_owned());
        self.rows.entry(key.to_owned()).or_default()
    }

    pub(crate) fn insert(&mut self, key: impl Into<String>, row: R) {
        let key = key.into();
        self.changed.insert(key.clone());
        self.rows.insert(key, row);
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<R> {
        let row = self.rows.remove(key)?;
        self.changed.insert(key.to_owned());
        Some(row)
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// In the order of the keys.
    pub(crate) fn iter(&self) -> btree_map::Iter<'_, String, R> {
        self.rows.iter()
    }

    /// From this key on.
    pub(crate) fn iter_from<'a>(&'a self, key: &str) -> btree_map::Range<'a, String, R> {
        self.rows.range::<str, _>((Bound::Included(key), Bound::Unbounded))
    }

    /// The rows whose keys begin with `prefix`.
    pub(crate) fn iter_prefix<'a>(
        &'a self,
        prefix: &str,
    ) -> impl Iterator<Item = (&'a String, &'a R)> + use<'a, R> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let prefix = prefix.to_owned();
        self.rows.range::<str, _>(from).take_while(move |(key, _)| key.starts_with(&prefix))
    }

    /// Hands over what changed since the last time.
    pub(crate) fn drain_changes(&mut self, into: &mut Vec<Change>) {
        for key in std::mem::take(&mut self.changed) {
            // Our own rows have text keys and finite numbers only, so that writing them cannot fail.
            let value = self.rows.get(&key).and_then(|row| serde_json::to_string(row).ok());
            into.push(Change { table: R::TABLE, key, value });
        }
    }

    /// Forgets what changed: for a sandbox that keeps nothing.
    pub(crate) fn discard_changes(&mut self) {
        self.changed.clear();
    }

    pub(crate) fn name(&self) -> &'static str {
        R::TABLE
    }

    /// Every row, as a change that takes it away.
    pub(crate) fn removals(&self, into: &mut Vec<Change>) {
        let gone = |key: &String| Change { table: R::TABLE, key: key.clone(), value: None };
        into.extend(self.rows.keys().map(gone));
    }

    /// Every row as JSON.
    pub(crate) fn export(&self) -> (&'static str, Map<String, Value>) {
        let json = |row| serde_json::to_value(row).unwrap_or_default();
        (R::TABLE, self.rows.iter().map(|(key, row)| (key.clone(), json(row))).collect())
    }

    /// Takes a row from a data file or an export.
    pub(crate) fn load(&mut self, key: &str, json: &str) -> Result<(), serde_json::Error> {
        let row = serde_json::from_str(json)?;
        self.insert(key, row);
        Ok(())
    }
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<R> fmt::Debug for Table<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
