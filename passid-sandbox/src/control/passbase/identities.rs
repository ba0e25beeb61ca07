use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State as Shared};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::api::{ApiError, ErrorBody, created, ok};
use crate::control::read_exactly_or;
use crate::passbase::NewIdentity;
use crate::state::{Identity, IdentityStatus, State};

const MOST_LISTED: usize = 1_000;

/// An unknown parameter is a typing error in a test script, and silence would hide it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedIdentities {
    /// Only those after this `number`.
    after: Option<u64>,
    /// At most so many, the oldest of them; 1,000 unless given, and at most.
    limit: Option<usize>,
}

/// An identity without anything personal.
#[derive(Serialize, ToSchema)]
pub(super) struct ListedIdentity {
    /// Its place in the order of creation.
    number: u64,
    #[schema(format = "uuid")]
    key: String,
    status: IdentityStatus,
    #[schema(format = DateTime)]
    created: String,
    #[schema(format = DateTime)]
    updated: String,
    /// When its processing ended.
    #[schema(format = DateTime)]
    processed: Option<String>,
    /// The kinds of findings on watchlists; `null` where nobody has looked.
    findings: Option<Vec<String>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct IdentityList {
    identities: Vec<ListedIdentity>,
}

/// What an identity is in now.
#[derive(Serialize, ToSchema)]
pub(super) struct IdentityState {
    #[schema(format = "uuid")]
    pub(super) key: String,
    pub(super) status: IdentityStatus,
}

/// Identities of Passbase, the oldest first.
#[utoipa::path(
    get,
    path = "/_passid/passbase/identities",
    tag = "control",
    params(WantedIdentities),
    responses(
        (status = 200, description = "The identities.", body = IdentityList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    wanted: Result<Query<WantedIdentities>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(WantedIdentities { after, limit }) =
        wanted.map_err(|error| ApiError::invalid_request(format!("{}.", error.body_text())))?;
    let from = after.map_or(0, |after| after.saturating_add(1));
    let most = limit.unwrap_or(MOST_LISTED).min(MOST_LISTED);
    let listed = state.look(|world, _| {
        world.passbase_identities_from(from).take(most).map(ListedIdentity::from).collect()
    });
    Ok(ok(&IdentityList { identities: listed.await? }))
}

/// A person opens the button: an identity of Passbase in `created`.
#[utoipa::path(
    post,
    path = "/_passid/passbase/identities",
    tag = "control",
    request_body(content = Option<NewIdentity>, description = "None is a good person."),
    responses(
        (status = 201, description = "It is there.", body = IdentityState),
        (status = 400, description = "It cannot be kept.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn begin(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let new = read_exactly_or(request, NewIdentity::default).await?;
    let key = state.change(|world, now| world.begin_identity(new, now)).await?.map_err(refused)?;
    Ok(created(&IdentityState { key, status: IdentityStatus::Created }))
}

impl From<&Identity> for ListedIdentity {
    fn from(identity: &Identity) -> Self {
        Self {
            number: identity.number,
            key: identity.key.clone(),
            status: identity.status,
            created: identity.created.to_string(),
            updated: identity.updated.to_string(),
            processed: identity.processed.map(|at| at.to_string()),
            findings: identity.findings.clone(),
        }
    }
}
