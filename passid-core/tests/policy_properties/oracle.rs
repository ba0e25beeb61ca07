//! An oracle for policies, written from the guide and from decisions D17 to D20 alone.

use std::time::{Duration, SystemTime};

use passid_core::{Environment, Policy, PolicyViolation, VerificationClaims, VerifiedCredential};
use serde_json::{Value, json};

use crate::common::start;

pub(crate) const SENSITIVE: [&str; 2] =
    ["sanctions_screening_clear", "identity_and_fraud_checks_passed"];

/// A policy as a person would write it down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) verified_only: bool,
    pub(crate) claims: Vec<&'static str>,
    pub(crate) max_age: Option<u32>,
    pub(crate) fraud: bool,
    pub(crate) sanctions: bool,
    pub(crate) all_of: Vec<Written>,
    pub(crate) any_of: Vec<Written>,
    pub(crate) not: Option<Box<Written>>,
}

impl Written {
    pub(crate) fn all(parts: &[&Self]) -> Self {
        Self { all_of: parts.iter().map(|part| (*part).clone()).collect(), ..Self::default() }
    }

    pub(crate) fn any(parts: &[Self]) -> Self {
        Self { any_of: parts.to_vec(), ..Self::default() }
    }

    pub(crate) fn built(&self) -> Policy {
        if self.verified_only {
            return Policy::verified_only();
        }
        let mut builder = Policy::builder().require_claims(self.claims.iter().copied());
        if let Some(hours) = self.max_age {
            builder = builder.max_credential_age_hours(hours);
        }
        if self.fraud {
            builder = builder.require_fraud_checks_passed();
        }
        if self.sanctions {
            builder = builder.require_sanctions_clear();
        }
        if !self.all_of.is_empty() {
            builder = builder.all_of(self.all_of.iter().map(Self::built));
        }
        if !self.any_of.is_empty() {
            builder = builder.any_of(self.any_of.iter().map(Self::built));
        }
        if let Some(policy) = &self.not {
            builder = builder.not(policy.built());
        }
        builder.build().unwrap()
    }

    pub(crate) fn config(&self) -> Value {
        if self.verified_only {
            return json!({"verifiedOnly": true});
        }
        let list = |parts: &[Self]| parts.iter().map(Self::config).collect::<Vec<_>>();
        let mut config = json!({});
        if !self.claims.is_empty() {
            config["requireClaims"] = json!(self.claims);
        }
        if let Some(hours) = self.max_age {
            config["maxCredentialAgeHours"] = json!(hours);
        }
        if self.fraud {
            config["requireFraudChecksPassed"] = json!(true);
        }
        if self.sanctions {
            config["requireSanctionsClear"] = json!(true);
        }
        if !self.all_of.is_empty() {
            config["allOf"] = json!(list(&self.all_of));
        }
        if !self.any_of.is_empty() {
            config["anyOf"] = json!(list(&self.any_of));
        }
        if let Some(policy) = &self.not {
            config["not"] = policy.config();
        }
        config
    }

    /// The oracle: `Some` of yes or no, `None` for "the credential does not say".
    pub(crate) fn holds(&self, person: &Person) -> Option<bool> {
        let mut parts: Vec<Option<bool>> =
            self.claims.iter().map(|claim| person.says(claim)).collect();
        let age = || Some(u64::from(person.claims.freshness_hours?) + person.hours_since()?);
        parts.extend(self.max_age.map(|limit| age().map(|age| age <= u64::from(limit))));
        parts.extend(self.fraud.then(|| person.says(SENSITIVE[1])));
        parts.extend(self.sanctions.then(|| person.says(SENSITIVE[0])));
        parts.extend(self.all_of.iter().map(|part| part.holds(person)));
        if !self.any_of.is_empty() {
            let any: Vec<_> = self.any_of.iter().map(|part| part.holds(person)).collect();
            let unknown = any.contains(&None).then_some(None);
            parts.push(if any.contains(&Some(true)) {
                Some(true)
            } else {
                unknown.unwrap_or(Some(false))
            });
        }
        parts.extend(self.not.as_ref().map(|part| part.holds(person).map(|holds| !holds)));
        if parts.contains(&Some(false)) {
            Some(false)
        } else if parts.contains(&None) {
            None
        } else {
            Some(true)
        }
    }
}

/// A credential, and the moment at which it is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) claims: VerificationClaims,
    /// Seconds since the answer came.
    pub(crate) later: i64,
}

impl Person {
    pub(crate) fn now(&self) -> SystemTime {
        let distance = Duration::from_secs(self.later.unsigned_abs());
        if self.later < 0 { start() - distance } else { start() + distance }
    }

    /// A clock that went back by more than five minutes makes the age unknown.
    pub(crate) fn hours_since(&self) -> Option<u64> {
        (self.later >= -300).then(|| u64::try_from(self.later).unwrap_or(0) / 3600)
    }

    pub(crate) fn says(&self, claim: &str) -> Option<bool> {
        match serde_json::to_value(&self.claims).unwrap().get(claim)? {
            Value::Null => None,
            Value::Bool(yes) => Some(*yes),
            Value::Number(_) => Some(true),
            Value::String(text) => Some(!text.trim().is_empty()),
            Value::Array(items) => Some(!items.is_empty()),
            Value::Object(fields) => Some(!fields.is_empty()),
        }
    }

    pub(crate) fn asked(&self, policy: &Policy) -> Result<(), PolicyViolation> {
        policy.evaluate(&credential(self.claims.clone()), self.now())
    }

    pub(crate) fn passes(&self, policy: &Written) -> bool {
        self.asked(&policy.built()).is_ok()
    }
}

pub(crate) fn credential(claims: VerificationClaims) -> VerifiedCredential {
    VerifiedCredential::builder("passid", Environment::Sandbox, claims, start()).build().unwrap()
}

impl Written {
    pub(crate) fn or_verified_only(self) -> Self {
        let verified_only = self.config() == json!({});
        Self { verified_only, ..self }
    }

    pub(crate) fn is_plain(&self) -> bool {
        let text = self.config().to_string();
        !["sanctions", "fraud", "Sanctions", "Fraud"].iter().any(|word| text.contains(word))
    }
}
