use std::time::Duration;

use serde::Serialize;

use crate::Permission;

/// What a new session asks the customer for; see
/// [`PassidClient::create_session`](crate::PassidClient::create_session).
///
/// All of it is optional. Each setting is checked when it is made: nothing that the guide rules out
/// is sent.
///
/// ```
/// use std::time::Duration;
/// use passid_core::client::NewSessionError;
/// use passid_core::{NewSession, Permission};
///
/// let session = NewSession::new()
///     .institution_name("Your Bank")?
///     .permissions([Permission::IncomeVerified, Permission::SanctionsClear])?
///     .ttl(Duration::from_secs(300))?;
/// # let _ = session;
/// let endless = NewSession::new().ttl(Duration::from_secs(3601));
/// assert_eq!(endless.unwrap_err(), NewSessionError::Ttl);
/// # Ok::<(), NewSessionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSession {
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "names")]
    permissions: Vec<Permission>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_seconds: Option<u64>,
}

fn names<S: serde::Serializer>(permissions: &[Permission], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(permissions.iter().map(Permission::as_str))
}

impl NewSession {
    /// The longest life of a session (guide, step 3). Without a time of its own one lives for 600
    /// seconds.
    pub const MAX_TTL: Duration = Duration::from_secs(3600);
    /// The longest name of an institution or a permission, in bytes. Ours.
    pub const MAX_NAME_LEN: usize = 256;
    /// The most permissions. Ours; the guide has 7.
    pub const MAX_PERMISSIONS: usize = 32;

    /// A session with the defaults of the API.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name that the customer sees on the consent screen.
    ///
    /// # Errors
    ///
    /// [`NewSessionError::Name`] when it is blank, too long or holds a control character.
    pub fn institution_name(mut self, name: impl Into<String>) -> Result<Self, NewSessionError> {
        let name = name.into();
        check_name(&name)?;
        self.institution_name = Some(name);
        Ok(self)
    }

    /// What the customer is asked to share; the API's default set when nothing is named. These are
    /// names of permissions, not of claims (guide, step 5).
    ///
    /// # Errors
    ///
    /// [`NewSessionError::Name`] for a name that is blank, too long or holds a control character,
    /// [`NewSessionError::TooManyPermissions`]. A name that the guide does not list is sent: the API
    /// decides.
    pub fn permissions(
        mut self,
        permissions: impl IntoIterator<Item = impl Into<Permission>>,
    ) -> Result<Self, NewSessionError> {
        for permission in permissions {
            let permission = permission.into();
            check_name(permission.as_str())?;
            if self.permissions.len() == Self::MAX_PERMISSIONS {
                return Err(NewSessionError::TooManyPermissions);
            }
            self.permissions.push(permission);
        }
        Ok(self)
    }

    /// How long the session lives. A fraction of a second does not count.
    ///
    /// # Errors
    ///
    /// [`NewSessionError::Ttl`] for less than a second and for more than
    /// [`MAX_TTL`](Self::MAX_TTL) (decision D23).
    pub fn ttl(mut self, ttl: Duration) -> Result<Self, NewSessionError> {
        if ttl.as_secs() == 0 || ttl > Self::MAX_TTL {
            return Err(NewSessionError::Ttl);
        }
        self.ttl_seconds = Some(ttl.as_secs());
        Ok(self)
    }
}

fn check_name(name: &str) -> Result<(), NewSessionError> {
    let fits = !name.trim().is_empty() && name.len() <= NewSession::MAX_NAME_LEN;
    if fits && !name.chars().any(char::is_control) { Ok(()) } else { Err(NewSessionError::Name) }
}

/// Why a session is not asked for. Nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewSessionError {
    /// Less than a second or more than an hour (decision D23).
    #[error("a session lives for 1 to {} seconds", NewSession::MAX_TTL.as_secs())]
    Ttl,
    /// A name of an institution or a permission.
    #[error(
        "a name has 1 to {} bytes, is not blank and holds no control character",
        NewSession::MAX_NAME_LEN
    )]
    Name,
    /// More than [`NewSession::MAX_PERMISSIONS`].
    #[error("a session asks for at most {} permissions", NewSession::MAX_PERMISSIONS)]
    TooManyPermissions,
}
