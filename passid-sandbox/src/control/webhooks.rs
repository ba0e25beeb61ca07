use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State as Shared};
use axum::response::Response;
use passid_core::Environment;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{read_exactly, read_exactly_or};
use crate::api::{ApiError, ErrorBody, InPath, created, ok};
use crate::credential::environment_name;
use crate::demo;
use crate::route::Api;
use crate::state::{NotTold, State, Tenant};
use crate::webhook::{
    DeliveryFilter, RecordedDelivery, RedeliverError, StateName, WebhookEvent, WebhookFault,
    WebhookFaultError,
};

const USUAL_MESSAGE: &str = "This is a test event.";
const MAX_MESSAGE_BYTES: usize = 1_000;
const LONGEST_WAIT_MILLIS: u64 = 60_000;

/// An unknown parameter is a typing error in a test script, and silence would hide it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedDeliveries {
    /// `passid` or `passbase`.
    #[param(value_type = Option<String>)]
    api: Option<Api>,
    institution_id: Option<String>,
    /// `sandbox` or `live`.
    environment: Option<String>,
    /// Such as `verification.completed`.
    #[param(value_type = Option<String>)]
    event: Option<WebhookEvent>,
    /// `pending`, `delivered`, `failed` or `dropped`.
    #[param(value_type = Option<String>)]
    state: Option<StateName>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryList {
    deliveries: Vec<RecordedDelivery>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Patience {
    /// At most 60,000, in real time.
    wait_ms: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Settled {
    /// Whether nothing is due or in flight.
    settled: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TestEvent {
    institution_id: String,
    #[serde(with = "environment_name")]
    #[schema(value_type = String, default = "sandbox")]
    environment: Environment,
    message: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SentTestEvent {
    delivery_id: String,
}

/// The webhook faults that wait, each with the number of events it will still hit.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookFaultList {
    faults: Vec<WebhookFault>,
}

/// Deliveries with all their attempts, the oldest event first.
#[utoipa::path(
    get,
    path = "/_passid/deliveries",
    tag = "control",
    params(WantedDeliveries),
    responses(
        (status = 200, description = "The deliveries.", body = DeliveryList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    wanted: Result<Query<WantedDeliveries>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(wanted) =
        wanted.map_err(|error| ApiError::invalid_request(format!("{}.", error.body_text())))?;
    let environment = match wanted.environment.as_deref() {
        None => None,
        Some("sandbox") => Some(Environment::Sandbox),
        Some("live") => Some(Environment::Live),
        Some(_) => return Err(ApiError::invalid_request("`environment` is sandbox or live.")),
    };
    let filter = DeliveryFilter {
        api: wanted.api,
        institution_id: wanted.institution_id,
        environment,
        event: wanted.event,
        state: wanted.state,
    };
    Ok(ok(&DeliveryList { deliveries: state.deliveries(&filter) }))
}

/// One delivery.
#[utoipa::path(
    get,
    path = "/_passid/deliveries/{id}",
    tag = "control",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The delivery.", body = RecordedDelivery),
        (status = 404, description = "No such delivery.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn one(
    Shared(state): Shared<Arc<State>>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    state.read(|world, _| {
        let delivery = world.delivery(&id).ok_or_else(ApiError::delivery_not_found)?;
        Ok(ok(&RecordedDelivery::from(delivery)))
    })
}

/// Sends an event once more, now and whatever has become of it.
#[utoipa::path(
    post,
    path = "/_passid/deliveries/{id}/redeliver",
    tag = "control",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The delivery, before the attempt.", body = RecordedDelivery),
        (status = 404, description = "No such delivery.", body = ErrorBody),
        (status = 409, description = "One waits already, or there were 20.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn redeliver(
    Shared(state): Shared<Arc<State>>,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let asked = state.change(|world, now| world.redeliver(&id, now)).await?;
    asked.map_err(|error| match error {
        RedeliverError::Unknown => ApiError::delivery_not_found(),
        _ => ApiError::limit_reached(format!("{error}.")),
    })?;
    one(Shared(state), InPath(id)).await
}

/// Waits until nothing is due or in flight.
#[utoipa::path(
    post,
    path = "/_passid/deliveries/settle",
    tag = "control",
    request_body = Patience,
    responses(
        (status = 200, description = "Whether it came to that in time.", body = Settled),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn settle(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let Patience { wait_ms } = read_exactly(request).await?;
    if wait_ms > LONGEST_WAIT_MILLIS {
        return Err(ApiError::invalid_request(format!(
            "`wait_ms` is at most {LONGEST_WAIT_MILLIS}."
        )));
    }
    let settled = state.deliveries_settled(Duration::from_millis(wait_ms)).await;
    Ok(ok(&Settled { settled }))
}

/// Sends a signed `webhook.test`, like the button in the vendor's dashboard (guide, step 10).
#[utoipa::path(
    post,
    path = "/_passid/webhooks/test",
    tag = "control",
    request_body(content = Option<TestEvent>, description = "None is the demo institution's."),
    responses(
        (status = 201, description = "It is on its way.", body = SentTestEvent),
        (status = 404, description = "No such institution.", body = ErrorBody),
        (status = 409, description = "No webhook URL is set.", body = ErrorBody),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn send_test(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let test = read_exactly_or(request, TestEvent::default).await?;
    if test.message.len() > MAX_MESSAGE_BYTES {
        return Err(ApiError::invalid_request(format!(
            "`message` has at most {MAX_MESSAGE_BYTES} bytes."
        )));
    }
    let tenant = Tenant { institution: test.institution_id, environment: test.environment };
    let sent =
        state.change(|world, now| world.send_test_event(&tenant, &test.message, now)).await?;
    let delivery_id = sent.map_err(|error| match error {
        NotTold::NoInstitution => ApiError::institution_not_found(),
        NotTold::NoUrl => ApiError::no_webhook_url(),
        NotTold::TooMany => ApiError::limit_reached("Too many deliveries are pending."),
    })?;
    Ok(created(&SentTestEvent { delivery_id }))
}

impl Default for TestEvent {
    fn default() -> Self {
        Self {
            institution_id: demo::INSTITUTION_ID.to_owned(),
            environment: Environment::Sandbox,
            message: USUAL_MESSAGE.to_owned(),
        }
    }
}

/// The webhook faults that wait.
#[utoipa::path(
    get,
    path = "/_passid/webhook-faults",
    tag = "control",
    responses(
        (status = 200, description = "The faults that wait.", body = WebhookFaultList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn list_faults(Shared(state): Shared<Arc<State>>) -> Response {
    ok(&waiting(&state))
}

/// A fault for events to come.
#[utoipa::path(
    post,
    path = "/_passid/webhook-faults",
    tag = "control",
    request_body = WebhookFault,
    responses(
        (status = 201, description = "The faults that wait.", body = WebhookFaultList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn inject_fault(
    Shared(state): Shared<Arc<State>>,
    request: Request,
) -> Result<Response, ApiError> {
    let fault: WebhookFault = read_exactly(request).await?;
    let injected = state.change(|world, _| world.inject_webhook_fault(fault)).await?;
    injected.map_err(|error| match error {
        WebhookFaultError::Full { .. } => ApiError::limit_reached(format!("{error}.")),
        _ => ApiError::invalid_request(format!("{error}.")),
    })?;
    Ok(created(&waiting(&state)))
}

/// Forgets the webhook faults that wait.
#[utoipa::path(
    delete,
    path = "/_passid/webhook-faults",
    tag = "control",
    responses(
        (status = 200, description = "None is left.", body = WebhookFaultList),
        (status = "default", description = "An error.", body = ErrorBody),
    )
)]
pub(super) async fn clear_faults(Shared(state): Shared<Arc<State>>) -> Result<Response, ApiError> {
    state.change(|world, _| world.clear_webhook_faults()).await?;
    Ok(ok(&waiting(&state)))
}

fn waiting(state: &State) -> WebhookFaultList {
    WebhookFaultList { faults: state.read(|world, _| world.waiting_webhook_faults()) }
}
