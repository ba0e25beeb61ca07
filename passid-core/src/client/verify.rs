//! `POST /v1/verify`: is this token good?

use serde::Serialize;

use super::call::Received;
use super::operation::{Operation, json_body};
use super::wire::{self, AsOf, Expected, Secrets, VerifyAnswer};
use super::{ApiError, ErrorKind, IdempotencyKey, PassidClient, version};
use crate::{BoxFuture, Token, Verdict, VerifiedCredential, VerifierScope, Verify};

/// What one verification may say beyond the token.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct VerifyOptions {
    /// The caller's own idempotency key; a random one is made when there is none. It is kept over
    /// all tries of the operation.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The institution's own name for what the verification is for, such as `loan_app_10482`
    /// (vendor's verifier page).
    pub institution_reference: Option<InstitutionReference>,
}

impl VerifyOptions {
    /// Uses the caller's own idempotency key.
    #[must_use]
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    /// Says what the verification is for.
    #[must_use]
    pub fn institution_reference(mut self, reference: InstitutionReference) -> Self {
        self.institution_reference = Some(reference);
        self
    }
}

/// The institution's own name for what a verification is for (vendor's verifier page).
///
/// ```
/// use passid_core::client::InstitutionReference;
///
/// let reference = InstitutionReference::parse("loan_app_10482")?;
/// assert_eq!(reference.as_str(), "loan_app_10482");
/// # Ok::<(), passid_core::client::InstitutionReferenceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstitutionReference(String);

impl InstitutionReference {
    /// The longest reference, in bytes. Ours.
    pub const MAX_LEN: usize = 255;

    /// Takes a reference.
    ///
    /// # Errors
    ///
    /// [`InstitutionReferenceError`] when it is empty, longer than [`MAX_LEN`](Self::MAX_LEN) bytes
    /// or holds a control character.
    pub fn parse(reference: impl Into<String>) -> Result<Self, InstitutionReferenceError> {
        let reference = reference.into();
        let fits = !reference.trim().is_empty() && reference.len() <= Self::MAX_LEN;
        if fits && !reference.chars().any(char::is_control) {
            Ok(Self(reference))
        } else {
            Err(InstitutionReferenceError)
        }
    }

    /// The reference.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text is no institution reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an institution reference has 1 to {} bytes and no control character",
    InstitutionReference::MAX_LEN
)]
pub struct InstitutionReferenceError;

#[derive(Serialize)]
struct Body<'a> {
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_reference: Option<&'a str>,
}

/// How logs and metrics name the call: by one of its published paths (decision D4).
fn route_of(verify_path: &str) -> &'static str {
    const BRIDGE: &str = "/api/v1/bridge/verify";
    if verify_path == BRIDGE { BRIDGE } else { "/v1/verify" }
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
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use passid_core::{ApiKey, DenyReason, PassidClient, Token};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    ///     .base_url(sandbox.url())
    ///     .build()?;
    ///
    /// let token = Token::parse(passid_sandbox::demo::KENYA_TOKEN)?;
    /// let credential = client.verify_token(&token).await?;
    /// assert_eq!(credential.claims().income_verified, Some(true));
    /// assert_eq!(credential.api_version(), Some("1"));
    ///
    /// let unknown = client.verify_token(&Token::parse("PASSID-AAAA-AAAA")?).await;
    /// assert_eq!(unknown.unwrap_err().deny_reason(), Some(&DenyReason::TokenNotFound));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn verify_token(&self, token: &Token) -> Result<VerifiedCredential, ApiError> {
        self.verify_token_with(token, VerifyOptions::default()).await
    }

    /// [`verify_token`](Self::verify_token) with options.
    ///
    /// # Errors
    ///
    /// As [`verify_token`](Self::verify_token).
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, PassidClient, Token};
    /// use passid_core::client::{IdempotencyKey, InstitutionReference, VerifyOptions};
    ///
    /// # let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// # let token = Token::parse(passid_sandbox::demo::KENYA_TOKEN)?;
    /// let options = VerifyOptions::default()
    ///     .idempotency_key(IdempotencyKey::parse("loan-app-10482-verify-1")?)
    ///     .institution_reference(InstitutionReference::parse("loan_app_10482")?);
    /// let credential = client.verify_token_with(&token, options).await?;
    /// # let _ = credential;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn verify_token_with(
        &self,
        token: &Token,
        options: VerifyOptions,
    ) -> Result<VerifiedCredential, ApiError> {
        let shared = &*self.shared;
        let key = options
            .idempotency_key
            .unwrap_or_else(|| IdempotencyKey::random(&*shared.exchange.entropy));
        let reference = options.institution_reference.as_ref();
        let body = json_body(&Body {
            token: token.expose(),
            institution_reference: reference.map(InstitutionReference::as_str),
        });
        let secrets = [shared.key.expose(), token.expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation {
            path: &shared.verify_path,
            idempotency_key: Some(key.as_str()),
            ..Operation::post("verify_token", route_of(&shared.verify_path), body, secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(rejected(received, secrets));
            }
            let expected = self.expected(received, secrets);
            match wire::verify(received.response.body(), token, expected) {
                Ok(VerifyAnswer::Valid(credential)) => Ok(credential),
                Ok(VerifyAnswer::Refused(reason)) => {
                    Err(received.error(ErrorKind::Refused(reason)))
                }
                Err(error) => Err(received.undecodable(error)),
            }
        })
        .await
    }

    /// What an answer is checked against, as of now.
    pub(super) fn expected<'a>(
        &self,
        received: &'a Received,
        secrets: Secrets<'a>,
    ) -> Expected<'a> {
        Expected {
            environment: self.shared.key.environment(),
            received_at: self.shared.exchange.clock.now(),
            api_version: version::named(&received.response),
            as_of: AsOf::Answer,
            secrets,
        }
    }
}

/// What an answer other than 2xx means where no credential is judged: to a request, not to a token.
/// A sanctions match is told for what it is all the same (decision P3).
pub(super) fn not_done(received: &Received, secrets: Secrets<'_>, refused: ErrorKind) -> ApiError {
    let refusal = wire::refusal(received.response.body(), secrets);
    let kind = match (received.response.status(), refusal.reason) {
        (_, Some(reason)) if reason.is_final() => ErrorKind::Refused(reason),
        (429, _) => ErrorKind::RateLimited,
        (401 | 403, _) => refused,
        (400..=499, _) => ErrorKind::RequestRefused,
        (500..=599, _) => ErrorKind::Failed,
        _ => ErrorKind::UnexpectedStatus,
    };
    received.error(kind).with_code(refusal.code)
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
    /// The two forms that are published. Other values may be tokens too (decision D10):
    /// [`AnyOf::or_when`](crate::AnyOf::or_when) takes them.
    fn recognises(&self, token: &Token) -> bool {
        token.is_published_form()
    }

    fn scope(&self) -> Option<VerifierScope> {
        let shared = &*self.shared;
        let endpoint = shared.base_url.join(&shared.verify_path);
        Some(VerifierScope::new(super::PROVIDER, endpoint, &shared.key))
    }

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
