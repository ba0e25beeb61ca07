use std::fmt;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::future::LocalBoxFuture;
use passid_core::webhook::{ReceivedWebhook, WebhookRejection, WebhookVerifier};

use crate::incoming::IncomingWebhook;
use crate::render::response;

/// Extracts a webhook: receives the body up to the verifier's limit, checks its signature over the
/// raw bytes, and reads the event. The verifier is a `web::Data` of the application.
///
/// Answer 200 as soon as the event is safe: PASSID waits 10 s, and after five attempts the event is
/// gone.
///
/// ```
/// use actix_web::{App, HttpResponse, post, web};
/// use passid_actix::PassidWebhook;
/// use passid_core::webhook::{EventData, WebhookVerifier};
/// use passid_core::WebhookSecret;
///
/// #[post("/passid/webhook")]
/// async fn receive(PassidWebhook(webhook): PassidWebhook) -> HttpResponse {
///     match &webhook.event.data {
///         EventData::VerificationFailed(failed) if failed.is_final() => {
///             // Block the application for good.
///         }
///         _ => {}
///     }
///     HttpResponse::Ok().finish()
/// }
///
/// let secret = WebhookSecret::parse("whsec_00000000000000000000000000000000")?;
/// let verifier = WebhookVerifier::with_secret(secret)?; // before HttpServer::new
/// let app = App::new().app_data(web::Data::new(verifier)).service(receive);
/// # let _ = app;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What may stand before it
///
/// The signature is over the bytes that PASSID sent. A middleware that decompresses request bodies,
/// or reads JSON and writes it again, makes other bytes of them, and every webhook is then a 401.
/// actix-web's own `dev::Decompress` around a payload does so too. Middleware that leaves the body as it
/// is (logging, CORS, [`PassidMiddleware`](crate::PassidMiddleware) with its body source) does no
/// harm. `PayloadConfig` does not count here: the verifier has its own limit. No other extractor of
/// the same handler may take the body.
///
/// # Errors
///
/// [`RefusedWebhook`]: 401 for every failed check of the signature, 413 over the limit, 408 too late,
/// 400 when PASSID signed something that is no event; 500 with an error in the log where the
/// application has no `web::Data<WebhookVerifier>`.
#[derive(Clone, Debug)]
pub struct PassidWebhook(pub ReceivedWebhook);

impl Deref for PassidWebhook {
    type Target = ReceivedWebhook;

    fn deref(&self) -> &ReceivedWebhook {
        &self.0
    }
}

impl FromRequest for PassidWebhook {
    type Error = RefusedWebhook;
    type Future = LocalBoxFuture<'static, Result<Self, RefusedWebhook>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let verifier = request.app_data::<web::Data<WebhookVerifier>>().cloned();
        let IncomingWebhook { signatures, announced, pieces, .. } =
            IncomingWebhook::take(request, payload);
        Box::pin(async move {
            let Some(verifier) = verifier else {
                tracing::error!(
                    target: "passid::webhook",
                    "the application has no web::Data<WebhookVerifier>; every webhook is refused"
                );
                return Err(RefusedWebhook(WebhookRejection::NoVerifier));
            };
            let received = verifier.receive_event(signatures, announced, pieces).await;
            received.map(Self).map_err(RefusedWebhook)
        })
    }
}

/// A [`WebhookRejection`] as an actix-web error: terse JSON.
#[derive(Clone, Debug)]
pub struct RefusedWebhook(pub WebhookRejection);

impl ResponseError for RefusedWebhook {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        response(self.0.answer())
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

impl std::error::Error for RefusedWebhook {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
