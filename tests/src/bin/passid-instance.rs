//! One instance of a service, for tests with several: a guarded route, a webhook that invalidates, and a
//! look into the memory of its cache. Set up by its environment; says its address on the first line.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a test cannot go on without it")]

use std::env;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, RawQuery, State};
use axum::http::header;
use axum::routing::{get, post};
use passid_axum::{PassidLayer, PassidWebhook, Verified};
use passid_core::cache::CacheCounters;
use passid_core::redis::{DeploymentSecret, Redis};
use passid_core::webhook::WebhookVerifier;
use passid_core::{
    ApiKey, CachedVerifier, Guard, PassidClient, Policy, SharedVerifier, Token, Verdict, Verify,
    WebhookSecret,
};
use tokio::net::TcpListener;

type Cache = CachedVerifier<SharedVerifier<PassidClient>>;

#[derive(Clone)]
struct Instance {
    cache: Cache,
    counters: CacheCounters,
    webhooks: WebhookVerifier,
}

impl FromRef<Instance> for WebhookVerifier {
    fn from_ref(instance: &Instance) -> Self {
        instance.webhooks.clone()
    }
}

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panicked(name))
}

#[expect(clippy::panic, reason = "a test cannot go on without it")]
fn panicked(name: &str) -> ! {
    panic!("{name} is not set")
}

async fn apply(Verified(credential): Verified) -> &'static str {
    if credential.claims().income_verified == Some(true) { "verified" } else { "not verified" }
}

/// Whether the cache has a pass for a token in its memory.
async fn held(State(instance): State<Instance>, RawQuery(query): RawQuery) -> &'static str {
    let token = query.as_deref().and_then(|query| query.strip_prefix("token="));
    let token = token.and_then(|token| Token::parse(token).ok()).expect("a token");
    match instance.cache.peek(&token) {
        Some(Verdict::Valid(_)) => "yes",
        _ => "no",
    }
}

async fn webhook(State(instance): State<Instance>, PassidWebhook(webhook): PassidWebhook) {
    instance.cache.invalidate_event(&webhook.event);
}

async fn metrics(
    State(instance): State<Instance>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let text = instance.counters.to_prometheus() + &instance.cache.inner().to_prometheus();
    ([(header::CONTENT_TYPE, "text/plain")], text)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let key = ApiKey::parse(&setting("PASSID_API_KEY")).expect("a key");
    let client = PassidClient::builder(key).base_url(setting("PASSID_BASE_URL"));
    let client = client.build().expect("a client");
    let secret = DeploymentSecret::parse(&setting("PASSID_DEPLOYMENT_SECRET")).expect("a secret");
    let redis = Redis::builder(&setting("PASSID_REDIS_URL"), &secret)
        .deadline(Duration::from_millis(100))
        .heartbeat(Duration::from_millis(200))
        .build()
        .expect("a connection");
    redis.connected_within(Duration::from_secs(10)).await;
    let shared = SharedVerifier::builder(client, redis).build().expect("a shared verifier");
    let counters = CacheCounters::new();
    let cache = CachedVerifier::builder(shared).observer(counters.clone());
    let cache = cache.build().expect("a cache");
    let secret = WebhookSecret::parse(&setting("PASSID_WEBHOOK_SECRET")).expect("a secret");
    let webhooks = WebhookVerifier::with_secret(secret).expect("a webhook verifier");

    let guard = Guard::new(cache.clone(), Policy::verified_only());
    let app = Router::new()
        .route("/api/apply", post(apply).route_layer(PassidLayer::new(guard)))
        .route("/held", get(held))
        .route("/webhook", post(webhook))
        .route("/metrics", get(metrics))
        .with_state(Instance { cache, counters, webhooks });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    println!("{}", listener.local_addr().expect("an address"));
    axum::serve(listener, app).await.expect("the server runs");
}
