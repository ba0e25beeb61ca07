use std::fmt;

use sha2::{Digest, Sha256};

/// Whom or what a provider speaks of: the hash of the id under which the provider knows it, such as one
/// verification of a person. Verdicts carry it, and so do the provider's events, so that what an event
/// speaks against can be found without anybody having to keep the id.
///
/// Not secret: who knows the id can make it. `Debug` does not show it all the same.
///
/// ```
/// use passid_core::Subject;
///
/// let subject = Subject::of("provider", "8f14e45f");
/// assert_eq!(subject, Subject::of("provider", "8f14e45f"));
/// assert_ne!(subject, Subject::of("another", "8f14e45f"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject([u8; 32]);

impl Subject {
    /// The provider's name as in credentials, and the id in the one spelling that it has.
    pub fn of(provider: &str, id: &str) -> Self {
        let mut hash = Sha256::new_with_prefix("passid-subject-1");
        for part in [provider, id] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// From a store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For a store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject(redacted)")
    }
}
