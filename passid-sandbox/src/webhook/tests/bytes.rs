//! Signatures and bodies, byte for byte.

use serde_json::{Number, json};

use super::super::event::restamped;
use super::super::signature::{sign, sign_wrongly};
use super::*;

const K1: &str = "whsec_45c6263b45f2763c8405bb9cd1b823139beb30e6e36d1f84c7a072b225845bd2";
const K2: &str = "whsec_2adddba021816fb72e43d618975b82220eab99d6920ab7d80975cfb1b141a27e";
const B: &str = r#"{"event":"webhook.test","institution_id":"42","timestamp":"2026-01-01T00:00:00Z","data":{}}"#;

#[test]
fn signatures_agree_with_the_published_and_computed_vectors() {
    let newline = format!("{B}\n");
    let mark = format!("\u{feff}{B}");
    let vectors: [(&str, &[u8], &str); 8] = [
        (
            "It's a Secret to Everybody",
            b"Hello, World!",
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        (
            "Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (K1, B.as_bytes(), "e654dff75723b4eeabccc7c54c37f40f4f36351a9bb808fa9185d748a7bbdde4"),
        (K1, b"", "ee048957d3f83718e32bf120559bbc2b01630b04089a47c7e5e9ea7396665c71"),
        (
            K1,
            b"\xff\xfe\x00\x80\n",
            "7feca32ba750c4e8022c6aaed7183d12a6e76577450742b59e55df3af32f2279",
        ),
        (K2, B.as_bytes(), "bd078dbff0f298c1465fef31b30da7969f359bfd16f663a9df52b124526af8dd"),
        (
            K1,
            newline.as_bytes(),
            "e79735aa1b94c62a33a5b6afcba5a0f612e6e4797942b816d66de2fc8a0405b2",
        ),
        (K1, mark.as_bytes(), "7a6933b3f492e40c962925452d6b5ad623ce6d96242a6bf64affa8d60ad51e5c"),
    ];
    for (secret, body, mac) in vectors {
        assert_eq!(sign(secret, body).unwrap(), format!("sha256={mac}"));
        let wrong = sign_wrongly(secret, body).unwrap();
        assert_eq!(wrong.len(), "sha256=".len() + 64);
        assert_ne!(wrong, format!("sha256={mac}"));
    }
    assert_eq!(sign(" \n", B.as_bytes()), None);
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
