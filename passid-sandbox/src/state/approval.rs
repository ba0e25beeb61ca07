//! A test in the customer's place.

use jiff::Timestamp;

use super::issued::Credential;
use super::session::SessionRefused;
use super::world::World;
use crate::credential::{MintError, NewCredential};

/// Why a session is not approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApproveRefused {
    Session(SessionRefused),
    /// The credential cannot be issued.
    Mint(MintError),
    /// A wallet cannot share a credential that is not valid.
    NotValid,
}

impl From<SessionRefused> for ApproveRefused {
    fn from(refused: SessionRefused) -> Self {
        Self::Session(refused)
    }
}

impl From<MintError> for ApproveRefused {
    fn from(error: MintError) -> Self {
        Self::Mint(error)
    }
}

impl World {
    /// Approves a session with a credential that a test describes, in the session's environment,
    /// and gives its token.
    pub(crate) fn approve_session(
        &mut self,
        request_id: &str,
        new: NewCredential,
        now: Timestamp,
    ) -> Result<String, ApproveRefused> {
        let session = self.pending_session(request_id, now)?;
        let permissions = session.permissions.clone();
        let new = new.environment(session.environment());
        let mut credential = Credential::new(new.into_checked_parts()?, now);
        if credential.verdict(now).reason().is_some() {
            return Err(ApproveRefused::NotValid);
        }
        self.room_for_one_more()?;
        credential.narrow(&permissions);
        let token = self.put_token(credential);
        self.complete_session(request_id, &token, now);
        Ok(token)
    }
}
