//! The loan examples with their cache on: fewer calls, the same answers, and metrics that show it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::Loan;
use passid_sandbox::{Route, demo};
use passid_tests::http::{Request, send};
use passid_tests::program::example;
use passid_tests::redis::RedisServer;
use passid_tests::upstream::{Api, Upstream};
use passid_tests::{soon, until};
use tokio::process::Command;

async fn apply(program: &Loan, token: &str) -> u16 {
    let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", token);
    send(program.address, &request).await.unwrap().status
}

async fn metrics(program: &Loan) -> String {
    let response = send(program.address, &Request::new("GET", "/metrics")).await.unwrap();
    assert_eq!(response.status, 200);
    let content_type = response.header("content-type").unwrap();
    assert!(content_type.starts_with("text/plain; version=0.0.4"), "{content_type}");
    response.body
}

#[tokio::test]
async fn with_a_time_to_live_each_token_is_verified_once_and_the_metrics_say_so() {
    let api = Api::start().await;
    let settings = [("PASSID_CACHE_TTL_SECS", "60")];
    for program in &Loan::start_both_with(&api, Upstream::Sound, &settings).await {
        api.prepare(Upstream::Sound);
        for _ in 0..3 {
            assert_eq!(apply(program, demo::KENYA_TOKEN).await, 200);
        }
        for _ in 0..2 {
            assert_eq!(apply(program, demo::EXPIRED_TOKEN).await, 401);
        }
        // The policy looks at what the cache serves.
        for _ in 0..2 {
            assert_eq!(apply(program, demo::STALE_TOKEN).await, 403);
        }
        assert_eq!(api.sandbox.calls(Route::Verify), 3);
        let text = metrics(program).await;
        for line in [
            "# TYPE passid_cache_events_total counter",
            "passid_cache_events_total{event=\"hit\"} 3",
            "passid_cache_events_total{event=\"miss\"} 3",
            "passid_cache_events_total{event=\"negative\"} 1",
            "passid_cache_credentials 2",
            "passid_cache_refusals 1",
            "passid_cache_in_flight 0",
            "passid_cache_breaker 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains(demo::KENYA_TOKEN));
    }
}

#[tokio::test]
async fn without_a_time_to_live_each_request_is_a_call() {
    let api = Api::start().await;
    for program in &Loan::start_both(&api, Upstream::Sound).await {
        api.prepare(Upstream::Sound);
        for _ in 0..2 {
            assert_eq!(apply(program, demo::KENYA_TOKEN).await, 200);
        }
        assert_eq!(api.sandbox.calls(Route::Verify), 2);
        assert!(metrics(program).await.contains("PASSID_CACHE_TTL_SECS is not set"));
    }
}

#[tokio::test]
async fn a_time_to_live_that_is_none_stops_the_start_without_its_value() {
    for name in ["loan-axum", "loan-actix"] {
        for value in ["0", "3601", "-1", "60s-secret", ""] {
            let output = Command::new(example(name))
                .env_remove("PASSID_BASE_URL")
                .env("LISTEN_ADDR", "127.0.0.1:0")
                .env("PASSID_CACHE_TTL_SECS", value)
                .kill_on_drop(true)
                .output();
            let output = soon("the end", output).await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{name} {value}");
            assert!(said.contains("PASSID_CACHE_TTL_SECS") && !said.contains("secret"), "{said}");
        }
    }
}

#[tokio::test]
async fn with_a_redis_both_programs_share_one_verification() {
    let Some(redis) = RedisServer::start_own().await else { return };
    let api = Api::start().await;
    let settings = [("PASSID_CACHE_TTL_SECS", "60"), ("PASSID_REDIS_URL", redis.url.as_str())];
    let programs = &Loan::start_both_with(&api, Upstream::Sound, &settings).await;
    api.prepare(Upstream::Sound);
    // A request that comes before the connection does is a call of its own.
    until("both are connected", async || {
        let texts = futures_util::future::join_all(programs.iter().map(metrics)).await;
        texts.iter().all(|text| text.contains("passid_shared_events_total{event=\"subscribed\"} 1"))
    })
    .await;
    assert_eq!(apply(&programs[0], demo::KENYA_TOKEN).await, 200);
    until("it is kept", async || {
        metrics(&programs[0]).await.contains("passid_shared_events_total{event=\"kept\"} 1")
    })
    .await;
    assert_eq!(apply(&programs[1], demo::KENYA_TOKEN).await, 200);
    assert_eq!(api.sandbox.calls(Route::Verify), 1);
}

#[tokio::test]
async fn a_redis_without_its_other_settings_stops_the_start_without_its_value() {
    for name in ["loan-axum", "loan-actix"] {
        for (url, ttl, secret) in [
            ("redis://:marker@127.0.0.1", "60", ""),
            ("redis://:marker@127.0.0.1", "60", "marker"),
            ("http://:marker@127.0.0.1", "60", "of the examples, 0123456789abcdef"),
        ] {
            let output = Command::new(example(name))
                .env_remove("PASSID_BASE_URL")
                .env("LISTEN_ADDR", "127.0.0.1:0")
                .env("PASSID_CACHE_TTL_SECS", ttl)
                .env("PASSID_REDIS_URL", url)
                .env("PASSID_DEPLOYMENT_SECRET", secret)
                .kill_on_drop(true)
                .output();
            let output = soon("the end", output).await.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success(), "{name} {url}");
            assert!(said.contains("PASSID_REDIS_URL") && !said.contains("marker"), "{said}");
        }
    }
}
