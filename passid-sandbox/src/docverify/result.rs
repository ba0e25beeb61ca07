//! What a session came to, in both published shapes.

use serde_json::{Map, Value, json};

use super::session::Session;

const CHECKS: [&str; 7] = [
    "document_validation",
    "document_authentication",
    "document_liveness",
    "biometric_matching",
    "biometric_liveness",
    "flagged_identity",
    "risk_recommendation",
];

/// The result of a session with this status.
pub(super) fn of(session: &Session, status: &str, detailed: bool) -> Value {
    let mut result = json!({"session_id": session.id, "status": status});
    if status != "complete" {
        return result;
    }
    let recommendation = &*session.ending.recommendation;
    let fields = if detailed {
        let (person, document) = (person(session), document(session));
        json!({
            "recommendation": recommendation, "person": person, "document": document,
            "checks": checks(session), "verification_images": images(session)
        })
    } else {
        deprecated(session)
    };
    if let (Value::Object(result), Value::Object(fields)) = (&mut result, fields) {
        result.extend(fields);
    }
    result
}

/// The worst check wins: how the API makes one recommendation of seven is not published. A session that
/// a backend drives has no risk check.
fn checks(session: &Session) -> Value {
    let mut checks: Map<String, Value> = CHECKS
        .iter()
        .map(|name| ((*name).to_owned(), json!({"recommendation": "ALLOW"})))
        .collect();
    if !session.hosted {
        checks.insert("risk_recommendation".into(), json!({"recommendation": "N/A"}));
    }
    match &*session.ending.recommendation {
        "CHALLENGE" => {
            let found = json!({"recommendation": "CHALLENGE", "reasons": ["wrong_font"]});
            checks.insert("document_authentication".into(), found);
        }
        "DENY" => {
            let found = json!({"recommendation": "DENY", "reasons": ["mask_detected"]});
            checks.insert("biometric_liveness".into(), found);
        }
        _ => {}
    }
    Value::Object(checks)
}

fn images(session: &Session) -> Vec<Value> {
    let taken = session.images.iter().filter(|image| !image.rejected);
    taken.map(|image| json!({"id": image.id, "type": image.kind})).collect()
}

fn wanted<'a>(session: &'a Session, part: &str, field: &str) -> Option<&'a Value> {
    session.ending.info.get(part)?.get(field).filter(|value| !value.is_null())
}

/// The wanted values are in the older shape; how the API brings them into the newer one is not published.
fn person(session: &Session) -> Map<String, Value> {
    let mut person = Map::new();
    person.insert("full_name".to_owned(), json!("Test Person"));
    for field in ["full_name", "given_name", "surname", "date_of_birth", "age"] {
        if let Some(value) = wanted(session, "person_details", field) {
            person.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(id) = wanted(session, "document_details", "id_value") {
        person.insert("national_id".to_owned(), id.clone());
    }
    person
}

fn document(session: &Session) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("type".to_owned(), json!("passport"));
    let names = [
        ("type", "type"),
        ("region", "region"),
        ("id_value", "number"),
        ("document_serial_number", "serial_number"),
        ("issue_date", "issue_date"),
        ("valid_until", "expiration_date"),
    ];
    for (older, newer) in names {
        if let Some(value) = wanted(session, "document_details", older) {
            document.insert(newer.to_owned(), value.clone());
        }
    }
    let country = wanted(session, "document_details", "country").and_then(Value::as_str);
    if let Some(country) = alpha_2(country.unwrap_or("USA")) {
        document.insert("country".to_owned(), json!(country));
    }
    document
}

/// The countries of the published examples, and some more; the others are left out.
fn alpha_2(alpha_3: &str) -> Option<&'static str> {
    let known = [
        ("USA", "US"),
        ("GBR", "GB"),
        ("CAN", "CA"),
        ("AUS", "AU"),
        ("DEU", "DE"),
        ("FRA", "FR"),
        ("ESP", "ES"),
        ("ITA", "IT"),
        ("KEN", "KE"),
        ("GHA", "GH"),
        ("NGA", "NG"),
        ("IND", "IN"),
    ];
    known.into_iter().find(|(three, _)| *three == alpha_3).map(|(_, two)| two)
}

fn deprecated(session: &Session) -> Value {
    let part = |name: &str, usual: Value| {
        session.ending.info.get(name).filter(|part| part.is_object()).cloned().unwrap_or(usual)
    };
    let read = json!({
        "person": part("person_details", json!({"full_name": "Test Person"})),
        "document": part("document_details", json!({"type": "passport", "country": "USA"}))
    });
    let recommendation = &*session.ending.recommendation;
    if recommendation == "ALLOW" {
        return json!({"recommendation": recommendation, "verified_info": read});
    }
    json!({
        "recommendation": recommendation, "extracted_info": read,
        "rejection_description": ["The verification did not pass."]
    })
}
