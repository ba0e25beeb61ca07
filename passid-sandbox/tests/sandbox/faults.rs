use std::io::ErrorKind;
use std::time::Duration;

use passid_sandbox::{Fault, FaultKind, NewCredential, Route, Sandbox, demo};
use serde_json::{Value, json};

use crate::support::{REDEEM, VERIFY, exchange, post, raw_request, redeem, send, verify};

type Ended = Result<(), ErrorKind>;

const RESET: Ended = Err(ErrorKind::ConnectionReset);

/// Redeems a fresh code on a raw socket under a fault. Gives what came back, how the connection
/// ended, and whether the code was burnt.
async fn redeem_under(sandbox: &Sandbox, kind: FaultKind) -> (Vec<u8>, Ended, bool) {
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let before = sandbox.calls(Route::Redeem);
    sandbox.inject_fault(Fault::on(Route::Redeem, kind)).unwrap();
    let request = raw_request(sandbox, REDEEM, &json!({"code": code}));
    let (received, ended) = exchange(sandbox, &request).await;
    assert_eq!(sandbox.calls(Route::Redeem), before + 1, "a killed call counts too");
    let burnt = redeem(sandbox, &code).await.status == 410;
    (received, ended, burnt)
}

fn parts(received: &[u8]) -> (String, Vec<u8>) {
    let at = received.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(received[..at].to_vec()).unwrap().to_lowercase();
    (head, received[at + 4..].to_vec())
}

fn content_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    line.parse().unwrap()
}

#[tokio::test]
async fn reset_ends_the_connection_before_any_byte_and_applies_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) = redeem_under(&sandbox, FaultKind::reset()).await;
    assert_eq!((received, ended, burnt), (vec![], RESET, false));
}

#[tokio::test]
async fn apply_then_drop_burns_the_code_and_answers_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) = redeem_under(&sandbox, FaultKind::apply_then_drop()).await;
    assert_eq!((received, ended, burnt), (vec![], RESET, true));
}

#[tokio::test]
async fn empty_closes_in_good_order_without_a_byte() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) = redeem_under(&sandbox, FaultKind::empty()).await;
    assert_eq!((received, ended, burnt), (vec![], Ok(()), false));
}

#[tokio::test]
async fn garbage_is_not_http() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) = redeem_under(&sandbox, FaultKind::garbage()).await;
    assert!(!received.is_empty() && !received.starts_with(b"HTTP"));
    assert_eq!((ended, burnt), (Ok(()), false));
}

#[tokio::test]
async fn truncate_promises_the_whole_body_and_sends_half() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) = redeem_under(&sandbox, FaultKind::truncate()).await;
    let (head, body) = parts(&received);
    assert!(head.starts_with("http/1.1 200 ok\r\n"));
    assert!(head.contains("content-type: application/json") && head.contains("x-request-id: "));
    assert_eq!(body.len(), content_length(&head) / 2);
    assert!(body.starts_with(b"{\"success\":true,"));
    assert_eq!((ended, burnt), (Ok(()), true));
}

#[tokio::test]
async fn slow_body_comes_whole_and_late() {
    let sandbox = Sandbox::start().await.unwrap();
    let kind = FaultKind::slow_body(Duration::from_millis(80));
    let (received, ended, burnt) = redeem_under(&sandbox, kind).await;
    let (head, body) = parts(&received);
    assert_eq!(body.len(), content_length(&head));
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["data"]["status"], "verified");
    assert_eq!((ended, burnt), (Ok(()), true));
}

#[tokio::test]
async fn html_is_a_page_with_status_200() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) = redeem_under(&sandbox, FaultKind::html()).await;
    let (head, body) = parts(&received);
    assert!(head.starts_with("http/1.1 200 ok\r\n") && head.contains("content-type: text/html"));
    assert!(body.starts_with(b"<!doctype html>"));
    assert_eq!((ended, burnt), (Ok(()), false));
}

#[tokio::test]
async fn oversize_is_valid_json_of_more_than_a_mebibyte() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Verify, FaultKind::oversize())).unwrap();
    let answer = verify(&sandbox, demo::KENYA_TOKEN).await;
    assert!(answer.text.len() > 1024 * 1024);
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.data()["credential_valid"], true);
    let (_, ended, burnt) = redeem_under(&sandbox, FaultKind::oversize()).await;
    assert_eq!((ended, burnt), (Ok(()), true));
}

#[tokio::test]
async fn status_answers_so_and_applies_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let kind = FaultKind::status_with_retry_after(429, 7);
    sandbox.inject_fault(Fault::on(Route::Redeem, kind)).unwrap();
    sandbox.inject_fault(Fault::on(Route::Any, FaultKind::status(503)).times(2)).unwrap();
    let limited = redeem(&sandbox, &code).await;
    assert_eq!(limited.error(), (429, "INJECTED_FAULT".to_owned()));
    assert_eq!(limited.header("retry-after"), Some("7"));
    for _ in 0..2 {
        let down = redeem(&sandbox, &code).await;
        assert_eq!(down.error(), (503, "INJECTED_FAULT".to_owned()));
        assert_eq!(down.header("retry-after"), None);
    }
    assert_eq!(redeem(&sandbox, &code).await.status, 200);
    assert_eq!(sandbox.calls(Route::Redeem), 4);
    for status in [200, 302, 400, 599] {
        sandbox.inject_fault(Fault::on(Route::Verify, FaultKind::status(status))).unwrap();
        let answer = exchange_status(&sandbox).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[tokio::test]
async fn rate_limit_is_a_429_with_retry_after_and_applies_nothing() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    sandbox.inject_fault(Fault::on(Route::Redeem, FaultKind::rate_limit(30))).unwrap();
    let limited = redeem(&sandbox, &code).await;
    assert_eq!(limited.error(), (429, "INJECTED_FAULT".to_owned()));
    assert_eq!(limited.header("retry-after"), Some("30"));
    assert_eq!(redeem(&sandbox, &code).await.status, 200);
}

#[tokio::test]
async fn wrong_content_type_labels_the_usual_answer_as_text() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Verify, FaultKind::wrong_content_type())).unwrap();
    let answer = verify(&sandbox, demo::KENYA_TOKEN).await;
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.data()["credential_valid"], true);
    let (_, ended, burnt) = redeem_under(&sandbox, FaultKind::wrong_content_type()).await;
    assert_eq!((ended, burnt), (Ok(()), true));
}

#[tokio::test]
async fn a_delay_that_varies_holds_the_answer_back_but_not_the_effect() {
    let sandbox = Sandbox::start().await.unwrap();
    let kind = FaultKind::delay_log_normal(Duration::from_millis(5), 0.5);
    let (received, ended, burnt) = redeem_under(&sandbox, kind).await;
    assert!(received.starts_with(b"HTTP/1.1 200 OK"));
    assert_eq!((ended, burnt), (Ok(()), true));
}

async fn exchange_status(sandbox: &Sandbox) -> String {
    let request = raw_request(sandbox, VERIFY, &json!({"token": demo::KENYA_TOKEN}));
    let (received, _) = exchange(sandbox, &request).await;
    String::from_utf8(received).unwrap()
}

#[tokio::test]
async fn delay_holds_the_answer_back_but_not_the_effect() {
    let sandbox = Sandbox::start().await.unwrap();
    let (received, ended, burnt) =
        redeem_under(&sandbox, FaultKind::delay(Duration::from_millis(20))).await;
    assert!(received.starts_with(b"HTTP/1.1 200 OK"));
    assert_eq!((ended, burnt), (Ok(()), true));

    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let minute = FaultKind::delay(Duration::from_secs(60));
    sandbox.inject_fault(Fault::on(Route::Redeem, minute)).unwrap();
    let impatient = post(&sandbox, REDEEM, &json!({"code": code}))
        .timeout(Duration::from_millis(200))
        .send()
        .await;
    assert!(impatient.unwrap_err().is_timeout());
    assert_eq!(redeem(&sandbox, &code).await.status, 410);
}

#[tokio::test]
async fn faults_hit_before_the_key_is_looked_at_and_only_their_route() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Redeem, FaultKind::status(500))).unwrap();
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
    let unknown =
        send(crate::support::post_with_key(&sandbox, "unknown", REDEEM, &json!({}))).await;
    assert_eq!(unknown.status, 500);
    sandbox.inject_fault(Fault::on(Route::Any, FaultKind::status(502))).unwrap();
    assert_eq!(send(post(&sandbox, "/nowhere", &json!({}))).await.status, 502);
}

#[tokio::test]
async fn after_a_lost_answer_the_idempotency_key_brings_the_first_one_back() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Verify, FaultKind::apply_then_drop())).unwrap();
    let call = || {
        post(&sandbox, VERIFY, &json!({"token": demo::KENYA_TOKEN})).header("Idempotency-Key", "k")
    };
    call().send().await.unwrap_err();
    assert_eq!(send(call()).await.data()["verification_id"], "vrf_000000000001");
}

#[tokio::test]
async fn a_body_beyond_the_limit_meets_a_fault_and_the_413_all_the_same() {
    let sandbox = Sandbox::start().await.unwrap();
    for size in [100_000, 2_000_000] {
        sandbox.inject_fault(Fault::on(Route::Redeem, FaultKind::delay(Duration::ZERO))).unwrap();
        let body = json!({"code": "x".repeat(size)});
        let request = raw_request(&sandbox, REDEEM, &body);
        let mut stream = crate::support::connect(&sandbox).await;
        // What is beyond the drain limit may meet a closed connection.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &request).await;
        let mut first = [0; 12];
        let read = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await;
        if size == 100_000 || read.is_ok() {
            assert_eq!(&first, b"HTTP/1.1 413");
        }
    }
}
