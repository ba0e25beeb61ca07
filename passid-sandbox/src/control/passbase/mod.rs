//! What persons and staff do with identities of Passbase, and what the project is set to.

mod identities;
mod project;
mod transitions;

use std::sync::Arc;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::ApiError;
use crate::passbase::TransitionError;
use crate::state::State;

pub(super) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::new()
        .routes(routes!(identities::list, identities::begin))
        .routes(routes!(transitions::submit))
        .routes(routes!(transitions::process))
        .routes(routes!(transitions::review))
        .routes(routes!(transitions::screen))
        .routes(routes!(transitions::authenticate))
        .routes(routes!(transitions::edit))
        .routes(routes!(transitions::send_older))
        .routes(routes!(project::settings, project::set_settings))
        .routes(routes!(project::webhooks))
        .routes(routes!(project::take_webhooks))
}

fn refused(error: TransitionError) -> ApiError {
    match error {
        TransitionError::Unknown => ApiError::new(
            StatusCode::NOT_FOUND,
            "IDENTITY_NOT_FOUND",
            "No identity of Passbase has this key.",
        ),
        TransitionError::State { .. } => {
            ApiError::new(StatusCode::CONFLICT, "IDENTITY_STATE", format!("{error}."))
        }
        _ => ApiError::invalid_request(format!("{error}.")),
    }
}
