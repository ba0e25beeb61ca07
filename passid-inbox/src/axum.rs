//! Receiving on axum (feature `axum`).

use axum::extract::Request;
use axum::routing::{MethodRouter, post};
use passid_axum::{AnswerResponse, IncomingWebhook};

use crate::store::Store;
use crate::{HintReceiver, HintRefusal, Receipt, ReceiveError, Receiver};

/// A route that receives webhooks: `POST` is answered as [`Receiver`] says, every other method with
/// 405.
///
/// ```
/// use axum::Router;
/// use passid_inbox::Receiver;
/// use passid_inbox::store::Store;
///
/// fn app<S: Store>(receiver: Receiver<S>) -> Router {
///     Router::new().route("/passid/webhook", passid_inbox::axum::webhook(receiver))
/// }
/// ```
///
/// # What may stand before it
///
/// The signature is over the bytes that PASSID sent. A layer that decompresses request bodies, or
/// reads JSON and writes it again, makes other bytes of them, and every webhook is then a 401. Layers
/// that leave the body as it is (tracing, limits, timeouts of more than the 10 s that PASSID waits) do
/// no harm. axum's `DefaultBodyLimit` does not count here: the verifier has its own limit. A
/// `RequestBodyLimitLayer` does, and is answered 413 too. No layer may answer 2xx in its place.
///
/// # When PASSID hangs up
///
/// axum then drops the request. The event is in the ledger whole or not at all (decision P70); PASSID
/// has not heard a 2xx, sends it again, and a repetition has no second effect.
pub fn webhook<S, App>(receiver: Receiver<S>) -> MethodRouter<App>
where
    S: Store,
    App: Clone + Send + Sync + 'static,
{
    post(move |request: Request| {
        let receiver = receiver.clone();
        async move {
            let IncomingWebhook { signatures, announced, pieces, .. } = request.into();
            let received = receiver.receive(signatures, announced, pieces).await;
            AnswerResponse(
                received.map_or_else(|error| ReceiveError::answer(&error), Receipt::answer),
            )
        }
    })
}

/// A route that receives the webhooks of another provider: `POST` is answered as [`HintReceiver`] says,
/// every other method with 405. What may stand before it is what may stand before [`webhook`]; here too
/// the header `Content-Type` must come through as it was sent.
///
/// ```
/// use axum::Router;
/// use passid_inbox::HintReceiver;
/// use passid_inbox::store::Store;
///
/// fn app<S: Store>(receiver: HintReceiver<S>) -> Router {
///     Router::new().route("/provider/webhook", passid_inbox::axum::hints(receiver))
/// }
/// ```
pub fn hints<S, App>(receiver: HintReceiver<S>) -> MethodRouter<App>
where
    S: Store,
    App: Clone + Send + Sync + 'static,
{
    post(move |request: Request| {
        let receiver = receiver.clone();
        async move {
            let IncomingWebhook { content_types, announced, pieces, .. } = request.into();
            let received = receiver.receive(content_types, announced, pieces).await;
            AnswerResponse(
                received.map_or_else(|refusal| HintRefusal::answer(&refusal), Receipt::answer),
            )
        }
    })
}
