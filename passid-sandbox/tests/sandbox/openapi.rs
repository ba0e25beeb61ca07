use passid_sandbox::{ASSUMPTIONS, Sandbox};
use reqwest::Method;
use serde_json::Value;

use crate::support::{admin, client, send};

async fn document(sandbox: &Sandbox) -> Value {
    admin(sandbox, Method::GET, "/openapi.json", None).await.json()
}

#[tokio::test]
async fn the_document_is_openapi_3_1_and_describes_every_path_that_is_served() {
    let sandbox = Sandbox::start().await.unwrap();
    let document = document(&sandbox).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/api/bridge/code/redeem",
        "/v1/verify",
        "/api/v1/bridge/verify",
        "/api/v1/bridge/verify/{token}",
        "/v1/sessions",
        "/api/bridge/request",
        "/v1/sessions/{requestId}",
        "/v1/sessions/{requestId}/public",
        "/v1/sessions/by-code/{code}/public",
        "/v1/sessions/{requestId}/fulfill",
        "/v1/sessions/{requestId}/decline",
        "/v1/outcome",
        "/v1/outcome/cohort",
        "/api/institution/webhook",
        "/api/v1/bridge/share/create",
        "/api/v1/bridge/share/revoke",
        "/api/v1/bridge/share/user/{userId}",
        "/docverify/oidc/token",
        "/docverify/verify/api/v1/verification",
        "/docverify/verify/api/v1/verification/{sid}",
        "/docverify/verify/api/v1/verification/{sid}/result",
        "/docverify/verify/api/v1/verification/{sid}/consent",
        "/docverify/verify/api/v1/verification/{sid}/images",
        "/docverify/verify/api/v1/verification/{sid}/images/{id}",
        "/docverify/verify/app/{start_token}",
        "/passbase/verification/v2/settings",
        "/passbase/verification/v2/identities",
        "/passbase/verification/v2/identities/{id}",
        "/passbase/verification/v2/identity/{id}/resources",
        "/passbase/verification/v2/identity/{id}/resources/{resource_id}",
        "/passbase/verification/v2/identity/{id}/resources/{resource_id}/resource_files/{resource_file_id}",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
}

#[tokio::test]
async fn every_described_operation_is_served_and_no_other_method_is() {
    let sandbox = Sandbox::start().await.unwrap();
    let document = document(&sandbox).await;
    for (template, operations) in document["paths"].as_object().unwrap() {
        let path: Vec<_> = template
            .split('/')
            .map(|segment| if segment.starts_with('{') { "x" } else { segment })
            .collect();
        let url = format!("{}{}", sandbox.url(), path.join("/"));
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let described = operations.get(method.as_str().to_lowercase()).is_some();
            // A reset in between would not matter, but closing doors would.
            let answer = send(client().request(method.clone(), &url)).await;
            assert_eq!(answer.status != 405, described, "{method} {template}");
            if !described {
                assert!(!answer.header("allow").unwrap().contains(method.as_str()));
            }
        }
    }
}

#[tokio::test]
async fn every_assumption_that_names_a_call_names_one_that_exists() {
    let sandbox = Sandbox::start().await.unwrap();
    let document = document(&sandbox).await;
    let listed = admin(&sandbox, Method::GET, "/assumptions", None).await.json();
    assert_eq!(listed["assumptions"].as_array().unwrap().len(), ASSUMPTIONS.len());
    for assumption in ASSUMPTIONS {
        for act in assumption.acts.iter().filter(|act| act.contains(" /")) {
            let (method, path) = act.split_once(' ').unwrap();
            let operation = &document["paths"][path][method.to_lowercase()];
            assert!(operation.is_object(), "{}: {act}", assumption.id);
        }
    }
}

/// Every `$ref` in the document, wherever it stands.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_shape_that_the_document_points_to_is_in_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let document = document(&sandbox).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}
