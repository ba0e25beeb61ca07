//! Signatures and bodies, byte for byte.

use serde_json::{Number, Value, json};

use super::super::event::restamped;
use super::super::signature::{sign, sign_wrongly};
use super::*;

/// The published vectors, read by the library's verifier too.
#[test]
fn signatures_are_those_of_the_published_vectors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/webhook.json");
    let published: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut signed = 0;
    for vector in published["vectors"].as_array().unwrap() {
        let name = vector["name"].as_str().unwrap();
        let secret = match vector["secret_index"].as_u64() {
            None => &vector["secret"],
            Some(index) => &vector["previous_secrets"][usize::try_from(index).unwrap() - 1],
        };
        let (secret, body) =
            (secret.as_str().unwrap(), unhex(vector["body_hex"].as_str().unwrap()));
        match vector["expect"].as_str().unwrap() {
            "ok" => {
                let header = vector["headers"][0][1].as_str().unwrap();
                let ours = sign(secret, &body).unwrap();
                assert!(ours.eq_ignore_ascii_case(header), "{name}");
                let wrong = sign_wrongly(secret, &body).unwrap();
                assert_eq!(wrong.len(), header.len());
                assert_ne!(wrong, ours);
                signed += 1;
            }
            "secret_empty" => assert_eq!(sign(secret, &body), None, "{name}"),
            "mismatch" => {
                let header = vector["headers"][0][1].as_str().unwrap();
                assert_ne!(sign(secret, &body).as_deref(), Some(header), "{name}");
            }
            _ => {}
        }
    }
    assert!(signed >= 10, "{signed}");
}

fn unhex(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

#[test]
fn bodies_have_the_members_of_the_guide_in_its_order() {
    let claims = json!({"identity_verified": true});
    let body = |data| Event { institution_id: "42", timestamp: start(), data }.body().unwrap();
    let envelope = |event: &str, data: &str| {
        format!(
            r#"{{"event":"{event}","institution_id":"42","timestamp":"2026-03-29T10:22:14Z","data":{data}}}"#
        )
    };
    assert_eq!(
        body(EventData::VerificationCompleted {
            token: "PASSID-AB3X",
            verified_at: start(),
            proof_type: "groth16/bn254",
            verified_claims: claims.as_object().unwrap(),
        }),
        envelope(
            "verification.completed",
            r#"{"token":"PASSID-AB3X","verified_at":"2026-03-29T10:22:14Z","proof_type":"groth16/bn254","verified_claims":{"identity_verified":true}}"#
        )
    );
    assert_eq!(
        body(EventData::VerificationFailed { token: "P", deny_reason: "TOKEN_EXPIRED" }),
        envelope("verification.failed", r#"{"token":"P","deny_reason":"TOKEN_EXPIRED"}"#)
    );
    let context = VerificationContext {
        coverage: "high",
        freshness_hours: Some(5),
        verified_at: Some(start()),
    };
    let amount = Number::from_f64(250.5).unwrap();
    assert_eq!(
        body(EventData::OutcomeReported {
            token: "P",
            outcome: "repaid",
            product_type: Some("loan"),
            amount_usd: Some(&amount),
            verification_context: Some(context),
        }),
        envelope(
            "outcome.reported",
            r#"{"token":"P","outcome":"repaid","product_type":"loan","amount_usd":250.5,"verification_context":{"coverage":"high","freshness_hours":5,"verified_at":"2026-03-29T10:22:14Z"}}"#
        )
    );
    assert_eq!(
        body(EventData::OutcomeReported {
            token: "P",
            outcome: "repaid",
            product_type: None,
            amount_usd: None,
            verification_context: None,
        }),
        envelope("outcome.reported", r#"{"token":"P","outcome":"repaid"}"#)
    );
    assert_eq!(
        body(EventData::Test { message: "hi" }),
        envelope("webhook.test", r#"{"message":"hi"}"#)
    );
}

#[test]
fn a_new_timestamp_changes_nothing_else() {
    let institution_id = r#"4","timestamp":"2"#;
    let data = EventData::VerificationFailed { token: "ü\"timestamp\"", deny_reason: "X" };
    let body = |timestamp| Event { institution_id, timestamp, data }.body().unwrap();
    assert_eq!(restamped(&body(start()), after(30)), body(after(30)));
    assert_eq!(restamped("not JSON", after(30)), "not JSON");
}
