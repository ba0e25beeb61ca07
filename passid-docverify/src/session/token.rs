//! What a caller presents: a session and the state that proves it is theirs.

use std::fmt;

use passid_core::{Token, TokenError};
use secrecy::{ExposeSecret, SecretString};

use crate::{CallbackState, CallbackStateError, IdError, SessionId};

/// What a caller presents to a guard: `docverify.STATE.SESSION`, the pair of a session and its state
/// (decision P92). Whoever holds it has been through the session, so it is treated as a secret.
///
/// The session's id alone proves nothing: it stands in addresses and logs.
///
/// ```
/// use passid_docverify::{CallbackState, SessionId, SessionToken};
///
/// let state = CallbackState::parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
/// let token = SessionToken::new(&SessionId::parse("H1I12oskjzsdhskj4")?, &state);
/// assert_eq!(token.expose(), "docverify.0f1e2d3c4b5a69788796a5b4c3d2e1f0.H1I12oskjzsdhskj4");
/// assert_eq!(SessionToken::parse(token.expose())?.session_id().as_str(), "H1I12oskjzsdhskj4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SessionToken {
    text: SecretString,
    session_id: SessionId,
    state: CallbackState,
}

impl SessionToken {
    /// What every token of a session begins with: to choose the provider by.
    pub const PREFIX: &'static str = "docverify.";

    /// The token of this pair.
    pub fn new(session_id: &SessionId, state: &CallbackState) -> Self {
        let text = format!("{}{}.{session_id}", Self::PREFIX, state.expose());
        Self { text: text.into(), session_id: session_id.clone(), state: state.clone() }
    }

    /// Reads a token. A state has no full stop, so that the id is whatever stands after the second.
    ///
    /// # Errors
    ///
    /// [`SessionTokenError`] for anything else. It never repeats what was given.
    pub fn parse(raw: &str) -> Result<Self, SessionTokenError> {
        let pair = raw.strip_prefix(Self::PREFIX).ok_or(SessionTokenError::Form)?;
        let (state, id) = pair.split_once('.').ok_or(SessionTokenError::Form)?;
        Ok(Self::new(&SessionId::parse(id)?, &CallbackState::parse(state)?))
    }

    /// The session.
    pub fn session_id(&self) -> &SessionId {
        &self.session_id
    }

    /// The state.
    pub fn state(&self) -> &CallbackState {
        &self.state
    }

    /// The token itself, for the person's browser or app.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// The same as a [`Token`], as a guard hands it to a verifier.
    ///
    /// # Errors
    ///
    /// None in practice: every pair is a token.
    pub fn to_token(&self) -> Result<Token, TokenError> {
        Token::parse(self.expose())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(redacted)")
    }
}

/// Why a text is no token of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionTokenError {
    /// Another form.
    #[error("a session's token has the form docverify.STATE.SESSION")]
    Form,
    /// The state is none.
    #[error(transparent)]
    State(#[from] CallbackStateError),
    /// The id is none.
    #[error(transparent)]
    Id(#[from] IdError),
}
