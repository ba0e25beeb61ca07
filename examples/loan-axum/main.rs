//! The guide's loan application on axum: `cargo run --example loan-axum`.

use std::process::ExitCode;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use passid_axum::{PassidLayer, Verified};
use passid_core::{Guard, PassidClient, Policy};
use passid_examples::{
    Application, Greeting, Metrics, StartError, answers, asked_to_stop, connect, exit,
    greeting_policy, listen_addr, loan_policy, verifier, welcome,
};
use tokio::runtime::Handle;

#[derive(Clone)]
struct Loans {
    client: PassidClient,
    policy: Policy,
}

async fn apply(Verified(credential): Verified) -> Json<Application> {
    Json(Application::new(credential.claims()))
}

async fn greeting(verified: Option<Verified>) -> Json<Greeting> {
    Json(Greeting::new(verified.is_some()))
}

#[expect(clippy::disallowed_methods, reason = "an application reads the real clock")]
async fn redeem(State(loans): State<Loans>, body: Bytes) -> Response {
    let now = SystemTime::now();
    let reply = passid_examples::redeem(&loans.client, &loans.policy, &body, now).await;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], reply.body).into_response()
}

fn app(client: PassidClient) -> Result<Router, StartError> {
    let policy = loan_policy()?;
    // One cache for both guards, if any.
    let (verifier, metrics) = verifier(&client, Handle::current())?;
    let guard = Guard::builder(verifier.clone(), policy.clone()).answers(answers()).build();
    let optional = Guard::builder(verifier, greeting_policy()).optional().build();
    let metrics =
        || async move { ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], metrics.text()) };
    Ok(Router::new()
        .route("/api/apply", post(apply).route_layer(PassidLayer::new(guard)))
        .route("/api/greeting", get(greeting).route_layer(PassidLayer::new(optional)))
        .route("/api/redeem", post(redeem))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Loans { client, policy }))
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
async fn run() -> Result<ExitCode, StartError> {
    let connected = connect(|client| client).await?;
    let listener = tokio::net::TcpListener::bind(listen_addr()?).await?;
    let stop = asked_to_stop()?;
    println!("{}", welcome("loan-axum", listener.local_addr()?, connected.sandbox.as_ref()));
    axum::serve(listener, app(connected.client)?).with_graceful_shutdown(stop).await?;
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run().await)
}
