//! What there is in the sandbox: issued one by one, planted, exported, imported.

use super::Sandbox;
use crate::credential::{MintError, NewCredential};
use crate::seed::{Seed, SeedError};
use crate::state::SnapshotError;

impl Sandbox {
    /// Issues a credential and gives its token. Tokens are not used up (decision D14).
    ///
    /// # Errors
    ///
    /// [`MintError`] when the credential is beyond a limit, or 100,000 were minted.
    pub fn mint_token(&self, credential: NewCredential) -> Result<String, MintError> {
        self.state.change_now(|world, now| world.mint_token(credential, now)).0
    }

    /// Issues a credential and gives a one-time code for it (guide, step 4).
    ///
    /// # Errors
    ///
    /// [`MintError`] when the credential is beyond a limit, or 100,000 were minted.
    pub fn mint_code(&self, credential: NewCredential) -> Result<String, MintError> {
        self.state.change_now(|world, now| world.mint_code(credential, now)).0
    }

    /// Adds a customer who holds this credential, and gives the id and the user JWT.
    ///
    /// # Errors
    ///
    /// [`MintError`] when the credential is beyond a limit, or 100,000 were minted.
    pub fn add_customer(&self, credential: NewCredential) -> Result<(String, String), MintError> {
        self.state.change_now(|world, now| world.add_customer(credential, now)).0
    }

    /// Revokes a token from now on. Whether there was one.
    pub fn revoke_token(&self, token: &str) -> bool {
        self.state.change_now(|world, _| world.revoke_token(token)).0.is_ok()
    }

    /// Adds institutions, customers, tokens and codes: all or nothing, and what exists stays as it
    /// is.
    ///
    /// # Errors
    ///
    /// [`SeedError`] names the entry that cannot be taken.
    pub fn seed(&self, seed: &Seed) -> Result<(), SeedError> {
        self.state.change_now(|world, now| world.seed(seed, now)).0
    }

    /// The whole state as JSON, keys and tokens included.
    pub fn export(&self) -> String {
        serde_json::to_string(&self.state.export()).unwrap_or_default()
    }

    /// Puts an exported state in place of this one. The keys of this sandbox stay in force.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`]; the old state stays.
    pub fn import(&self, exported: &str) -> Result<(), SnapshotError> {
        let snapshot = serde_json::from_str(exported)
            .map_err(|error| SnapshotError::Unreadable(error.to_string()))?;
        self.state.import(snapshot).0
    }
}
