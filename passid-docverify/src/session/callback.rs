//! The person comes back from the hosted page.

use url::form_urlencoded;

use crate::{CallbackState, SessionId, SessionToken};

/// The query of a callback. What it says is not believed until the state was compared: the id comes
/// out of [`verify`](Self::verify) only.
///
/// A callback says that the person is through, never that they passed: ask for the result.
///
/// ```
/// use passid_docverify::{Callback, CallbackState};
///
/// // Kept in the person's own session since the verification was created.
/// let kept = CallbackState::parse("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
///
/// let query = "sessionId=H1I12oskjzsdhskj4&state=0f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// let token = Callback::parse(query)?.verify(&kept)?;
/// assert_eq!(token.session_id().as_str(), "H1I12oskjzsdhskj4");
///
/// let forged = "session_id=H1I12oskjzsdhskj4&state=00000000000000000000000000000000";
/// assert!(Callback::parse(forged)?.verify(&kept).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Callback {
    session_id: SessionId,
    state: CallbackState,
}

impl Callback {
    /// The longest query that is read, in bytes. Ours.
    pub const MAX_LEN: usize = 8192;

    /// Reads the query of a callback, without the `?`. Other parameters are left alone.
    ///
    /// The id stands under `sessionId` in the vendor's sample and under `session_id` in a guide: both
    /// are read, and both may stand there if they agree.
    ///
    /// # Errors
    ///
    /// [`CallbackError`] when the id or the state is missing, is none, or stands there twice.
    pub fn parse(query: &str) -> Result<Self, CallbackError> {
        if query.len() > Self::MAX_LEN {
            return Err(CallbackError::TooLong);
        }
        let (mut ids, mut states) = (Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "sessionId" | "session_id" => ids.push((name, value)),
                "state" => states.push(value),
                _ => {}
            }
        }
        let id = match ids.as_slice() {
            [] => return Err(CallbackError::NoSession),
            [(_, id)] => id,
            [(one, id), (two, same)] if one != two && id == same => id,
            _ => return Err(CallbackError::Repeated),
        };
        let state = match states.as_slice() {
            [] => return Err(CallbackError::NoState),
            [state] => state,
            _ => return Err(CallbackError::Repeated),
        };
        let session_id = SessionId::parse(&**id).map_err(|_| CallbackError::NoSession)?;
        let state = CallbackState::parse(state).map_err(|_| CallbackError::AnotherState)?;
        Ok(Self { session_id, state })
    }

    /// Compares the state with the one that was kept for this person since their session was created,
    /// in constant time, and gives the pair that they may present from now on.
    ///
    /// Take the kept state from the person's own session, a cookie that is signed or sealed: one that
    /// is looked up by the id of the query would be found for a forger too.
    ///
    /// # Errors
    ///
    /// [`CallbackError::AnotherState`].
    pub fn verify(&self, kept: &CallbackState) -> Result<SessionToken, CallbackError> {
        if self.state == *kept {
            Ok(SessionToken::new(&self.session_id, &self.state))
        } else {
            Err(CallbackError::AnotherState)
        }
    }
}

/// Why a callback is not believed. Never repeats what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Longer than [`Callback::MAX_LEN`].
    #[error("the callback's query is longer than {} bytes; refuse it", Callback::MAX_LEN)]
    TooLong,
    /// No id of a session.
    #[error("the callback names no session; refuse it")]
    NoSession,
    /// No state.
    #[error("the callback has no state; refuse it")]
    NoState,
    /// A parameter stands there twice.
    #[error("the callback repeats a parameter; refuse it")]
    Repeated,
    /// The state is not the one that was kept.
    #[error("the callback has another state than this person's session; refuse it")]
    AnotherState,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    fn verified(query: &str) -> Result<String, CallbackError> {
        let kept = CallbackState::parse(STATE).unwrap();
        let token = Callback::parse(query)?.verify(&kept)?;
        Ok(token.session_id().as_str().to_owned())
    }

    #[test]
    fn both_names_of_the_session_are_read() {
        for query in [
            format!("sessionId=a%2Fb&state={STATE}"),
            format!("state={STATE}&x=y&session_id=a%2Fb"),
            format!("sessionId=a%2Fb&session_id=a%2Fb&state={STATE}"),
        ] {
            assert_eq!(verified(&query).unwrap(), "a/b", "{query}");
        }
    }

    #[test]
    fn a_callback_that_is_not_beyond_doubt_is_refused() {
        use CallbackError::{AnotherState, NoSession, NoState, Repeated, TooLong};
        for (query, error) in [
            (String::new(), NoSession),
            (format!("state={STATE}"), NoSession),
            (format!("sessionId=..&state={STATE}"), NoSession),
            ("sessionId=a".to_owned(), NoState),
            (format!("sessionId=a&session_id=b&state={STATE}"), Repeated),
            (format!("sessionId=a&sessionId=a&state={STATE}"), Repeated),
            (format!("sessionId=a&state={STATE}&state={STATE}"), Repeated),
            ("sessionId=a&state=".to_owned(), AnotherState),
            (format!("sessionId=a&state={}", STATE.to_uppercase()), AnotherState),
            (format!("sessionId=a&state={STATE}0"), AnotherState),
            (format!("sessionId={}", "a".repeat(9000)), TooLong),
        ] {
            assert_eq!(verified(&query).unwrap_err(), error, "{query}");
        }
    }

    #[test]
    fn neither_callback_nor_token_shows_the_state() {
        let callback = Callback::parse(&format!("sessionId=a&state={STATE}")).unwrap();
        let token = callback.verify(&CallbackState::parse(STATE).unwrap()).unwrap();
        assert!(!format!("{callback:?} {token:?}").contains(STATE));
    }
}
