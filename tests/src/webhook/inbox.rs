//! The inbox's route and service, each on a socket of its own, and the rows of the table as they are
//! answered there.

use std::collections::BTreeSet;

use passid_core::webhook::WebhookVerifier;
use passid_core::{Environment, testing::webhook::envelope};
use passid_inbox::{Inbox, Receiver};
use serde_json::json;

use super::store::{Inserts, ScriptedStore};
use super::table::{Row, refused, row, rows, signed};
use super::{PATH, verifier};
use crate::apps;
use crate::http::Request;
use crate::table::Expected;

/// One row, and what the inbox's store does meanwhile.
#[derive(Clone, Debug)]
pub struct InboxRow {
    /// What is sent, and what the sender gets.
    pub row: Row,
    /// What the store does.
    pub inserts: Inserts,
}

/// What the sender of a webhook is told that is stored now.
pub const RECEIVED: &str = r#"{"received":true}"#;

/// What the sender of a webhook is told that was stored before.
pub const DUPLICATE: &str = r#"{"received":true,"duplicate":true}"#;

/// An inbox over this store.
///
/// # Panics
///
/// When it cannot be built.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn inbox(store: ScriptedStore) -> Inbox<ScriptedStore> {
    Inbox::builder(store, Environment::Sandbox).build().expect("an inbox")
}

/// A receiver into this inbox, of what [`verifier`] passes.
pub fn receiver(inbox: &Inbox<ScriptedStore>) -> Receiver<ScriptedStore> {
    receiver_by(inbox, verifier())
}

/// A receiver into this inbox.
pub fn receiver_by(
    inbox: &Inbox<ScriptedStore>,
    verifier: WebhookVerifier,
) -> Receiver<ScriptedStore> {
    Receiver::new(inbox.clone(), verifier)
}

/// Starts the inbox's route on axum.
pub async fn inbox_on_axum(receiver: Receiver<ScriptedStore>) -> apps::axum::Running {
    let app = axum::Router::new().route(PATH, passid_inbox::axum::webhook(receiver));
    apps::axum::serve(app).await
}

/// Starts the inbox's service on actix-web.
pub async fn inbox_on_actix(receiver: Receiver<ScriptedStore>) -> apps::actix::Running {
    apps::actix::serve(move |config| {
        config.service(passid_inbox::actix::webhook(PATH, receiver.clone()));
    })
    .await
}

/// A signed event of nobody else's, told by a word.
pub fn signed_event(word: &str) -> Request {
    signed(&envelope("webhook.test", json!({"message": word})))
}

/// Every row of the extractors, and those that only an inbox can meet, in this order.
pub fn inbox_rows() -> Vec<InboxRow> {
    let mut seen = BTreeSet::new();
    let of_extractors = rows().into_iter().map(|mut row| {
        if row.expected.status == 200 {
            let first = seen.insert(row.request.body.clone());
            row.expected = accepted(if first { RECEIVED } else { DUPLICATE });
        }
        InboxRow { row, inserts: Inserts::Work }
    });
    let mut all: Vec<_> = of_extractors.collect();
    all.extend(of_the_inbox());
    all
}

fn accepted(body: &str) -> Expected {
    Expected {
        status: 200,
        body: Some(body.to_owned()),
        headers: vec![
            ("content-type", Some("application/json")),
            ("cache-control", Some("no-store")),
            ("www-authenticate", None),
        ],
    }
}

fn of_the_inbox() -> Vec<InboxRow> {
    let works = |row| InboxRow { row, inserts: Inserts::Work };
    let fails = |row| InboxRow { row, inserts: Inserts::Fail };
    let unavailable =
        || refused(503, "INBOX_UNAVAILABLE", "The webhook could not be stored. Send it again.");
    let unreadable = || refused(400, "EVENT_INVALID", "The request body is not a PASSID event.");
    let mut unsigned = signed_event("outage");
    unsigned.headers.retain(|(name, _)| *name != "X-PASSID-Signature");
    vec![
        fails(row(
            "an event that cannot be stored is to come again",
            signed_event("outage"),
            unavailable(),
        )),
        works(row(
            "it is accepted when it comes again",
            signed_event("outage"),
            accepted(RECEIVED),
        )),
        works(row(
            "stored once, it is a duplicate from then on",
            signed_event("outage"),
            accepted(DUPLICATE),
        )),
        fails(row(
            "a duplicate is not known to be one during an outage",
            signed_event("outage"),
            unavailable(),
        )),
        fails(row(
            "no signature is refused whatever the store does",
            unsigned,
            refused(401, "SIGNATURE_INVALID", "The webhook signature is not valid."),
        )),
        fails(row(
            "a signed body that is no event is to come again too",
            signed(b"[1]"),
            unavailable(),
        )),
        works(row("it is refused once it is kept", signed(b"[1]"), unreadable())),
        works(row("it is refused again, and kept once", signed(b"[1]"), unreadable())),
    ]
}
