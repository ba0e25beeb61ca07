//! Properties of the signature check and of the envelope, for whatever is sent.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::cases;
use passid_core::WebhookSecret;
use passid_core::testing::webhook::{envelope, sign};
use passid_core::webhook::{EventData, SignatureError, WebhookVerifier};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

fn secret() -> impl Strategy<Value = WebhookSecret> {
    "[!-~]{16,200}".prop_map(|raw| WebhookSecret::parse(&raw).unwrap())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..600)
}

fn verifier(secret: &WebhookSecret) -> WebhookVerifier {
    WebhookVerifier::with_secret(secret.clone()).unwrap()
}

fn flipped(bytes: &[u8], bit: Index) -> Vec<u8> {
    let bit = bit.index(bytes.len() * 8);
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// Nearly a header, or anything.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let scheme = select(vec!["sha256=", "sha1=", "", " sha256=", "SHA256=", "sha256=sha256="]);
    let nearly = (scheme, "[0-9a-fA-Fgx, ]{62,66}")
        .prop_map(|(scheme, digits)| format!("{scheme}{digits}").into_bytes());
    prop_oneof![vec(any::<u8>(), 0..100), nearly]
}

/// JSON of any shape, with the names that mean something.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-03-29T10:22:14Z")),
        Just(json!("-009999-01-02T01:59:59Z")),
        Just(json!("PASSID-AB3X")),
    ];
    let name = select(vec![
        "token",
        "verified_at",
        "verified_claims",
        "claims",
        "identity_verified",
        "deny_reason",
        "outcome",
        "amount_usd",
        "x",
    ]);
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_is_signed_is_accepted_whole_and_in_pieces(
        secret in secret(), body in body(), size in 1..64_usize
    ) {
        let (verifier, header) = (verifier(&secret), sign(&secret, &body));
        let verified = verifier.verify([&header], &body).unwrap();
        prop_assert_eq!((verified.bytes(), verified.secret_index()), (&body[..], 0));
        prop_assert!(verifier.verify([header.to_uppercase().replace("SHA", "sha")], &body).is_ok());
        let check = verifier.begin([&header]).unwrap();
        let check = body.chunks(size).fold(check, |check, piece| check.update(piece.to_vec()).unwrap());
        let pieces = check.finish().unwrap();
        prop_assert_eq!(pieces.bytes(), &body[..]);
        prop_assert_eq!(pieces.sha256(), verified.sha256());
    }

    #[test]
    fn one_bit_of_body_signature_or_key_is_enough_to_refuse(
        secret in secret(), body in body(), bit in any::<Index>(), other in "[!-~]"
    ) {
        let (verifier, header) = (verifier(&secret), sign(&secret, &body));
        if !body.is_empty() {
            let found = verifier.verify([&header], &flipped(&body, bit)).unwrap_err();
            prop_assert_eq!(found, SignatureError::Mismatch);
        }
        let turned = flipped(header.as_bytes(), bit);
        // Bit 5 of a letter is its case, which does not count.
        let same = turned.eq_ignore_ascii_case(header.as_bytes()) && turned.starts_with(b"sha256=");
        prop_assert_eq!(verifier.verify([&turned], &body).is_ok(), same);
        let mut raw = secret.expose().to_owned();
        let at = bit.index(raw.len());
        raw.replace_range(at..=at, &other);
        let changed = WebhookSecret::parse(&raw).unwrap();
        let holds = self::verifier(&changed).verify([&header], &body).is_ok();
        prop_assert_eq!(holds, changed.expose() == secret.expose());
    }

    #[test]
    fn several_secrets_accept_exactly_what_one_of_them_signed(
        secrets in vec(secret(), 1..=WebhookVerifier::MAX_SECRETS), stranger in secret(),
        which in any::<Index>(), body in body()
    ) {
        let mut builder = WebhookVerifier::builder().secret(secrets[0].clone());
        for previous in &secrets[1..] {
            builder = builder.previous_secret(previous.clone());
        }
        let verifier = builder.build().unwrap();
        let signer = &secrets[which.index(secrets.len())];
        let index = verifier.verify([sign(signer, &body)], &body).unwrap().secret_index();
        let first = secrets.iter().position(|secret| secret.expose() == signer.expose());
        prop_assert_eq!(Some(index), first);
        let known = secrets.iter().any(|secret| secret.expose() == stranger.expose());
        prop_assert_eq!(verifier.verify([sign(&stranger, &body)], &body).is_ok(), known);
    }

    #[test]
    fn a_header_of_any_bytes_is_refused_without_being_repeated(
        headers in vec(header(), 0..3), body in body()
    ) {
        let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap();
        let verifier = verifier(&secret);
        let error = verifier.verify(&headers, &body).unwrap_err();
        if let Err(begun) = verifier.begin(&headers) {
            prop_assert_eq!(begun, error);
        } else {
            prop_assert_eq!(error, SignatureError::Mismatch);
        }
        let shown = format!("{error} {error:?}");
        for header in headers.iter().filter(|header| header.len() > 20) {
            prop_assert!(!shown.contains(&*String::from_utf8_lossy(header)));
        }
    }

    #[test]
    fn signed_bytes_of_any_kind_are_an_event_or_an_error(body in prop_oneof![
        body(),
        "\\PC{0,200}".prop_map(String::into_bytes),
        value().prop_map(|value| value.to_string().into_bytes()),
    ]) {
        let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap();
        let header = sign(&secret, &body);
        let verified = verifier(&secret).verify_bytes([header], body.clone().into()).unwrap();
        if let Ok(event) = verified.parse() {
            prop_assert_eq!(event.raw(), &body);
        }
    }

    #[test]
    fn an_envelope_with_any_data_is_kept_or_refused_and_never_shown(
        data in value(),
        name in select(vec![
            "verification.completed", "verification.failed", "outcome.reported", "webhook.test", "new",
        ])
    ) {
        let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap();
        let body = envelope(name, data.clone());
        let verifier = verifier(&secret);
        let parsed = verifier.verify([sign(&secret, &body)], &body).unwrap().parse();
        match parsed.as_ref().map(|event| &event.data) {
            Ok(EventData::Test(kept) | EventData::Other { data: kept, .. }) => {
                let data: Value = serde_json::from_str(&data.to_string()).unwrap();
                prop_assert_eq!(kept, &data);
            }
            Ok(other) => prop_assert_eq!(other.name(), name),
            Err(_) => prop_assert!(!matches!(name, "webhook.test" | "new")),
        }
        if let Ok(event) = parsed {
            prop_assert_eq!(event.semantic_key(), event.clone().semantic_key());
            // A reason that is not known is shown as it came, unless it is the event's own token.
            let shown = format!("{event:?}");
            let is_reason = data.get("deny_reason") == Some(&json!("PASSID-AB3X"));
            prop_assert!(is_reason || !shown.contains("AB3X"), "{}", shown);
        }
    }
}
