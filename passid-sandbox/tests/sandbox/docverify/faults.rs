use passid_sandbox::docverify::{DocumentSettings, ErrorBodies};
use passid_sandbox::{FAULT_HEADER, Fault, FaultKind, Route};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Backend, KINDS, ask_for_token, form};
use crate::support::{send, verify};

#[tokio::test]
async fn a_fault_meets_one_call_or_all_of_this_api_and_no_other() {
    let backend = Backend::start().await;
    let sandbox = &backend.sandbox;
    let id = backend.driven(Value::Null).await;
    let status = FaultKind::status_with_retry_after(503, 7);
    sandbox.inject_fault(Fault::on(Route::DocverifyResult, status)).unwrap();
    sandbox.inject_fault(Fault::on(Route::AnyDocverify, FaultKind::rate_limit(3))).unwrap();
    assert_eq!(verify(sandbox, "x").await.status, 200);
    let limited = backend.get(&format!("/{id}/consent")).await;
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("3")));
    assert_eq!(limited.json()["error_code"], 429, "in this vendor's form");
    let result = backend.get(&format!("/{id}/result")).await;
    assert_eq!((result.status, result.header("retry-after")), (503, Some("7")));
    assert_eq!(backend.status(&id).await, "capturing");
    assert_eq!(sandbox.calls(Route::DocverifyResult), 2);
    assert_eq!(sandbox.calls(Route::DocverifyConsent), 1);
    assert_eq!(sandbox.calls(Route::DocverifyToken), 1);
}

#[tokio::test]
async fn the_token_endpoint_fails_like_every_call() {
    let backend = Backend::start().await;
    let fault = Fault::on(Route::DocverifyToken, FaultKind::status(500));
    backend.sandbox.inject_fault(fault).unwrap();
    let fields = form(&backend.sandbox);
    let ask = || ask_for_token(&backend.client, &backend.sandbox, &fields);
    assert_eq!(ask().await.status, 500);
    assert_eq!(ask().await.status, 200);
}

#[tokio::test]
async fn an_image_whose_answer_is_lost_was_added() {
    let backend = Backend::start().await;
    let id = backend.driven(Value::Null).await;
    let fault = Fault::on(Route::DocverifyImages, FaultKind::apply_then_drop()).method("POST");
    backend.sandbox.inject_fault(fault).unwrap();
    let url =
        format!("{}/verify/api/v1/verification/{id}/images", backend.sandbox.docverify().url());
    let request = backend.client.post(url).bearer_auth(&backend.token);
    assert!(request.json(&super::picture("selfie", b"x")).send().await.is_err());
    let session = backend.sandbox.docverify().session(&id).unwrap();
    assert_eq!((session.images, session.missing_images.len()), (1, 2));
    for kind in &KINDS[..2] {
        backend.add(&id, kind).await;
    }
    assert_eq!(backend.status(&id).await, "complete");
}

#[tokio::test]
async fn a_request_asks_for_a_fault_itself() {
    let backend = Backend::with(DocumentSettings::new().error_bodies(ErrorBodies::Framework)).await;
    let url = format!("{}/verify/api/v1/verification", backend.sandbox.docverify().url());
    let asking = |fault: &str| {
        let call = backend.client.request(Method::POST, &url).bearer_auth(&backend.token);
        send(call.header(FAULT_HEADER, fault))
    };
    let answer = asking("status; status=502").await;
    assert_eq!((answer.status, &answer.json()["statusCode"]), (502, &json!(502)));
    assert_eq!(asking("status; status=1").await.status, 400);
    assert!(backend.sandbox.docverify().sessions().is_empty(), "nothing was applied");
}
