//! A service that receives the webhooks: a route on either framework, a worker, a cache before the API.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use passid_core::{CachedVerifier, Environment};
use passid_inbox::store::Store;
use passid_inbox::{HandlerError, HintContext, HintReceiver, Inbox, KeptHint, Running};
use passid_passbase::webhook::{Event, WebhookOpener};
use passid_passbase::{DurableProcessedTimes, PassbaseClient, PassbaseVerifier};
use passid_tests::apps;
use passid_tests::http::{Request, Response, send};

use super::upstream::PATH;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

/// A route, until it is dropped.
pub(crate) enum Route {
    Axum(apps::axum::Running),
    Actix(apps::actix::Running),
}

impl Route {
    pub(crate) async fn start<S: Store>(
        on: Framework,
        inbox: &Inbox<S>,
        opener: WebhookOpener,
    ) -> Self {
        let receiver = HintReceiver::new(inbox.hints(), opener);
        match on {
            Framework::Axum => {
                let route = passid_inbox::axum::hints(receiver);
                Self::Axum(apps::axum::serve(axum::Router::new().route(PATH, route)).await)
            }
            Framework::Actix => Self::Actix(
                apps::actix::serve(move |config| {
                    config.service(passid_inbox::actix::hints(PATH, receiver.clone()));
                })
                .await,
            ),
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Axum(running) => running.address,
            Self::Actix(running) => running.address,
        }
    }

    pub(crate) async fn send(&self, request: &Request) -> Response {
        let mut response = send(self.address(), request).await.unwrap();
        response.headers.retain(|(name, _)| name != "date");
        response.headers.sort();
        response
    }
}

pub(crate) fn inbox<S: Store>(store: S) -> Inbox<S> {
    Inbox::builder(store, Environment::Sandbox).build().unwrap()
}

/// What stands between the API and a guard.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) cache: CachedVerifier<PassbaseVerifier>,
    client: PassbaseClient,
    times: DurableProcessedTimes,
    /// What was done, in order.
    lines: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    pub(crate) fn new<S: Store>(client: &PassbaseClient, inbox: &Inbox<S>) -> Self {
        let times = DurableProcessedTimes::new(Arc::new(inbox.records()));
        let verifier =
            PassbaseVerifier::new(client.clone()).processed_times(Arc::new(times.clone()));
        let cache = CachedVerifier::builder(verifier).build().unwrap();
        Self { cache, client: client.clone(), times, lines: Arc::default() }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// What is forgotten is forgotten first: the API may be down.
    async fn handle(&self, hint: KeptHint, context: HintContext) -> Result<(), HandlerError> {
        let event = Event::from_opened(hint.body())?;
        let subject = event.key.subject();
        if event.may_revoke() {
            self.cache.invalidate_subject(subject);
        }
        self.times.note(&event).await?;
        let refetched = self.client.refetch(&event).await?;
        if refetched.may_revoke() {
            self.cache.invalidate_subject(subject);
        }
        let status = refetched.identity().and_then(|identity| identity.status.clone());
        let status = status.as_ref().map_or("gone", passid_passbase::IdentityStatus::as_str);
        let late = if context.superseded { " late" } else { "" };
        let line = format!("{} {status} {}{late}", hint.name(), refetched.may_revoke());
        self.lines.lock().unwrap().push(line);
        Ok(())
    }

    pub(crate) fn work<S: Store>(&self, inbox: &Inbox<S>) -> Running {
        let desk = self.clone();
        let handler = move |hint, context| {
            let desk = desk.clone();
            async move { desk.handle(hint, context).await }
        };
        inbox.hints().worker().on("passbase", handler).start().unwrap()
    }
}
