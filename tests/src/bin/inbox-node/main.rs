//! A receiver and a worker over one ledger, as a process of its own: `tests/inbox_crash` kills it.
//!
//! Its first line is the address on which it listens. Told to stop at a [`Point`], it
//! goes no further there, says so in a line, and waits for its end.

mod effect;
mod point;

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use passid_core::webhook::{OutcomeReported, VerificationCompleted};
use passid_core::{Environment, WebhookSecret, WebhookVerifier};
use passid_inbox::store::{PostgresStore, SqliteStore};
use passid_inbox::{
    Context, HintContext, HintReceiver, Inbox, KeptHint, Receiver, RetrySchedule, Running,
};
use passid_passbase::webhook::WebhookOpener;
use tokio::net::TcpListener;

use crate::effect::{Effects, Outside};
use crate::point::{Plan, Point};

type Failure = Box<dyn Error + Send + Sync>;

/// Short, because after a kill everybody waits for it to end.
const LEASE: Duration = Duration::from_millis(900);
const POLL: Duration = Duration::from_millis(50);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let url = setting("INBOX_NODE_STORE")?;
    match url.strip_prefix("sqlite:") {
        Some(path) => run(SqliteStore::open(path).await?, &url).await,
        None => run(PostgresStore::connect(&url).await?, &url).await,
    }
}

async fn run<S: Effects>(store: S, url: &str) -> Result<(), Failure> {
    let plan = Arc::new(Plan::read(&setting("INBOX_NODE_STOP_AT").unwrap_or_default()));
    let inbox = Inbox::builder(store, Environment::Sandbox).build()?;
    let _workers = match setting("INBOX_NODE_WORKS").as_deref() {
        Ok("no") => None,
        _ => Some((work(&inbox, Outside::open(url).await?, &plan)?, work_on_hints(&inbox, &plan)?)),
    };
    let hints = HintReceiver::new(inbox.hints(), WebhookOpener::plain_and_forgeable());
    let secret = WebhookSecret::parse(&setting("INBOX_NODE_SECRET")?)?;
    let receiver = Receiver::new(inbox, WebhookVerifier::with_secret(secret)?);
    let around = from_fn(move |request: Request, next: Next| {
        let plan = Arc::clone(&plan);
        async move {
            plan.reach(Point::BeforeInsert).await;
            let response = next.run(request).await;
            plan.reach(Point::BeforeAnswer).await;
            response
        }
    });
    let app = Router::new()
        .route("/passid/webhook", passid_inbox::axum::webhook(receiver))
        .route("/passbase/webhook", passid_inbox::axum::hints(hints))
        .layer(around);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    point::say(&listener.local_addr()?.to_string());
    axum::serve(listener, app).await?;
    Ok(())
}

fn work<S: Effects>(
    inbox: &Inbox<S>,
    outside: Outside,
    plan: &Arc<Plan>,
) -> Result<Running, Failure> {
    let (in_transaction, elsewhere) = (Arc::clone(plan), Arc::clone(plan));
    let worker = inbox
        .worker()
        .lease(LEASE)
        .poll(POLL)
        .retries(schedule())
        .on_in_transaction(move |_: VerificationCompleted, context: Context, mut transaction| {
            let plan = Arc::clone(&in_transaction);
            async move {
                plan.reach(Point::InHandler).await;
                S::record(&mut transaction, context.id, context.superseded).await?;
                plan.reach(Point::BeforeCompletion).await;
                Ok(transaction)
            }
        })
        .on(move |_: OutcomeReported, context: Context| {
            let (plan, outside) = (Arc::clone(&elsewhere), outside.clone());
            async move {
                plan.reach(Point::InHandler).await;
                outside.record(&context).await?;
                plan.reach(Point::BeforeCompletion).await;
                Ok(())
            }
        });
    Ok(worker.start()?)
}

fn work_on_hints<S: Effects>(inbox: &Inbox<S>, plan: &Arc<Plan>) -> Result<Running, Failure> {
    let plan = Arc::clone(plan);
    let handler = move |_: KeptHint, context: HintContext, mut transaction| {
        let plan = Arc::clone(&plan);
        async move {
            plan.reach(Point::InHandler).await;
            S::record(&mut transaction, context.id, context.superseded).await?;
            plan.reach(Point::BeforeCompletion).await;
            Ok(transaction)
        }
    };
    let worker = inbox.hints().worker().on_in_transaction("passbase", handler);
    Ok(worker.lease(LEASE).poll(POLL).retries(schedule()).start()?)
}

fn schedule() -> RetrySchedule {
    let first = Duration::from_millis(50);
    RetrySchedule { first, max_attempts: 1000, ..RetrySchedule::default() }
}

fn setting(name: &str) -> Result<String, Failure> {
    std::env::var(name).map_err(|_| format!("{name} is not set").into())
}
