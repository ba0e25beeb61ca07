//! What the reference leaves open, set one way and the other, while the sandbox runs.

use passid_sandbox::docverify::{DocumentSettings, ErrorBodies};
use reqwest::Method;
use serde_json::json;

use super::{Backend, NO_SESSION, refusal, refused};
use crate::support::admin;

#[tokio::test]
async fn every_open_question_can_be_answered_either_way() {
    let backend = Backend::start().await;
    let api = backend.sandbox.docverify();
    let created = async || backend.call(Method::POST, "", Some(json!({}))).await;
    assert_eq!(created().await.status, 200);
    api.set(DocumentSettings::new().created_is_201()).unwrap();
    assert_eq!(created().await.status, 201);

    let id = backend.driven(json!({})).await;
    backend.add_all(&id).await;
    let result = async || backend.get(&format!("/{id}/result")).await.json();
    assert!(result().await.get("checks").is_some());
    api.set(DocumentSettings::new().older_results_by_default()).unwrap();
    assert!(result().await.get("verified_info").is_some());

    assert_eq!(refusal(&backend.get("/x/images").await), refused(404, NO_SESSION));
    api.set(DocumentSettings::new().unknown_images_are_empty()).unwrap();
    assert_eq!(backend.get("/x/images").await.json(), json!({"session_images": []}));

    api.set(DocumentSettings::new().callback_in_snake_case()).unwrap();
    let session = backend.create(json!({"callback_url": "https://bank.example/"})).await;
    let back = backend.visit(session["start_token"].as_str().unwrap()).await.1.unwrap();
    let id = session["session_id"].as_str().unwrap();
    assert_eq!(back, format!("https://bank.example/?session_id={id}"));

    let open = backend.create(json!({})).await;
    let path = format!("/{}/result", open["session_id"].as_str().unwrap());
    backend.pass(1_800);
    assert_eq!(backend.get(&path).await.json()["status"], "expired");
    api.set(DocumentSettings::new().expired_is_not_found()).unwrap();
    assert_eq!(refusal(&backend.get(&path).await), refused(404, NO_SESSION));
}

#[tokio::test]
async fn errors_have_the_form_that_is_set_whoever_makes_them() {
    let backend = Backend::start().await;
    let api = backend.sandbox.docverify();
    api.set(DocumentSettings::new().error_bodies(ErrorBodies::Framework)).unwrap();
    let expected = |status, message: &str, error: &str| json!({"statusCode": status, "message": message, "error": error});
    let unknown = backend.get("/x/result").await;
    assert_eq!(unknown.json(), expected(404, NO_SESSION, "Not Found"));
    let nowhere = backend.get("/x/nowhere").await;
    assert_eq!((nowhere.status, &nowhere.json()["statusCode"]), (404, &json!(404)));
    let wrong_method = backend.call(Method::PUT, "", None).await;
    assert_eq!((wrong_method.status, &wrong_method.json()["statusCode"]), (405, &json!(405)));

    api.set(DocumentSettings::new().error_bodies(ErrorBodies::Empty)).unwrap();
    for path in ["/x/result", "/x/nowhere"] {
        let answer = backend.get(path).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""));
    }
}

#[tokio::test]
async fn the_control_api_changes_what_it_is_told_and_leaves_the_rest() {
    let backend = Backend::start().await;
    let patch = async |body| {
        admin(&backend.sandbox, Method::PATCH, "/docverify/settings", Some(body)).await
    };
    let told = json!({"created_is_201": true, "session_window_secs": 60});
    assert_eq!(patch(told).await.json()["session_window_secs"], 60);
    let ending = json!({"recommendation": "DENY"});
    let changed = patch(json!({"usual_ending": ending, "error_bodies": "empty"})).await.json();
    assert_eq!((&changed["created_is_201"], &changed["usual_ending"]), (&json!(true), &ending));
    let id = backend.driven(json!({})).await;
    backend.add_all(&id).await;
    assert_eq!(backend.result(&id).await["recommendation"], "DENY");
    for bad in [
        json!({"speed": 1}),
        json!({"session_window_secs": 0}),
        json!({"token_life_secs": 9_999_999_999_u64}),
        json!({"image_body_limit": 1}),
        json!({"error_bodies": "long"}),
        json!({"usual_ending": {"status": "complete"}}),
        json!({"usual_ending": {"mood": 1}}),
    ] {
        assert_eq!(patch(bad.clone()).await.error(), (400, "INVALID_REQUEST".to_owned()), "{bad}");
    }
    let read = admin(&backend.sandbox, Method::GET, "/docverify/settings", None).await.json();
    assert_eq!(read, changed);
}
