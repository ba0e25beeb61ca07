//! What a restart, an export and a reset make of sessions.

use std::path::Path;

use passid_sandbox::docverify::{DocumentEnding, DocumentSettings};
use passid_sandbox::{Sandbox, SandboxBuilder};
use reqwest::Method;
use serde_json::{Value, json};

use super::Backend;

fn over(file: &Path) -> SandboxBuilder {
    Sandbox::builder().data_file(file)
}

#[tokio::test]
async fn sessions_images_tokens_and_settings_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let first = Backend::of(over(&file)).await;
    first.sandbox.docverify().set(DocumentSettings::new().created_is_201()).unwrap();
    let done = first.driven(json!({"recommendation": "DENY", "processing_time": "1h"})).await;
    first.add_all(&done).await;
    let open = first.create(json!({"callback_url": "https://bank.example/"})).await;
    let deleted = first.driven(Value::Null).await;
    first.add(&deleted, "selfie").await;
    first.call(Method::DELETE, &format!("/{deleted}"), None).await;
    let images = first.get(&format!("/{done}/images")).await.text;
    let exported = first.sandbox.export();
    let token = first.token.clone();
    assert!(!exported.contains(&token), "tokens are kept as digests");
    first.sandbox.shutdown().await;

    let mut second = Backend::of(over(&file)).await;
    second.token = token;
    assert_eq!(second.status(&done).await, "processing");
    assert_eq!(second.get(&format!("/{done}/images")).await.text, images);
    second.pass(3_599);
    assert_eq!(second.status(&done).await, "processing");
    let (status, back) = second.visit(open["start_token"].as_str().unwrap()).await;
    assert_eq!((status, back), (404, None), "its window has passed");
    assert_eq!(second.get(&format!("/{deleted}/result")).await.status, 404);
    let created = second.call(Method::POST, "", Some(json!({}))).await;
    assert_eq!(created.status, 201);
    let id = created.json()["session_id"].as_str().unwrap().to_owned();
    assert!(![&done, &deleted].contains(&&id), "numbers go on");
}

#[tokio::test]
async fn the_settings_of_the_builder_are_in_force_at_each_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let first = Backend::of(over(&file).docverify(DocumentSettings::new().created_is_201())).await;
    first.sandbox.docverify().set(DocumentSettings::new()).unwrap();
    first.sandbox.reset();
    assert_eq!(first.sandbox.docverify().settings(), DocumentSettings::new().created_is_201());
    first.sandbox.docverify().set(DocumentSettings::new().refined_images()).unwrap();
    first.sandbox.shutdown().await;
    let second = Backend::of(over(&file)).await;
    assert_eq!(second.sandbox.docverify().settings(), DocumentSettings::new().refined_images());
    second.sandbox.shutdown().await;
    let third = Backend::of(over(&file).docverify(DocumentSettings::new())).await;
    assert_eq!(third.sandbox.docverify().settings(), DocumentSettings::new());
}

#[tokio::test]
async fn an_export_goes_into_another_sandbox_and_a_reset_forgets() {
    let backend = Backend::start().await;
    let id = backend.driven(Value::Null).await;
    backend.add_all(&id).await;
    let exported = backend.sandbox.export();
    let mut copy = Backend::start().await;
    copy.token = backend.token.clone();
    copy.sandbox.import(&exported).unwrap();
    assert_eq!(copy.sandbox.export(), exported);
    assert_eq!(copy.result(&id).await, backend.result(&id).await);
    let next = backend.create(json!({})).await;
    assert_eq!(copy.create(json!({})).await, next, "the same numbers go on");

    copy.sandbox.docverify().end_next(DocumentEnding::new().status("error")).unwrap();
    copy.sandbox.docverify().feedback_next("blur").unwrap();
    copy.sandbox.reset();
    assert!(copy.sandbox.docverify().sessions().is_empty());
    assert_eq!(copy.get(&format!("/{id}/result")).await.status, 401, "tokens too");
    let again = Backend::over(copy.sandbox).await;
    let fresh = again.driven(Value::Null).await;
    assert_eq!(fresh, id, "the numbers begin again");
    assert_eq!(again.add(&fresh, "selfie").await.json()["feedback"], "ok");
    for kind in ["document_front", "document_back"] {
        again.add(&fresh, kind).await;
    }
    assert_eq!(again.status(&fresh).await, "complete");
}

#[tokio::test]
async fn a_state_that_nothing_here_wrote_is_refused_and_the_old_one_stays() {
    let backend = Backend::start().await;
    let id = backend.driven(Value::Null).await;
    let exported: Value = serde_json::from_str(&backend.sandbox.export()).unwrap();
    let row = exported["tables"]["docverify_sessions"][&id].clone();
    for (table, key, row) in [
        ("docverify_sessions", "other", row.clone()),
        ("docverify_sessions", "a/b", row),
        ("docverify_images", "x", json!({"id": 5})),
        ("docverify_settings", "only", json!({"session_window_secs": 0})),
        ("docverify_tokens", "x", json!({})),
    ] {
        let mut torn = exported.clone();
        torn["tables"][table][key] = row;
        assert!(backend.sandbox.import(&torn.to_string()).is_err(), "{table}");
    }
    assert_eq!(backend.status(&id).await, "capturing");
}

#[tokio::test]
async fn the_oldest_sessions_make_room() {
    let backend = Backend::of(Sandbox::builder().max_records(2)).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(backend.driven(Value::Null).await);
    }
    assert_eq!(backend.get(&format!("/{}/result", ids[0])).await.status, 404);
    assert_eq!(backend.status(&ids[2]).await, "capturing");
    assert_eq!(backend.sandbox.docverify().sessions().len(), 2);
}
