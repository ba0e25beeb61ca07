//! The first 100 bytes of an SQLite file, read by ourselves: whether the file is ours has to be
//! known before SQLite opens it, because SQLite may write to what it opens.

/// `PSID`, in the field that SQLite reserves for the file's application.
pub(super) const APPLICATION_ID: u32 = u32::from_be_bytes(*b"PSID");
/// The layout of the file: the one table in [`open`](super::open).
pub(super) const VERSION: u32 = 1;

pub(super) const LENGTH: usize = 100;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// The file formats for writing and reading; both are 2 in WAL mode.
const FORMATS_AT: usize = 18;
const WAL: [u8; 2] = [2, 2];
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// Whether it is in WAL mode.
    Ours {
        log: bool,
    },
    OtherVersion(u32),
    Foreign,
    NotSqlite,
}

impl Header {
    /// Reads the beginning of a file that is not empty.
    pub(super) fn read(start: &[u8]) -> Self {
        if start.len() < LENGTH || !start.starts_with(MAGIC) {
            return Self::NotSqlite;
        }
        match (number(start, APPLICATION_ID_AT), number(start, USER_VERSION_AT)) {
            (Some(APPLICATION_ID), Some(VERSION)) => {
                Self::Ours { log: start.get(FORMATS_AT..).is_some_and(|at| at.starts_with(&WAL)) }
            }
            (Some(APPLICATION_ID), Some(version)) => Self::OtherVersion(version),
            _ => Self::Foreign,
        }
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}
