//! Several providers behind one guard, on axum: `cargo run --example multi-provider`.
//!
//! Each has a cache of its own, so that neither an outage nor a burst of one touches another. A token
//! goes to the provider whose form it has, or to that of its header, and to no other.

use std::process::ExitCode;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use passid_axum::{PassidLayer, Verified};
use passid_core::{AnyOf, Guard, Policy, Routed, Served, TokenSources, VerificationClaims};
use passid_examples::{
    Desk, Provider, ProviderName, Reply, Shown, Site, StartError, asked_to_stop, cached, exit,
    identity_policy, listen_addr, screened_policy, telling_what_is_absent, welcome,
};
use serde::Serialize;
use tokio::runtime::Handle;

/// What stands in it is for Document Verification, whatever its form.
const DOCUMENT_HEADER: &str = "X-Document-Session";

/// What a handler knows of the caller. Claims that the provider cannot give are not there.
#[derive(Serialize)]
struct Seen {
    provider: &'static str,
    cached: bool,
    claims: VerificationClaims,
}

async fn show(Verified(credential): Verified) -> Json<Seen> {
    Json(Seen {
        provider: credential.provider(),
        cached: credential.served() != Served::Live,
        claims: credential.claims().clone(),
    })
}

async fn invite(State(desk): State<Desk>, Path(provider): Path<String>) -> Response {
    respond(desk.invite(&provider))
}

async fn begin(State(desk): State<Desk>, Path(provider): Path<String>) -> Response {
    respond(desk.begin(&provider).await)
}

async fn welcome_back(
    State(desk): State<Desk>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let cookies: Vec<_> =
        headers.get_all(header::COOKIE).iter().map(header::HeaderValue::as_bytes).collect();
    respond(desk.welcome_back(&provider, &query.unwrap_or_default(), &cookies))
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

/// All providers: by the name of a header, otherwise by the form of the token.
fn choice(providers: &[Provider]) -> Result<Routed, StartError> {
    let (mut by_form, mut routed) = (AnyOf::new(), Routed::new());
    for provider in providers {
        let cached = cached(provider, Handle::current())?;
        by_form = by_form.or(cached.clone());
        routed = routed.to(provider.name().as_str(), cached);
    }
    Ok(routed.otherwise(by_form))
}

struct Policies {
    identity: Policy,
    screened: Policy,
}

fn app(providers: &[Provider], policies: &Policies, desk: Desk) -> Result<Router, StartError> {
    let choice = choice(providers)?;
    let documents = ProviderName::Docverify.as_str();
    let sources = TokenSources::default().and_header_to(DOCUMENT_HEADER, documents);
    let guard = |policy: &Policy| {
        let guard = Guard::builder(choice.clone(), policy.clone()).token_sources(sources.clone());
        PassidLayer::new(guard.answers(telling_what_is_absent()).build())
    };
    let app = Router::new()
        .route("/api/me", get(show).route_layer(guard(&policies.identity)))
        .route("/api/transfer", post(show).route_layer(guard(&policies.screened)))
        .route("/verify/{provider}", get(invite).post(begin))
        .route("/verify/{provider}/callback", get(welcome_back))
        .route("/healthz", get(|| async { "ok" }));
    // Where only a document counts: nobody else is asked, whatever is presented.
    let app = match choice.only(documents) {
        Some(only) => {
            let sources = TokenSources::default().and_header(DOCUMENT_HEADER);
            let guard = Guard::builder(only, policies.identity.clone()).token_sources(sources);
            let guard = PassidLayer::new(guard.build());
            app.route("/api/document", get(show).route_layer(guard))
        }
        None => app,
    };
    Ok(app.with_state(desk))
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
async fn run() -> Result<ExitCode, StartError> {
    let policies = Policies { identity: identity_policy()?, screened: screened_policy()? };
    let providers = Provider::connect_all(&Handle::current()).await?;
    let listener = tokio::net::TcpListener::bind(listen_addr()?).await?;
    let address = listener.local_addr()?;
    let stop = asked_to_stop()?;
    let site = Site::new(address, "GET", "/api/me")?;
    let documents = Some(ProviderName::Docverify);
    let document = Shown::new("GET", "/api/document", &policies.identity);
    let mut shown = vec![
        Shown::new("GET", "/api/me", &policies.identity),
        Shown::new("POST", "/api/transfer", &policies.screened),
        Shown { header: DOCUMENT_HEADER, only: documents, ..document },
    ];
    // A route of a provider that does not take part is not there.
    shown.retain(|route| providers.iter().any(|p| route.only.is_none_or(|only| only == p.name())));
    let words = welcome("multi-provider", address, &site, &providers, &shown).await;
    let desk = Desk::new(providers.clone(), site);
    let app = app(&providers, &policies, desk)?;
    println!("{words}");
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    exit(run().await)
}
