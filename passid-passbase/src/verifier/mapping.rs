//! From an identity to claims. Three states: true, false, absent; absent is not false, and nothing
//! that is unknown, missing or unreadable makes a claim true (decision P87).

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use passid_core::VerificationClaims;

use super::ScoreFloors;
use crate::model::{DataPoints, Identity, IdentityStatus, Resource, ResourceStatus, ResourceType};

/// How far the vendor's clock may be ahead of ours. Ours: covers ordinary clock corrections.
const CLOCK_LEEWAY: Duration = Duration::from_secs(300);

/// The claims of an identity that is the caller's, and when its evidence is from.
pub(super) struct Mapped {
    pub(super) claims: VerificationClaims,
    pub(super) evidence: Option<SystemTime>,
}

/// `processed` is when the processing ended, as a webhook said it.
pub(super) fn map(
    identity: &Identity,
    floors: &ScoreFloors,
    processed: Option<SystemTime>,
    now: SystemTime,
) -> Mapped {
    let documents: Vec<&Resource> = identity.resources.iter().filter(|r| is_evidence(r)).collect();
    let newest = documents.iter().filter_map(|document| document.created).max();
    // P88: never `updated`, which an edit moves.
    let latest = now.checked_add(CLOCK_LEEWAY).unwrap_or(now);
    let evidence = processed.or(newest).filter(|at| *at <= latest);
    let identity_verified = match &identity.status {
        Some(IdentityStatus::Approved) if !documents.is_empty() => Some(true),
        Some(IdentityStatus::Declined) => Some(false),
        _ => None,
    };
    let claims = VerificationClaims {
        identity_verified,
        sanctions_screening_clear: sanctions_clear(identity),
        identity_and_fraud_checks_passed: checks_passed(
            identity,
            identity_verified,
            &documents,
            floors,
            now,
        ),
        freshness_hours: evidence.and_then(|at| hours_since(at, now)),
        ..VerificationClaims::default()
    };
    Mapped { claims, evidence }
}

/// Whether a resource is an identity document that counts. Inside an identity it may have no status:
/// the published description gives it none.
fn is_evidence(resource: &Resource) -> bool {
    let read = matches!(
        resource.status,
        None | Some(ResourceStatus::Processed | ResourceStatus::Verified)
    );
    read && resource.resource_type.as_ref().is_some_and(ResourceType::is_identity_document)
}

/// Strict: a politically exposed person and adverse media are not clear either. No watchlist, or one
/// without a verdict, was no screening.
fn sanctions_clear(identity: &Identity) -> Option<bool> {
    let watchlist = identity.watchlist.as_ref()?;
    if watchlist.has_sanction() {
        return Some(false);
    }
    // Findings under a clean verdict contradict it; which of the two is right cannot be told.
    watchlist.clean.filter(|clean| !(*clean && watchlist.lists_anything()))
}

/// What one of several conditions says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    Failed,
    Unknown,
    Passed,
}

fn checks_passed(
    identity: &Identity,
    identity_verified: Option<bool>,
    documents: &[&Resource],
    floors: &ScoreFloors,
    now: SystemTime,
) -> Option<bool> {
    if identity.status == Some(IdentityStatus::Declined) {
        return Some(false);
    }
    if identity_verified != Some(true) {
        return None;
    }
    let today = Timestamp::try_from(now).ok()?.to_zoned(TimeZone::UTC).date();
    let of_documents = documents.iter().map(|document| document_check(document, floors, today));
    let score = identity.score.map_or(Check::Unknown, |score| scored(score, floors.of_score()));
    match of_documents.chain([score]).min().unwrap_or(Check::Unknown) {
        Check::Failed => Some(false),
        Check::Unknown => None,
        // Passing scores with a finding, or with a verdict that cannot be read, fit no column of the
        // table: withheld. Without any screening the checks stand for themselves.
        Check::Passed if identity.watchlist.is_some() => {
            sanctions_clear(identity).filter(|clear| *clear)
        }
        Check::Passed => Some(true),
    }
}

/// A document passes unless a factor that it gives is too low or unreadable, and it has not expired.
fn document_check(document: &Resource, floors: &ScoreFloors, today: Date) -> Check {
    let Some(points) = &document.datapoints else { return Check::Unknown };
    let expiry = match points.date_of_expiry() {
        Some(last_day) if last_day >= today => Check::Passed,
        Some(_) => Check::Failed,
        None => Check::Unknown,
    };
    let authenticity = factor(points, "id_authenticity_factor", floors.of_authenticity());
    let face_match = factor(points, "face_match_factor", floors.of_face_match());
    expiry.min(authenticity).min(face_match)
}

/// A factor that is absent says nothing against the document: the score stands for all.
fn factor(points: &DataPoints, name: &str, floor: f64) -> Check {
    match points.get(name) {
        None => Check::Passed,
        Some(_) => points.number(name).map_or(Check::Unknown, |factor| scored(factor, floor)),
    }
}

/// What is not from 0 to 1 is no score.
fn scored(score: f64, floor: f64) -> Check {
    if !(0.0..=1.0).contains(&score) {
        Check::Unknown
    } else if score >= floor {
        Check::Passed
    } else {
        Check::Failed
    }
}

/// Whole hours, a begun one counted: nothing looks newer than it is.
fn hours_since(evidence: SystemTime, now: SystemTime) -> Option<u32> {
    let age = now.duration_since(evidence).unwrap_or_default();
    u32::try_from(age.as_secs().div_ceil(3600)).ok()
}
