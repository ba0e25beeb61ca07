use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::body::{BodyCheck, VerifiedBody};
use super::builder::{WebhookVerifierBuilder, WebhookVerifierError};
use super::keys::Keys;
use super::signature::{Claimed, SignatureError};
use crate::rate_limit::RateLimit;
use crate::{Clock, WebhookSecret};

/// Checks that a webhook is from PASSID: `X-PASSID-Signature` over the raw body (guide, step 8;
/// decision D27).
///
/// Built once from the secret, and from previous ones while a secret is being changed. The keys are
/// prepared then: a check neither allocates nor hashes a key. All secrets are tried for every body,
/// each compared in constant time. Cheap to clone: everything is shared.
///
/// The header is given as the values of *all* headers of that name, because two of them are refused:
/// `headers.get_all(SIGNATURE_HEADER)` of the `http` crate or of actix-web, or an `Option<&str>`.
///
/// ```
/// use passid_core::WebhookSecret;
/// use passid_core::testing::webhook::sign;
/// use passid_core::webhook::{SignatureError, WebhookVerifier};
///
/// let old = WebhookSecret::parse("whsec_11111111111111111111111111111111")?;
/// let new = WebhookSecret::parse("whsec_22222222222222222222222222222222")?;
/// let verifier =
///     WebhookVerifier::builder().secret(new.clone()).previous_secret(old.clone()).build()?;
///
/// let body = b"{}";
/// assert_eq!(verifier.verify([sign(&new, body)], body)?.secret_index(), 0);
/// assert_eq!(verifier.verify([sign(&old, body)], body)?.secret_index(), 1);
///
/// let refused = verifier.verify([sign(&new, body)], b"{ }").unwrap_err();
/// assert_eq!(refused, SignatureError::Mismatch);
/// assert_eq!(verifier.verify(None::<&str>, body).unwrap_err(), SignatureError::Missing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WebhookVerifier {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) keys: Keys,
    pub(super) max_body: usize,
    pub(super) body_timeout: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) mismatches: RateLimit,
}

impl WebhookVerifier {
    /// In bytes (decision P35): the events that the guide prints have less than one KiB.
    pub const DEFAULT_MAX_BODY: usize = 1024 * 1024;
    /// The sender waits 10 s for an answer (guide, step 8; decision P35).
    pub const DEFAULT_BODY_TIMEOUT: Duration = Duration::from_secs(10);
    /// The most secrets, the current one included (decision P35): each costs a hash of the body.
    pub const MAX_SECRETS: usize = 8;

    /// A builder without a secret.
    pub fn builder() -> WebhookVerifierBuilder {
        WebhookVerifierBuilder::default()
    }

    /// A verifier with this secret and nothing else set.
    ///
    /// # Errors
    ///
    /// [`WebhookVerifierError::ShortSecret`] for one of less than [`WebhookSecret::SHORT`] bytes.
    pub fn with_secret(secret: WebhookSecret) -> Result<Self, WebhookVerifierError> {
        Self::builder().secret(secret).build()
    }

    pub(super) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }

    /// The largest body, in bytes.
    pub fn max_body(&self) -> usize {
        self.shared.max_body
    }

    /// Checks a body that was received whole, without copying it. Allocates nothing.
    ///
    /// # Errors
    ///
    /// [`SignatureError`]. A body over the limit is refused before it is hashed.
    pub fn verify<'a>(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        body: &'a [u8],
    ) -> Result<VerifiedBody<'a>, SignatureError> {
        self.check(header, body).map(|secret_index| VerifiedBody::borrowed(body, secret_index))
    }

    /// The same for a body that the result is to own.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_bytes(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        body: Bytes,
    ) -> Result<VerifiedBody<'static>, SignatureError> {
        self.check(header, &body).map(|secret_index| VerifiedBody::owned(body, secret_index))
    }

    /// Begins with the header, for a body that comes in pieces: each is hashed and kept when it
    /// comes. A request with a malformed header need not be received at all.
    ///
    /// ```
    /// # use passid_core::WebhookSecret;
    /// # use passid_core::testing::webhook::sign;
    /// # use passid_core::webhook::WebhookVerifier;
    /// # let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000")?;
    /// # let verifier = WebhookVerifier::with_secret(secret.clone())?;
    /// # let header = sign(&secret, b"in two pieces");
    /// let check = verifier.begin([header])?;
    /// let check = check.update("in two ")?.update("pieces")?;
    /// assert_eq!(check.finish()?.bytes(), b"in two pieces");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SignatureError`] for a header that is missing or malformed.
    pub fn begin(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Result<BodyCheck, SignatureError> {
        let claimed = Claimed::read(header)?;
        Ok(BodyCheck::new(claimed, self.shared.keys.clone(), self.shared.max_body))
    }

    fn check(
        &self,
        header: impl IntoIterator<Item: AsRef<[u8]>>,
        body: &[u8],
    ) -> Result<usize, SignatureError> {
        let claimed = Claimed::read(header)?;
        let limit = self.shared.max_body;
        if body.len() > limit {
            return Err(SignatureError::BodyTooLarge { limit });
        }
        self.shared.keys.matching(&claimed, body).ok_or(SignatureError::Mismatch)
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier")
            .field("secrets", &(1 + self.shared.keys.previous.len()))
            .field("max_body", &self.shared.max_body)
            .field("body_timeout", &self.shared.body_timeout)
            .finish_non_exhaustive()
    }
}
