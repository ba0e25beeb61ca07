use std::error::Error;
use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use passid_core::webhook::{ReceivedWebhook, WebhookRejection, WebhookVerifier};

use crate::incoming::{AnswerResponse, IncomingWebhook};

/// Extracts a webhook: receives the body up to the verifier's limit, checks its signature over the
/// raw bytes, and reads the event. The verifier comes from the state.
///
/// Answer 200 as soon as the event is safe: PASSID waits 10 s, and after five attempts the event is
/// gone.
///
/// ```
/// use axum::{Router, routing::post};
/// use passid_axum::PassidWebhook;
/// use passid_core::webhook::{EventData, WebhookVerifier};
/// use passid_core::WebhookSecret;
///
/// async fn receive(PassidWebhook(webhook): PassidWebhook) {
///     match &webhook.event.data {
///         EventData::VerificationFailed(failed) if failed.is_final() => {
///             // Block the application for good.
///         }
///         _ => {}
///     }
/// }
///
/// # fn app() -> Result<Router, Box<dyn std::error::Error>> {
/// let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000")?;
/// let app = Router::new()
///     .route("/passid/webhook", post(receive))
///     .with_state(WebhookVerifier::with_secret(secret)?);
/// # Ok(app)
/// # }
/// # app().unwrap();
/// ```
///
/// With a state of one's own, implement [`FromRef`] for it, or derive it with axum's macro.
///
/// # What may stand before it
///
/// The signature is over the bytes that PASSID sent. A layer that decompresses request bodies, or
/// reads JSON and writes it again, makes other bytes of them, and every webhook is then a 401. Layers
/// that leave the body as it is (tracing, CORS, limits, timeouts, [`PassidLayer`](crate::PassidLayer)
/// with its body source) do no harm. axum's `DefaultBodyLimit` does not count here; a
/// `RequestBodyLimitLayer` does, and answers 413 too.
///
/// # Rejections
///
/// [`RefusedWebhook`]: 401 for every failed check of the signature, 413 over the limit, 408 too late,
/// 400 when PASSID signed something that is no event.
#[derive(Clone, Debug)]
pub struct PassidWebhook(pub ReceivedWebhook);

impl Deref for PassidWebhook {
    type Target = ReceivedWebhook;

    fn deref(&self) -> &ReceivedWebhook {
        &self.0
    }
}

impl<S> FromRequest<S> for PassidWebhook
where
    S: Send + Sync,
    WebhookVerifier: FromRef<S>,
{
    type Rejection = RefusedWebhook;

    async fn from_request(request: Request, state: &S) -> Result<Self, RefusedWebhook> {
        let verifier = WebhookVerifier::from_ref(state);
        let IncomingWebhook { signatures, announced, pieces, .. } = request.into();
        let received = verifier.receive_event(signatures, announced, pieces).await;
        received.map(Self).map_err(RefusedWebhook)
    }
}

/// A [`WebhookRejection`] as an axum response: terse JSON.
#[derive(Clone, Debug)]
pub struct RefusedWebhook(pub WebhookRejection);

impl IntoResponse for RefusedWebhook {
    fn into_response(self) -> Response {
        AnswerResponse(self.0.answer()).into_response()
    }
}

impl From<WebhookRejection> for RefusedWebhook {
    fn from(rejection: WebhookRejection) -> Self {
        Self(rejection)
    }
}

impl fmt::Display for RefusedWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for RefusedWebhook {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
