use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::ReportedOutcome;

/// That an outcome was taken. Its shape is not published, so that all of it may be missing: the
/// receipt itself is the news.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct OutcomeReceipt {
    /// The API's id of the report.
    pub outcome_id: Option<String>,
    /// When it was taken, by the API's clock.
    pub reported_at: Option<SystemTime>,
    /// Fields of the answer that this version does not know, as they came.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for OutcomeReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeReceipt")
            .field("outcome_id", &self.outcome_id)
            .field("reported_at", &self.reported_at)
            .finish_non_exhaustive()
    }
}

/// All outcomes that an institution has reported, by coverage.
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct OutcomeCohorts {
    /// The institution, as the API names it.
    pub institution_id: Option<String>,
    /// How many outcomes there are.
    pub total: Option<u64>,
    /// One for each level of coverage.
    pub cohorts: Vec<OutcomeCohort>,
    /// Fields of the answer that this version does not know, as they came.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for OutcomeCohorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeCohorts")
            .field("total", &self.total)
            .field("cohorts", &self.cohorts)
            .finish_non_exhaustive()
    }
}

/// The outcomes of verifications that covered equally much.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct OutcomeCohort {
    /// How much they covered.
    pub coverage: Coverage,
    /// How many there are.
    pub total: Option<u64>,
    /// By the word on the wire, also words that this version does not know.
    pub outcomes: BTreeMap<String, CohortOutcome>,
}

impl OutcomeCohort {
    /// What is said of one outcome.
    pub fn outcome(&self, outcome: ReportedOutcome) -> Option<&CohortOutcome> {
        self.outcomes.get(outcome.as_str())
    }
}

impl fmt::Debug for OutcomeCohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutcomeCohort")
            .field("coverage", &self.coverage)
            .field("total", &self.total)
            .field("outcomes", &self.outcomes.len())
            .finish()
    }
}

/// How often an outcome was reported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CohortOutcome {
    /// How many times.
    pub count: Option<u64>,
    /// Its part of the cohort, 0 to 1.
    pub rate: Option<f64>,
}

/// How much of the claims a verification covered (guide, steps 9 and 10).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coverage {
    /// High coverage.
    High,
    /// Partial coverage.
    Partial,
    /// None.
    None,
    /// A level that this version does not know.
    Other(String),
}

impl Coverage {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::High => "high",
            Self::Partial => "partial",
            Self::None => "none",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Coverage {
    fn from(word: &str) -> Self {
        [Self::High, Self::Partial, Self::None]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(word))
            .unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
