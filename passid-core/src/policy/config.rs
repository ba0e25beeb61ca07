use serde::{Deserialize, Deserializer};

use super::{Policy, PolicyError};

/// The guide's camelCase options (step 2) and, beyond them, composition.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PolicyConfig {
    #[serde(default, alias = "require_claims")]
    require_claims: Vec<String>,
    #[serde(default, alias = "max_credential_age_hours")]
    max_credential_age_hours: Option<u32>,
    #[serde(default, alias = "require_fraud_checks_passed")]
    require_fraud_checks_passed: bool,
    #[serde(default, alias = "require_sanctions_clear")]
    require_sanctions_clear: bool,
    #[serde(default, alias = "all_of")]
    all_of: Option<Vec<Policy>>,
    #[serde(default, alias = "any_of")]
    any_of: Option<Vec<Policy>>,
    #[serde(default)]
    not: Option<Policy>,
    #[serde(default, alias = "verified_only")]
    verified_only: bool,
}

impl TryFrom<PolicyConfig> for Policy {
    type Error = PolicyError;

    fn try_from(config: PolicyConfig) -> Result<Self, Self::Error> {
        let mut builder = Policy::builder().require_claims(config.require_claims);
        if let Some(hours) = config.max_credential_age_hours {
            builder = builder.max_credential_age_hours(hours);
        }
        if config.require_fraud_checks_passed {
            builder = builder.require_fraud_checks_passed();
        }
        if config.require_sanctions_clear {
            builder = builder.require_sanctions_clear();
        }
        if let Some(policies) = config.all_of {
            builder = builder.all_of(policies);
        }
        if let Some(policies) = config.any_of {
            builder = builder.any_of(policies);
        }
        if let Some(policy) = config.not {
            builder = builder.not(policy);
        }
        match (builder.build(), config.verified_only) {
            (Err(PolicyError::Empty), true) => Ok(Policy::verified_only()),
            (Ok(_), true) => Err(PolicyError::VerifiedOnlyAndMore),
            (built, _) => built,
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let config = PolicyConfig::deserialize(deserializer)?;
        Policy::try_from(config).map_err(serde::de::Error::custom)
    }
}
