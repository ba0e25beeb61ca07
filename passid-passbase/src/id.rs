//! Ids of identities, resources and files: UUIDs.

use std::fmt;
use std::str::FromStr;

use passid_core::Subject;

use crate::client::PROVIDER;

/// A text is no UUID. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a UUID such as 00000000-0000-4000-8000-000000000000")]
pub struct IdError;

/// In lower case; so that two spellings are one id, and nothing else can get into a path.
fn uuid(raw: &str) -> Result<String, IdError> {
    let fits = raw.len() == 36
        && raw.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if fits { Ok(raw.to_ascii_lowercase()) } else { Err(IdError) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Reads a UUID, in either case.
            ///
            /// # Errors
            ///
            /// [`IdError`] for everything else.
            pub fn parse(raw: &str) -> Result<Self, IdError> {
                uuid(raw).map(Self)
            }

            /// The id, in lower case.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                Self::parse(raw)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

id! {
    /// The id of an identity: `identityAccessKey` in a browser, `key` in a webhook, `id` in an answer.
    ///
    /// **It proves nothing by itself.** Whoever has seen it can present it; see
    /// [`PassbaseVerifier`](crate::PassbaseVerifier) for how it is bound to a caller.
    ///
    /// ```
    /// use passid_passbase::IdentityAccessKey;
    ///
    /// let key = IdentityAccessKey::parse("A44C2593-E2AE-4ED9-B81B-C1330580338A")?;
    /// assert_eq!(key.expose(), "a44c2593-e2ae-4ed9-b81b-c1330580338a");
    /// assert!(IdentityAccessKey::parse("../settings").is_err());
    /// # Ok::<(), passid_passbase::IdError>(())
    /// ```
    IdentityAccessKey
}

impl IdentityAccessKey {
    /// What stands for the identity in credentials, caches and inboxes: a hash of its id.
    pub fn subject(&self) -> Subject {
        Subject::of(PROVIDER, self.expose())
    }
}

id! {
    /// The id of a resource: a document or a video of an identity.
    ResourceId
}

id! {
    /// The id of one file of a resource.
    ResourceFileId
}
