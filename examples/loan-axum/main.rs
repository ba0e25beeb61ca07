//! The guide's loan application on axum: `cargo run --example loan-axum`, with PASSID or another
//! provider.

use std::process::ExitCode;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use passid_axum::{PassidLayer, Verified};
use passid_core::{Guard, Policy};
use passid_examples::{
    Application, Desk, Greeting, Metrics, Provider, Reply, Shown, Site, StartError, answers,
    arguments, asked_to_stop, chosen_policy, exit, greeting_policy, listen_addr, verifier, welcome,
};
use tokio::runtime::Handle;

#[derive(Clone)]
struct Loans {
    provider: Provider,
    policy: Policy,
    desk: Desk,
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
    respond(passid_examples::redeem(&loans.provider, &loans.policy, &body, now).await)
}

async fn invite(State(loans): State<Loans>, Path(provider): Path<String>) -> Response {
    respond(loans.desk.invite(&provider))
}

async fn begin(State(loans): State<Loans>, Path(provider): Path<String>) -> Response {
    respond(loans.desk.begin(&provider).await)
}

async fn welcome_back(
    State(loans): State<Loans>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let cookies: Vec<_> =
        headers.get_all(header::COOKIE).iter().map(header::HeaderValue::as_bytes).collect();
    respond(loans.desk.welcome_back(&provider, &query.unwrap_or_default(), &cookies))
}

fn respond(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body).into_response();
    for (name, value) in reply.headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn app(loans: Loans) -> Result<Router, StartError> {
    // One cache for both guards, if any.
    let (verifier, metrics) = verifier(&loans.provider, Handle::current())?;
    let answers = answers(loans.provider.name());
    let guard = Guard::builder(verifier.clone(), loans.policy.clone()).answers(answers).build();
    let optional = Guard::builder(verifier, greeting_policy()).optional().build();
    let metrics =
        || async move { ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], metrics.text()) };
    Ok(Router::new()
        .route("/api/apply", post(apply).route_layer(PassidLayer::new(guard)))
        .route("/api/greeting", get(greeting).route_layer(PassidLayer::new(optional)))
        .route("/api/redeem", post(redeem))
        .route("/verify/{provider}", get(invite).post(begin))
        .route("/verify/{provider}/callback", get(welcome_back))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(loans))
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
async fn run() -> Result<ExitCode, StartError> {
    let Some(arguments) = arguments("loan-axum")? else { return Ok(ExitCode::SUCCESS) };
    let policy = chosen_policy(arguments.policy.as_deref())?;
    let provider = Provider::connect(arguments.provider, &Handle::current()).await?;
    let listener = tokio::net::TcpListener::bind(listen_addr()?).await?;
    let address = listener.local_addr()?;
    let stop = asked_to_stop()?;
    let site = Site::new(address, "POST", "/api/apply")?;
    let shown = [Shown::new("POST", "/api/apply", &policy)];
    let providers = [provider.clone()];
    let words = welcome("loan-axum", address, &site, &providers, &shown).await;
    let desk = Desk::new(providers, site);
    let app = app(Loans { provider, policy, desk })?;
    println!("{words}");
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run().await)
}
