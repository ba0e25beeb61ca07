use std::time::SystemTime;

use passid_core::Environment;

use super::{Hash, StoredBody};

/// A record as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its key.
    pub key: Hash,
    /// What it holds, plain or sealed.
    pub body: StoredBody,
    /// Until when it holds.
    pub keep_until: SystemTime,
}

/// A record that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Records of different environments never meet.
    pub environment: Environment,
    /// What must stand there now; `None` for nothing.
    pub from: Option<StoredBody>,
    /// What is to stand there.
    pub to: Record,
}
