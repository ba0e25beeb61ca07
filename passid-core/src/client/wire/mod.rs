//! Lenient reading, strict meaning: what the API's answers say.
//!
//! Eight shapes of the verify answer are published and they do not agree (decision D5). All are
//! read: flat or inside `data`, under every published name. What is read must then be beyond doubt:
//! no validity field, contradicting fields, a wrong type, a repeated name or another token make the
//! answer [undecodable](super::ErrorKind::Undecodable), never a pass.

mod answer;
mod credential;
mod fields;
mod institution;
mod outcome;
pub(crate) mod reason;
mod refusal;
mod session;
pub(crate) mod strict_json;
mod verdict;

pub(super) use answer::{RedeemAnswer, VerifyAnswer, redeem, verify};
pub use fields::Secrets;
pub(super) use institution::webhook_settings;
pub(super) use outcome::{outcome_cohort, outcome_receipt};
pub(super) use refusal::refusal;
pub(super) use session::{SessionAnswer, new_session, public_session, session};

use crate::WrongClaimType;

/// What an answer is about: what it is checked against.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) environment: crate::Environment,
    pub(super) received_at: std::time::SystemTime,
    /// What the server says its version is.
    pub(super) api_version: Option<&'a str>,
    pub(super) as_of: AsOf,
    pub(super) secrets: Secrets<'a>,
}

/// Of when the age of a credential in an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    /// Of the answer: it was verified just now.
    Answer,
    /// Of an earlier verification, of which the answer is a record. Its age counts from there, and
    /// is unknown where the record does not say when that was: nothing old must look new.
    Record,
}

/// Why an answer cannot be relied on. Names fields, never values.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not one JSON object, or an object that repeats a name.
    #[error("the answer is not one well-formed JSON object without repeated names")]
    Malformed,
    /// None of the published validity fields is there.
    #[error("the answer does not say whether the credential is valid")]
    NoValidityField,
    /// A field that the answer cannot do without is missing.
    #[error("the answer lacks the field {field}")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// The answer gives a field twice and differently.
    #[error("the answer gives the field {field} twice and differently")]
    Ambiguous {
        /// The field.
        field: &'static str,
    },
    /// The status says success and the body reports a failure.
    #[error("the answer has a status of success and reports a failure")]
    NotSuccessful,
    /// A field has a type that none of the published shapes gives it.
    #[error("the field {field} has an unexpected type")]
    WrongType {
        /// The field.
        field: &'static str,
    },
    /// A claim has a type that the guide does not give it.
    #[error("the claims cannot be read")]
    WrongClaimType(#[from] WrongClaimType),
    /// The answer calls the credential valid and says something else elsewhere.
    #[error("the answer contradicts itself: {field} speaks against a valid credential")]
    Contradiction {
        /// The field that speaks against it.
        field: &'static str,
    },
    /// The answer is about another token than the one that was asked about.
    #[error("the answer is about another token")]
    AnotherToken,
    /// The answer is about another session than the one that was asked about.
    #[error("the answer is about another session")]
    AnotherSession,
    /// The answer is from the other environment than the key's.
    #[error("the answer is from another environment than the key")]
    AnotherEnvironment,
    /// The answer says that its body is compressed, which was not asked for.
    #[error("the answer is in an encoding that was not asked for")]
    Encoded,
    /// The answer is longer than the cap.
    #[error("the answer is longer than allowed")]
    TooLong,
}
