//! What a test asks the sandbox to issue: one description for the library and the control API.

use std::fmt;
use std::time::SystemTime;

use jiff::Timestamp;
use passid_core::Environment;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::demo;
use crate::timestamp::{rfc3339_option, whole_second};

/// Keeps 100,000 credentials within the memory of a small machine.
const MAX_CLAIMS: usize = 64;
const MAX_CLAIMS_BYTES: usize = 8 * 1024;
const MAX_STATUS_BYTES: usize = 64;

/// A credential to be issued by [`Sandbox::mint_token`](crate::Sandbox::mint_token),
/// [`Sandbox::mint_code`](crate::Sandbox::mint_code), `POST /_passid/tokens` or
/// `POST /_passid/codes`.
///
/// Without further words it is a valid sandbox credential with every claim of the guide's example,
/// issued two hours ago. Its JSON form has the names of the setters:
///
/// ```
/// use passid_sandbox::{CredentialState, NewCredential};
/// use serde_json::json;
///
/// let credential: NewCredential = serde_json::from_value(json!({
///     "claims": {"income_verified": true},
///     "environment": "sandbox",
///     "state": "revoked",
///     "expires_at": "2030-01-31T12:00:00Z",
///     "freshness_hours": 12,
///     "status": "verified",
/// }))?;
/// # let _ = credential;
/// let same_way = NewCredential::new().state(CredentialState::Revoked).freshness_hours(12);
/// assert_eq!(format!("{same_way:?}"), "NewCredential { environment: Sandbox, state: Revoked, .. }");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewCredential {
    #[schema(value_type = Object)]
    claims: Map<String, Value>,
    #[serde(with = "environment_name")]
    #[schema(value_type = String, default = "sandbox")]
    environment: Environment,
    state: CredentialState,
    #[serde(with = "rfc3339_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness_hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

impl NewCredential {
    /// A valid sandbox credential with the guide's example claims.
    pub fn new() -> Self {
        Self {
            claims: demo::full_claims(),
            environment: Environment::Sandbox,
            state: CredentialState::Active,
            expires_at: None,
            freshness_hours: None,
            status: None,
        }
    }

    /// Replaces all claims. Names and types are not checked, so that a client can be tested with
    /// claims it does not know.
    #[must_use]
    pub fn claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims = claims;
        self
    }

    /// Sets one claim and keeps the others.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Takes one claim away.
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// The environment whose key can see the credential. The other one's cannot.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Whether the credential is good, and if not, what is wrong with it.
    #[must_use]
    pub fn state(mut self, state: CredentialState) -> Self {
        self.state = state;
        self
    }

    /// When the credential ends, in whole seconds. By default 83 days after it was issued, as in
    /// the sample on the verifier page.
    #[must_use]
    pub fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(whole_second(time));
        self
    }

    /// The claim `freshness_hours`: hours since the credential was issued. More than 48 is stale
    /// (decision D17).
    #[must_use]
    pub fn freshness_hours(mut self, hours: u32) -> Self {
        self.freshness_hours = Some(hours);
        self
    }

    /// The `status` of a redemption, in place of `verified`; for instance
    /// `manual_review_required` (decision D16).
    #[must_use]
    pub fn status(mut self, status: impl Into<String>) -> Self {
        self.status = Some(status.into());
        self
    }

    pub(crate) fn into_checked_parts(mut self) -> Result<Parts, MintError> {
        if let Some(hours) = self.freshness_hours {
            self.claims.insert("freshness_hours".to_owned(), hours.into());
        }
        if self.claims.len() > MAX_CLAIMS {
            return Err(MintError::TooManyClaims);
        }
        let size = serde_json::to_vec(&self.claims).map_or(usize::MAX, |bytes| bytes.len());
        if size > MAX_CLAIMS_BYTES {
            return Err(MintError::ClaimsTooLarge);
        }
        if let Some(status) = &self.status
            && (status.trim().is_empty() || status.len() > MAX_STATUS_BYTES)
        {
            return Err(MintError::InvalidStatus);
        }
        Ok(Parts {
            claims: self.claims,
            environment: self.environment,
            state: self.state,
            expires_at: self.expires_at.map(|time| whole_second(time.into())),
            status: self.status,
        })
    }
}

/// A description that keeps the sandbox's limits.
pub(crate) struct Parts {
    pub(crate) claims: Map<String, Value>,
    pub(crate) environment: Environment,
    pub(crate) state: CredentialState,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) status: Option<String>,
}

impl Default for NewCredential {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCredential")
            .field("environment", &self.environment)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Whether a credential is good, and if not, what is wrong with it: the causes of rejection that
/// the verifier page names, and the guide's sanctions denial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CredentialState {
    /// Good, until it expires.
    #[default]
    Active,
    /// Past its time, whatever `expires_at` says. Reason `TOKEN_EXPIRED`.
    Expired,
    /// Taken back by its holder or issuer. Reason `TOKEN_REVOKED`.
    Revoked,
    /// Its signature does not verify. Reason `invalid_signature`.
    BadSignature,
    /// Denied for good by sanctions screening. Reason `HARD_DENY_SANCTIONS_MATCH`.
    SanctionsDenied,
}

/// Why the sandbox does not issue a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// More than 64 claims.
    #[error("a credential has at most {MAX_CLAIMS} claims")]
    TooManyClaims,
    /// More than 8 KiB of claims, written as JSON.
    #[error("the claims of a credential have at most {MAX_CLAIMS_BYTES} bytes as JSON")]
    ClaimsTooLarge,
    /// A status that is blank or longer than 64 bytes.
    #[error("a status has between 1 and {MAX_STATUS_BYTES} bytes and is not blank")]
    InvalidStatus,
    /// A share of a customer who is not known.
    #[error("there is no such customer; add one first")]
    UnknownCustomer,
    /// As many credentials as the sandbox keeps.
    #[error("the sandbox keeps at most {limit} minted credentials; reset it to start again")]
    Full {
        /// How many it keeps.
        limit: usize,
    },
}

pub(crate) mod environment_name {
    use passid_core::Environment;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(crate) fn serialize<S: Serializer>(
        environment: &Environment,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(environment.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Environment, D::Error> {
        let name = String::deserialize(deserializer)?;
        [Environment::Sandbox, Environment::Live]
            .into_iter()
            .find(|environment| environment.as_str() == name)
            .ok_or_else(|| de::Error::custom("the environment is either sandbox or live"))
    }
}
