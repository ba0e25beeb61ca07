use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::keys::{Keys, prepare};
use super::verifier::{Shared, WebhookVerifier};
use crate::rate_limit::RateLimit;
use crate::{Clock, SystemClock, WebhookSecret};

/// The settings of a [`WebhookVerifier`].
#[derive(Clone)]
pub struct WebhookVerifierBuilder {
    current: Option<WebhookSecret>,
    previous: Vec<WebhookSecret>,
    allow_short: bool,
    max_body: usize,
    body_timeout: Duration,
    clock: Arc<dyn Clock>,
}

impl Default for WebhookVerifierBuilder {
    fn default() -> Self {
        Self {
            current: None,
            previous: Vec::new(),
            allow_short: false,
            max_body: WebhookVerifier::DEFAULT_MAX_BODY,
            body_timeout: WebhookVerifier::DEFAULT_BODY_TIMEOUT,
            clock: Arc::new(SystemClock),
        }
    }
}

impl WebhookVerifierBuilder {
    /// The secret that PASSID signs with now; index 0.
    #[must_use]
    pub fn secret(mut self, secret: WebhookSecret) -> Self {
        self.current = Some(secret);
        self
    }

    /// A secret that PASSID signed with before; indices 1, 2 and so on in the order of the calls.
    ///
    /// PASSID has one secret at a time, so events signed with the old one may still be on their way
    /// when it changes. Their last attempt comes 2 h 36 min after the event: take the old secret out
    /// after that.
    #[must_use]
    pub fn previous_secret(mut self, secret: WebhookSecret) -> Self {
        self.previous.push(secret);
        self
    }

    /// Takes secrets of less than [`WebhookSecret::SHORT`] bytes, which can be guessed.
    #[must_use]
    pub fn allow_short_secrets(mut self) -> Self {
        self.allow_short = true;
        self
    }

    /// The largest body, in bytes; 1 MiB unless set.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// The longest time to wait for the whole body; 10 s unless set, as PASSID waits no longer for
    /// an answer.
    #[must_use]
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// The clock that the timeout is measured by; the machine's own unless set.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The verifier.
    ///
    /// # Errors
    ///
    /// [`WebhookVerifierError`] when there is no secret, a short one that was not allowed (decision
    /// P30), or more than [`WebhookVerifier::MAX_SECRETS`]; when no body fits, or no time is left to
    /// receive one.
    pub fn build(self) -> Result<WebhookVerifier, WebhookVerifierError> {
        let current = self.current.ok_or(WebhookVerifierError::NoSecret)?;
        if self.previous.len() >= WebhookVerifier::MAX_SECRETS {
            return Err(WebhookVerifierError::TooManySecrets);
        }
        let is_short = |secret: &WebhookSecret| secret.expose().len() < WebhookSecret::SHORT;
        if !self.allow_short {
            let mut secrets = std::iter::once(&current).chain(&self.previous);
            if let Some(index) = secrets.position(is_short) {
                return Err(WebhookVerifierError::ShortSecret { index });
            }
        }
        if self.max_body == 0 || self.body_timeout.is_zero() {
            return Err(WebhookVerifierError::NoBody);
        }
        let prepared = |secret| prepare(secret).ok_or(WebhookVerifierError::NoSecret);
        let keys = Keys {
            current: prepared(&current)?,
            previous: self.previous.iter().map(prepared).collect::<Result<_, _>>()?,
        };
        Ok(WebhookVerifier::new(Shared {
            keys,
            max_body: self.max_body,
            body_timeout: self.body_timeout,
            clock: self.clock,
            mismatches: RateLimit::default(),
        }))
    }
}

impl fmt::Debug for WebhookVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifierBuilder")
            .field("secrets", &(usize::from(self.current.is_some()) + self.previous.len()))
            .field("max_body", &self.max_body)
            .field("body_timeout", &self.body_timeout)
            .finish_non_exhaustive()
    }
}

/// Why a [`WebhookVerifier`] cannot be built. Never repeats a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookVerifierError {
    /// No current secret.
    #[error("a webhook verifier needs the secret that PASSID signs with")]
    NoSecret,
    /// A secret that can be guessed.
    #[error(
        "webhook secret number {index} has less than {} bytes; \
         take a longer one, or say allow_short_secrets",
        WebhookSecret::SHORT
    )]
    ShortSecret {
        /// 0 is the current one.
        index: usize,
    },
    /// More than [`WebhookVerifier::MAX_SECRETS`].
    #[error(
        "a webhook verifier takes at most {} secrets; leave out those that PASSID signs with no more",
        WebhookVerifier::MAX_SECRETS
    )]
    TooManySecrets,
    /// A limit or timeout of nothing.
    #[error("a webhook verifier with a limit or a timeout of zero receives no body")]
    NoBody,
}
