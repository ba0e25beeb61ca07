//! What a session came to, in both published shapes.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::country::of_two_letters;
use crate::state::docverify::{DocumentImage, DocumentRecommendation, DocumentSession};

const NAME: &str = "Test Person";
const COUNTRY: &str = "USA";

/// The result of a session with this status.
pub(super) fn of(
    session: &DocumentSession,
    status: &str,
    images: &[&DocumentImage],
    detailed: bool,
    now: Timestamp,
) -> Value {
    let mut result = Map::new();
    result.insert("session_id".to_owned(), json!(session.id));
    result.insert("status".to_owned(), json!(status));
    if status == "complete" {
        let whole = session.ending.whole(session.hosted);
        result.insert("recommendation".to_owned(), json!(whole));
        if detailed {
            newer(session, images, &mut result);
        } else {
            older(session, whole, now, &mut result);
        }
    }
    Value::Object(result)
}

fn newer(session: &DocumentSession, images: &[&DocumentImage], result: &mut Map<String, Value>) {
    let ending = &session.ending;
    let part = |name: &str, usual: &dyn Fn() -> Map<String, Value>| {
        ending.given(name).cloned().unwrap_or_else(usual)
    };
    let person = part("person", &|| person(session));
    let document = part("document", &|| document(session));
    let additional = part("additional_info", &|| additional_info(session));
    let risk = part("risk_details", &|| risk_details(session));
    let checks = ending.checks(session.hosted).into_iter();
    let checks: Map<_, _> = checks.map(|(name, check)| (name.to_owned(), json!(check))).collect();
    let images: Vec<_> =
        images.iter().map(|image| json!({"id": image.id, "type": image.kind})).collect();
    result.insert("person".to_owned(), person.into());
    result.insert("document".to_owned(), document.into());
    result.insert("checks".to_owned(), checks.into());
    result.insert("verification_images".to_owned(), images.into());
    // Both may be left out.
    for (name, part) in [("additional_info", additional), ("risk_details", risk)] {
        if !part.is_empty() {
            result.insert(name.to_owned(), part.into());
        }
    }
}

/// What a mock wants is in the older shape; how the API brings it into the newer one is not published
/// (decision P115).
fn person(session: &DocumentSession) -> Map<String, Value> {
    let wanted = |field| session.ending.wanted("person_details", field).cloned();
    let mut person = Map::new();
    person.insert("full_name".to_owned(), wanted("full_name").unwrap_or_else(|| json!(NAME)));
    for field in ["given_name", "surname"] {
        person.extend(wanted(field).map(|value| (field.to_owned(), value)));
    }
    let gender = wanted("gender").and_then(|gender| gender.as_str().and_then(gender_of));
    person.extend(gender.map(|gender| ("gender".to_owned(), json!(gender))));
    let born = wanted("date_of_birth");
    let age = born.as_ref().and_then(|born| age(born, session.created_at));
    person.extend(born.map(|born| ("date_of_birth".to_owned(), as_time(&born))));
    let age = wanted("age").or_else(|| age.map(Value::from));
    person.extend(age.map(|age| ("age".to_owned(), age)));
    let id = session.ending.wanted("document_details", "id_value").cloned();
    person.extend(id.map(|id| ("national_id".to_owned(), id)));
    person
}

fn document(session: &DocumentSession) -> Map<String, Value> {
    let wanted = |field| session.ending.wanted("document_details", field).cloned();
    let mut document = Map::new();
    document.insert("type".to_owned(), wanted("type").unwrap_or_else(|| json!("passport")));
    for (older, newer) in
        [("region", "region"), ("id_value", "number"), ("document_serial_number", "serial_number")]
    {
        document.extend(wanted(older).map(|value| (newer.to_owned(), value)));
    }
    for (older, newer) in [("issue_date", "issue_date"), ("valid_until", "expiration_date")] {
        document.extend(wanted(older).map(|date| (newer.to_owned(), as_time(&date))));
    }
    let country = wanted("country");
    let three = country.as_ref().map_or(Some(COUNTRY), Value::as_str);
    let two = three.and_then(of_two_letters);
    document.extend(two.map(|country| ("country".to_owned(), json!(country))));
    document
}

/// An address keeps its country of three letters.
fn additional_info(session: &DocumentSession) -> Map<String, Value> {
    let address = session.ending.wanted("person_details", "address").cloned();
    address.into_iter().map(|address| ("address".to_owned(), address)).collect()
}

/// A person on the hosted page leaves a trace.
fn risk_details(session: &DocumentSession) -> Map<String, Value> {
    let mut risk = Map::new();
    if session.hosted {
        let general = json!({
            "correlation_id": session.id, "action_type": "identity_verification"
        });
        risk.insert("general".to_owned(), general);
    }
    risk
}

fn gender_of(free: &str) -> Option<&'static str> {
    match free.to_ascii_lowercase().as_str() {
        "f" | "female" => Some("female"),
        "m" | "male" => Some("male"),
        "x" | "other" => Some("other"),
        _ => None,
    }
}

/// The newer shape has a moment where the older one has a day.
fn as_time(date: &Value) -> Value {
    match date.as_str().and_then(|text| text.parse::<Date>().ok().filter(|_| text.len() == 10)) {
        Some(day) => json!(format!("{day}T00:00:00.000Z")),
        None => date.clone(),
    }
}

/// The age of somebody who was born that day.
fn age(born: &Value, at: Timestamp) -> Option<i16> {
    let born: Date = born.as_str()?.get(..10)?.parse().ok()?;
    let today = at.to_zoned(TimeZone::UTC).date();
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let years = today.year().checked_sub(born.year())?.checked_sub(i16::from(!had_birthday))?;
    (years >= 0).then_some(years)
}

fn older(
    session: &DocumentSession,
    whole: DocumentRecommendation,
    now: Timestamp,
    result: &mut Map<String, Value>,
) {
    let ending = &session.ending;
    let mut person = ending.older("person_details").cloned().unwrap_or_default();
    person.entry("full_name").or_insert_with(|| json!(NAME));
    // As of today, other than in the newer shape.
    if let Some(age) = person.get("date_of_birth").and_then(|born| age(born, now)) {
        person.entry("age").or_insert_with(|| json!(age));
    }
    let mut document = ending.older("document_details").cloned().unwrap_or_default();
    document.entry("type").or_insert_with(|| json!("passport"));
    document.entry("country").or_insert_with(|| json!(COUNTRY));
    let read = json!({"person": person, "document": document});
    if whole == DocumentRecommendation::Allow {
        result.insert("verified_info".to_owned(), read);
        return;
    }
    result.insert("extracted_info".to_owned(), read);
    let checks = ending.checks(session.hosted);
    let reasons = checks.iter().flat_map(|(_, check)| check.all_reasons());
    let mut description: Vec<_> = reasons.map(|reason| reason.replace('_', " ")).collect();
    if description.is_empty() {
        description.push("The verification did not pass".to_owned());
    }
    result.insert("rejection_description".to_owned(), json!(description));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_moments_and_birthdays_count() {
        assert_eq!(as_time(&json!("1867-11-07")), "1867-11-07T00:00:00.000Z");
        for other in [json!("1867-11-07T01:00:00Z"), json!("soon"), json!(5), json!("")] {
            assert_eq!(as_time(&other), other);
        }
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (born, now, years) in [
            ("1990-11-07", "2026-11-06T23:59:59Z", Some(35)),
            ("1990-11-07", "2026-11-07T00:00:00Z", Some(36)),
            ("1990-11-07T00:00:00.000Z", "2026-11-07T00:00:00Z", Some(36)),
            ("2030-01-01", "2026-11-07T00:00:00Z", None),
            ("soon", "2026-11-07T00:00:00Z", None),
        ] {
            assert_eq!(age(&json!(born), at(now)), years, "{born} {now}");
        }
    }
}
