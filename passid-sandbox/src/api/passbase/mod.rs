//! The published reads of the Passbase API. `/identities` is the collection and one identity,
//! `/identity` everything below one.

mod page;
mod reads;
mod refusal;
mod wire;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

pub(super) use refusal::refused;

/// Where the API is, behind the address of the sandbox.
pub(crate) const PREFIX: &str = "/passbase/verification/v2";

pub(super) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::new()
        .routes(routes!(reads::settings))
        .routes(routes!(reads::identities))
        .routes(routes!(reads::identity))
        .routes(routes!(reads::resources))
        .routes(routes!(reads::resource))
        .routes(routes!(reads::file))
}
