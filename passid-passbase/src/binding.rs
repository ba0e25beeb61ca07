//! What binds an identity to a caller. An identity access key travels through a browser: whoever has
//! seen one could present it as their own.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::model::Identity;

/// Where the binding stands in an identity's metadata: `{"passid":{"user":…,"nonce_sha256":…}}`
/// (decision P83).
const MEMBER: &str = "passid";

/// A secret of one start of the flow: whoever presents it began the verification that carries its
/// hash.
///
/// Give it to the caller alone, in a session cookie say. It is presented behind the identity access
/// key: `KEY.NONCE`.
#[derive(Clone)]
pub struct Nonce(SecretString);

impl Nonce {
    /// The length, in hexadecimal digits: 128 bits.
    pub const LEN: usize = 32;

    /// A new one, from the operating system.
    ///
    /// # Errors
    ///
    /// [`BindingError::NoRandomness`] where it has none to give.
    pub fn random() -> Result<Self, BindingError> {
        let mut bytes = [0; Self::LEN / 2];
        getrandom::fill(&mut bytes).map_err(|_| BindingError::NoRandomness)?;
        Ok(Self(hex(&bytes).into()))
    }

    /// Reads one: 32 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`BindingError::Nonce`] for everything else.
    pub fn parse(raw: &str) -> Result<Self, BindingError> {
        let fits = raw.len() == Self::LEN && raw.bytes().all(|byte| byte.is_ascii_hexdigit());
        if fits { Ok(Self(raw.to_ascii_lowercase().into())) } else { Err(BindingError::Nonce) }
    }

    /// The nonce itself, to be handed to the caller.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn sha256(&self) -> String {
        hex(&Sha256::digest(self.expose()))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(redacted)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The metadata of one start of the flow: for which user of yours, and the hash of a [`Nonce`].
///
/// ```
/// use passid_passbase::{FlowMetadata, Nonce};
///
/// let nonce = Nonce::random()?;
/// let metadata = FlowMetadata::new("user-42", &nonce)?;
/// // Sign `metadata.to_json()` with the project's private key (`MetadataKey`, feature
/// // `metadata-signing`), hand the result to the button as `metaData`, and the nonce to the caller.
/// assert!(!metadata.to_json().contains(nonce.expose()));
/// # Ok::<(), passid_passbase::BindingError>(())
/// ```
#[derive(Clone)]
pub struct FlowMetadata {
    user: String,
    nonce_sha256: String,
}

impl FlowMetadata {
    /// The longest reference of a user, in bytes. Ours: what is signed has 501 bytes at most.
    pub const MAX_USER_LEN: usize = 256;

    /// For this user of yours: an opaque reference, neither a name nor an e-mail address.
    ///
    /// # Errors
    ///
    /// [`BindingError::User`] when it is empty, too long or holds anything but printable ASCII.
    pub fn new(user: impl Into<String>, nonce: &Nonce) -> Result<Self, BindingError> {
        let user = user.into();
        let fits = (1..=Self::MAX_USER_LEN).contains(&user.len());
        if fits && user.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self { user, nonce_sha256: nonce.sha256() })
        } else {
            Err(BindingError::User)
        }
    }

    /// As JSON: what is to be signed.
    pub fn to_json(&self) -> String {
        let Self { user, nonce_sha256 } = self;
        json!({MEMBER: {"nonce_sha256": nonce_sha256, "user": user}}).to_string()
    }
}

impl fmt::Debug for FlowMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlowMetadata(redacted)")
    }
}

/// Why something cannot bind an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingError {
    /// No nonce.
    #[error("a nonce has {} hexadecimal digits", Nonce::LEN)]
    Nonce,
    /// No reference of a user.
    #[error(
        "a reference of a user has 1 to {} printable ASCII characters",
        FlowMetadata::MAX_USER_LEN
    )]
    User,
    /// The operating system has no random numbers.
    #[error("the operating system has no random numbers to give; try again")]
    NoRandomness,
}

/// Who an identity must belong to, as the application knows it from elsewhere.
///
/// `Debug` shows which of them it is.
#[derive(Clone)]
#[non_exhaustive]
pub enum Caller {
    /// Whoever holds the nonce whose hash is in the metadata.
    Nonce(Nonce),
    /// The user of yours whose reference is in the metadata: of the caller's own session.
    User(String),
    /// Whose owner has this e-mail address: one that you have confirmed yourself. Compared without
    /// regard to the case of ASCII letters and to ASCII white space around it, and otherwise byte by
    /// byte: to lower case the Kelvin sign is a `k`, and somebody else's address (decision P143).
    OwnerEmail(String),
}

impl Caller {
    /// Whether the identity is this caller's. What is absent, empty or of another type is nobody's.
    pub fn owns(&self, identity: &Identity) -> bool {
        match self {
            Self::Nonce(nonce) => {
                let told = member(identity).and_then(|own| own.get("nonce_sha256")?.as_str());
                let expected = nonce.sha256();
                told.is_some_and(|told| told.as_bytes().ct_eq(expected.as_bytes()).into())
            }
            Self::User(user) => !user.is_empty() && user_of(identity) == Some(user.as_str()),
            Self::OwnerEmail(email) => {
                let told = identity.owner.as_ref().and_then(|owner| owner.email.as_deref());
                let email = email.trim_ascii();
                let same = |told: &str| told.trim_ascii().eq_ignore_ascii_case(email);
                !email.is_empty() && told.is_some_and(same)
            }
        }
    }

    /// One word for it, for credentials.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Nonce(_) => "metadata_nonce",
            Self::User(_) => "metadata_user",
            Self::OwnerEmail(_) => "owner_email",
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({}, redacted)", self.word())
    }
}

fn member(identity: &Identity) -> Option<&Map<String, Value>> {
    identity.metadata.as_ref()?.get(MEMBER)?.as_object()
}

/// The reference of the user in the metadata.
pub(crate) fn user_of(identity: &Identity) -> Option<&str> {
    member(identity)?.get("user")?.as_str().filter(|user| !user.is_empty())
}
