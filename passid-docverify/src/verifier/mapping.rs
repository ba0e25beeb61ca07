//! What follows from a result: the one place where a claim becomes true.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use passid_core::{CredentialStatus, VerificationClaims};

use crate::SessionRecord;
use crate::result::{
    CheckName, CheckRecommendation, Checks, Recommendation, ResultBody, SessionResult,
    SessionStatus,
};

/// The checks without which nobody's identity counts as verified.
const REQUIRED: [CheckName; 5] = [
    CheckName::DocumentValidation,
    CheckName::DocumentAuthentication,
    CheckName::DocumentLiveness,
    CheckName::BiometricMatching,
    CheckName::BiometricLiveness,
];

/// How results become claims. The defaults waive nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Mapping {
    waived: BTreeSet<CheckName>,
    accept_expired_documents: bool,
}

impl Mapping {
    /// Every check of the document and of the person is required, and an expired document is none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does without this check where it was **not made**: absent, or `N/A`. A check that was made and
    /// did not pass still counts. Waiving the checks of fraud has no effect: they are needed for the
    /// claim that is about them.
    pub fn waive_if_not_made(mut self, check: CheckName) -> Self {
        self.waived.insert(check);
        self
    }

    /// Counts a document that has expired as a proof of identity.
    pub fn accept_expired_documents(mut self) -> Self {
        self.accept_expired_documents = true;
        self
    }

    /// What follows from a result, at `now` by our own clock.
    ///
    /// Pure: it asks nobody, and does not look at whether the session was mocked or whose it is; the
    /// verifier does.
    pub fn assess(
        &self,
        result: &SessionResult,
        record: &SessionRecord,
        now: SystemTime,
    ) -> Assessment {
        let finding = match (&result.status, result.recommendation()) {
            (SessionStatus::Other(_), _) => Finding::Unreadable,
            (SessionStatus::Complete, None | Some(Recommendation::Other(_))) => Finding::Unreadable,
            (SessionStatus::Complete, Some(Recommendation::Deny)) => Finding::Denied,
            (SessionStatus::Complete, Some(Recommendation::Challenge)) => Finding::ManualReview,
            (SessionStatus::Complete, Some(Recommendation::Allow)) => self.allowed(result, now),
            _ => Finding::Unfinished,
        };
        let checks = result.checks();
        let mut claims = VerificationClaims::default();
        match finding {
            Finding::Verified => {
                claims.identity_verified = Some(true);
                claims.identity_and_fraud_checks_passed = fraud_checks(checks);
                claims.freshness_hours = age_hours(record, now);
            }
            Finding::Denied => {
                claims.identity_verified = Some(false);
                claims.identity_and_fraud_checks_passed = Some(false);
            }
            Finding::ManualReview | Finding::Unfinished | Finding::Unreadable => {}
        }
        Assessment { finding, claims, reasons: reasons(checks) }
    }

    /// `ALLOW` on top is not enough: nothing may speak against it underneath (decision P95).
    fn allowed(&self, result: &SessionResult, now: SystemTime) -> Finding {
        let checks = result.checks();
        let required = REQUIRED.into_iter().all(|name| self.is_satisfied(checks, name));
        let denied = checks.is_some_and(|checks| {
            let known = CheckName::ALL.into_iter().filter_map(|name| checks.recommendation(name));
            known.cloned().chain(checks.of_unknown_names()).any(|recommendation| {
                matches!(recommendation, CheckRecommendation::Deny | CheckRecommendation::Other(_))
            })
        });
        let current = self.accept_expired_documents || document_is_current(result, now);
        if required && !denied && current { Finding::Verified } else { Finding::ManualReview }
    }

    fn is_satisfied(&self, checks: Option<&Checks>, name: CheckName) -> bool {
        let made = checks.and_then(|checks| checks.finding(name));
        match made.as_ref().and_then(|check| Some((check, check.recommendation?))) {
            Some((check, CheckRecommendation::Allow)) => !check.has_reasons,
            None | Some((_, CheckRecommendation::NotApplicable)) => {
                let unexplained = made.is_none_or(|check| !check.has_reasons);
                self.waived.contains(&name) && unexplained
            }
            Some(_) => false,
        }
    }
}

/// What follows from a result.
///
/// What the API cannot know stays absent: sanctions, income, savings, payments.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// The case.
    pub finding: Finding,
    /// The claims. None is true unless `finding` is [`Finding::Verified`].
    pub claims: VerificationClaims,
    /// The known reasons of the checks, such as `biometric_liveness:mask_detected`; for the audit.
    pub reasons: Vec<String>,
}

/// The cases of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Finding {
    /// `ALLOW`, with every required check passed.
    Verified,
    /// `CHALLENGE`, or an `ALLOW` that lacks something: a person has to look at it.
    ManualReview,
    /// `DENY`: likely fraud.
    Denied,
    /// Not complete.
    Unfinished,
    /// A status or a recommendation that this version does not know, or none.
    Unreadable,
}

impl Finding {
    /// What a credential of this case is called. Only that of [`Finding::Verified`] is one.
    pub fn status(self) -> CredentialStatus {
        match self {
            Self::Verified => CredentialStatus::Verified,
            Self::ManualReview => CredentialStatus::ManualReviewRequired,
            Self::Denied => CredentialStatus::Invalid,
            Self::Unfinished => CredentialStatus::Other("session_not_complete".to_owned()),
            Self::Unreadable => CredentialStatus::Other("unreadable".to_owned()),
        }
    }
}

/// True if both checks of fraud passed, false if one speaks for fraud, else unknown: where a backend
/// drives a session the risk check is likely not made.
fn fraud_checks(checks: Option<&Checks>) -> Option<bool> {
    let says = |name, expected| checks.and_then(|c| c.recommendation(name)) == Some(&expected);
    let both = [CheckName::FlaggedIdentity, CheckName::RiskRecommendation];
    let flagged_for_nothing = checks
        .and_then(|checks| checks.finding(CheckName::FlaggedIdentity))
        .is_some_and(|check| !check.has_reasons);
    if both.into_iter().any(|name| says(name, CheckRecommendation::Deny)) {
        return Some(false);
    }
    let passed = both.into_iter().all(|name| says(name, CheckRecommendation::Allow));
    (passed && flagged_for_nothing).then_some(true)
}

/// Whole hours, a begun one counted, since the earliest moment at which the session can have been
/// completed: nothing looks newer than it is (decision P94). `None` when our clock went back behind
/// it by more than the leeway.
fn age_hours(record: &SessionRecord, now: SystemTime) -> Option<u32> {
    const LEEWAY: Duration = Duration::from_secs(300);
    let age = match now.duration_since(record.completed_no_earlier_than()) {
        Ok(age) => age,
        Err(ahead) if ahead.duration() <= LEEWAY => Duration::ZERO,
        Err(_) => return None,
    };
    u32::try_from(age.as_secs().div_ceil(3600)).ok()
}

/// Whether the document has not ended. One without an end has not; an end that cannot be read is one.
fn document_is_current(result: &SessionResult, now: SystemTime) -> bool {
    let end = match &result.body {
        ResultBody::Incomplete(_) => None,
        ResultBody::Complete(complete) => {
            complete.document.as_ref().and_then(|document| document.expiration_date.as_deref())
        }
        ResultBody::Deprecated(deprecated) => deprecated
            .verified_info
            .as_ref()
            .and_then(|info| info.document.as_ref()?.valid_until.as_deref()),
    };
    match end.filter(|end| !end.is_empty()) {
        None => true,
        Some(end) => last_day(end).is_some_and(|last| last >= today(now)),
    }
}

/// The day of an ISO 8601 date or timestamp. A document is good on the whole of its last day.
fn last_day(end: &str) -> Option<jiff::civil::Date> {
    if let Ok(time) = end.parse::<jiff::Timestamp>() {
        return Some(time.to_zoned(jiff::tz::TimeZone::UTC).date());
    }
    end.parse().ok()
}

/// The day by our own clock, in UTC.
fn today(now: SystemTime) -> jiff::civil::Date {
    jiff::Timestamp::try_from(now)
        .map_or(jiff::civil::Date::MAX, |now| now.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn reasons(checks: Option<&Checks>) -> Vec<String> {
    let mut reasons = Vec::new();
    for name in CheckName::ALL {
        let finding = checks.and_then(|checks| checks.finding(name));
        for reason in finding.into_iter().flat_map(|finding| finding.known_reasons) {
            reasons.push(format!("{}:{reason}", name.as_str()));
        }
    }
    reasons.truncate(MAX_REASONS);
    reasons
}

/// More than this version has words for; a hostile answer repeats them.
const MAX_REASONS: usize = 128;
