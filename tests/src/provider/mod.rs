//! The providers of the contract table: for each its API, in whatever state a row wants it, who takes
//! part, and what it cannot express.

pub mod docverify;
pub mod passbase;
pub mod passid;
mod stage;

use passid_core::Verify;

use crate::table::{Cast, Row};
use crate::upstream::Upstream;

/// A provider whose credentials the table is about.
pub trait Provider {
    /// What stands behind the guard.
    type Verifier: Verify + Clone;

    /// Its name, for complaints.
    fn name(&self) -> &'static str;

    /// Who takes part.
    fn cast(&self) -> &Cast;

    /// The rows that are about this provider alone.
    fn own_rows(&self) -> Vec<Row>;

    /// The rows of the table that it cannot express.
    fn gaps(&self) -> &'static [Gap];

    /// Makes the API behave like this from now on, and begins to count.
    fn prepare(&self, upstream: Upstream);

    /// A new verifier for this behaviour.
    fn verifier(&self, upstream: Upstream) -> Self::Verifier;

    /// Calls since [`prepare`](Self::prepare) that asked about a credential.
    fn calls(&self) -> u64;

    /// All calls since [`prepare`](Self::prepare), those for an access token among them.
    fn all_calls(&self) -> u64;
}

/// Rows of the table that a provider cannot express, for one reason.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// Why.
    pub reason: &'static str,
    /// The names of the rows.
    pub rows: &'static [&'static str],
}
