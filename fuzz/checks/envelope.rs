//! Whatever is signed: it is refused by the name of what is wrong, or the event says what the body
//! says, all of it, and shows nothing of whom.

use std::error::Error;
use std::time::UNIX_EPOCH;

use passid_core::webhook::{
    Event, EventData, EventError, OutcomeReported, VerificationCompleted, VerificationFailed,
    VerifiedBody,
};
use passid_core::{Token, VerificationClaims};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

type Members = Map<String, Value>;

/// What nobody may read in a log, wherever in the data it stands. In lower case.
const MARKER: &str = "zq7";
const ENVELOPE: [&str; 4] = ["event", "institution_id", "timestamp", "data"];
const REASONS: [&str; 3] = ["deny_reason", "denyReason", "reason_code"];
const CLAIMS: [&str; 2] = ["verified_claims", "claims"];
const VERIFIED_AT: [&str; 2] = ["verified_at", "verifiedAt"];

/// An input is a body.
pub(crate) fn check(body: &[u8]) {
    let verified = VerifiedBody::assume_verified(body.to_vec());
    assert_eq!((verified.bytes(), verified.secret_index()), (body, 0));
    let parsed = verified.parse();
    assert_eq!(parsed, verified.parse(), "read twice, it says two things");
    assert!(!format!("{verified:?}").to_lowercase().contains(MARKER));
    let value: Option<Members> = serde_json::from_slice(body).ok();
    match (&parsed, &value) {
        (Ok(event), Some(envelope)) => {
            assert_eq!(event.raw(), body);
            says_what_the_body_says(event, envelope);
            shows_nothing_of_whom(event, envelope);
            stays_the_same_in_other_bytes(event, envelope);
        }
        (Err(error), _) => is_wrong_as_the_error_says(error, value.as_ref()),
        (Ok(_), None) => panic!("an event of what is no JSON object"),
    }
}

fn says_what_the_body_says(event: &Event, envelope: &Members) {
    let null = Value::Null;
    let data = envelope.get("data").unwrap_or(&null);
    assert_eq!(Some(event.name()), envelope["event"].as_str());
    let id = match &envelope["institution_id"] {
        Value::String(id) => id.clone(),
        number => number.to_string(),
    };
    assert_eq!(event.institution_id, id);
    assert_eq!(event.extra, without(envelope, &[&ENVELOPE]));
    match (&event.data, event.name(), data) {
        (
            EventData::VerificationCompleted(found),
            "verification.completed",
            Value::Object(data),
        ) => {
            completed(found, data);
        }
        (EventData::VerificationFailed(found), "verification.failed", Value::Object(data)) => {
            failed(found, data);
        }
        (EventData::OutcomeReported(found), "outcome.reported", Value::Object(data)) => {
            outcome(found, data);
        }
        (EventData::Test(kept), "webhook.test", data) => assert_eq!(kept, data),
        (EventData::Other { event, data: kept }, name, data) => {
            assert_eq!((&**event, kept), (name, data));
            assert!(!is_known(name));
        }
        (data, name, _) => panic!("{name} became {data:?}"),
    }
    assert_eq!(event.semantic_key().map(|key| *key.as_bytes()), semantic_key(event));
}

fn is_known(name: &str) -> bool {
    ["verification.completed", "verification.failed", "outcome.reported", "webhook.test"]
        .contains(&name)
}

fn completed(found: &VerificationCompleted, data: &Members) {
    let proof_type = ["proof_type", "proofType"];
    assert_eq!(found.token, token(data));
    assert_eq!(found.verified_at.is_some(), first(data, &VERIFIED_AT).is_some());
    assert_eq!(found.proof_type.as_deref(), first(data, &proof_type).and_then(Value::as_str));
    let known: [&[&str]; 5] = [&["token"], &VERIFIED_AT, &proof_type, &CLAIMS, &REASONS];
    assert_eq!(found.extra, without(data, &known));
    assert!(reasons(data).all(|reason| reason.trim().is_empty()), "denied and completed");
    match first(data, &CLAIMS) {
        Some(Value::Object(claims)) => are_the_same(&found.claims, claims),
        None => assert_eq!(found.claims, VerificationClaims::default()),
        Some(other) => panic!("claims of {other}"),
    }
}

/// Written again, the claims are those that came. `null` is absent where the claim is known.
fn are_the_same(found: &VerificationClaims, claims: &Members) {
    let Ok(Value::Object(written)) = serde_json::to_value(found) else { panic!("not an object") };
    for (name, value) in claims {
        match written.get(name) {
            None => assert!(value.is_null(), "the claim {name} is lost"),
            // A whole number may have been written as 2.0.
            Some(kept) if kept.is_number() => assert_eq!(kept.as_f64(), value.as_f64()),
            Some(kept) => assert_eq!(kept, value),
        }
    }
    assert!(written.keys().all(|name| claims.contains_key(name)), "a claim is made up");
}

fn failed(found: &VerificationFailed, data: &Members) {
    assert_eq!(found.token, token(data));
    assert_eq!(found.extra, without(data, &[&["token"], &REASONS]));
    let sanctions = "HARD_DENY_SANCTIONS_MATCH";
    let is_final = reasons(data).any(|reason| reason.trim().eq_ignore_ascii_case(sanctions));
    assert_eq!(found.is_final(), is_final);
}

fn outcome(found: &OutcomeReported, data: &Members) {
    let product_type = ["product_type", "productType"];
    let amount = ["amount_usd", "amountUsd"];
    let context = ["verification_context", "verificationContext"];
    assert_eq!(found.token, token(data));
    assert_eq!(found.outcome.as_deref(), first(data, &["outcome"]).and_then(Value::as_str));
    assert_eq!(found.product_type.as_deref(), first(data, &product_type).and_then(Value::as_str));
    assert_eq!(found.amount_usd, first(data, &amount).and_then(Value::as_f64));
    assert_eq!(found.verification_context.as_ref(), first(data, &context));
    let known: [&[&str]; 4] = [&["token", "outcome"], &product_type, &amount, &context];
    assert_eq!(found.extra, without(data, &known));
}

/// Decisions D26 and P34, computed anew.
fn semantic_key(event: &Event) -> Option<[u8; 32]> {
    let last = match &event.data {
        EventData::VerificationCompleted(data) => {
            let at = data.verified_at?;
            let after = at.duration_since(UNIX_EPOCH).map(|after| after.as_nanos().cast_signed());
            let nanos = after.unwrap_or_else(|before| -before.duration().as_nanos().cast_signed());
            nanos.div_euclid(1_000_000_000).to_string()
        }
        EventData::OutcomeReported(data) => data.outcome.clone()?,
        _ => return None,
    };
    let mut form = b"passid-webhook-1".to_vec();
    for part in [event.name(), &event.institution_id, event.token()?.expose(), &last] {
        form.extend((part.len() as u64).to_be_bytes());
        form.extend(part.as_bytes());
    }
    Some(Sha256::digest(form).into())
}

fn shows_nothing_of_whom(event: &Event, envelope: &Members) {
    let shown = format!("{event:?}");
    assert!(!shown.chars().any(char::is_control), "a log line is broken: {shown}");
    if let Some(token) = event.token().map(Token::expose) {
        // Any other token may be a word that stands there for another reason.
        let is_long = token.strip_prefix("PASSID-").is_some_and(|groups| groups.len() >= 8);
        assert!(!is_long || !shown.contains(token), "the token is shown: {shown}");
    }
    // Name, institution and reason are there to be shown.
    let data = envelope.get("data").and_then(Value::as_object);
    let mut to_be_shown = vec![event.name().to_owned(), event.institution_id.clone()];
    to_be_shown.extend(data.into_iter().flat_map(reasons).map(str::to_owned));
    if !to_be_shown.iter().any(|word| word.to_lowercase().contains(MARKER)) {
        assert!(!shown.to_lowercase().contains(MARKER), "{shown}");
    }
}

fn stays_the_same_in_other_bytes(event: &Event, envelope: &Members) {
    let rewritten = serde_json::to_vec_pretty(envelope).expect("JSON is written");
    let again = VerifiedBody::assume_verified(rewritten.clone()).parse().expect("still an event");
    assert_eq!(again.semantic_key(), event.semantic_key());
    let of =
        |event: &Event| (event.institution_id.clone(), event.timestamp, event.token().cloned());
    assert_eq!(of(&again), of(event));
    let reread: Members = serde_json::from_slice(&rewritten).expect("JSON is read");
    says_what_the_body_says(&again, &reread);
    // A number with too many digits may be read as its neighbour.
    if reread == *envelope {
        assert_eq!((&again.data, &again.extra), (&event.data, &event.extra));
    }
}

fn is_wrong_as_the_error_says(error: &EventError, envelope: Option<&Members>) {
    let mut shown = format!("{error:?} {error}");
    let mut source = error.source();
    while let Some(error) = source {
        shown.push_str(&error.to_string());
        source = error.source();
    }
    assert!(!shown.to_lowercase().contains(MARKER), "{shown}");
    let Some(envelope) = envelope else {
        assert_eq!(*error, EventError::Malformed);
        return;
    };
    let data = envelope.get("data").and_then(Value::as_object);
    let of = |field: &str| {
        let members = if ENVELOPE.contains(&field) { Some(envelope) } else { data };
        members?.get(field).filter(|value| !value.is_null())
    };
    let right = match error {
        // Then a name is repeated, which is no more so when it is written again.
        EventError::Malformed => {
            let rewritten = serde_json::to_vec(envelope).expect("JSON is written");
            let again = VerifiedBody::assume_verified(rewritten).parse();
            again != Err(EventError::Malformed)
        }
        EventError::Missing { field: "event" } => {
            of("event").is_none_or(|name| name.as_str().is_some_and(|name| name.trim().is_empty()))
        }
        EventError::Missing { field } => of(field).is_none(),
        EventError::WrongType { field } => of(field).is_some(),
        EventError::Ambiguous { field } => of(field).is_some(),
        EventError::Contradiction { field } => {
            of(field).and_then(Value::as_str).is_some_and(|reason| !reason.trim().is_empty())
        }
        EventError::WrongClaimType(_) => CLAIMS.iter().any(|name| of(name).is_some()),
        other => panic!("{other} is not known here"),
    };
    assert!(right, "it is not so: {error}");
    // Nothing but the envelope can be wrong with an event that is not known.
    let name = envelope.get("event").and_then(Value::as_str);
    if name.is_some_and(|name| name == "webhook.test" || !is_known(name)) {
        let envelope_is_wrong = match error {
            EventError::Malformed => true,
            EventError::Missing { field } | EventError::WrongType { field } => {
                ENVELOPE.contains(field) && *field != "data"
            }
            _ => false,
        };
        assert!(envelope_is_wrong, "data of an unknown event was judged: {error}");
    }
}

fn first<'a>(members: &'a Members, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| members.get(*name)).find(|value| !value.is_null())
}

fn token(data: &Members) -> Option<Token> {
    first(data, &["token"]).map(|raw| Token::parse(raw.as_str().unwrap()).unwrap())
}

fn reasons(data: &Members) -> impl Iterator<Item = &str> {
    REASONS.iter().filter_map(|name| data.get(*name)?.as_str())
}

fn without(members: &Members, known: &[&[&str]]) -> Members {
    let mut left = members.clone();
    left.retain(|name, _| !known.iter().any(|names| names.contains(&&**name)));
    left
}
