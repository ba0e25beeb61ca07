//! The QR flow: sessions that a customer approves in the wallet (guide, step 3).

mod deep_link;
mod id;
mod new;
#[cfg(feature = "qr")]
mod qr;
mod state;
mod wait;

pub use deep_link::{DeepLink, DeepLinkError};
pub use id::{RequestId, RequestIdError};
pub use new::{NewSession, NewSessionError};
#[cfg(feature = "qr")]
pub use qr::QrError;
pub use state::{PublicSession, Session, SessionState, SessionStatus};
pub use wait::{AwaitedSession, SessionWatch};

use super::call::Received;
use super::endpoint::segment;
use super::operation::{Credentials, Operation, Safety, json_body};
use super::verify::not_done;
use super::wire::{self, AsOf, Expected, Secrets, SessionAnswer};
use super::{ApiError, ErrorKind, PassidClient};
use crate::SessionCode;

/// What to do when the answer to a creation is lost: nobody knows the session, so nobody can approve
/// it.
const IF_LOST: &str = "create another session, the lost one ends by itself";

impl PassidClient {
    /// Creates a session for a customer to approve in the wallet (guide, step 3).
    ///
    /// It is sent again by itself only when it cannot have been carried out: without a connection,
    /// and after 429 (decision D12).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutcomeUnknown`] when a session may have come about whose code is lost; create
    /// another. And the kinds of calls that were not carried out.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use passid_core::{ApiKey, NewSession, PassidClient, Permission};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    ///     .base_url(sandbox.url())
    ///     .build()?;
    ///
    /// let asked = NewSession::new()
    ///     .institution_name("Your Bank")?
    ///     .permissions([Permission::IncomeVerified])?;
    /// let session = client.create_session(&asked).await?;
    /// println!("scan {} or type {}", session.deep_link, session.code);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn create_session(&self, session: &NewSession) -> Result<Session, ApiError> {
        let secrets = [self.shared.key.expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation {
            safety: Safety::Once { after_429: true, if_lost: IF_LOST },
            ..Operation::post("create_session", "/v1/sessions", json_body(session), secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(not_done(received, secrets, ErrorKind::KeyRefused));
            }
            wire::new_session(received.response.body())
                .map_err(|error| received.undecodable(error).into_outcome_unknown(IF_LOST))
        })
        .await
    }

    /// How a session stands.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionNotFound`]; [`ErrorKind::Refused`] when the answer names a sanctions
    /// match; [`ErrorKind::Undecodable`] when a completed session has no claims, or ones that
    /// something in the answer speaks against.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, NewSession, PassidClient};
    /// use passid_core::SessionStatus;
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let session = client.create_session(&NewSession::new()).await?;
    /// let state = client.session(&session.request_id).await?;
    /// assert!(matches!(state.status, SessionStatus::Pending));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn session(&self, id: &RequestId) -> Result<SessionState, ApiError> {
        let route = "/v1/sessions/{requestId}";
        let path = format!("/v1/sessions/{}", sendable(id.as_str())?);
        let secrets = [self.shared.key.expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation::get("session", route, &path, secrets);
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(session_refused(received, secrets, ErrorKind::KeyRefused));
            }
            let expected = Expected { as_of: AsOf::Record, ..self.expected(received, secrets) };
            match wire::session(received.response.body(), id, expected) {
                Ok(SessionAnswer::State(state)) => Ok(state),
                Ok(SessionAnswer::Refused(reason)) => {
                    Err(received.error(ErrorKind::Refused(reason)))
                }
                Err(error) => Err(received.undecodable(error)),
            }
        })
        .await
    }

    /// What the wallet sees of a pending session. No key is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionOver`] when it is expired, completed or declined (410; guide, step 6),
    /// [`ErrorKind::SessionNotFound`].
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, NewSession, PassidClient};
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let asked = NewSession::new().institution_name("Your Bank")?;
    /// let session = client.create_session(&asked).await?;
    /// let seen = client.public_session(&session.request_id).await?;
    /// assert_eq!(seen.institution_name.as_deref(), Some("Your Bank"));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn public_session(&self, id: &RequestId) -> Result<PublicSession, ApiError> {
        let route = "/v1/sessions/{requestId}/public";
        let path = format!("/v1/sessions/{}/public", sendable(id.as_str())?);
        self.public_view("public_session", route, &path, Some(id)).await
    }

    /// The same as [`public_session`](Self::public_session), by the code that a customer can type.
    ///
    /// # Errors
    ///
    /// As [`public_session`](Self::public_session).
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, NewSession, PassidClient};
    /// use passid_core::SessionCode;
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let session = client.create_session(&NewSession::new()).await?;
    /// let typed = session.code.as_str().replace('-', "").to_lowercase();
    /// let seen = client.public_session_by_code(&SessionCode::parse(&typed)?).await?;
    /// assert_eq!(seen.request_id, Some(session.request_id));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn public_session_by_code(
        &self,
        code: &SessionCode,
    ) -> Result<PublicSession, ApiError> {
        let route = "/v1/sessions/by-code/{code}/public";
        let path = format!("/v1/sessions/by-code/{}/public", sendable(code.as_str())?);
        self.public_view("public_session_by_code", route, &path, None).await
    }

    async fn public_view(
        &self,
        name: &'static str,
        route: &'static str,
        path: &str,
        asked: Option<&RequestId>,
    ) -> Result<PublicSession, ApiError> {
        let secrets = [self.shared.key.expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation {
            credentials: Credentials::None,
            ..Operation::get(name, route, path, secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(session_refused(received, secrets, ErrorKind::RequestRefused));
            }
            match wire::public_session(received.response.body(), asked) {
                Ok(Some(session)) => Ok(session),
                Ok(None) => Err(received.error(ErrorKind::SessionOver)),
                Err(error) => Err(received.undecodable(error)),
            }
        })
        .await
    }
}

/// A value as one segment of a path, or the error that it cannot be one.
pub(super) fn sendable(value: &str) -> Result<String, ApiError> {
    segment(value).ok_or_else(|| ApiError::new(ErrorKind::Unsendable).because(NoSegment))
}

/// Why a value cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("the address would mean another place: . and .. are steps in a path")]
struct NoSegment;

fn session_refused(received: &Received, secrets: Secrets<'_>, unauthorised: ErrorKind) -> ApiError {
    let error = not_done(received, secrets, unauthorised);
    match (received.response.status(), error.kind()) {
        (404, ErrorKind::RequestRefused) => error.into_kind(ErrorKind::SessionNotFound),
        (410, ErrorKind::RequestRefused) => error.into_kind(ErrorKind::SessionOver),
        _ => error,
    }
}
