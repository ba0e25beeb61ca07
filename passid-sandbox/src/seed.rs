//! What a sandbox is to hold from the start, in a file or in code.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::credential::NewCredential;
use crate::passbase::NewIdentity;
use crate::state::IdentityStatus;

/// Institutions, customers, tokens, codes and Passbase identities to begin with; JSON and TOML have the same names.
///
/// Planting a seed is all or nothing, and what exists already stays as it is: the same seed can be
/// planted at every start over one data file.
///
/// ```
/// use passid_sandbox::Seed;
///
/// let seed = Seed::from_toml(r#"
///     [[institutions]]
///     id = "43"
///     name = "Second Bank"
///     sandbox = { key = "pk_sandbox_second00000000000000", webhook_url = "http://127.0.0.1:9000/" }
///
///     [[customers]]
///     id = "usr_amina"
///     credential = { freshness_hours = 3 }
///
///     [[codes]]
///     code = "AB3X-7YQM-K9PQ"
///     credential = { claims = { income_verified = true } }
/// "#)?;
/// let same = Seed::from_json(&serde_json::to_string(&seed)?)?;
/// assert_eq!(same, seed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    pub(crate) institutions: Vec<SeedInstitution>,
    pub(crate) customers: Vec<SeedCustomer>,
    pub(crate) tokens: Vec<SeedToken>,
    pub(crate) codes: Vec<SeedCode>,
    pub(crate) passbase_identities: Vec<SeedIdentity>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedInstitution {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sandbox: Option<SeedAccess>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) live: Option<SeedAccess>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedAccess {
    pub(crate) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jwt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_secret: Option<String>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedCustomer {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jwt: Option<String>,
    #[serde(default)]
    pub(crate) credential: NewCredential,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedToken {
    pub(crate) token: String,
    #[serde(default)]
    pub(crate) credential: NewCredential,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedCode {
    pub(crate) code: String,
    /// Redeemable again and again, like a demo code.
    #[serde(default)]
    pub(crate) repeatable: bool,
    #[serde(default)]
    pub(crate) credential: NewCredential,
}

/// An identity of Passbase.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedIdentity {
    /// A UUID in lower case.
    pub(crate) key: String,
    #[serde(default = "approved")]
    pub(crate) status: IdentityStatus,
    /// The kinds of findings on watchlists; none for a clean result; absent where nobody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) findings: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) identity: NewIdentity,
}

const fn approved() -> IdentityStatus {
    IdentityStatus::Approved
}

impl Seed {
    /// Reads a seed from JSON.
    ///
    /// # Errors
    ///
    /// [`SeedError::Unreadable`] when it is not well-formed or has a member that is not known.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        serde_json::from_str(text).map_err(|error| SeedError::Unreadable(error.to_string()))
    }

    /// Reads a seed from TOML.
    ///
    /// # Errors
    ///
    /// [`SeedError::Unreadable`] when it is not well-formed or has a member that is not known.
    pub fn from_toml(text: &str) -> Result<Self, SeedError> {
        // The message, without the line of the file that the whole error would show: it may hold a
        // key.
        toml::from_str(text).map_err(|error| SeedError::Unreadable(error.message().to_owned()))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seed")
            .field("institutions", &self.institutions.len())
            .field("customers", &self.customers.len())
            .field("tokens", &self.tokens.len())
            .field("codes", &self.codes.len())
            .field("passbase_identities", &self.passbase_identities.len())
            .finish()
    }
}

/// Why a seed is not planted. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    /// Not JSON or TOML of the known members.
    #[error("the seed cannot be read: {0}")]
    Unreadable(String),
    /// One entry cannot be taken. Entries are counted from 1.
    #[error("{table} entry {number} of the seed: {problem}")]
    Entry {
        /// `institutions`, `customers`, `tokens`, `codes` or `passbase_identities`.
        table: &'static str,
        /// Which one.
        number: usize,
        /// What is wrong with it.
        problem: String,
    },
}
