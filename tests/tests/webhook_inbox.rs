//! The inbox's route on axum and its service on actix-web, over real sockets: the webhook table, and
//! what a sender sees of the store behind it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use passid_core::WebhookSecret;
use passid_core::webhook::{Event, WebhookVerifier};
use passid_inbox::store::State;
use passid_inbox::{Context, HandlerError, Inbox, ListFilter};
use passid_tests::http::{Request, send};
use passid_tests::webhook::{
    DUPLICATE, Inserts, PATH, RECEIVED, ScriptedStore, inbox, inbox_on_actix, inbox_on_axum,
    inbox_rows, receiver, receiver_by, signed_event,
};
use passid_tests::{apps, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

#[derive(Clone, Copy, Debug)]
enum Framework {
    Axum,
    Actix,
}

/// A service, until it is dropped.
enum Service {
    Axum(apps::axum::Running),
    Actix(apps::actix::Running),
}

impl Service {
    async fn start(on: Framework, inbox: &Inbox<ScriptedStore>) -> Self {
        match on {
            Framework::Axum => Self::Axum(inbox_on_axum(receiver(inbox)).await),
            Framework::Actix => Self::Actix(inbox_on_actix(receiver(inbox)).await),
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Axum(running) => running.address,
            Self::Actix(running) => running.address,
        }
    }
}

/// How many entries there are, and how many of them are dead letters.
async fn entries(inbox: &Inbox<ScriptedStore>) -> (usize, usize) {
    let all = inbox.list(ListFilter::default()).await.unwrap();
    let dead = all.iter().filter(|entry| entry.state == State::Dead).count();
    (all.len(), dead)
}

/// The head and body of a request, as bytes for a connection that the test keeps.
async fn begin(address: SocketAddr, request: &Request) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&request.to_bytes()).await.unwrap();
    stream
}

async fn every_row_of_the_contract_is_met(on: Framework) {
    let store = ScriptedStore::new();
    let inbox = inbox(store.clone());
    let service = Service::start(on, &inbox).await;
    let rows = inbox_rows();
    assert!(rows.len() >= 43, "{} rows", rows.len());
    let mut complaints = Vec::new();
    for row in &rows {
        store.set(row.inserts);
        let response = soon(row.row.name, send(service.address(), &row.row.request)).await.unwrap();
        let wrong = row.row.expected.complaints(&response);
        complaints.extend(wrong.iter().map(|wrong| format!("{}: {wrong}", row.row.name)));
    }
    assert!(complaints.is_empty(), "{on:?}\n{}", complaints.join("\n"));
    let told = |body: &str| {
        rows.iter().filter(|row| row.row.expected.body.as_deref() == Some(body)).count()
    };
    let mut unreadable: Vec<_> = rows
        .iter()
        .filter(|row| row.row.expected.status == 400)
        .map(|row| &row.row.request.body)
        .collect();
    unreadable.dedup();
    assert!(told(DUPLICATE) > 3);
    let expected = (told(RECEIVED) + unreadable.len(), unreadable.len());
    assert_eq!(entries(&inbox).await, expected, "{on:?}");
}

async fn not_a_byte_is_answered_before_the_event_is_stored(on: Framework) {
    let store = ScriptedStore::new();
    let inbox = inbox(store.clone());
    let service = Service::start(on, &inbox).await;
    store.set(Inserts::Wait);
    let mut stream = begin(service.address(), &signed_event("slow")).await;
    soon("the insertion", store.begun(1)).await;
    // Another request is answered whole meanwhile, so that the server is not what holds this one up.
    let other = Request::new("GET", PATH);
    assert_eq!(soon("the other", send(service.address(), &other)).await.unwrap().status, 405);
    let mut byte = [0];
    assert!(stream.try_read(&mut byte).is_err(), "{on:?} answered before the commit");
    assert_eq!(entries(&inbox).await, (0, 0));
    store.set(Inserts::Work);
    let mut answer = String::new();
    soon("the answer", stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(RECEIVED), "{answer}");
    assert_eq!(entries(&inbox).await, (1, 0));
}

async fn a_sender_that_hangs_up_leaves_nothing_half_done(on: Framework) {
    let store = ScriptedStore::new();
    let inbox = inbox(store.clone());
    let service = Service::start(on, &inbox).await;
    let (handled, mut seen) = mpsc::unbounded_channel();
    let handler = move |event: Event, context: Context| {
        handled.send((event.name().to_owned(), context.attempt)).unwrap();
        async { Ok::<(), HandlerError>(()) }
    };
    let worker = inbox.worker().on(handler).poll(Duration::from_millis(5)).start().unwrap();

    store.set(Inserts::Wait);
    let mut senders = Vec::new();
    for _ in 0..8 {
        senders.push(begin(service.address(), &signed_event("hung up")).await);
    }
    soon("every insertion", store.begun(8)).await;
    drop(senders);
    store.set(Inserts::Work);
    let request = signed_event("hung up");
    let again = soon("the next attempt", send(service.address(), &request)).await.unwrap();
    assert_eq!(again.status, 200);
    assert!([RECEIVED, DUPLICATE].contains(&&*again.body), "{again:?}");
    let first = soon("the handler", seen.recv()).await.unwrap();
    assert_eq!(first, ("webhook.test".to_owned(), 1));
    // What comes later is handled later: the first has not been handled a second time.
    send(service.address(), &signed_event("later")).await.unwrap();
    assert_eq!(soon("the handler", seen.recv()).await.unwrap().1, 1);
    worker.shutdown(Duration::from_secs(5)).await;
    assert!(seen.try_recv().is_err());
    assert_eq!(entries(&inbox).await, (2, 0), "{on:?}");
}

async fn a_body_that_does_not_come_is_given_up(on: Framework) {
    let secret = WebhookSecret::parse("whsec_11111111111111111111111111111111").unwrap();
    let verifier = WebhookVerifier::builder().secret(secret);
    let verifier = verifier.body_timeout(Duration::from_millis(50)).build().unwrap();
    let inbox = inbox(ScriptedStore::new());
    let receiver = receiver_by(&inbox, verifier);
    let service = match on {
        Framework::Axum => Service::Axum(inbox_on_axum(receiver).await),
        Framework::Actix => Service::Actix(inbox_on_actix(receiver).await),
    };
    let whole = signed_event("cut").to_bytes();
    let mut stream = TcpStream::connect(service.address()).await.unwrap();
    stream.write_all(whole.get(..whole.len() - 1).unwrap()).await.unwrap();
    let mut status = [0; 12];
    soon("the answer", stream.read_exact(&mut status)).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 408", "{on:?}");
    assert_eq!(entries(&inbox).await, (0, 0));
}

/// With a prefix, and a middleware around it that reads nothing of the body.
async fn other_layers_do_not_disturb_it(on: Framework) {
    let inbox = inbox(ScriptedStore::new());
    let receiver = receiver(&inbox);
    let service = match on {
        Framework::Axum => {
            let hook = passid_inbox::axum::webhook(receiver);
            let app = axum::Router::new().route("/webhook", hook);
            let app =
                axum::Router::new().nest("/passid", app).layer(axum::middleware::map_response(
                    async |response: axum::response::Response| ([("x-layer", "seen")], response),
                ));
            Service::Axum(apps::axum::serve(app).await)
        }
        Framework::Actix => {
            let routes = move |config: &mut actix_web::web::ServiceConfig| {
                let hook = passid_inbox::actix::webhook("/webhook", receiver.clone());
                let header = actix_web::middleware::DefaultHeaders::new().add(("x-layer", "seen"));
                config.service(actix_web::web::scope("/passid").wrap(header).service(hook));
            };
            Service::Actix(apps::actix::serve(routes).await)
        }
    };
    let response = send(service.address(), &signed_event("layered")).await.unwrap();
    assert_eq!((response.status, &*response.body), (200, RECEIVED));
    assert_eq!(response.header("x-layer"), Some("seen"), "{on:?}");
}

macro_rules! on_both {
    ($($name:ident)*) => {
        mod axum_route {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::Framework::Axum).await;
                }
            )*
        }

        mod actix_service {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::Framework::Actix).await;
                }
            )*
        }
    };
}

on_both! {
    every_row_of_the_contract_is_met
    not_a_byte_is_answered_before_the_event_is_stored
    a_sender_that_hangs_up_leaves_nothing_half_done
    a_body_that_does_not_come_is_given_up
    other_layers_do_not_disturb_it
}
