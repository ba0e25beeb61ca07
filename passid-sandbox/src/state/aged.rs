//! Rows that make room: the oldest goes first, by count and by age (P28).

use std::collections::VecDeque;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::table::{Row, Table};

/// A row that has a moment it dates from.
pub(crate) trait Dated {
    fn dated(&self) -> Timestamp;
}

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Rows of each table.
    pub(crate) records: usize,
    /// Since the moment a row dates from.
    pub(crate) age: SignedDuration,
}

/// A table that forgets its oldest rows when there are too many or when they are too old.
pub(crate) struct Aged<R> {
    table: Table<R>,
    /// May name rows that are gone or were replaced since; those are skipped.
    by_age: VecDeque<(Timestamp, String)>,
    limits: Limits,
}

impl<R: Row + Dated> Aged<R> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { table: Table::default(), by_age: VecDeque::new(), limits }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&R> {
        self.table.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut R> {
        self.table.get_mut(key)
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.table.contains(key)
    }

    /// Puts a row in, and gives the rows that had to make room.
    pub(crate) fn insert(&mut self, key: impl Into<String>, row: R) -> Vec<R> {
        let key = key.into();
        self.by_age.push_back((row.dated(), key.clone()));
        self.table.insert(key, row);
        let mut gone = Vec::new();
        while self.table.len() > self.limits.records {
            let Some((dated, key)) = self.by_age.pop_front() else { break };
            gone.extend(self.forget(dated, &key));
        }
        // Replaced rows leave names behind; that must not grow without end either.
        if self.by_age.len() > self.limits.records.max(64).saturating_mul(2) {
            let table = &self.table;
            self.by_age
                .retain(|(dated, key)| table.get(key).is_some_and(|row: &R| row.dated() == *dated));
        }
        gone
    }

    /// Forgets what has become too old, and gives it.
    pub(crate) fn forget_what_is_over(&mut self, now: Timestamp) -> Vec<R> {
        let mut gone = Vec::new();
        while let Some((dated, _)) = self.by_age.front() {
            if now.duration_since(*dated) < self.limits.age {
                break;
            }
            let Some((dated, key)) = self.by_age.pop_front() else { break };
            gone.extend(self.forget(dated, &key));
        }
        gone
    }

    /// Takes the oldest row out.
    pub(crate) fn take_oldest(&mut self) -> Option<R> {
        while let Some((dated, key)) = self.by_age.pop_front() {
            if let Some(row) = self.forget(dated, &key) {
                return Some(row);
            }
        }
        None
    }

    fn forget(&mut self, dated: Timestamp, key: &str) -> Option<R> {
        let same = self.table.get(key).is_some_and(|row| row.dated() == dated);
        if same { self.table.remove(key) } else { None }
    }

    pub(crate) fn table(&self) -> &Table<R> {
        &self.table
    }

    pub(crate) fn table_mut(&mut self) -> &mut Table<R> {
        &mut self.table
    }

    /// After rows were loaded past [`Aged::insert`].
    pub(crate) fn rebuild(&mut self) {
        let mut by_age: Vec<_> =
            self.table.iter().map(|(key, row)| (row.dated(), key.clone())).collect();
        by_age.sort();
        self.by_age = by_age.into();
    }
}

impl<R> fmt::Debug for Aged<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aged").field("table", &self.table).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Note(i64);

    impl Row for Note {
        const TABLE: &'static str = "notes";
    }

    impl Dated for Note {
        fn dated(&self) -> Timestamp {
            at(self.0)
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn notes(records: usize) -> Aged<Note> {
        Aged::new(Limits { records, age: SignedDuration::from_secs(100) })
    }

    #[test]
    fn the_oldest_makes_room() {
        let mut notes = notes(2);
        notes.insert("a", Note(1));
        notes.insert("b", Note(2));
        let gone = notes.insert("c", Note(3));
        assert_eq!(gone.len(), 1);
        assert!(!notes.contains("a") && notes.contains("b") && notes.contains("c"));
    }

    #[test]
    fn a_row_that_was_replaced_counts_as_young_again() {
        let mut notes = notes(2);
        notes.insert("a", Note(1));
        notes.insert("b", Note(2));
        notes.insert("a", Note(3));
        notes.insert("c", Note(4));
        assert!(notes.contains("a") && !notes.contains("b"));
        for second in 5..10_000 {
            notes.insert("a", Note(second));
        }
        assert!(notes.by_age.len() <= 128);
    }

    #[test]
    fn what_is_too_old_is_forgotten_also_after_loading() {
        let mut notes = notes(10);
        notes.table_mut().load("young", "150").unwrap();
        notes.table_mut().load("old", "100").unwrap();
        notes.rebuild();
        assert!(notes.forget_what_is_over(at(199)).is_empty());
        assert_eq!(notes.forget_what_is_over(at(200)).len(), 1);
        assert!(notes.contains("young") && !notes.contains("old"));
    }
}
