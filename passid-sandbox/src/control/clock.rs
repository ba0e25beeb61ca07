use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read_exactly;
use crate::api::{ApiError, ErrorBody, ok};
use crate::state::State;
use crate::timestamp::rfc3339_option;

#[derive(Serialize, ToSchema)]
pub(super) struct ClockNow {
    /// In whole seconds.
    #[schema(format = DateTime)]
    now: String,
    frozen: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub(super) struct ClockChange {
    /// What the clock shows now; it goes on from there unless it is frozen.
    #[serde(with = "rfc3339_option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    now: Option<Timestamp>,
    /// Whether the clock stands.
    frozen: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    seconds: u64,
}

/// Reads the clock that expiry, freshness and retries go by.
#[utoipa::path(
    get,
    path = "/_passid/clock",
    tag = "control",
    responses(
        (status = 200, description = "The time.", body = ClockNow),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn read(Shared(state): Shared<Arc<State>>) -> Response {
    shown(&state)
}

/// Sets the clock, also backwards; freezes it or lets it go on.
#[utoipa::path(
    put,
    path = "/_passid/clock",
    tag = "control",
    request_body = ClockChange,
    responses(
        (status = 200, description = "The time from now on.", body = ClockNow),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn set(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let change: ClockChange = read_exactly(request).await?;
    if change.now.is_none() && change.frozen.is_none() {
        return Err(ApiError::invalid_request("`now`, `frozen` or both are required."));
    }
    let (set, kept) = state.set_clock(change.now, change.frozen);
    kept.wait().await?;
    set.map_err(|error| ApiError::invalid_request(format!("{error}.")))?;
    Ok(shown(&state))
}

/// Moves the clock on. What is due then happens at once.
#[utoipa::path(
    post,
    path = "/_passid/clock/advance",
    tag = "control",
    request_body = Advance,
    responses(
        (status = 200, description = "The time from now on.", body = ClockNow),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn advance(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let advance: Advance = read_exactly(request).await?;
    let (moved, kept) = state.advance_clock(Duration::from_secs(advance.seconds));
    kept.wait().await?;
    moved.map_err(|error| ApiError::invalid_request(format!("{error}.")))?;
    Ok(shown(&state))
}

fn shown(state: &State) -> Response {
    ok(&ClockNow { now: state.now().to_string(), frozen: state.clock().is_stopped() })
}
