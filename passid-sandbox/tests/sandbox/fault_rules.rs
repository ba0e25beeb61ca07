//! Which calls a fault hits, and faults that a request asks for itself.

use passid_sandbox::{FAULT_HEADER, Fault, FaultKind, RequestFilter, Route, Sandbox, demo};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::{Answer, VERIFY, client, post, send, verify};

const DOWN: FaultKind = FaultKind::status(503);

async fn statuses(sandbox: &Sandbox, calls: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..calls {
        statuses.push(verify(sandbox, demo::KENYA_TOKEN).await.status);
    }
    statuses
}

#[tokio::test]
async fn the_nth_call_is_the_first_one_hit() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Verify, DOWN).nth(3).times(2)).unwrap();
    assert_eq!(statuses(&sandbox, 5).await, [200, 200, 503, 503, 200]);
}

#[tokio::test]
async fn the_same_seed_hits_the_same_calls() {
    let run = async |seed| {
        let sandbox = Sandbox::builder().random_seed(seed).start().await.unwrap();
        let fault = || Fault::on(Route::Verify, DOWN).probability(0.5).always();
        sandbox.inject_fault(fault()).unwrap();
        let first = statuses(&sandbox, 32).await;
        sandbox.reset();
        sandbox.inject_fault(fault()).unwrap();
        assert_eq!(statuses(&sandbox, 32).await, first, "a reset goes back to the seed");
        first
    };
    let first = run(7).await;
    assert!(first.contains(&200) && first.contains(&503));
    assert_eq!(run(7).await, first);
    assert_ne!(run(8).await, first);
}

#[tokio::test]
async fn always_lasts_until_the_faults_are_cleared() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Any, DOWN).always()).unwrap();
    assert_eq!(statuses(&sandbox, 3).await, [503; 3]);
    sandbox.clear_faults();
    assert_eq!(statuses(&sandbox, 1).await, [200]);
}

#[tokio::test]
async fn a_fault_of_a_method_or_route_leaves_other_calls_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::SessionPublic, DOWN).method("GET")).unwrap();
    assert_eq!(statuses(&sandbox, 1).await, [200]);
    let session = format!("{}/v1/sessions/req_1/public", sandbox.url());
    assert_ne!(send(client().post(&session)).await.status, 503);
    assert_eq!(send(client().get(&session)).await.status, 503);
    assert_ne!(send(client().get(&session)).await.status, 503);
}

fn asking(sandbox: &Sandbox, fault: &str) -> RequestBuilder {
    post(sandbox, VERIFY, &json!({"token": demo::KENYA_TOKEN})).header(FAULT_HEADER, fault)
}

#[tokio::test]
async fn a_request_can_ask_for_a_fault_itself() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = send(asking(&sandbox, "status; status=503; retry_after_secs=1")).await;
    assert_eq!(answer.error(), (503, "INJECTED_FAULT".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(send(asking(&sandbox, "rate_limit;retry_after_secs=2")).await.status, 429);
    assert_eq!(send(asking(&sandbox, "delay; millis=1")).await.status, 200);
    assert!(asking(&sandbox, "apply_then_drop").send().await.is_err());
    assert_eq!(
        send(asking(&sandbox, "html")).await.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(sandbox.calls(Route::Verify), 5);
    let met: Vec<_> =
        sandbox.requests(&RequestFilter::new()).into_iter().map(|request| request.fault).collect();
    assert_eq!(met, ["status", "rate_limit", "delay", "apply_then_drop", "html"].map(Some));
}

#[tokio::test]
async fn a_fault_that_is_asked_for_goes_first_and_uses_none_up() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Verify, DOWN)).unwrap();
    assert_eq!(send(asking(&sandbox, "status; status=418")).await.status, 418);
    assert_eq!(statuses(&sandbox, 2).await, [503, 200]);
}

#[tokio::test]
async fn a_request_that_asks_for_nonsense_is_told_so() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject_fault(Fault::on(Route::Verify, DOWN)).unwrap();
    let refused = |answer: Answer, word: &str| {
        assert_eq!(answer.error(), (400, "INVALID_FAULT".to_owned()), "{word}");
        assert!(answer.text.contains(word), "{}", answer.text);
    };
    for (fault, word) in [
        ("", "begins with a kind"),
        ("earthquake", "unknown variant"),
        ("status", "missing field"),
        ("status; status=204", "200 and 599"),
        ("delay; millis=60001", "60000 milliseconds"),
        ("reset; millis=1", "unknown field"),
        ("connect_refused; millis=5", "inject it"),
    ] {
        refused(send(asking(&sandbox, fault)).await, word);
    }
    let twice = asking(&sandbox, "reset").header(FAULT_HEADER, "reset");
    refused(send(twice).await, "twice");
    let unreadable = post(&sandbox, VERIFY, &json!({})).header(FAULT_HEADER, &b"\xff"[..]);
    refused(send(unreadable).await, "ASCII");
    assert_eq!(statuses(&sandbox, 2).await, [503, 200], "none of them used a fault up");
}
