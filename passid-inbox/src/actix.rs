//! Receiving on actix-web (feature `actix`).

use actix_web::dev::HttpServiceFactory;
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, Resource};
use passid_actix::{AnswerResponse, IncomingWebhook};

use crate::store::Store;
use crate::{HintReceiver, HintRefusal, Receipt, ReceiveError, Receiver};

/// A service that receives webhooks at `path`: `POST` is answered as [`Receiver`] says, every other
/// method with 405.
///
/// ```
/// use actix_web::{App, HttpServer};
/// use passid_inbox::Receiver;
/// use passid_inbox::store::Store;
///
/// async fn serve<S: Store>(receiver: Receiver<S>) -> std::io::Result<()> {
///     // Made before: all workers share it.
///     let webhook = move || passid_inbox::actix::webhook("/passid/webhook", receiver.clone());
///     HttpServer::new(move || App::new().service(webhook())).bind(("127.0.0.1", 3000))?.run().await
/// }
/// # let _ = serve::<passid_inbox::store::MemoryStore>;
/// ```
///
/// # What may stand before it
///
/// The signature is over the bytes that PASSID sent. A middleware that decompresses request bodies,
/// or reads JSON and writes it again, makes other bytes of them, and every webhook is then a 401.
/// actix-web's own `dev::Decompress` around a payload does so too. Middleware that leaves the body as
/// it is does no harm. `PayloadConfig` does not count here: the verifier has its own limit. No
/// middleware may answer 2xx in its place.
///
/// # When PASSID hangs up
///
/// actix-web may then drop the request. The event is in the ledger whole or not at all (decision P70);
/// PASSID has not heard a 2xx, sends it again, and a repetition has no second effect.
pub fn webhook<S: Store>(path: &str, receiver: Receiver<S>) -> impl HttpServiceFactory + use<S> {
    let receive = move |request: HttpRequest, payload: Payload| {
        let receiver = receiver.clone();
        let incoming = IncomingWebhook::take(&request, &mut payload.into_inner());
        async move {
            let IncomingWebhook { signatures, announced, pieces, .. } = incoming;
            let received = receiver.receive(signatures, announced, pieces).await;
            AnswerResponse(
                received.map_or_else(|error| ReceiveError::answer(&error), Receipt::answer),
            )
        }
    };
    Resource::new(path).route(web::post().to(receive))
}

/// A service that receives the webhooks of another provider at `path`: `POST` is answered as
/// [`HintReceiver`] says, every other method with 405. What may stand before it is what may stand before
/// [`webhook`]; here too the header `Content-Type` must come through as it was sent.
///
/// ```
/// use actix_web::{App, HttpServer};
/// use passid_inbox::HintReceiver;
/// use passid_inbox::store::Store;
///
/// async fn serve<S: Store>(receiver: HintReceiver<S>) -> std::io::Result<()> {
///     let hints = move || passid_inbox::actix::hints("/provider/webhook", receiver.clone());
///     HttpServer::new(move || App::new().service(hints())).bind(("127.0.0.1", 3000))?.run().await
/// }
/// # let _ = serve::<passid_inbox::store::MemoryStore>;
/// ```
pub fn hints<S: Store>(path: &str, receiver: HintReceiver<S>) -> impl HttpServiceFactory + use<S> {
    let receive = move |request: HttpRequest, payload: Payload| {
        let receiver = receiver.clone();
        let incoming = IncomingWebhook::take(&request, &mut payload.into_inner());
        async move {
            let IncomingWebhook { content_types, announced, pieces, .. } = incoming;
            let received = receiver.receive(content_types, announced, pieces).await;
            AnswerResponse(
                received.map_or_else(|refusal| HintRefusal::answer(&refusal), Receipt::answer),
            )
        }
    };
    Resource::new(path).route(web::post().to(receive))
}
