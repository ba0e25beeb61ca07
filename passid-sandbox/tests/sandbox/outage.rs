//! `connect_refused`: nobody answers the door for a while, and then the same sandbox does.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use passid_core::{Clock, SystemClock};
use passid_sandbox::{Fault, FaultKind, Route, Sandbox, demo};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{VERIFY, admin, connect, raw_request, verify};

const LONG: Duration = Duration::from_secs(60);

fn refused_for(time: Duration) -> Fault {
    Fault::on(Route::Any, FaultKind::connect_refused(time))
}

fn address(sandbox: &Sandbox) -> SocketAddr {
    sandbox.url().strip_prefix("http://").unwrap().parse().unwrap()
}

async fn is_refused(address: SocketAddr) -> bool {
    match TcpStream::connect(address).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            true
        }
    }
}

async fn comes_back(address: SocketAddr) {
    let started = SystemClock.elapsed();
    while is_refused(address).await {
        assert!(SystemClock.elapsed() - started < Duration::from_secs(30), "it stays away");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn connections_are_refused_and_then_taken_on_the_same_port() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = sandbox.mint_token(passid_sandbox::NewCredential::new()).unwrap();
    sandbox.inject_fault(refused_for(Duration::from_millis(300))).unwrap();
    assert!(is_refused(address(&sandbox)).await, "from the moment of the injection");
    comes_back(address(&sandbox)).await;
    assert_eq!(verify(&sandbox, &token).await.data()["credential_valid"], true);
    assert_eq!(sandbox.calls(Route::Verify), 1);
    sandbox.inject_fault(refused_for(Duration::ZERO)).unwrap();
    comes_back(address(&sandbox)).await;
    assert_eq!(verify(&sandbox, &token).await.status, 200);
}

#[tokio::test]
async fn idle_connections_end_and_a_call_in_progress_does_not() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut idle = connect(&sandbox).await;
    let delay = FaultKind::delay(Duration::from_millis(200));
    sandbox.inject_fault(Fault::on(Route::Verify, delay)).unwrap();
    let mut busy = connect(&sandbox).await;
    let request = raw_request(&sandbox, VERIFY, &json!({"token": demo::KENYA_TOKEN}));
    busy.write_all(&request).await.unwrap();
    while sandbox.calls(Route::Verify) == 0 {
        tokio::task::yield_now().await;
    }
    sandbox.inject_fault(refused_for(LONG)).unwrap();
    let mut rest = Vec::new();
    // Ends long before the two minutes that an idle connection is kept otherwise.
    assert!(matches!(idle.read_to_end(&mut rest).await, Ok(0) | Err(_)));
    let mut answer = Vec::new();
    busy.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    assert!(is_refused(address(&sandbox)).await);
}

#[tokio::test]
async fn clearing_the_faults_or_a_reset_ends_it_at_once() {
    let sandbox = Sandbox::start().await.unwrap();
    for end in [Sandbox::clear_faults, Sandbox::reset] {
        sandbox.inject_fault(refused_for(LONG)).unwrap();
        assert!(is_refused(address(&sandbox)).await);
        end(&sandbox);
        assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
    }
}

#[tokio::test]
async fn the_control_api_still_answers_the_call_that_injects_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let fault = json!({"fault": {"kind": "connect_refused", "millis": 60_000}});
    let answer = admin(&sandbox, Method::POST, "/faults", Some(fault)).await;
    assert_eq!((answer.status, answer.json()), (201, json!({"faults": []})));
    assert!(is_refused(address(&sandbox)).await);
    sandbox.clear_faults();
    assert!(!is_refused(address(&sandbox)).await);
}

#[tokio::test]
async fn a_sandbox_can_stop_in_between() {
    for gently in [true, false] {
        let sandbox = Sandbox::start().await.unwrap();
        let address = address(&sandbox);
        sandbox.inject_fault(refused_for(LONG)).unwrap();
        if gently {
            sandbox.shutdown().await;
        } else {
            drop(sandbox);
        }
        assert!(is_refused(address).await);
        // Its port is free for others.
        std::net::TcpListener::bind(address).unwrap();
    }
}

#[tokio::test]
async fn it_can_be_injected_from_outside_the_runtime() {
    let sandbox = std::sync::Arc::new(Sandbox::start().await.unwrap());
    let elsewhere = std::sync::Arc::clone(&sandbox);
    std::thread::spawn(move || {
        elsewhere.inject_fault(refused_for(LONG)).unwrap();
        elsewhere.clear_faults();
    })
    .join()
    .unwrap();
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
}
