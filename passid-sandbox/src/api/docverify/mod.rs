//! The Document Verification API: its published calls, its token endpoint and a stand-in for its hosted
//! page.

mod caller;
mod country;
mod failure;
mod image;
mod page;
mod result;
mod schema;
mod session;
mod token;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

pub(crate) use failure::refused;

pub(super) fn routes() -> OpenApiRouter<Arc<State>> {
    OpenApiRouter::new()
        .routes(routes!(token::grant))
        .routes(routes!(session::create))
        .routes(routes!(session::delete))
        .routes(routes!(session::result))
        .routes(routes!(session::consent))
        .routes(routes!(image::list, image::add))
        .routes(routes!(image::one))
        .routes(routes!(page::visit))
}
