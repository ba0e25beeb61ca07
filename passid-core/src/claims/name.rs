use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// The name of a claim: what a policy asks for (guide, step 5).
///
/// Not to be mixed up with a [`Permission`], which is what an institution asks a customer to share:
/// four of the six differ. A name that this version does not know is kept as
/// [`ClaimName::Other`] and looked up among the unknown claims.
///
/// ```
/// use passid_core::ClaimName;
///
/// assert_eq!(ClaimName::from("income_verified"), ClaimName::IncomeVerified);
/// assert_eq!(ClaimName::from("dscr_above_1_2").as_str(), "dscr_above_1_2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimName {
    /// `identity_verified`
    IdentityVerified,
    /// `income_verified`
    IncomeVerified,
    /// `income_band`
    IncomeBand,
    /// `sanctions_screening_clear`
    SanctionsScreeningClear,
    /// `identity_and_fraud_checks_passed`
    IdentityAndFraudChecksPassed,
    /// `payment_behavior_verified`
    PaymentBehaviorVerified,
    /// `savings_behavior_verified`
    SavingsBehaviorVerified,
    /// `data_window_days`
    DataWindowDays,
    /// `freshness_hours`
    FreshnessHours,
    /// `linked_accounts`
    LinkedAccounts,
    /// `corridor`
    Corridor,
    /// A claim that the guide does not list.
    Other(String),
}

impl ClaimName {
    /// Every claim the guide lists, in its order.
    pub const KNOWN: [Self; 11] = [
        Self::IdentityVerified,
        Self::IncomeVerified,
        Self::IncomeBand,
        Self::SanctionsScreeningClear,
        Self::IdentityAndFraudChecksPassed,
        Self::PaymentBehaviorVerified,
        Self::SavingsBehaviorVerified,
        Self::DataWindowDays,
        Self::FreshnessHours,
        Self::LinkedAccounts,
        Self::Corridor,
    ];

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::IdentityVerified => "identity_verified",
            Self::IncomeVerified => "income_verified",
            Self::IncomeBand => "income_band",
            Self::SanctionsScreeningClear => "sanctions_screening_clear",
            Self::IdentityAndFraudChecksPassed => "identity_and_fraud_checks_passed",
            Self::PaymentBehaviorVerified => "payment_behavior_verified",
            Self::SavingsBehaviorVerified => "savings_behavior_verified",
            Self::DataWindowDays => "data_window_days",
            Self::FreshnessHours => "freshness_hours",
            Self::LinkedAccounts => "linked_accounts",
            Self::Corridor => "corridor",
            Self::Other(name) => name,
        }
    }

    /// Whether naming this claim in a refusal could tip off the person concerned about a sanctions
    /// or fraud finding (decision D2).
    pub(crate) fn is_sensitive(&self) -> bool {
        match self {
            Self::SanctionsScreeningClear | Self::IdentityAndFraudChecksPassed => true,
            Self::Other(name) => {
                let name = name.to_ascii_lowercase();
                name.contains("sanction") || name.contains("fraud")
            }
            _ => false,
        }
    }
}

impl From<&str> for ClaimName {
    fn from(name: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|known| known.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for ClaimName {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl FromStr for ClaimName {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a permission: what an institution asks a customer to share (guide, step 5).
///
/// ```
/// use passid_core::{ClaimName, Permission};
///
/// let permission: Permission = "sanctions_clear".into();
/// assert_eq!(permission.claims(), [ClaimName::SanctionsScreeningClear]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// `verified_credential_summary`: every claim.
    VerifiedCredentialSummary,
    /// `income_verified`
    IncomeVerified,
    /// `identity_verified`
    IdentityVerified,
    /// `sanctions_clear`
    SanctionsClear,
    /// `payment_reliability`
    PaymentReliability,
    /// `savings_consistency`
    SavingsConsistency,
    /// `fraud_risk`
    FraudRisk,
    /// A permission that the guide does not list.
    Other(String),
}

impl Permission {
    /// Every permission the guide lists, in its order.
    pub const KNOWN: [Self; 7] = [
        Self::VerifiedCredentialSummary,
        Self::IncomeVerified,
        Self::IdentityVerified,
        Self::SanctionsClear,
        Self::PaymentReliability,
        Self::SavingsConsistency,
        Self::FraudRisk,
    ];

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::VerifiedCredentialSummary => "verified_credential_summary",
            Self::IncomeVerified => "income_verified",
            Self::IdentityVerified => "identity_verified",
            Self::SanctionsClear => "sanctions_clear",
            Self::PaymentReliability => "payment_reliability",
            Self::SavingsConsistency => "savings_consistency",
            Self::FraudRisk => "fraud_risk",
            Self::Other(name) => name,
        }
    }

    /// The claims this permission brings, as the guide's table says. Empty for one it does not list.
    pub fn claims(&self) -> &'static [ClaimName] {
        match self {
            Self::VerifiedCredentialSummary => &ClaimName::KNOWN,
            Self::IncomeVerified => &[ClaimName::IncomeVerified, ClaimName::IncomeBand],
            Self::IdentityVerified => &[ClaimName::IdentityVerified],
            Self::SanctionsClear => &[ClaimName::SanctionsScreeningClear],
            Self::PaymentReliability => &[ClaimName::PaymentBehaviorVerified],
            Self::SavingsConsistency => &[ClaimName::SavingsBehaviorVerified],
            Self::FraudRisk => &[ClaimName::IdentityAndFraudChecksPassed],
            Self::Other(_) => &[],
        }
    }

    /// The permission that was meant by a name that is no claim, if it is one.
    pub(crate) fn mistaken_for_claim(name: &ClaimName) -> Option<Self> {
        let ClaimName::Other(name) = name else { return None };
        match Self::from(name.as_str()) {
            Self::Other(_) => None,
            permission => Some(permission),
        }
    }
}

impl From<&str> for Permission {
    fn from(name: &str) -> Self {
        Self::KNOWN
            .into_iter()
            .find(|known| known.as_str() == name)
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for Permission {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl FromStr for Permission {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_reads_as_itself() {
        for claim in ClaimName::KNOWN {
            assert_eq!(ClaimName::from(claim.as_str()), claim);
        }
        for permission in Permission::KNOWN {
            assert_eq!(Permission::from(permission.as_str()), permission);
        }
    }

    #[test]
    fn the_four_permissions_that_are_no_claims_are_told_apart() {
        for name in ["sanctions_clear", "payment_reliability", "savings_consistency", "fraud_risk"]
        {
            let permission = Permission::mistaken_for_claim(&name.into()).unwrap();
            assert_eq!(permission.as_str(), name);
        }
        for name in ["income_verified", "identity_verified", "dscr_above_1_2"] {
            assert_eq!(Permission::mistaken_for_claim(&name.into()), None, "{name}");
        }
    }
}
