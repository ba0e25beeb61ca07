//! Metadata as the button is given it: JSON under RSA's private-key operation, in base64, opened with the
//! project's public key as the vendor does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::hazmat::rsa_encrypt;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPublicKey};
use serde_json::Value;

/// As the vendor asks for.
const BITS: u32 = 4_096;
const BYTES: usize = 512;
const MAX_PEM_BYTES: usize = 4_096;

/// A public key of 4096 bits.
#[derive(Clone, Debug)]
pub(crate) struct MetadataKey(RsaPublicKey);

impl MetadataKey {
    /// Reads `BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`. `None` for whatever is no key of 4096 bits.
    pub(crate) fn from_pem(pem: &str) -> Option<Self> {
        if pem.len() > MAX_PEM_BYTES {
            return None;
        }
        let key = RsaPublicKey::from_public_key_pem(pem)
            .ok()
            .or_else(|| RsaPublicKey::from_pkcs1_pem(pem).ok())?;
        (key.size() == BYTES).then_some(Self(key))
    }

    /// What was signed, if it is a JSON object and this key's private half has signed it.
    pub(crate) fn open(&self, signed: &str) -> Option<Value> {
        let signed = STANDARD.decode(signed.trim()).ok().filter(|bytes| bytes.len() == BYTES)?;
        let signed = BoxedUint::from_be_slice(&signed, BITS).ok()?;
        if signed >= **self.0.n() {
            return None;
        }
        // Nothing is secret here: the public operation gives back what the private one was given.
        let block = rsa_encrypt(&self.0, &signed).ok()?.to_be_bytes();
        // PKCS#1 v1.5, block type 1.
        let padded = block.strip_prefix(b"\x00\x01")?;
        let end = padded.iter().position(|byte| *byte != 0xff).filter(|end| *end >= 8)?;
        let json = padded.get(end..)?.strip_prefix(b"\x00")?;
        serde_json::from_slice(json).ok().filter(Value::is_object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PUBLIC: &str = include_str!("../../tests/vectors/metadata_public_key.pem");
    const PUBLIC_PKCS1: &str = include_str!("../../tests/vectors/metadata_public_key_pkcs1.pem");
    const SHORT: &str = include_str!("../../tests/vectors/short_public_key.pem");
    /// By openssl, with the private half.
    const SIGNED: &str = include_str!("../../tests/vectors/metadata_signed.txt");

    #[test]
    fn what_openssl_signed_is_opened() {
        for pem in [PUBLIC, PUBLIC_PKCS1] {
            let opened = MetadataKey::from_pem(pem).unwrap().open(SIGNED);
            let said = json!({"passid": {"nonce_sha256": "abc", "user": "user-42"}});
            assert_eq!(opened, Some(said));
        }
    }

    #[test]
    fn nothing_else_is() {
        let key = MetadataKey::from_pem(PUBLIC).unwrap();
        let mut bytes = STANDARD.decode(SIGNED.trim()).unwrap();
        bytes[100] ^= 1;
        for wrong in [
            STANDARD.encode(&bytes),
            STANDARD.encode([0; BYTES]),
            STANDARD.encode([0xff; BYTES]),
            STANDARD.encode(&bytes[1..]),
            SIGNED.trim()[4..].to_owned(),
            r#"{"passid":{}}"#.to_owned(),
            String::new(),
        ] {
            assert_eq!(key.open(&wrong), None, "{wrong:.20}");
        }
    }

    #[test]
    fn only_a_public_key_of_4096_bits_is_one() {
        assert!(MetadataKey::from_pem(SHORT).is_none());
        let lines: Vec<_> = PUBLIC.lines().collect();
        for cut in 0..lines.len() - 1 {
            assert!(MetadataKey::from_pem(&lines[..cut].join("\n")).is_none(), "{cut}");
        }
        let torn = PUBLIC.replacen("MIIC", "MIID", 1);
        for wrong in ["", "-----BEGIN PUBLIC KEY-----", &torn, &PUBLIC.repeat(10)] {
            assert!(MetadataKey::from_pem(wrong).is_none(), "{wrong:.40}");
        }
    }
}
