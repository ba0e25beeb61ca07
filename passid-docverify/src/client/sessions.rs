//! Sessions: create, result, delete, consent, and the address of the hosted page.

use bytes::Bytes;
use passid_core::Environment;
use passid_core::provider::path_segment;

use super::call::{Mode, Operation};
use super::{ApiError, DocumentVerificationClient, ErrorKind};
use crate::result::SessionResult;
use crate::session::{CreateAnswer, CreatedSession};
use crate::{CallbackState, Consent, NewSession, SessionId, StartToken};

impl DocumentVerificationClient {
    /// Creates a session. Each costs: it is never created again once bytes may have left.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MockOutsideSandbox`] before anything is sent; [`ErrorKind::OutcomeUnknown`] when
    /// the session may exist and its answer is lost; else what went wrong.
    ///
    /// ```no_run
    /// # async fn example(client: passid_docverify::DocumentVerificationClient) -> Result<(), Box<dyn std::error::Error>> {
    /// use passid_docverify::NewSession;
    ///
    /// let asked = NewSession::new().callback_url("https://bank.example/identity/callback");
    /// let session = client.create_session(&asked).await?;
    /// if let Some(token) = &session.start_token {
    ///     println!("send the person to {}", client.start_url(token)?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_session(&self, asked: &NewSession) -> Result<CreatedSession, ApiError> {
        let mocked = asked.mock.is_some();
        if mocked && self.environment() == Environment::Live && !asked.mock_is_forced {
            return Err(ApiError::new(ErrorKind::MockOutsideSandbox));
        }
        let state = match &asked.state {
            Some(state) => state.clone(),
            None => CallbackState::random()
                .map_err(|error| ApiError::new(ErrorKind::NoRandomness).because(error))?,
        };
        // Before the request: the age of the evidence must not come out too low.
        let created_at = self.clock().now();
        let route = "/api/v1/verification";
        let operation = Operation {
            method: "POST",
            body: asked.body(&state).into(),
            mode: Mode::Once,
            not_found: ErrorKind::RequestRefused,
            ..read("create_session", route, route.to_owned())
        };
        let answer = self.call(operation, |received| received.read(CreateAnswer::read)).await?;
        Ok(CreatedSession {
            session_id: answer.session_id,
            start_token: answer.start_token,
            expires_at: answer.expires_at,
            missing_images: answer.missing_images,
            state,
            mocked,
            environment: self.environment(),
            created_at,
        })
    }

    /// The address of the hosted page that starts a session. It can be used once: give it to the
    /// person, and keep it out of logs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsendable`] for a token that cannot stand in an address.
    pub fn start_url(&self, token: &StartToken) -> Result<String, ApiError> {
        Ok(self.shared.endpoint.api(&format!("/app/{}", segment(token.expose())?)))
    }

    /// The result of a session, as of now. Asks for the newer shape and reads both.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionNotFound`], [`ErrorKind::Undecodable`], or what went wrong.
    pub async fn result(&self, session: &SessionId) -> Result<SessionResult, ApiError> {
        let path = format!("{}/result?detailed=true", path_of(session)?);
        let route = "/api/v1/verification/{sid}/result";
        let read_it = |body: &[u8]| SessionResult::read(body, session);
        self.call(read("result", route, path), |received| received.read(read_it)).await
    }

    /// Deletes a session with its images and everything personal in it. Its result is gone with it.
    ///
    /// A session that is not there after a try that may have been carried out was deleted by it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionNotFound`], or what went wrong.
    pub async fn delete_session(&self, session: &SessionId) -> Result<(), ApiError> {
        let path = path_of(session)?;
        let route = "/api/v1/verification/{sid}";
        let operation = Operation { method: "DELETE", ..read("delete_session", route, path) };
        match self.call(operation, |_| Ok(())).await {
            Ok(()) => Ok(()),
            Err(error) => {
                let gone = error.kind() == ErrorKind::SessionNotFound;
                if gone && error.earlier_try_may_have_landed() { Ok(()) } else { Err(error) }
            }
        }
    }

    /// Whether the person consented, and when.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionNotFound`], or what went wrong.
    pub async fn consent(&self, session: &SessionId) -> Result<Consent, ApiError> {
        let path = format!("{}/consent", path_of(session)?);
        let route = "/api/v1/verification/{sid}/consent";
        self.call(read("consent", route, path), |received| received.read(Consent::read)).await
    }
}

/// A read about a session.
pub(super) fn read(name: &'static str, route: &'static str, path: String) -> Operation {
    Operation {
        name,
        method: "GET",
        route,
        path,
        body: Bytes::new(),
        mode: Mode::Read,
        not_found: ErrorKind::SessionNotFound,
        conflict: ErrorKind::RequestRefused,
    }
}

pub(super) fn path_of(session: &SessionId) -> Result<String, ApiError> {
    Ok(format!("/api/v1/verification/{}", segment(session.as_str())?))
}

pub(super) fn segment(value: &str) -> Result<String, ApiError> {
    path_segment(value).ok_or_else(|| ApiError::new(ErrorKind::Unsendable))
}
