//! `GET /api/v1/bridge/verify/{token}`: the record of an earlier verification.

use std::time::SystemTime;

use super::operation::Operation;
use super::session::sendable;
use super::verify::rejected;
use super::wire::{self, AsOf, Expected, Secrets, VerifyAnswer};
use super::{ApiError, ErrorKind, PassidClient};
use crate::{Token, VerifiedCredential};

/// The record of an earlier verification.
///
/// It says what was true then. Whether the token still stands, only
/// [`verify_token`](PassidClient::verify_token) can tell.
#[derive(Clone, Debug)]
pub struct StoredVerification {
    record: VerifiedCredential,
}

impl StoredVerification {
    /// The credential as it was verified. Its age counts from that moment; where the record does not
    /// name it, the age is unknown.
    pub fn record(&self) -> &VerifiedCredential {
        &self.record
    }

    /// When it was verified, by the API's clock.
    pub fn verified_at(&self) -> Option<SystemTime> {
        self.record.verified_at()
    }
}

impl PassidClient {
    /// The record of the institution's last verification of a token (vendor's reference; its answer is
    /// not printed, we read it like the one of a verification).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::VerificationNotFound`]; [`ErrorKind::Refused`] when the record is of a rejection,
    /// or of a credential that has ended since; every other kind means that there is no record to rely
    /// on.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, PassidClient};
    /// use passid_core::Token;
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let token = Token::parse(passid_sandbox::demo::KENYA_TOKEN)?;
    /// let verified = client.verify_token(&token).await?;
    /// let stored = client.stored_verification(&token).await?;
    /// assert_eq!(stored.record().audit_id(), verified.audit_id());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn stored_verification(&self, token: &Token) -> Result<StoredVerification, ApiError> {
        let route = "/api/v1/bridge/verify/{token}";
        let path = format!("/api/v1/bridge/verify/{}", sendable(token.expose())?);
        let secrets = [self.shared.key.expose(), token.expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation::get("stored_verification", route, &path, secrets);
        self.call(operation, |received| {
            if !received.is_success() {
                let error = rejected(received, secrets);
                return Err(match (received.response.status(), error.kind()) {
                    (404, ErrorKind::RequestRefused) => {
                        error.into_kind(ErrorKind::VerificationNotFound)
                    }
                    _ => error,
                });
            }
            let expected = Expected { as_of: AsOf::Record, ..self.expected(received, secrets) };
            match wire::verify(received.response.body(), token, expected) {
                Ok(VerifyAnswer::Valid(record)) => Ok(StoredVerification { record }),
                Ok(VerifyAnswer::Refused(reason)) => {
                    Err(received.error(ErrorKind::Refused(reason)))
                }
                Err(error) => Err(received.undecodable(error)),
            }
        })
        .await
    }
}
