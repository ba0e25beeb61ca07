use std::fmt;

use passid_core::Token;

use crate::{IdentityAccessKey, Nonce};

/// What a caller presents: `KEY.NONCE`, or the key alone.
///
/// ```
/// use passid_core::Token;
/// use passid_passbase::PresentedIdentity;
///
/// let raw = "a44c2593-e2ae-4ed9-b81b-c1330580338a.000102030405060708090a0b0c0d0e0f";
/// let presented = PresentedIdentity::of(&Token::parse(raw)?).ok_or("no identity")?;
/// assert!(presented.nonce().is_some());
/// assert!(PresentedIdentity::of(&Token::parse("PASSID-AB3X-7YQM")?).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PresentedIdentity {
    key: IdentityAccessKey,
    nonce: Option<Nonce>,
}

impl PresentedIdentity {
    /// Reads a token; `None` for one of another provider, or of no form at all.
    pub fn of(token: &Token) -> Option<Self> {
        let raw = token.expose();
        let (key, nonce) = match raw.split_once('.') {
            Some((key, nonce)) => (key, Some(Nonce::parse(nonce).ok()?)),
            None => (raw, None),
        };
        Some(Self { key: IdentityAccessKey::parse(key).ok()?, nonce })
    }

    /// The identity.
    pub fn key(&self) -> &IdentityAccessKey {
        &self.key
    }

    /// What binds it to the caller.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }
}

impl fmt::Debug for PresentedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedIdentity(redacted)")
    }
}
