//! The published vectors: `tests/vectors/webhook.json` at the root of the repository.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use bytes::Bytes;
use passid_core::webhook::{
    SIGNATURE_HEADER, SignatureError, VerifiedBody, WebhookVerifier, WebhookVerifierError,
};
use passid_core::{WebhookSecret, WebhookSecretError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Published {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    secret: String,
    #[serde(default)]
    previous_secrets: Vec<String>,
    #[serde(default)]
    secret_index: usize,
    #[serde(default)]
    allow_short: bool,
    max_body: Option<usize>,
    body_hex: String,
    headers: Vec<(String, String)>,
    expect: String,
}

fn vectors() -> Vec<Vector> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/webhook.json");
    serde_json::from_str::<Published>(&std::fs::read_to_string(path).unwrap()).unwrap().vectors
}

impl Vector {
    fn body(&self) -> Vec<u8> {
        let digit = |at: usize| u8::from_str_radix(&self.body_hex[at..at + 2], 16).unwrap();
        (0..self.body_hex.len()).step_by(2).map(digit).collect()
    }

    fn header(&self) -> Vec<&str> {
        let ours = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(SIGNATURE_HEADER);
        self.headers.iter().filter(ours).map(|(_, value)| value.as_str()).collect()
    }

    fn verifier(&self) -> Result<WebhookVerifier, &'static str> {
        let secret = |raw: &String| {
            WebhookSecret::parse(raw).map_err(|error| match error {
                WebhookSecretError::Empty => "secret_empty",
                WebhookSecretError::NotPrintable => "secret_not_printable",
                other => panic!("{other}"),
            })
        };
        let mut builder = WebhookVerifier::builder().secret(secret(&self.secret)?);
        for previous in &self.previous_secrets {
            builder = builder.previous_secret(secret(previous)?);
        }
        if self.allow_short {
            builder = builder.allow_short_secrets();
        }
        if let Some(limit) = self.max_body {
            builder = builder.max_body(limit);
        }
        builder.build().map_err(|error| match error {
            WebhookVerifierError::ShortSecret { .. } => "secret_short",
            other => panic!("{other}"),
        })
    }

    #[track_caller]
    fn check(&self, found: Result<&VerifiedBody<'_>, SignatureError>) {
        match found {
            Ok(body) => {
                assert_eq!(self.expect, "ok", "{}", self.name);
                assert_eq!(body.secret_index(), self.secret_index, "{}", self.name);
                assert_eq!(body.bytes(), self.body(), "{}", self.name);
            }
            Err(error) => assert_eq!(error.code(), self.expect, "{}", self.name),
        }
    }
}

#[test]
fn every_published_vector_holds_for_whole_bodies_and_for_pieces() {
    for vector in vectors() {
        let verifier = match vector.verifier() {
            Ok(verifier) => verifier,
            Err(refused) => {
                assert_eq!(refused, vector.expect, "{}", vector.name);
                continue;
            }
        };
        let body = vector.body();
        let found = verifier.verify(vector.header(), &body);
        vector.check(found.as_ref().map_err(|error| *error));
        let found = verifier.verify_bytes(vector.header(), Bytes::from(body.clone()));
        vector.check(found.as_ref().map_err(|error| *error));
        for size in [1, 7, 1000] {
            let found = verifier.begin(vector.header()).and_then(|check| {
                let mut pieces = body.chunks(size);
                pieces.try_fold(check, |check, piece| check.update(piece.to_vec()))?.finish()
            });
            vector.check(found.as_ref().map_err(|error| *error));
        }
    }
}

#[test]
fn there_is_a_vector_for_every_error_and_each_has_a_name_of_its_own() {
    let vectors = vectors();
    let names: BTreeSet<_> = vectors.iter().map(|vector| &vector.name).collect();
    assert_eq!(names.len(), vectors.len());
    let expected: BTreeSet<_> = vectors.iter().map(|vector| vector.expect.as_str()).collect();
    let errors = [
        SignatureError::Missing,
        SignatureError::Duplicate,
        SignatureError::WhiteSpace,
        SignatureError::OtherScheme,
        SignatureError::WrongLength { digits: 0 },
        SignatureError::NotHex,
        SignatureError::Mismatch,
        SignatureError::BodyTooLarge { limit: 0 },
    ];
    for code in errors.map(SignatureError::code).into_iter().chain([
        "ok",
        "secret_empty",
        "secret_not_printable",
        "secret_short",
    ]) {
        assert!(expected.contains(code), "{code}");
    }
}

#[test]
fn the_test_signer_makes_the_published_signatures() {
    let mut made = 0;
    for vector in vectors().iter().filter(|vector| vector.expect == "ok") {
        let mut secrets = std::iter::once(&vector.secret).chain(&vector.previous_secrets);
        let secret = secrets.nth(vector.secret_index).unwrap();
        let secret = WebhookSecret::parse(secret).unwrap();
        let signed = passid_core::testing::webhook::sign(&secret, &vector.body());
        assert!(vector.header()[0].eq_ignore_ascii_case(&signed), "{}", vector.name);
        made += 1;
    }
    assert!(made >= 10, "{made}");
}
