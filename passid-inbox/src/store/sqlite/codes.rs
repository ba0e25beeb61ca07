//! SQLite's result codes, without the extension in their upper bits.

use crate::store::sql::Fault;

pub(super) const ERROR: u32 = 1;
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
pub(super) const CORRUPT: u32 = 11;
pub(super) const NOTADB: u32 = 26;
const FULL: u32 = 13;
const TOOBIG: u32 = 18;
const CONSTRAINT: u32 = 19;
const MISMATCH: u32 = 20;

pub(super) fn primary(fault: &Fault) -> Option<u32> {
    Some(fault.code()?.parse::<u32>().ok()? & 0xff)
}

pub(super) fn is_busy(fault: &Fault) -> bool {
    matches!(primary(fault), Some(BUSY | LOCKED))
}

/// Whether there was no room; a smaller write may still have it.
pub(super) fn is_full(fault: &Fault) -> bool {
    primary(fault) == Some(FULL)
}

/// Whether only the statement failed, and its transaction goes on. After others SQLite may have rolled
/// back all of it.
pub(super) fn is_of_statement(fault: &Fault) -> bool {
    matches!(fault, Fault::Unexpected(_))
        || matches!(primary(fault), Some(TOOBIG | CONSTRAINT | MISMATCH))
}
