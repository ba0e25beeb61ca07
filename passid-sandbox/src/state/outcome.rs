//! What became of an application (guide, step 9), and the rates over all of them.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

use super::access::Tenant;
use super::aged::Dated;
use super::issued::Coverage;
use super::table::Row;
use super::world::World;
use crate::webhook::{self, EventData};

/// The seven values of the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeValue {
    Repaid,
    NoDefault,
    Delinquent,
    Defaulted,
    FraudConfirmed,
    AccountClosed,
    Other,
}

impl OutcomeValue {
    pub(crate) fn as_str(self) -> &'static str {
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

/// A report, and what the sandbox captured with it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    institution: String,
    pub(crate) token: String,
    pub(crate) outcome: OutcomeValue,
    product_type: Option<String>,
    amount_usd: Option<Number>,
    observation_days: Option<Number>,
    notes: Option<String>,
    context: VerificationContext,
    pub(crate) reported_at: Timestamp,
}

/// The guide: the verification context is captured automatically. Its members are ours (D29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerificationContext {
    pub(crate) coverage: Coverage,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) freshness_hours: Option<u64>,
    /// Absent when this institution has never verified the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verified_at: Option<Timestamp>,
}

/// What an institution reports.
pub(crate) struct NewOutcome {
    pub(crate) token: String,
    pub(crate) outcome: OutcomeValue,
    pub(crate) product_type: Option<String>,
    pub(crate) amount_usd: Option<Number>,
    pub(crate) observation_days: Option<Number>,
    pub(crate) notes: Option<String>,
}

/// Why an outcome is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutcomeRefused {
    TokenNotFound,
    /// The guide: one outcome per token per institution.
    AlreadyReported,
}

/// The counts of the outcomes by coverage.
pub(crate) type Cohorts = BTreeMap<Coverage, BTreeMap<OutcomeValue, u64>>;

impl Row for Outcome {
    const TABLE: &'static str = "outcomes";
}

impl Dated for Outcome {
    fn dated(&self) -> Timestamp {
        self.reported_at
    }
}

impl World {
    pub(crate) fn report_outcome(
        &mut self,
        tenant: &Tenant,
        new: NewOutcome,
        now: Timestamp,
    ) -> Result<Outcome, OutcomeRefused> {
        let key = tenant.key(&new.token);
        if self.outcomes.contains(&key) {
            return Err(OutcomeRefused::AlreadyReported);
        }
        let credential = self
            .tokens
            .get(&new.token)
            .filter(|credential| credential.environment == tenant.environment)
            .ok_or(OutcomeRefused::TokenNotFound)?;
        let context = match self.verifications.get(&key) {
            Some(verification) => verification.context(),
            // P20: it was never verified by this institution; what its claims are now stands in.
            None => {
                let disclosed = credential.disclosed(now);
                VerificationContext {
                    coverage: disclosed.coverage(),
                    freshness_hours: disclosed.freshness_hours(),
                    verified_at: None,
                }
            }
        };
        let outcome = Outcome {
            id: self.counters_mut().outcome_id(),
            institution: tenant.institution.clone(),
            token: new.token,
            outcome: new.outcome,
            product_type: new.product_type,
            amount_usd: new.amount_usd,
            observation_days: new.observation_days,
            notes: new.notes,
            context,
            reported_at: now,
        };
        self.outcomes.forget_what_is_over(now);
        self.outcomes.insert(key, outcome.clone());
        let data = EventData::OutcomeReported {
            token: &outcome.token,
            outcome: outcome.outcome.as_str(),
            product_type: outcome.product_type.as_deref(),
            amount_usd: outcome.amount_usd.as_ref(),
            verification_context: Some(webhook::VerificationContext {
                coverage: context.coverage.as_str(),
                freshness_hours: context.freshness_hours,
                verified_at: context.verified_at,
            }),
        };
        self.emit(tenant, data, now);
        Ok(outcome)
    }

    /// The counts of an institution in one environment, the best coverage first.
    pub(crate) fn cohorts(&self, tenant: &Tenant) -> Cohorts {
        let mut cohorts = Cohorts::new();
        let prefix = tenant.key("");
        for (_, outcome) in self.outcomes.table().iter_prefix(&prefix) {
            let counts = cohorts.entry(outcome.context.coverage).or_default();
            *counts.entry(outcome.outcome).or_default() += 1;
        }
        cohorts
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcome").field("id", &self.id).finish_non_exhaustive()
    }
}
