//! Access tokens: what they look like, and how long they count.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::state::aged::Dated;
use crate::state::table::Row;

/// What an access token must be asked for, and the audience of one that was.
pub(crate) const RESOURCE: &str = "https://verify.identity.security";
/// The audience of a token that was asked for nothing.
const NO_RESOURCE: &str = "userid-api";

/// An access token that was given, under the digest of it: a look-up tells nothing by its time, and a
/// data file holds no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    issued_at: Timestamp,
    pub(super) ends_at: Timestamp,
    pub(super) for_resource: bool,
}

impl Grant {
    pub(super) fn new(issued_at: Timestamp, ends_at: Timestamp, for_resource: bool) -> Self {
        Self { issued_at, ends_at, for_resource }
    }
}

impl Row for Grant {
    const TABLE: &'static str = "docverify_tokens";
}

impl Dated for Grant {
    fn dated(&self) -> Timestamp {
        self.issued_at
    }
}

pub(super) fn digest(token: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// A token with the published claims. It is recognised as a whole; its signature is a number, as no
/// key is published (decision P111).
pub(super) fn spelt(client_id: &str, id: &str, signature: &str, grant: Grant) -> String {
    let part = |json: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let header = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({
        "aud": if grant.for_resource { RESOURCE } else { NO_RESOURCE },
        "client_id": client_id,
        "exp": grant.ends_at.as_second(),
        "iat": grant.issued_at.as_second(),
        "iss": "passid-sandbox",
        "jti": id,
        "sub": client_id,
    }));
    format!("{header}.{claims}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}
