//! Signed metadata, against what openssl makes of the same key.
#![cfg(feature = "metadata-signing")]
#![allow(clippy::unwrap_used, reason = "tests")]

use passid_passbase::{
    BindingError, FlowMetadata, MetadataKey, MetadataKeyError, Nonce, SigningError,
};

const KEY: &str = include_str!("vectors/metadata_key.pem");
const KEY_PKCS1: &str = include_str!("vectors/metadata_key_pkcs1.pem");
/// `openssl pkeyutl -sign -pkeyopt rsa_padding_mode:pkcs1 -inkey metadata_key.pem | base64`
const SIGNED: &str = include_str!("vectors/metadata_signed.txt");
const JSON: &str = r#"{"passid":{"nonce_sha256":"abc","user":"user-42"}}"#;

#[test]
fn metadata_is_signed_as_openssl_signs_it() {
    let key = MetadataKey::from_pem(KEY).unwrap();
    assert_eq!(key.sign_json(JSON).unwrap(), SIGNED.trim());
    assert_eq!(SIGNED.trim().len(), 684);
    assert_eq!(format!("{key:?}"), "MetadataKey(redacted)");
}

#[test]
fn a_key_in_the_older_form_is_the_same_key() {
    let key = MetadataKey::from_pem(KEY_PKCS1).unwrap();
    assert_eq!(key.sign_json(JSON).unwrap(), SIGNED.trim());
}

#[test]
fn what_is_signed_has_501_bytes_at_most() {
    let key = MetadataKey::from_pem(KEY).unwrap();
    assert_eq!(key.sign_json(&"x".repeat(501)).unwrap().len(), 684);
    assert_eq!(key.sign_json(&"x".repeat(502)).unwrap_err(), SigningError::TooLong);
    let longest = "u".repeat(FlowMetadata::MAX_USER_LEN);
    let metadata = FlowMetadata::new(longest, &Nonce::random().unwrap()).unwrap();
    assert_eq!(key.sign(&metadata).unwrap().len(), 684);
}

#[test]
fn what_is_no_key_of_4096_bits_is_refused_without_being_repeated() {
    for pem in ["", "marker", "-----BEGIN PRIVATE KEY-----\nmarker\n-----END PRIVATE KEY-----"] {
        let error = MetadataKey::from_pem(pem).unwrap_err();
        assert_eq!(error, MetadataKeyError::Unreadable);
        assert!(!error.to_string().contains("marker"));
    }
    let short = include_str!("vectors/short_key.pem");
    assert_eq!(MetadataKey::from_pem(short).unwrap_err(), MetadataKeyError::Size);
}

#[test]
fn a_nonce_and_a_reference_of_a_user_have_their_form() {
    let nonce = Nonce::random().unwrap();
    assert_ne!(nonce.expose(), Nonce::random().unwrap().expose());
    assert_eq!(Nonce::parse(&nonce.expose().to_uppercase()).unwrap().expose(), nonce.expose());
    for raw in ["", "abc", &"g".repeat(32), &"a".repeat(33)] {
        assert_eq!(Nonce::parse(raw).unwrap_err(), BindingError::Nonce);
    }
    for user in ["", "two words", "Jos\u{e9}", "a\nb", &"u".repeat(257)] {
        assert_eq!(FlowMetadata::new(user, &nonce).unwrap_err(), BindingError::User);
    }
    let metadata = FlowMetadata::new("quote\"and\\slash", &nonce).unwrap();
    let json: serde_json::Value = serde_json::from_str(&metadata.to_json()).unwrap();
    assert_eq!(json["passid"]["user"], "quote\"and\\slash");
    assert!(!format!("{metadata:?} {nonce:?}").contains(nonce.expose()));
}
