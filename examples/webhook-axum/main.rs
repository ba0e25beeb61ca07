//! A durable receiver of webhooks on axum: `cargo run --example webhook-axum`.

use std::process::ExitCode;

use axum::Router;
use axum::routing::get;
use passid_examples::{StartError, WEBHOOK_PATH, Webhooks, asked_to_stop, exit, listen_addr};
use passid_inbox::Receiver;

const NAME: &str = "webhook-axum";

fn app(receiver: Receiver) -> Router {
    Router::new()
        .route(WEBHOOK_PATH, passid_inbox::axum::webhook(receiver))
        .route("/healthz", get(|| async { "ok" }))
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
async fn run() -> Result<ExitCode, StartError> {
    let listen_addr = listen_addr()?;
    let webhooks = Webhooks::start(NAME).await?;
    let listener = tokio::net::TcpListener::bind(listen_addr).await?;
    let address = listener.local_addr()?;
    let stop = asked_to_stop()?;
    println!("{}", webhooks.welcome(NAME, address));
    // It waits at the socket until the server takes it.
    webhooks.register(address).await?;
    axum::serve(listener, app(webhooks.receiver())).with_graceful_shutdown(stop).await?;
    webhooks.stop().await;
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run().await)
}
