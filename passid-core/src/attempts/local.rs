//! Attempts counted in the memory of this instance.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::quota::Quota;
use super::subject::Subject;

/// A bounded table: one number per subject.
pub(super) struct Local {
    capacity: usize,
    /// The subject that is never pushed out.
    pinned: [u8; 16],
    table: Mutex<HashMap<[u8; 16], u64>>,
}

/// How many entries are looked at to find one that can go.
const LOOKED_AT: usize = 16;

impl Local {
    pub(super) fn new(capacity: usize, pinned: [u8; 16]) -> Self {
        Self { capacity, pinned, table: Mutex::default() }
    }

    /// One attempt of all subjects at `now`, or of none; how long to wait for it otherwise. In
    /// microseconds.
    pub(super) fn attempt(&self, subjects: &[Subject], now: u64) -> Result<(), u64> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Vec::with_capacity(subjects.len());
        let mut wait = 0;
        for subject in subjects {
            let used = table.get(&subject.id).copied().unwrap_or(0);
            match subject.quota.attempt(used, now) {
                Ok(until) => next.push((subject.id, until)),
                Err(longer) => wait = wait.max(longer),
            }
        }
        if wait > 0 {
            return Err(wait);
        }
        for (id, until) in next {
            if !table.contains_key(&id) {
                self.make_room(&mut table, now);
            }
            table.insert(id, until);
        }
        Ok(())
    }

    pub(super) fn give_back(&self, subjects: &[Subject]) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects {
            if let Some(used) = table.get_mut(&subject.id) {
                *used = Quota::give_back(subject.quota, *used);
            }
        }
    }

    /// P79: whoever fills the table pushes out those that have used least. The institution stays, which
    /// bounds what can be gained by that.
    fn make_room(&self, table: &mut HashMap<[u8; 16], u64>, now: u64) {
        if table.len() < self.capacity {
            return;
        }
        table.retain(|_, until| *until > now);
        while table.len() >= self.capacity {
            let others = table.iter().filter(|(id, _)| **id != self.pinned);
            let least = others.take(LOOKED_AT).min_by_key(|(_, until)| **until);
            let Some(id) = least.map(|(id, _)| *id) else { return };
            table.remove(&id);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn subject(id: u8, attempts: u32) -> Subject {
        let quota = Quota::new(attempts, Duration::from_secs(10)).unwrap();
        Subject { id: [id; 16], quota }
    }

    #[test]
    fn an_attempt_that_one_subject_refuses_costs_the_others_nothing() {
        let local = Local::new(10, [0; 16]);
        let (few, many) = (subject(1, 1), subject(2, 3));
        assert_eq!(local.attempt(&[few, many], 1), Ok(()));
        for _ in 0..5 {
            assert!(local.attempt(&[few, many], 1).is_err());
        }
        assert_eq!(local.attempt(&[many], 1), Ok(()));
        assert_eq!(local.attempt(&[many], 1), Ok(()));
        assert!(local.attempt(&[many], 1).is_err());
    }

    #[test]
    fn what_succeeded_is_given_back() {
        let local = Local::new(10, [0; 16]);
        let one = subject(1, 1);
        for _ in 0..100 {
            assert_eq!(local.attempt(&[one], 1), Ok(()));
            local.give_back(&[one]);
        }
    }

    #[test]
    fn its_memory_is_bounded_whoever_comes() {
        let local = Local::new(50, [0; 16]);
        for id in 0..=255 {
            let _ = local.attempt(&[subject(id, 2)], 1);
            assert!(local.len() <= 50);
        }
    }

    #[test]
    fn what_has_come_back_makes_room_first() {
        let local = Local::new(3, [9; 16]);
        let (old, new) = (subject(1, 1), subject(2, 1));
        assert!(local.attempt(&[old], 1).is_ok());
        assert!(local.attempt(&[subject(4, 1)], 1).is_ok());
        let later = 11_000_000;
        assert!(local.attempt(&[new], later).is_ok());
        assert!(local.attempt(&[subject(3, 1)], later).is_ok());
        assert!(local.attempt(&[new], later).is_err(), "it was not pushed out");
    }
}
