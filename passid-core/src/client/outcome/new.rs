use std::fmt;

use serde::{Serialize, Serializer};

use crate::Token;
use crate::client::IdempotencyKey;

/// What became of a verified application (guide, step 9). These seven are all that can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportedOutcome {
    /// Repaid in full, on schedule.
    Repaid,
    /// Still active, no missed payment so far.
    NoDefault,
    /// 30 or more days past due, not yet defaulted.
    Delinquent,
    /// 90 or more days past due, or written off.
    Defaulted,
    /// Identity or application fraud is confirmed.
    FraudConfirmed,
    /// The institution closed the account; not a default.
    AccountClosed,
    /// None of these; say what in [`NewOutcome::notes`].
    Other,
}

impl ReportedOutcome {
    /// All of them, in the guide's order.
    pub const ALL: [Self; 7] = [
        Self::Repaid,
        Self::NoDefault,
        Self::Delinquent,
        Self::Defaulted,
        Self::FraudConfirmed,
        Self::AccountClosed,
        Self::Other,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repaid => "repaid",
            Self::NoDefault => "no_default",
            Self::Delinquent => "delinquent",
            Self::Defaulted => "defaulted",
            Self::FraudConfirmed => "fraud_confirmed",
            Self::AccountClosed => "account_closed",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ReportedOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ReportedOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An outcome to report; see [`PassidClient::report_outcome`](crate::PassidClient::report_outcome).
///
/// Each setting is checked when it is made. `Debug` shows neither token nor notes, and serde writes
/// nothing of it; [`expose_json`](Self::expose_json) does, to keep it:
///
/// ```compile_fail,E0277
/// # fn example(outcome: passid_core::NewOutcome) {
/// let _ = serde_json::to_string(&outcome); // holds a token
/// # }
/// ```
///
/// ```
/// use passid_core::client::NewOutcomeError;
/// use passid_core::{NewOutcome, ReportedOutcome, Token};
///
/// let token = Token::parse("PASSID-AB3X-7YQM-K9PQ-3MNX")?;
/// let outcome = NewOutcome::new(&token, ReportedOutcome::Repaid)
///     .product_type("personal_loan")?
///     .amount_usd(5000.0)?
///     .observation_days(90)
///     .notes("Early repayment")?;
/// assert_eq!(outcome.clone().amount_usd(f64::NAN).unwrap_err(), NewOutcomeError::Amount);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct NewOutcome {
    pub(super) token: Token,
    pub(super) outcome: ReportedOutcome,
    pub(super) product_type: Option<String>,
    pub(super) amount_usd: Option<f64>,
    pub(super) observation_days: Option<u32>,
    pub(super) notes: Option<String>,
    idempotency_key: Option<IdempotencyKey>,
}

/// What is sent. A type of its own, so that no log can write the token by way of serde.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    token: &'a str,
    outcome: ReportedOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observation_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
}

impl NewOutcome {
    /// The longest product type, in bytes. Ours.
    pub const MAX_PRODUCT_TYPE_LEN: usize = 128;
    /// The longest notes, in bytes. Ours.
    pub const MAX_NOTES_LEN: usize = 4096;

    /// The outcome of the verification of this token. The context of the verification is the API's
    /// own business and never sent.
    pub fn new(token: &Token, outcome: ReportedOutcome) -> Self {
        Self {
            token: token.clone(),
            outcome,
            product_type: None,
            amount_usd: None,
            observation_days: None,
            notes: None,
            idempotency_key: None,
        }
    }

    /// The product, such as `personal_loan`.
    ///
    /// # Errors
    ///
    /// [`NewOutcomeError::ProductType`] when it is blank, too long or holds a control character.
    pub fn product_type(mut self, product: impl Into<String>) -> Result<Self, NewOutcomeError> {
        let product = product.into();
        let fits = !product.trim().is_empty() && product.len() <= Self::MAX_PRODUCT_TYPE_LEN;
        if !fits || product.chars().any(char::is_control) {
            return Err(NewOutcomeError::ProductType);
        }
        self.product_type = Some(product);
        Ok(self)
    }

    /// The amount of the loan in US dollars.
    ///
    /// # Errors
    ///
    /// [`NewOutcomeError::Amount`] when it is negative or not finite.
    pub fn amount_usd(mut self, amount: f64) -> Result<Self, NewOutcomeError> {
        if !amount.is_finite() || amount < 0.0 {
            return Err(NewOutcomeError::Amount);
        }
        // Negative zero is written with its sign.
        self.amount_usd = Some(amount.abs());
        Ok(self)
    }

    /// Days since the disbursement.
    #[must_use]
    pub fn observation_days(mut self, days: u32) -> Self {
        self.observation_days = Some(days);
        self
    }

    /// Internal notes.
    ///
    /// # Errors
    ///
    /// [`NewOutcomeError::Notes`] when they are longer than
    /// [`MAX_NOTES_LEN`](Self::MAX_NOTES_LEN) bytes.
    pub fn notes(mut self, notes: impl Into<String>) -> Result<Self, NewOutcomeError> {
        let notes = notes.into();
        if notes.len() > Self::MAX_NOTES_LEN {
            return Err(NewOutcomeError::Notes);
        }
        self.notes = Some(notes);
        Ok(self)
    }

    /// Sends an idempotency key along. The guide names the header for verifications only; an API that
    /// knows no key here ignores it.
    #[must_use]
    pub fn idempotency_key(mut self, key: IdempotencyKey) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    pub(super) fn body(&self) -> Body<'_> {
        Body {
            token: self.token.expose(),
            outcome: self.outcome,
            product_type: self.product_type.as_deref(),
            amount_usd: self.amount_usd,
            observation_days: self.observation_days,
            notes: self.notes.as_deref(),
        }
    }

    /// The token of the verification.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// What became of it.
    pub fn outcome(&self) -> ReportedOutcome {
        self.outcome
    }

    /// The key that was set with [`idempotency_key`](Self::idempotency_key).
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.idempotency_key.as_ref()
    }
}

impl fmt::Debug for NewOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewOutcome").field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

/// Why an outcome is not reported. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewOutcomeError {
    /// The product type.
    #[error(
        "a product type has 1 to {} bytes, is not blank and holds no control character",
        NewOutcome::MAX_PRODUCT_TYPE_LEN
    )]
    ProductType,
    /// The amount.
    #[error("an amount is a finite number that is not negative")]
    Amount,
    /// The notes.
    #[error("notes have at most {} bytes", NewOutcome::MAX_NOTES_LEN)]
    Notes,
}
