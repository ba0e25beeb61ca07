//! What PASSID says about a person: [`VerificationClaims`], and the names of claims and permissions.

mod name;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use name::{ClaimName, Permission};

/// The verified summary of a person (guide, step 5).
///
/// Every claim is optional: permissions narrow the set, and **absent is not false** – it is unknown,
/// and a policy that asks for it refuses. A claim that is `null` is absent. Claims that this version
/// does not know are kept in [`extra`](Self::extra).
///
/// Reading refuses a known claim of an unexpected type rather than guess what was meant (decision
/// P1). `Debug`
/// names the claims that are present and never their values.
///
/// ```
/// use passid_core::VerificationClaims;
///
/// let claims: VerificationClaims = serde_json::from_str(
///     r#"{"identity_verified": true, "income_band": "$3,000-4,000/mo", "tier": "B"}"#,
/// )?;
/// assert_eq!(claims.identity_verified, Some(true));
/// assert_eq!(claims.income_verified, None);
/// assert_eq!(claims.extra["tier"], "B");
/// assert!(serde_json::from_str::<VerificationClaims>(r#"{"identity_verified": "yes"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct VerificationClaims {
    /// The person's identity was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_verified: Option<bool>,
    /// The person's income was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub income_verified: Option<bool>,
    /// The band the income lies in, such as `$3,000-4,000/mo`: text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub income_band: Option<String>,
    /// Screened against the OFAC, EU and UN lists without a match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanctions_screening_clear: Option<bool>,
    /// Identity and fraud checks passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_and_fraud_checks_passed: Option<bool>,
    /// Payment behaviour was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_behavior_verified: Option<bool>,
    /// Savings behaviour was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub savings_behavior_verified: Option<bool>,
    /// Days of verified financial data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_window_days: Option<u32>,
    /// Hours between the issue of the credential and the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness_hours: Option<u32>,
    /// Bank accounts in scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_accounts: Option<u32>,
    /// Origin and destination, such as `KE->GB`. Not strictly country codes: `GH->EU` exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corridor: Option<String>,
    /// Claims that this version does not know, as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl VerificationClaims {
    /// What is known of a claim: `Some(true)` when a policy may count on it, `Some(false)` when it
    /// is denied or empty, `None` when nothing is said.
    ///
    /// Numbers are counted on when present; text and other values when not empty (decision D19).
    pub fn holds(&self, claim: &ClaimName) -> Option<bool> {
        let filled = |text: &Option<String>| text.as_ref().map(|text| !text.trim().is_empty());
        let given = |number: Option<u32>| number.map(|_| true);
        match claim {
            ClaimName::IdentityVerified => self.identity_verified,
            ClaimName::IncomeVerified => self.income_verified,
            ClaimName::IncomeBand => filled(&self.income_band),
            ClaimName::SanctionsScreeningClear => self.sanctions_screening_clear,
            ClaimName::IdentityAndFraudChecksPassed => self.identity_and_fraud_checks_passed,
            ClaimName::PaymentBehaviorVerified => self.payment_behavior_verified,
            ClaimName::SavingsBehaviorVerified => self.savings_behavior_verified,
            ClaimName::DataWindowDays => given(self.data_window_days),
            ClaimName::FreshnessHours => given(self.freshness_hours),
            ClaimName::LinkedAccounts => given(self.linked_accounts),
            ClaimName::Corridor => filled(&self.corridor),
            ClaimName::Other(name) => match self.extra.get(name)? {
                Value::Null => None,
                Value::Bool(holds) => Some(*holds),
                Value::Number(_) => Some(true),
                Value::String(text) => Some(!text.trim().is_empty()),
                Value::Array(items) => Some(!items.is_empty()),
                Value::Object(fields) => Some(!fields.is_empty()),
            },
        }
    }

    /// Takes the typed claims out of an object; what is left is kept in `extra`.
    pub(crate) fn from_object(mut object: Map<String, Value>) -> Result<Self, WrongClaimType> {
        Ok(Self {
            identity_verified: take(&mut object, ClaimName::IdentityVerified, Value::as_bool)?,
            income_verified: take(&mut object, ClaimName::IncomeVerified, Value::as_bool)?,
            income_band: take(&mut object, ClaimName::IncomeBand, text)?,
            sanctions_screening_clear: take(
                &mut object,
                ClaimName::SanctionsScreeningClear,
                Value::as_bool,
            )?,
            identity_and_fraud_checks_passed: take(
                &mut object,
                ClaimName::IdentityAndFraudChecksPassed,
                Value::as_bool,
            )?,
            payment_behavior_verified: take(
                &mut object,
                ClaimName::PaymentBehaviorVerified,
                Value::as_bool,
            )?,
            savings_behavior_verified: take(
                &mut object,
                ClaimName::SavingsBehaviorVerified,
                Value::as_bool,
            )?,
            data_window_days: take(&mut object, ClaimName::DataWindowDays, whole_number)?,
            freshness_hours: take(&mut object, ClaimName::FreshnessHours, whole_number)?,
            linked_accounts: take(&mut object, ClaimName::LinkedAccounts, whole_number)?,
            corridor: take(&mut object, ClaimName::Corridor, text)?,
            extra: object,
        })
    }
}

fn take<T>(
    object: &mut Map<String, Value>,
    claim: ClaimName,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, WrongClaimType> {
    match object.remove(claim.as_str()) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(&value).map(Some).ok_or(WrongClaimType { claim }),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// JSON has one type of number, so `2.0` is the whole number 2.
pub(crate) fn whole_number(value: &Value) -> Option<u32> {
    if let Some(number) = value.as_u64() {
        return u32::try_from(number).ok();
    }
    let number = value.as_f64()?;
    let whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    whole.then_some(number as u32)
}

impl TryFrom<Map<String, Value>> for VerificationClaims {
    type Error = WrongClaimType;

    fn try_from(object: Map<String, Value>) -> Result<Self, Self::Error> {
        Self::from_object(object)
    }
}

impl fmt::Debug for VerificationClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present: Vec<&str> = ClaimName::KNOWN
            .iter()
            .filter(|claim| self.holds(claim).is_some())
            .map(ClaimName::as_str)
            .collect();
        f.debug_struct("VerificationClaims")
            .field("present", &present)
            .field("unknown", &self.extra.len())
            .finish()
    }
}

/// A known claim has a type that the guide does not give it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claim {claim} does not have the type that the guide gives it")]
pub struct WrongClaimType {
    claim: ClaimName,
}

impl WrongClaimType {
    /// The claim concerned.
    pub fn claim(&self) -> &ClaimName {
        &self.claim
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<VerificationClaims, serde_json::Error> {
        serde_json::from_value(value)
    }

    fn guide_example() -> Value {
        json!({
            "identity_verified": true, "income_verified": true, "income_band": "$3,000-4,000/mo",
            "sanctions_screening_clear": true, "identity_and_fraud_checks_passed": true,
            "payment_behavior_verified": true, "savings_behavior_verified": true,
            "data_window_days": 180, "freshness_hours": 2, "linked_accounts": 3, "corridor": "KE->GB"
        })
    }

    #[test]
    fn the_guides_example_is_read_whole_and_written_back_the_same() {
        let claims = read(guide_example()).unwrap();
        assert!(claims.extra.is_empty());
        assert_eq!(claims.freshness_hours, Some(2));
        assert_eq!(serde_json::to_value(&claims).unwrap(), guide_example());
    }

    #[test]
    fn older_claims_are_kept_as_they_came() {
        let older = json!({"fsi_score": 812, "tier": "B", "payment_reliability": 0.91});
        let claims = read(older.clone()).unwrap();
        assert_eq!(Value::Object(claims.extra.clone()), older);
        assert_eq!(serde_json::to_value(&claims).unwrap(), older);
    }

    #[test]
    fn null_is_absent() {
        assert_eq!(
            read(json!({"identity_verified": null})).unwrap(),
            VerificationClaims::default()
        );
    }

    #[test]
    fn a_known_claim_of_another_type_is_refused_without_its_value() {
        for claims in [
            json!({"identity_verified": "true"}),
            json!({"identity_verified": 1}),
            json!({"income_band": 3000}),
            json!({"freshness_hours": -1}),
            json!({"freshness_hours": 2.5}),
            json!({"freshness_hours": "2"}),
            json!({"freshness_hours": 4_294_967_296_u64}),
            json!({"corridor": ["KE", "GB"]}),
        ] {
            let error = read(claims.clone()).unwrap_err().to_string();
            assert!(error.contains("does not have the type"), "{claims}: {error}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float() {
        assert_eq!(read(json!({"freshness_hours": 2.0})).unwrap().freshness_hours, Some(2));
    }

    #[test]
    fn debug_names_claims_and_hides_values() {
        let mut claims = read(guide_example()).unwrap();
        claims.extra.insert("Jane Doe".into(), json!("secret"));
        let shown = format!("{claims:?}");
        assert!(shown.contains("income_band"));
        for hidden in ["3,000", "KE", "180", "true", "Jane", "secret"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
