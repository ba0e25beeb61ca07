#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use passid_core::{Clock, SystemClock};
use serde::{Deserialize, Serialize};

const SECRET: &[u8] = b"a secret of thirty-two bytes, ok";

/// Claims as in the published credential, signed by the service itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    sub: String,
    exp: u64,
    income_verified: bool,
    sanctions_screening_clear: bool,
}

/// Checks HS256 signatures: the quickest algorithm of the crate, without a look at any cache.
pub(crate) struct JsonWebToken {
    key: DecodingKey,
    validation: Validation,
}

impl JsonWebToken {
    pub(crate) fn new() -> Self {
        Self { key: DecodingKey::from_secret(SECRET), validation: Validation::default() }
    }

    /// The claims of a token that is signed well and has not expired.
    pub(crate) fn claims(&self, presented: &str) -> Option<Claims> {
        let claims = decode::<Claims>(presented, &self.key, &self.validation).ok()?.claims;
        (claims.income_verified && claims.sanctions_screening_clear).then_some(claims)
    }

    /// `Bearer` and a token that is good for a day.
    pub(crate) fn bearer() -> &'static str {
        static BEARER: OnceLock<String> = OnceLock::new();
        BEARER.get_or_init(|| {
            let tomorrow = SystemClock.now() + Duration::from_secs(24 * 3600);
            let claims = Claims {
                sub: "customer-4711".to_owned(),
                exp: tomorrow.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs()),
                income_verified: true,
                sanctions_screening_clear: true,
            };
            let key = EncodingKey::from_secret(SECRET);
            let token = encode(&Header::default(), &claims, &key).expect("the claims are text");
            format!("Bearer {token}")
        })
    }
}

impl fmt::Debug for JsonWebToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonWebToken").finish_non_exhaustive()
    }
}
