//! A receiver of webhooks on both frameworks, and the table of what a sender of webhooks sees.
//!
//! `POST /passid/webhook` answers with the name of the event, the length of its body and which secret
//! signed, and keeps what it received.

mod inbox;
mod store;
mod table;

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web as actix;
use axum::extract::{FromRef, State};
use axum::routing::post;
use passid_core::webhook::{ReceivedWebhook, WebhookVerifier};

use crate::apps;

pub use inbox::{
    DUPLICATE, InboxRow, RECEIVED, inbox, inbox_on_actix, inbox_on_axum, inbox_rows, receiver,
    receiver_by, signed_event,
};
pub use store::{Inserts, ScriptedStore};
pub use table::{Row, rows, verifier};

/// The route of both receivers.
pub const PATH: &str = "/passid/webhook";

/// What was received, in order. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Received(Arc<Mutex<Vec<ReceivedWebhook>>>);

impl Received {
    /// All of it so far.
    pub fn all(&self) -> Vec<ReceivedWebhook> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, webhook: ReceivedWebhook) -> String {
        let (name, body) = (webhook.event.name(), &webhook.body);
        let answer = format!("{name} {} {}", body.bytes().len(), body.secret_index());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(webhook);
        answer
    }
}

#[derive(Clone)]
struct Application {
    verifier: WebhookVerifier,
    received: Received,
}

impl FromRef<Application> for WebhookVerifier {
    fn from_ref(application: &Application) -> Self {
        application.verifier.clone()
    }
}

/// Starts the receiver on axum.
pub async fn on_axum(verifier: WebhookVerifier, received: Received) -> apps::axum::Running {
    async fn receive(
        State(application): State<Application>,
        passid_axum::PassidWebhook(webhook): passid_axum::PassidWebhook,
    ) -> String {
        application.received.keep(webhook)
    }
    let state = Application { verifier, received };
    apps::axum::serve(axum::Router::new().route(PATH, post(receive)).with_state(state)).await
}

/// Starts the receiver on actix-web.
pub async fn on_actix(verifier: WebhookVerifier, received: Received) -> apps::actix::Running {
    async fn receive(
        received: actix::Data<Received>,
        passid_actix::PassidWebhook(webhook): passid_actix::PassidWebhook,
    ) -> String {
        received.keep(webhook)
    }
    let (verifier, received) = (actix::Data::new(verifier), actix::Data::new(received));
    apps::actix::serve(move |config| {
        config.app_data(verifier.clone()).app_data(received.clone());
        config.service(actix::resource(PATH).route(actix::post().to(receive)));
    })
    .await
}
