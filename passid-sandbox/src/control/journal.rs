use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::{ApiError, ErrorBody, json_answer};
use crate::journal::{CAPACITY, RecordedRequest, RequestFilter};
use crate::route::Route;
use crate::state::State;

const USUAL_LIMIT: usize = 100;
const LONGEST_WAIT_MILLIS: u64 = 60_000;

/// An unknown parameter is a typing error in a test script, and silence would hide it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[param(value_type = Option<String>)]
    route: Option<Route>,
    method: Option<String>,
    status: Option<u16>,
    after: Option<u64>,
    limit: Option<usize>,
    count: Option<usize>,
    wait_ms: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RequestList {
    requests: Vec<RecordedRequest>,
    /// Whether there are as many as were asked for, also beyond the limit.
    complete: bool,
}

/// The requests that were recorded, without anything secret or personal in them.
#[utoipa::path(
    get,
    path = "/_passid/requests",
    tag = "control",
    params(Wanted),
    responses(
        (status = 200, description = "The oldest first.", body = RequestList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) =
        wanted.map_err(|error| ApiError::invalid_request(format!("{}.", error.body_text())))?;
    let filter = wanted.filter()?;
    let (count, wait) = wanted.patience()?;
    let found = state.instruments.journal.wait_for(&filter, count, wait).await;
    let complete = found.matching >= count;
    Ok(json_answer(StatusCode::OK, &RequestList { requests: found.requests, complete }))
}

/// Forgets the requests that were recorded.
#[utoipa::path(
    delete,
    path = "/_passid/requests",
    tag = "control",
    responses(
        (status = 200, description = "None is left.", body = RequestList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn clear(Shared(state): Shared<Arc<State>>) -> Response {
    state.instruments.journal.clear();
    json_answer(StatusCode::OK, &RequestList { requests: Vec::new(), complete: true })
}

impl Wanted {
    fn filter(&self) -> Result<RequestFilter, ApiError> {
        let limit = within(self.limit.unwrap_or(USUAL_LIMIT), "limit", 1, CAPACITY)?;
        let mut filter = RequestFilter::new()
            .route(self.route.unwrap_or_default())
            .after(self.after.unwrap_or_default())
            .limit(limit);
        if let Some(method) = &self.method {
            let is_method =
                !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_alphabetic());
            if !is_method {
                return Err(ApiError::invalid_request("`method` is a method, such as POST."));
            }
            filter = filter.method(method);
        }
        if let Some(status) = self.status {
            filter = filter.status(within(status, "status", 100, 599)?);
        }
        Ok(filter)
    }

    /// How many requests to wait for, and for how long.
    fn patience(&self) -> Result<(usize, Duration), ApiError> {
        let wait = within(self.wait_ms.unwrap_or_default(), "wait_ms", 0, LONGEST_WAIT_MILLIS)?;
        match self.count {
            Some(count) => Ok((within(count, "count", 1, CAPACITY)?, Duration::from_millis(wait))),
            None if self.wait_ms.is_some() => {
                Err(ApiError::invalid_request("`wait_ms` needs `count`: how many to wait for."))
            }
            None => Ok((0, Duration::ZERO)),
        }
    }
}

fn within<T: Copy + PartialOrd + Display>(
    given: T,
    name: &str,
    least: T,
    most: T,
) -> Result<T, ApiError> {
    if given >= least && given <= most {
        Ok(given)
    } else {
        Err(ApiError::invalid_request(format!("`{name}` is between {least} and {most}.")))
    }
}
