//! Verdicts and attempts shared by a real Redis, which is killed, frozen and robbed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod attempts;
mod cached;
mod invalidation;
mod lease;
mod provider;
mod redaction;
mod sharing;
mod subjects;
mod theft;
mod trouble;

use std::time::Duration;

use passid_core::redis::{DeploymentSecret, Redis, RedisBuilder};
use passid_core::shared::SharedBuilder;
use passid_core::{SharedVerifier, Token};
use passid_tests::redis::RedisServer;
use provider::Provider;

const SECRET: &str = "test secret of a deployment, 0123456789abcdef";

fn secret(text: &str) -> DeploymentSecret {
    DeploymentSecret::parse(text).unwrap()
}

fn token(number: usize) -> Token {
    Token::parse(&format!("psid_marker_token_{number}")).unwrap()
}

/// The way of one instance to the Redis of the test.
fn connection(server: &RedisServer) -> RedisBuilder {
    Redis::builder(&server.url, &secret(SECRET))
        .prefix(&server.prefix)
        // Other tests share the processors: what is slow here is not Redis.
        .deadline(Duration::from_millis(500))
        .heartbeat(Duration::from_millis(200))
        .reconnect_after(Duration::from_millis(20))
}

async fn connected(redis: RedisBuilder) -> Redis {
    let redis = redis.build().unwrap();
    assert!(redis.connected_within(Duration::from_secs(30)).await, "no connection");
    redis
}

/// An instance of a service.
async fn instance(server: &RedisServer, provider: &Provider) -> SharedVerifier<Provider> {
    instance_with(server, provider, |builder| builder).await
}

async fn instance_with(
    server: &RedisServer,
    provider: &Provider,
    change: impl FnOnce(SharedBuilder<Provider>) -> SharedBuilder<Provider>,
) -> SharedVerifier<Provider> {
    let redis = connected(connection(server)).await;
    change(SharedVerifier::builder(provider.clone(), redis)).build().unwrap()
}
