//! A test in the customer's place.

use super::Sandbox;
use crate::credential::{MintError, NewCredential};
use crate::state::{ApproveRefused, SessionRefused, World};

impl Sandbox {
    /// Approves a session in a customer's place, with the demo customer's claims, and gives the
    /// token that was shared.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when there is no such session or it is over.
    pub fn approve_session(&self, request_id: &str) -> Result<String, SessionError> {
        self.approve_session_with(request_id, NewCredential::new())
    }

    /// Approves a session in a customer's place, with a credential of your choice.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when there is no such session, it is over, or the credential is not valid.
    pub fn approve_session_with(
        &self,
        request_id: &str,
        credential: NewCredential,
    ) -> Result<String, SessionError> {
        let approve = |world: &mut World, now| world.approve_session(request_id, credential, now);
        self.state.change_now(approve).0.map_err(SessionError::from)
    }

    /// Declines a session in a customer's place.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when there is no such session or it is over.
    pub fn decline_session(&self, request_id: &str) -> Result<(), SessionError> {
        let decline = |world: &mut World, now| world.decline_session(None, request_id, now);
        self.state.change_now(decline).0.map_err(SessionError::from)
    }

    /// Ends a session as if its time had passed.
    ///
    /// # Errors
    ///
    /// [`SessionError`] when there is no such session or it is over.
    pub fn expire_session(&self, request_id: &str) -> Result<(), SessionError> {
        let expire = |world: &mut World, now| world.expire_session(request_id, now);
        self.state.change_now(expire).0.map_err(SessionError::from)
    }
}

/// Why a session cannot be ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// There is no such session.
    #[error("there is no such session; give the requestId of one that was created here")]
    NotFound,
    /// It has expired, was fulfilled or was declined.
    #[error("the session is over; create another one")]
    Over,
    /// A wallet cannot share a credential that is expired, revoked or denied.
    #[error("a wallet cannot share a credential that is not valid; describe a valid one")]
    CredentialNotValid,
    /// The credential cannot be issued.
    #[error(transparent)]
    Mint(#[from] MintError),
}

impl From<SessionRefused> for SessionError {
    fn from(refused: SessionRefused) -> Self {
        match refused {
            SessionRefused::NotFound => Self::NotFound,
            SessionRefused::Over => Self::Over,
        }
    }
}

impl From<ApproveRefused> for SessionError {
    fn from(refused: ApproveRefused) -> Self {
        match refused {
            ApproveRefused::Session(refused) => refused.into(),
            ApproveRefused::NotValid => Self::CredentialNotValid,
            ApproveRefused::Mint(error) => error.into(),
        }
    }
}
