//! Four processes of one service on one Redis, before one API.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::join_all;
use passid_core::testing::webhook::{envelope, sign};
use passid_core::{Clock, SystemClock, WebhookSecret};
use passid_sandbox::{NewCredential, Route};
use passid_tests::http::{Request, send};
use passid_tests::redis::RedisServer;
use passid_tests::upstream::{Api, Upstream};
use passid_tests::{soon, until};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const WEBHOOK_SECRET: &str = "whsec_test_0123456789abcdef0123456789";

struct Process {
    address: SocketAddr,
    _child: Child,
    /// Kept open: a program that writes to a closed pipe fails.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    async fn start(api: &Api, redis: &RedisServer) -> Self {
        let (url, key) = api.access(Upstream::Sound);
        let mut child = Command::new(env!("CARGO_BIN_EXE_passid-instance"))
            .env("PASSID_BASE_URL", url)
            .env("PASSID_API_KEY", key)
            .env("PASSID_REDIS_URL", &redis.url)
            .env("PASSID_DEPLOYMENT_SECRET", "a deployment of four, 0123456789abcdef")
            .env("PASSID_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon("an address", output.next_line()).await.unwrap().unwrap();
        Self { address: line.parse().unwrap(), _child: child, _output: output }
    }

    async fn apply(&self, token: &str) -> u16 {
        let request = Request::new("POST", "/api/apply").header("X-PASSID-Token", token);
        soon("an answer", send(self.address, &request)).await.unwrap().status
    }

    async fn get(&self, target: String) -> String {
        soon("an answer", send(self.address, &Request::new("GET", target))).await.unwrap().body
    }

    async fn holds(&self, token: &str) -> bool {
        self.get(format!("/held?token={token}")).await == "yes"
    }

    /// As PASSID would tell this instance, and none of the others.
    async fn is_told(&self, token: &str) {
        let body = envelope(
            "verification.failed",
            json!({"token": token, "deny_reason": "TOKEN_REVOKED"}),
        );
        let signature = sign(&WebhookSecret::parse(WEBHOOK_SECRET).unwrap(), &body);
        let request =
            Request::new("POST", "/webhook").header("X-PASSID-Signature", signature).json(body);
        assert_eq!(soon("an answer", send(self.address, &request)).await.unwrap().status, 200);
    }
}

/// What is there for a test; `None` without Redis.
async fn stage(redis: Option<RedisServer>) -> Option<(Api, RedisServer, Vec<Process>)> {
    let redis = redis?;
    let api = Api::start().await;
    let mut processes = Vec::new();
    for _ in 0..4 {
        processes.push(Process::start(&api, &redis).await);
    }
    // Each listens to what the others say.
    until("all listen", async || {
        let texts = join_all(processes.iter().map(|one| one.get("/metrics".into()))).await;
        texts.iter().all(|text| text.contains("{event=\"subscribed\"} 1"))
    })
    .await;
    Some((api, redis, processes))
}

fn mint(api: &Api) -> String {
    api.sandbox.mint_token(NewCredential::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tokens_at_four_processes_cost_a_thousand_calls() {
    let Some((api, _redis, processes)) = stage(RedisServer::start_own().await).await else {
        return;
    };
    let tokens: Vec<String> = (0..1_000).map(|_| mint(&api)).collect();
    // Each token at each process, and at all four at about the same time.
    for some in tokens.chunks(25) {
        let requests =
            some.iter().flat_map(|token| processes.iter().map(move |process| process.apply(token)));
        for status in join_all(requests).await {
            assert_eq!(status, 200);
        }
    }
    let calls = api.sandbox.calls(Route::Verify);
    println!("4,000 requests for 1,000 tokens at four processes: {calls} calls to the API");
    // A lease that is over while the machine is busy costs a call; one in fifty is far too many.
    assert!((1_000..1_020).contains(&calls), "{calls}");
    for process in &processes {
        for token in &tokens[..50] {
            assert_eq!(process.apply(token).await, 200);
        }
    }
    assert_eq!(api.sandbox.calls(Route::Verify), calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_to_one_process_empties_the_memory_of_all_within_a_tenth_of_a_second() {
    let Some((api, _redis, processes)) = stage(RedisServer::start_own().await).await else {
        return;
    };
    let mut took = Vec::new();
    for round in 0..10 {
        let token = mint(&api);
        for process in &processes {
            assert_eq!(process.apply(&token).await, 200);
            assert!(process.holds(&token).await);
        }
        assert!(api.sandbox.revoke_token(&token));
        let began = SystemClock.elapsed();
        processes[round % 4].is_told(&token).await;
        until("all have forgotten", async || {
            !join_all(processes.iter().map(|process| process.holds(&token))).await.contains(&true)
        })
        .await;
        took.push(SystemClock.elapsed() - began);
        for process in &processes {
            assert_eq!(process.apply(&token).await, 401);
        }
    }
    took.sort_unstable();
    println!("a revocation reached four processes in {:?}, at worst in {:?}", took[5], took[9]);
    assert!(took[5] < Duration::from_millis(100), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_killed_in_the_middle_of_load_gives_no_wrong_pass_and_no_failure() {
    let Some((api, mut redis, processes)) = stage(RedisServer::start_own().await).await else {
        return;
    };
    let good: Vec<String> = (0..50).map(|_| mint(&api)).collect();
    let revoked: Vec<String> = (0..50).map(|_| mint(&api)).collect();
    for token in &revoked {
        assert!(api.sandbox.revoke_token(token));
    }
    let load = async {
        let began = SystemClock.elapsed();
        let mut requests = 0;
        while SystemClock.elapsed() - began < Duration::from_secs(3) {
            let (good, revoked) = (&good[requests % 50], &revoked[requests % 50]);
            let passes = processes.iter().map(|process| process.apply(good));
            let refusals = processes.iter().map(|process| process.apply(revoked));
            let (passes, refusals) =
                futures_util::future::join(join_all(passes), join_all(refusals)).await;
            assert_eq!(passes, [200; 4], "request {requests}");
            assert_eq!(refusals, [401; 4], "request {requests}");
            requests += 1;
        }
        requests
    };
    let trouble = async {
        SystemClock.sleep(Duration::from_millis(500)).await;
        redis.kill();
        SystemClock.sleep(Duration::from_millis(700)).await;
        redis.restart().await;
        SystemClock.sleep(Duration::from_millis(700)).await;
        redis.freeze();
        SystemClock.sleep(Duration::from_millis(400)).await;
        redis.thaw();
    };
    let (requests, ()) = futures_util::future::join(load, trouble).await;
    println!("{requests} rounds of eight requests while Redis was killed, restarted and frozen");
}
