//! The published reads, files and lists apart. `/identities` is the collection and one identity,
//! `/identity` everything below one.

use super::call::Call;
use super::{ApiError, PageRequest, PassbaseClient};
use crate::model::{Fields, Identity, Page, ProjectSettings, Resource};
use crate::webhook::Event;
use crate::{DecodeError, IdentityAccessKey, ResourceId};

impl PassbaseClient {
    /// The settings of the project (`GET /settings`).
    ///
    /// # Errors
    ///
    /// [`ApiError`] when there is no answer to rely on.
    pub async fn settings(&self) -> Result<ProjectSettings, ApiError> {
        let call = Call { name: "settings", route: "/settings", path: "/settings".to_owned() };
        self.read(call, ProjectSettings::read).await
    }

    /// One page of the project's identities (`GET /identities`).
    ///
    /// # Errors
    ///
    /// [`ApiError`] when there is no answer to rely on.
    pub async fn identities(&self, page: &PageRequest) -> Result<Page<Identity>, ApiError> {
        let path = format!("/identities{}", page.query());
        let call = Call { name: "identities", route: "/identities", path };
        self.read(call, |fields| Page::read(fields, Identity::read)).await
    }

    /// One identity (`GET /identities/{id}`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](super::ErrorKind::NotFound); [`ApiError`] when there is no answer to
    /// rely on, also when it is about another identity.
    pub async fn identity(&self, key: &IdentityAccessKey) -> Result<Identity, ApiError> {
        let path = format!("/identities/{}", key.expose());
        let call = Call { name: "identity", route: "/identities/{id}", path };
        self.read(call, |fields| {
            let identity = Identity::read(fields)?;
            match &identity.id {
                Some(id) if id == key => Ok(identity),
                Some(_) => Err(DecodeError::Another { what: "identity" }),
                None => Err(DecodeError::Missing { field: "id" }),
            }
        })
        .await
    }

    /// The identity that an event is about, as it is now. An event is a hint: whatever it says, only
    /// this is to be believed.
    ///
    /// # Errors
    ///
    /// As [`identity`](Self::identity).
    pub async fn identity_of(&self, event: &Event) -> Result<Identity, ApiError> {
        self.identity(&event.key).await
    }

    /// One page of the resources of an identity (`GET /identity/{id}/resources`).
    ///
    /// # Errors
    ///
    /// As [`identity`](Self::identity).
    pub async fn resources(
        &self,
        key: &IdentityAccessKey,
        page: &PageRequest,
    ) -> Result<Page<Resource>, ApiError> {
        let path = format!("/identity/{}/resources{}", key.expose(), page.query());
        let call = Call { name: "resources", route: "/identity/{id}/resources", path };
        self.read(call, |fields| Page::read(fields, Resource::read)).await
    }

    /// One resource (`GET /identity/{id}/resources/{resource_id}`).
    ///
    /// # Errors
    ///
    /// As [`identity`](Self::identity).
    pub async fn resource(
        &self,
        key: &IdentityAccessKey,
        id: &ResourceId,
    ) -> Result<Resource, ApiError> {
        let call = Call {
            name: "resource",
            route: "/identity/{id}/resources/{resource_id}",
            path: format!("/identity/{}/resources/{}", key.expose(), id.expose()),
        };
        self.read(call, |fields: Fields| {
            let resource = Resource::read(fields)?;
            match &resource.id {
                Some(other) if other != id => Err(DecodeError::Another { what: "resource" }),
                _ => Ok(resource),
            }
        })
        .await
    }
}
