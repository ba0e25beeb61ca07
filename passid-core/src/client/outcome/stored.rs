//! An outcome that waits in a store until it can be reported.

use serde::{Deserialize, Serialize};

use super::{NewOutcome, NewOutcomeError, ReportedOutcome};
use crate::client::{IdempotencyKey, IdempotencyKeyError};
use crate::{Token, TokenError};

/// What is stored. Its members stand in this order, and those that are not set are left out, so that
/// the same outcome always has the same bytes.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    token: String,
    outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    product_type: Option<String>,
    /// As text: it has to come back as exactly the number that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount_usd: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    observation_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<String>,
}

/// Counted up when an older reader would take something for what it is not.
const VERSION: u32 = 1;

/// To be read before the rest, which a later version may have changed.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl NewOutcome {
    /// All of it as JSON, to be kept until it can be reported. **This holds the token**: keep it as
    /// you keep secrets, and never log it. The same outcome gives the same bytes, also in later
    /// versions.
    ///
    /// ```
    /// use passid_core::{NewOutcome, ReportedOutcome, Token};
    ///
    /// let token = Token::parse("PASSID-AB3X-7YQM-K9PQ-3MNX")?;
    /// let outcome = NewOutcome::new(&token, ReportedOutcome::Repaid).observation_days(90);
    /// let kept = outcome.expose_json();
    /// assert_eq!(NewOutcome::from_exposed_json(&kept)?, outcome);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn expose_json(&self) -> Vec<u8> {
        let stored = Stored {
            version: VERSION,
            token: self.token.expose().to_owned(),
            outcome: self.outcome.as_str().to_owned(),
            product_type: self.product_type.clone(),
            amount_usd: self.amount_usd.map(|amount| amount.to_string()),
            observation_days: self.observation_days,
            notes: self.notes.clone(),
            idempotency_key: self.key().map(ToString::to_string),
        };
        // A plain struct of text and numbers always serialises.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// Reads [`expose_json`](Self::expose_json), also of an earlier version. Members that are not
    /// known are passed over.
    ///
    /// # Errors
    ///
    /// [`StoredOutcomeError`].
    pub fn from_exposed_json(json: &[u8]) -> Result<Self, StoredOutcomeError> {
        // What serde says of a failure repeats values.
        let malformed = |_| StoredOutcomeError::Malformed;
        let Versioned { version } = serde_json::from_slice(json).map_err(malformed)?;
        if version > VERSION {
            return Err(StoredOutcomeError::LaterVersion { version });
        }
        let stored: Stored = serde_json::from_slice(json).map_err(malformed)?;
        let word = |outcome: &ReportedOutcome| outcome.as_str() == stored.outcome;
        let outcome = ReportedOutcome::ALL.into_iter().find(word);
        let outcome = outcome.ok_or(StoredOutcomeError::Malformed)?;
        let mut read = Self::new(&Token::parse(&stored.token)?, outcome);
        if let Some(product) = stored.product_type {
            read = read.product_type(product)?;
        }
        if let Some(amount) = stored.amount_usd {
            read = read.amount_usd(amount.parse().map_err(|_| StoredOutcomeError::Malformed)?)?;
        }
        if let Some(notes) = stored.notes {
            read = read.notes(notes)?;
        }
        if let Some(key) = stored.idempotency_key {
            read = read.idempotency_key(IdempotencyKey::parse(key)?);
        }
        read.observation_days = stored.observation_days;
        Ok(read)
    }
}

/// Why stored bytes are no outcome. Repeats none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredOutcomeError {
    /// Not what [`NewOutcome::expose_json`] writes.
    #[error("the stored outcome cannot be read; was it changed by hand?")]
    Malformed,
    /// Written by a later version of this library.
    #[error(
        "the stored outcome has the form {version}; read it with a later version of passid-core"
    )]
    LaterVersion {
        /// Its form.
        version: u32,
    },
    /// Its token is none.
    #[error("the token of the stored outcome cannot be read")]
    Token(#[from] TokenError),
    /// One of its members is not one that can be reported.
    #[error("the stored outcome cannot be reported as it is")]
    Outcome(#[from] NewOutcomeError),
    /// Its key is none.
    #[error("the idempotency key of the stored outcome cannot be read")]
    IdempotencyKey(#[from] IdempotencyKeyError),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "PASSID-AB3X-7YQM-K9PQ-3MNX";

    fn outcome() -> NewOutcome {
        NewOutcome::new(&Token::parse(TOKEN).unwrap(), ReportedOutcome::Defaulted)
    }

    #[test]
    fn the_stored_form_is_pinned_because_its_hash_tells_repetitions() {
        let bare = r#"{"version":1,"token":"PASSID-AB3X-7YQM-K9PQ-3MNX","outcome":"defaulted"}"#;
        assert_eq!(outcome().expose_json(), bare.as_bytes());
        let whole = outcome()
            .product_type("personal_loan")
            .and_then(|outcome| outcome.amount_usd(1234.5))
            .and_then(|outcome| outcome.observation_days(90).notes("none"))
            .unwrap()
            .idempotency_key(IdempotencyKey::parse("loan-7").unwrap());
        let expected = concat!(
            r#"{"version":1,"token":"PASSID-AB3X-7YQM-K9PQ-3MNX","outcome":"defaulted","#,
            r#""product_type":"personal_loan","amount_usd":"1234.5","observation_days":90,"#,
            r#""notes":"none","idempotency_key":"loan-7"}"#,
        );
        assert_eq!(String::from_utf8(whole.expose_json()).unwrap(), expected);
    }

    #[test]
    fn members_that_are_not_known_are_passed_over_and_a_later_form_is_told() {
        let json = format!(r#"{{"new":[1],"outcome":"defaulted","version":1,"token":"{TOKEN}"}}"#);
        assert_eq!(NewOutcome::from_exposed_json(json.as_bytes()).unwrap(), outcome());
        let later = NewOutcome::from_exposed_json(br#"{"version":2,"token":7}"#).unwrap_err();
        assert_eq!(later, StoredOutcomeError::LaterVersion { version: 2 });
    }

    #[test]
    fn what_is_no_outcome_is_refused_without_repeating_it() {
        let with = |members: &str| format!(r#"{{"version":1,"token":"{TOKEN}",{members}}}"#);
        for json in [
            String::new(),
            "[]".to_owned(),
            "{}".to_owned(),
            with(r#""outcome":"secret-word""#),
            with(r#""outcome":"repaid","amount_usd":"secret-word""#),
            with(r#""outcome":"repaid","amount_usd":"NaN""#),
            with(r#""outcome":"repaid","observation_days":"secret-word""#),
            with(r#""outcome":"repaid","product_type":" ""#),
            with(r#""outcome":"repaid","idempotency_key":"secret word""#),
            r#"{"version":1,"token":"","outcome":"repaid"}"#.to_owned(),
        ] {
            let error = NewOutcome::from_exposed_json(json.as_bytes()).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains("secret") && !text.contains("AB3X"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_outcome_comes_back_as_it_was(
            kind in 0..ReportedOutcome::ALL.len(),
            product in proptest::option::of("[a-zäß_\" ]{0,20}x"),
            amount in proptest::option::of(0.0_f64..f64::MAX),
            days in proptest::option::of(any::<u32>()),
            notes in proptest::option::of(".{0,50}"),
            key in proptest::option::of("[!-~]{1,40}"),
        ) {
            let mut outcome = NewOutcome::new(&Token::parse(TOKEN).unwrap(), ReportedOutcome::ALL[kind]);
            if let Some(product) = product {
                outcome = outcome.product_type(product).unwrap();
            }
            if let Some(amount) = amount {
                outcome = outcome.amount_usd(amount).unwrap();
            }
            if let Some(days) = days {
                outcome = outcome.observation_days(days);
            }
            if let Some(notes) = notes {
                outcome = outcome.notes(notes).unwrap();
            }
            if let Some(key) = key {
                outcome = outcome.idempotency_key(IdempotencyKey::parse(key).unwrap());
            }
            let json = outcome.expose_json();
            let back = NewOutcome::from_exposed_json(&json).unwrap();
            prop_assert_eq!(back.expose_json(), json);
            prop_assert_eq!(back, outcome);
        }
    }
}
