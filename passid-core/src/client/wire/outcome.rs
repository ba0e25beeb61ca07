//! What the answers about outcomes say. No shape is published: ours is read, and the rest is kept.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::credential::take_tokens;
use super::fields::Fields;
use super::{DecodeError, Secrets};
use crate::Token;
use crate::client::{CohortOutcome, Coverage, OutcomeCohort, OutcomeCohorts, OutcomeReceipt};

/// Reads a 2xx answer to `POST /v1/outcome`.
pub(in crate::client) fn outcome_receipt(
    body: &[u8],
    reported: &Token,
    secrets: Secrets<'_>,
) -> Result<OutcomeReceipt, DecodeError> {
    let mut fields = Fields::parse(body)?;
    fields.check_success()?;
    if take_tokens(&mut fields)?.iter().any(|token| token != reported) {
        return Err(DecodeError::AnotherToken);
    }
    let id = fields.take_one_text(&["outcomeId", "outcome_id"])?;
    Ok(OutcomeReceipt {
        outcome_id: id.and_then(|id| secrets.printable(&id)),
        reported_at: fields.take_earliest(&["reportedAt", "reported_at"])?,
        extra: rest(fields),
    })
}

/// Reads a 2xx answer to `GET /v1/outcome/cohort`.
pub(in crate::client) fn outcome_cohort(
    body: &[u8],
    secrets: Secrets<'_>,
) -> Result<OutcomeCohorts, DecodeError> {
    let mut fields = Fields::parse(body)?;
    fields.check_success()?;
    let field = "cohorts";
    let mut cohorts = Vec::new();
    for value in fields.take_all(field).into_iter().take(1) {
        let Value::Array(items) = value else { return Err(DecodeError::WrongType { field }) };
        for item in items {
            let Value::Object(item) = item else { return Err(DecodeError::WrongType { field }) };
            cohorts.push(cohort(item, secrets)?);
        }
    }
    // D30: a text, and a number is taken too.
    let institution = fields.take_all("institutionId").into_iter().next();
    let institution_id = match institution {
        None => None,
        Some(Value::String(id)) => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        Some(_) => return Err(DecodeError::WrongType { field: "institutionId" }),
    };
    Ok(OutcomeCohorts {
        institution_id,
        total: fields.take_count(&["total"])?,
        cohorts,
        extra: rest(fields),
    })
}

fn cohort(
    mut item: Map<String, Value>,
    secrets: Secrets<'_>,
) -> Result<OutcomeCohort, DecodeError> {
    let coverage = match item.remove("coverage") {
        Some(Value::String(word)) => Coverage::from(&*secrets.word(&word)),
        Some(_) => return Err(DecodeError::WrongType { field: "coverage" }),
        None => return Err(DecodeError::Missing { field: "coverage" }),
    };
    let mut outcomes = BTreeMap::new();
    match item.remove("outcomes") {
        None | Some(Value::Null) => {}
        Some(Value::Object(rates)) => {
            for (word, value) in rates {
                let wrong = DecodeError::WrongType { field: "outcomes" };
                let Value::Object(value) = value else { return Err(wrong) };
                let count = optional(&value, "count", Value::as_u64)?;
                let rate = optional(&value, "rate", Value::as_f64)?;
                outcomes.insert(word, CohortOutcome { count, rate });
            }
        }
        Some(_) => return Err(DecodeError::WrongType { field: "outcomes" }),
    }
    Ok(OutcomeCohort { coverage, total: optional(&item, "total", Value::as_u64)?, outcomes })
}

fn optional<T>(
    object: &Map<String, Value>,
    field: &'static str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, DecodeError> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or(DecodeError::WrongType { field }),
    }
}

/// What is not known; the word for success is.
fn rest(fields: Fields) -> Map<String, Value> {
    fields.into_rest(&[&["success"]])
}
