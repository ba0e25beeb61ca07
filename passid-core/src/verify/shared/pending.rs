//! What the instances have still to be told, in a bounded queue: it outlasts a Redis that is away.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::message::CacheKey;
use super::seal::Id;

/// How many wishes wait for a Redis that is away. Beyond that everything is forgotten.
const MAX_PENDING: usize = 10_000;
/// How many are sent at once.
const BATCH: usize = 64;

/// What is still to be sent.
#[derive(Default)]
pub(super) struct Pending {
    wishes: Mutex<Wishes>,
    pub(super) news: Arc<Notify>,
}

/// Wakes the task that sends, so that it ends.
impl Drop for Pending {
    fn drop(&mut self) {
        self.news.notify_one();
    }
}

#[derive(Default)]
struct Wishes {
    tokens: VecDeque<Wish>,
    /// How many of them there are of a token.
    of: HashMap<Id, u32>,
    all: bool,
}

impl Wishes {
    fn add(&mut self, wish: Wish) {
        if let Some(id) = wish.id {
            *self.of.entry(id).or_default() += 1;
        }
        self.tokens.push_back(wish);
    }

    fn remove(&mut self, count: usize) {
        for id in self.tokens.drain(..count).filter_map(|wish| wish.id) {
            if let Some(left) = self.of.get_mut(&id) {
                *left -= 1;
                if *left == 0 {
                    self.of.remove(&id);
                }
            }
        }
    }

    fn become_all(&mut self) {
        self.tokens.clear();
        self.of.clear();
        self.all = true;
    }
}

#[derive(Clone)]
pub(super) struct Wish {
    pub(super) id: Option<Id>,
    /// The names that get a tombstone: of the entries, or of the subject itself.
    pub(super) entries: Vec<String>,
    /// How the caches of all instances name it.
    pub(super) keys: Vec<CacheKey>,
    pub(super) of: Of,
}

/// What a wish is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Token,
    Subject,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, wish: Wish) {
        let mut wishes = self.lock();
        if wishes.tokens.len() >= MAX_PENDING {
            wishes.become_all();
        }
        // Also while everything is to be forgotten: that may be under way already.
        wishes.add(wish);
        drop(wishes);
        self.news.notify_one();
    }

    pub(super) fn add_all(&self) {
        self.lock().become_all();
        self.news.notify_one();
    }

    /// Whether Redis has still to hear that this is forgotten.
    pub(super) fn concerns(&self, id: Id) -> bool {
        let wishes = self.lock();
        wishes.all || wishes.of.contains_key(&id)
    }

    /// What is next: everything, or some tokens.
    pub(super) fn next(&self) -> (bool, Vec<Wish>) {
        let wishes = self.lock();
        (wishes.all, wishes.tokens.iter().take(BATCH).cloned().collect())
    }

    /// Takes out what was sent; what was wished for in the meantime stays.
    pub(super) fn sent(&self, all: bool, tokens: usize) {
        let mut wishes = self.lock();
        if all {
            wishes.all = false;
        } else if !wishes.all {
            wishes.remove(tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(id: u8) -> Wish {
        Wish { id: Some(Id([id; 16])), entries: Vec::new(), keys: vec![[id; 16]], of: Of::Token }
    }

    #[test]
    fn too_many_wishes_become_one_to_forget_everything() {
        let pending = Pending::default();
        let wish = wish(1);
        for _ in 0..MAX_PENDING {
            pending.add(wish.clone());
        }
        assert_eq!((pending.next().0, pending.next().1.len()), (false, BATCH));
        pending.add(wish.clone());
        assert_eq!((pending.next().0, pending.next().1.len()), (true, 1));
        assert!(pending.concerns(Id([2; 16])), "everything is concerned");
        pending.sent(true, 1);
        assert_eq!((pending.next().0, pending.next().1.len()), (false, 1));
        assert!(!pending.concerns(Id([2; 16])));
        pending.sent(false, 1);
        assert!(!pending.concerns(Id([1; 16])));
        assert_eq!(pending.next().1.len(), 0);
    }

    #[test]
    fn a_wish_that_comes_while_others_are_sent_stays() {
        let pending = Pending::default();
        pending.add(wish(1));
        let (_, sending) = pending.next();
        pending.add(wish(2));
        pending.sent(false, sending.len());
        assert!(!pending.concerns(Id([1; 16])) && pending.concerns(Id([2; 16])));
        assert_eq!(pending.next().1.len(), 1);
    }
}
