use super::event::EventError;
use super::signature::SignatureError;
use crate::Answer;

/// Why a webhook was refused: all of it, for server code. What the sender is told is
/// [`answer`](Self::answer), which is the same for every failed check of the signature (decision
/// P32).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookRejection {
    /// The signature does not hold.
    #[error("the signature of the webhook was not accepted")]
    Signature(#[source] SignatureError),
    /// The body is over the limit, or over that of a layer before.
    #[error("the body of the webhook is longer than allowed")]
    BodyTooLarge,
    /// The body broke off, so that its signature cannot be checked.
    #[error("the body of the webhook broke off")]
    BodyUnreadable,
    /// The body did not come in time.
    #[error("the body of the webhook did not come in time")]
    BodyTimeout,
    /// The signature holds, and the body is no event.
    #[error("the signed body of the webhook cannot be read")]
    Event(#[from] EventError),
    /// The application has no verifier where one is looked for.
    #[error("the application has no webhook verifier; give it one before its routes")]
    NoVerifier,
}

impl WebhookRejection {
    /// The code in the answer.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::Signature(_) | Self::BodyUnreadable => "SIGNATURE_INVALID",
            Self::BodyTimeout => "BODY_TIMEOUT",
            Self::Event(_) => "EVENT_INVALID",
            Self::NoVerifier => "WEBHOOK_MISCONFIGURED",
        }
    }

    /// The HTTP status of the answer. Only a body that PASSID signed gets a 400.
    pub const fn status(&self) -> u16 {
        match self {
            Self::BodyTooLarge => 413,
            Self::Signature(_) | Self::BodyUnreadable => 401,
            Self::BodyTimeout => 408,
            Self::Event(_) => 400,
            Self::NoVerifier => 500,
        }
    }

    const fn message(&self) -> &'static str {
        match self {
            Self::BodyTooLarge => "The request body is too large.",
            Self::Signature(_) | Self::BodyUnreadable => "The webhook signature is not valid.",
            Self::BodyTimeout => "The request body did not arrive in time.",
            Self::Event(_) => "The request body is not a PASSID event.",
            Self::NoVerifier => {
                "The service cannot receive webhooks because of a fault in its own setup."
            }
        }
    }

    /// The answer: `{"error":{"code","message"}}`, with `Cache-Control: no-store`. A 401 carries the
    /// challenge that RFC 9110 asks for.
    ///
    /// ```
    /// use passid_core::webhook::{SignatureError, WebhookRejection};
    ///
    /// let missing = WebhookRejection::Signature(SignatureError::Missing).answer();
    /// let mismatch = WebhookRejection::Signature(SignatureError::Mismatch).answer();
    /// assert_eq!((missing.status, &missing), (401, &mismatch));
    /// ```
    pub fn answer(&self) -> Answer {
        let (code, message) = (self.code(), self.message());
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ];
        if self.status() == 401 {
            headers.push(("www-authenticate", r#"PASSID-Signature realm="passid""#.to_owned()));
        }
        Answer {
            status: self.status(),
            headers,
            body: format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#).into(),
        }
    }
}

impl From<SignatureError> for WebhookRejection {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::BodyTooLarge { .. } => Self::BodyTooLarge,
            error => Self::Signature(error),
        }
    }
}
