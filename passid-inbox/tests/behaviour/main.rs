//! What an inbox, its workers and its outbox do, seen from outside: over the store in memory and a
//! clock that stands still until it is told otherwise.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod desk;
mod faulty;
#[path = "../model/mod.rs"]
mod model;
mod passid;
mod stage;

mod accept;
mod chaos;
mod failing;
mod gap;
mod handling;
mod hints;
mod leases;
mod operate;
mod outbox_enqueue;
mod outbox_report;
mod outbox_sandbox;
mod receiver;
mod records;
mod store_faults;
mod store_model;
mod transactions;
