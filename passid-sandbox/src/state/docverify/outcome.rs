//! What an ending says: what comes from a mock, and what a result has of it.

use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::{
    CHECKS, DocumentCheck, DocumentCheckRecommendation, DocumentRecommendation, RISK,
};
use super::duration;
use super::ending::DocumentEnding;

impl DocumentEnding {
    /// Of a mock, with its newer or its deprecated name of the recommendation. `None` for one that
    /// makes no sense.
    pub(super) fn of_mock(mock: &Value) -> Option<Self> {
        let mock = mock.as_object()?;
        let field = |name| mock.get(name).filter(|value| !value.is_null());
        let named = field("recommendation").or_else(|| field("mock_recommendation"));
        let recommendation = match named {
            Some(named) => Some(DocumentRecommendation::deserialize(named).ok()?),
            None => None,
        };
        let processing_time = match field("processing_time") {
            Some(time) => Some(time.as_str()?.to_owned()),
            None => None,
        };
        let force_retry = match field("force_retry") {
            Some(retry) => Some(retry.as_bool()?),
            None => None,
        };
        let info = match field("info") {
            Some(info) => Some(info.as_object()?.clone()),
            None => None,
        };
        let part = |name| info.as_ref().and_then(|info| info.get(name));
        let is_odd = |part: Option<&Value>| part.is_some_and(|it| !it.is_object() && !it.is_null());
        if is_odd(part("person_details")) || is_odd(part("document_details")) {
            return None;
        }
        let ending = Self { recommendation, processing_time, force_retry, info, ..Self::default() };
        ending.checked().ok()
    }

    /// This one, and what it leaves open as `other` says.
    pub(super) fn or(self, other: Self) -> Self {
        let mut checks = other.checks;
        checks.extend(self.checks);
        Self {
            recommendation: self.recommendation.or(other.recommendation),
            status: self.status.or(other.status),
            processing_time: self.processing_time.or(other.processing_time),
            force_retry: self.force_retry.or(other.force_retry),
            checks,
            info: self.info.or(other.info),
            person: self.person.or(other.person),
            document: self.document.or(other.document),
            additional_info: self.additional_info.or(other.additional_info),
            risk_details: self.risk_details.or(other.risk_details),
        }
    }

    pub(super) fn time(&self) -> SignedDuration {
        let time = self.processing_time.as_deref().and_then(duration::read).unwrap_or_default();
        SignedDuration::try_from(time).unwrap_or_default()
    }

    pub(super) fn retries(&self) -> bool {
        self.force_retry.unwrap_or_default()
    }

    pub(super) fn own_status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// A field of what is wanted in the older shape.
    pub(crate) fn wanted(&self, part: &str, field: &str) -> Option<&Value> {
        self.older(part)?.get(field).filter(|value| !value.is_null())
    }

    pub(crate) fn older(&self, part: &str) -> Option<&Map<String, Value>> {
        self.info.as_ref()?.get(part)?.as_object()
    }

    /// A part of the newer shape that is printed as it was given.
    pub(crate) fn given(&self, part: &str) -> Option<&Map<String, Value>> {
        match part {
            "person" => self.person.as_ref(),
            "document" => self.document.as_ref(),
            "additional_info" => self.additional_info.as_ref(),
            "risk_details" => self.risk_details.as_ref(),
            _ => None,
        }
    }

    /// The checks by name, in the order in which they are printed. Without the hosted page nobody has
    /// looked at a device: the risk check is `N/A` (decision P114).
    pub(crate) fn checks(&self, hosted: bool) -> Vec<(&'static str, DocumentCheck)> {
        use DocumentCheckRecommendation::{Allow, NotApplicable};
        let mut checks: Vec<_> = CHECKS
            .into_iter()
            .filter_map(|name| match self.checks.get(name) {
                Some(told) => Some((name, told.clone()?)),
                None if name == RISK && !hosted => Some((name, DocumentCheck::new(NotApplicable))),
                None => Some((name, DocumentCheck::new(Allow))),
            })
            .collect();
        let (name, reason) = match self.recommendation {
            Some(DocumentRecommendation::Challenge) => ("document_authentication", "wrong_font"),
            Some(DocumentRecommendation::Deny) => ("biometric_liveness", "mask_detected"),
            _ => return checks,
        };
        // Something has to speak for it, unless a test says what.
        let wanted = self.recommendation.map(DocumentCheckRecommendation::from);
        let said = checks.iter().any(|(_, check)| Some(check.recommendation) == wanted);
        if !said
            && !self.checks.contains_key(name)
            && let (Some(wanted), Some((_, check))) =
                (wanted, checks.iter_mut().find(|(known, _)| *known == name))
        {
            *check = DocumentCheck::new(wanted).reason(reason);
        }
        checks
    }

    /// What the whole says: what was told, or the worst of the checks (decision P114).
    pub(crate) fn whole(&self, hosted: bool) -> DocumentRecommendation {
        let worst = || {
            let made = self.checks(hosted).into_iter().map(|(_, check)| check.recommendation);
            made.map(|check| match check {
                DocumentCheckRecommendation::Challenge => DocumentRecommendation::Challenge,
                DocumentCheckRecommendation::Deny => DocumentRecommendation::Deny,
                _ => DocumentRecommendation::Allow,
            })
            .max()
            .unwrap_or(DocumentRecommendation::Allow)
        };
        self.recommendation.unwrap_or_else(worst)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_json(ending: Value) -> DocumentEnding {
        serde_json::from_value(ending).unwrap()
    }

    #[test]
    fn the_worst_check_wins_unless_the_whole_is_told() {
        use DocumentRecommendation::{Allow, Challenge, Deny};
        for (ending, hosted, whole) in [
            (json!({}), true, Allow),
            (json!({"checks": {"risk_recommendation": null}}), false, Allow),
            (json!({"checks": {"flagged_identity": {"recommendation": "N/A"}}}), true, Allow),
            (
                json!({"checks": {"flagged_identity": {"recommendation": "CHALLENGE"}}}),
                true,
                Challenge,
            ),
            (
                json!({"checks": {
                    "flagged_identity": {"recommendation": "DENY"},
                    "document_liveness": {"recommendation": "CHALLENGE"}
                }}),
                false,
                Deny,
            ),
            (
                json!({
                    "recommendation": "ALLOW",
                    "checks": {"document_liveness": {"recommendation": "DENY"}}
                }),
                false,
                Allow,
            ),
        ] {
            assert_eq!(of_json(ending.clone()).whole(hosted), whole, "{ending}");
        }
    }

    #[test]
    fn something_speaks_for_a_bad_end_and_no_more_than_a_test_says() {
        let reasons = |ending: Value| -> Vec<String> {
            let checks = of_json(ending).checks(true);
            checks.into_iter().flat_map(|(_, check)| check.all_reasons().to_vec()).collect()
        };
        assert_eq!(reasons(json!({"recommendation": "DENY"})), ["mask_detected"]);
        assert_eq!(reasons(json!({"recommendation": "CHALLENGE"})), ["wrong_font"]);
        let own = json!({"document_validation": {"recommendation": "DENY", "reasons": ["own"]}});
        assert_eq!(reasons(json!({"recommendation": "DENY", "checks": own})), ["own"]);
        let none = json!({"biometric_liveness": null});
        assert_eq!(reasons(json!({"recommendation": "DENY", "checks": none})), [""; 0]);
    }

    #[test]
    fn what_is_said_first_counts_first() {
        let first = of_json(json!({"status": "error", "checks": {"flagged_identity": null}}));
        let mock = DocumentEnding::of_mock(&json!({
            "mock_recommendation": "DENY", "force_retry": true, "info": null
        }));
        let both = first.or(mock.unwrap());
        assert_eq!(both.own_status(), Some("error"));
        assert_eq!(both.whole(true), DocumentRecommendation::Deny);
        assert!(both.retries() && both.checks.contains_key("flagged_identity"));
        for odd in [
            json!([]),
            json!({"recommendation": "allow"}),
            json!({"processing_time": 5}),
            json!({"processing_time": "soon"}),
            json!({"force_retry": "yes"}),
            json!({"info": {"person_details": "x"}}),
        ] {
            assert_eq!(DocumentEnding::of_mock(&odd), None, "{odd}");
        }
    }
}
