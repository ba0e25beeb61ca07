//! What the stores over a database share: the statements, how a row is read, and what is kept of an
//! error.

mod claim;
mod fault;
mod lease;
mod migrations;
mod operate;
mod read;
mod record;
mod row;
mod session;
mod time;
mod write;

#[cfg(feature = "sqlite")]
pub(super) use claim::is_superseded;
#[cfg(feature = "postgres")]
pub(super) use claim::lease;
pub(super) use claim::{ClaimStatements, claim};
pub(super) use fault::Fault;
pub(super) use lease::{LeaseEnd, end_lease};
pub(super) use migrations::{migrator, newer, not_migrated};
pub(super) use operate::{purge, replace_body, replay};
pub(super) use read::{bodies_not_under, counts, list, show};
pub(super) use record::{purge_records, put_record, record, records_not_under};
pub(super) use row::{Columns, entry_columns};
pub(super) use session::Session;
#[cfg(feature = "postgres")]
pub(super) use session::Value;
pub(super) use write::insert;
