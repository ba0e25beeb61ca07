use std::fmt;

use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passid_core::{Entropy, SystemEntropy};
use serde_json::Value;

const BLOCK: usize = 16;

/// A webhook that is to be posted.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassbaseWebhook {
    /// `text/plain` where it is encrypted, else `application/json`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl fmt::Debug for PassbaseWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseWebhook")
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// `base64(IV ‖ AES-256-CBC)` with a secret, plain JSON without.
pub(super) fn sealed(event: &Value, secret: Option<&[u8; 32]>) -> PassbaseWebhook {
    let plain = event.to_string();
    let Some(secret) = secret else {
        return PassbaseWebhook { content_type: "application/json", body: plain };
    };
    let iv = SystemEntropy.bits().to_be_bytes();
    let mut bytes = plain.into_bytes();
    let padding = BLOCK - bytes.len() % BLOCK;
    bytes.resize(bytes.len() + padding, u8::try_from(padding).unwrap_or_default());
    let mut cipher = cbc::Encryptor::<aes::Aes256>::new(secret.into(), &iv.into());
    let (blocks, _) = aes::Block::slice_as_chunks_mut(&mut bytes);
    cipher.encrypt_blocks(blocks);
    let body = STANDARD.encode([&iv[..], &bytes].concat());
    PassbaseWebhook { content_type: "text/plain", body }
}
