use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// The token with which a front end starts a session: it can be used once, and binds the session to
/// the device that uses it. Whoever has it can start the session in the person's place.
#[derive(Clone)]
pub struct StartToken(SecretString);

impl StartToken {
    /// The longest token that is taken from an answer, in bytes. Ours; the printed one has 32.
    pub(crate) const MAX_LEN: usize = 4096;

    /// `None` for what cannot stand in an address.
    pub(crate) fn take(token: String) -> Option<Self> {
        let fits = (1..=Self::MAX_LEN).contains(&token.len());
        (fits && token.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(token.into()))
    }

    /// The token itself, for the front end.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for StartToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartToken(redacted)")
    }
}
