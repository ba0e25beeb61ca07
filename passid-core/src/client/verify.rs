//! `POST /v1/verify`: is this token good?

use std::fmt;

use serde::Serialize;

use super::call::{Operation, Received, Safety, json_body};
use super::wire::{self, Expected, Secrets, VerifyAnswer};
use super::{ApiError, ErrorKind, PassidClient};
use crate::{BoxFuture, Entropy, Token, Verdict, VerifiedCredential, Verify};

/// An `Idempotency-Key`: with the same key the API neither bills nor verifies twice (guide, step 6).
///
/// ```
/// use passid_core::client::IdempotencyKey;
///
/// let key = IdempotencyKey::parse("loan-app-10482-verify-1")?;
/// assert_eq!(key.as_str(), "loan-app-10482-verify-1");
/// # Ok::<(), passid_core::client::IdempotencyKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in bytes. Ours.
    pub const MAX_LEN: usize = 255;

    /// Takes a key of the caller's own.
    ///
    /// # Errors
    ///
    /// [`IdempotencyKeyError`] when it is empty, longer than [`MAX_LEN`](Self::MAX_LEN) bytes, or
    /// holds anything but printable ASCII without white space.
    pub fn parse(key: impl Into<String>) -> Result<Self, IdempotencyKeyError> {
        let key = key.into();
        let fits = (1..=Self::MAX_LEN).contains(&key.len());
        if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(key))
        } else {
            Err(IdempotencyKeyError)
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn random(entropy: &dyn Entropy) -> Self {
        Self(format!("{:032x}", entropy.bits()))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an idempotency key has 1 to {} printable ASCII characters without white space",
    IdempotencyKey::MAX_LEN
)]
pub struct IdempotencyKeyError;

/// What one verification may say beyond the token.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// The caller's own idempotency key; a random one is made when there is none. It is kept over
    /// all tries of the operation.
    pub idempotency_key: Option<IdempotencyKey>,
}

impl VerifyOptions {
    /// Uses the caller's own idempotency key.
    #[must_use]
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.idempotency_key = Some(key);
        self
    }
}

#[derive(Serialize)]
struct Body<'a> {
    token: &'a str,
}

impl PassidClient {
    /// Asks the API whether a token is good (guide, step 6).
    ///
    /// Connection errors, timeouts, 429 and 5xx are tried again with one idempotency key, within the
    /// operation's deadline (decision D12).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`] when the API rejected the token; every other kind means that there is
    /// no verdict.
    ///
    /// ```
    /// # use passid_core::{ApiKey, PassidClient, Token, client::ApiResponse, testing::MockTransport};
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # let transport = MockTransport::new();
    /// # transport.answer(ApiResponse::new(200, r#"{"credential_valid": true, "claims": {"income_verified": true}}"#));
    /// # let client = PassidClient::builder(ApiKey::parse("pk_sandbox_x")?).transport(transport).build()?;
    /// let credential = client.verify_token(&Token::parse("PASSID-AB3X-7YQM-K9PQ-3MNX")?).await?;
    /// assert_eq!(credential.claims().income_verified, Some(true));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn verify_token(&self, token: &Token) -> Result<VerifiedCredential, ApiError> {
        self.verify_token_with(token, VerifyOptions::default()).await
    }

    /// [`verify_token`](Self::verify_token) with options.
    ///
    /// # Errors
    ///
    /// As [`verify_token`](Self::verify_token).
    pub async fn verify_token_with(
        &self,
        token: &Token,
        options: VerifyOptions,
    ) -> Result<VerifiedCredential, ApiError> {
        let shared = &*self.shared;
        let key =
            options.idempotency_key.unwrap_or_else(|| IdempotencyKey::random(&*shared.entropy));
        let secrets = [shared.key.expose(), token.expose()];
        let secrets = Secrets(&secrets);
        let received = self
            .execute(Operation {
                route: "/v1/verify",
                path: &shared.verify_path,
                body: json_body(&Body { token: token.expose() }),
                idempotency_key: Some(key.as_str()),
                safety: Safety::Repeatable,
                secrets,
            })
            .await?;
        if !(200..300).contains(&received.response.status()) {
            return Err(rejected(&received, secrets));
        }
        let expected = Expected {
            environment: shared.key.environment(),
            received_at: shared.clock.now(),
            secrets,
        };
        match wire::verify(received.response.body(), token, expected) {
            Ok(VerifyAnswer::Valid(credential)) => Ok(credential),
            Ok(VerifyAnswer::Refused(reason)) => Err(received.error(ErrorKind::Refused(reason))),
            Err(error) => Err(received.undecodable(error)),
        }
    }
}

/// What an answer other than 2xx means (decisions D6 and D9).
pub(super) fn rejected(received: &Received, secrets: Secrets<'_>) -> ApiError {
    let status = received.response.status();
    let refusal = wire::refusal(received.response.body(), secrets);
    let kind = match (status, refusal.reason) {
        (_, Some(reason)) if reason.is_final() => ErrorKind::Refused(reason),
        (429, _) => ErrorKind::RateLimited,
        (400..=499, Some(reason)) => ErrorKind::Refused(reason),
        (401 | 403, None) => ErrorKind::KeyRefused,
        (400..=499, None) => ErrorKind::RequestRefused,
        (500..=599, _) => ErrorKind::Failed,
        _ => ErrorKind::UnexpectedStatus,
    };
    received.error(kind).with_code(refusal.code)
}

impl Verify for PassidClient {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let client = self.clone();
        Box::pin(async move {
            match client.verify_token(&token).await {
                Ok(credential) => Verdict::Valid(credential),
                Err(error) => match error.deny_reason() {
                    Some(reason) => Verdict::Invalid(reason.clone()),
                    None => Verdict::Unavailable(error.into_unavailable()),
                },
            }
        })
    }
}
