use super::Event;
use crate::PassbaseClient;
use crate::client::{ApiError, ErrorKind};
use crate::model::{Identity, IdentityStatus, Watchlist};

/// What is true of an identity after an event about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refetched {
    /// It is approved, nothing was found, and the event does not speak against it: what was issued for it
    /// stands.
    Stands(Box<Identity>),
    /// What was issued for it may no longer stand: it is not approved, something was found, or
    /// the event says so and may be ahead of the API. Forget what is cached of
    /// [`IdentityAccessKey::subject`](crate::IdentityAccessKey::subject).
    MayBeRevoked(Box<Identity>),
    /// The API does not know it, or no longer. Forget here too.
    Gone,
}

impl Refetched {
    /// The identity as the API tells it, which is to be believed.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Stands(identity) | Self::MayBeRevoked(identity) => Some(identity),
            Self::Gone => None,
        }
    }

    /// Whether what was issued for the identity may no longer stand.
    pub fn may_revoke(&self) -> bool {
        !matches!(self, Self::Stands(_))
    }

    /// P122: an event is believed where it says that something may be wrong, which costs one call, and
    /// in nothing else.
    fn of(event: &Event, identity: Identity) -> Self {
        let approved = identity.status == Some(IdentityStatus::Approved);
        let found = identity.watchlist.as_ref().is_some_and(Watchlist::has_finding);
        if event.may_revoke() || !approved || found {
            Self::MayBeRevoked(Box::new(identity))
        } else {
            Self::Stands(Box::new(identity))
        }
    }
}

impl PassbaseClient {
    /// Reads the identity that an event is about again, and says what follows from both: for the handler
    /// of a webhook.
    ///
    /// Where [`Event::may_revoke`] holds, forget first and read then: the API may be down.
    ///
    /// ```no_run
    /// use passid_core::CachedVerifier;
    /// use passid_passbase::webhook::Event;
    /// use passid_passbase::{ApiError, PassbaseClient, PassbaseVerifier};
    ///
    /// async fn happened(
    ///     client: &PassbaseClient,
    ///     cache: &CachedVerifier<PassbaseVerifier>,
    ///     event: &Event,
    /// ) -> Result<(), ApiError> {
    ///     if event.may_revoke() {
    ///         cache.invalidate_subject(event.key.subject());
    ///     }
    ///     let refetched = client.refetch(event).await?;
    ///     if refetched.may_revoke() {
    ///         cache.invalidate_subject(event.key.subject());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`identity`](Self::identity), except that an identity which is not there is
    /// [`Refetched::Gone`].
    pub async fn refetch(&self, event: &Event) -> Result<Refetched, ApiError> {
        match self.identity_of(event).await {
            Ok(identity) => Ok(Refetched::of(event, identity)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Refetched::Gone),
            Err(error) => Err(error),
        }
    }
}
