use passid_sandbox::Sandbox;
use passid_sandbox::docverify::{DocumentCaptureError, DocumentImageType, DocumentStatusError};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Backend, KINDS};
use crate::support::{Answer, admin};

async fn post(sandbox: &Sandbox, path: &str, body: Value) -> Answer {
    admin(sandbox, Method::POST, &format!("/docverify{path}"), Some(body)).await
}

#[tokio::test]
async fn a_test_takes_the_persons_place_and_sees_every_session() {
    let backend = Backend::start().await;
    let sandbox = &backend.sandbox;
    let created = backend.create(json!({"callback_url": "https://bank.example/"})).await;
    let id = created["session_id"].as_str().unwrap();
    let one = async || {
        admin(sandbox, Method::GET, &format!("/docverify/sessions/{id}"), None).await.json()
    };
    let before = one().await;
    assert_eq!((&before["status"], &before["hosted"]), (&json!("pending"), &json!(false)));
    assert_eq!(before["start_token"], created["start_token"]);
    assert_eq!(before["created_at"], "2026-03-17T14:02:11Z");
    let capture = format!("/sessions/{id}/capture");
    let shown = json!({"images": ["selfie"], "consent": false});
    let after = post(sandbox, &capture, shown).await.json();
    assert_eq!((&after["status"], &after["images"]), (&json!("capturing"), &json!(1)));
    assert_eq!((&after["start_token"], &after["consented_at"]), (&Value::Null, &Value::Null));
    let after = admin(sandbox, Method::POST, &format!("/docverify{capture}"), None).await.json();
    assert_eq!((&after["status"], &after["missing_images"]), (&json!("complete"), &json!([])));
    assert_eq!(after["consented_at"], "2026-03-17T14:02:11Z");
    assert_eq!(one().await, after);
    let gone = post(sandbox, &capture, json!({})).await;
    assert_eq!(gone.error(), (410, "SESSION_OVER".to_owned()));

    let other = backend.driven(Value::Null).await;
    let ids = async |query: &str| {
        let path = format!("/docverify/sessions{query}");
        let listed = admin(sandbox, Method::GET, &path, None).await.json();
        let sessions = listed["sessions"].as_array().unwrap().clone();
        sessions.iter().map(|it| it["session_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("?status=capturing").await, [&*other]);
    assert_eq!(ids("?status=error").await, [""; 0]);
    let both = [id.to_owned(), other];
    assert_eq!(ids("").await, both);
    assert_eq!(ids("?limit=1").await, both[1..]);
    for odd in ["state=x", "limit=0", "limit=1001", "limit=x"] {
        let answer = admin(sandbox, Method::GET, &format!("/docverify/sessions?{odd}"), None).await;
        assert_eq!(answer.error().0, 400, "{odd}");
    }
}

#[tokio::test]
async fn a_session_takes_the_status_that_a_test_wants() {
    let backend = Backend::start().await;
    for word in ["error", "expired", "cancelled"] {
        let id = backend.driven(Value::Null).await;
        let path = format!("/sessions/{id}/status");
        let put = post(&backend.sandbox, &path, json!({"status": word})).await;
        assert_eq!(put.json()["status"], word);
        assert_eq!(backend.status(&id).await, word);
        let again = post(&backend.sandbox, &path, json!({"status": word})).await;
        assert_eq!(again.error(), (410, "SESSION_OVER".to_owned()));
        assert_eq!(backend.add(&id, "selfie").await.status, 400);
    }
    let id = backend.driven(json!({"processing_time": "1m"})).await;
    backend.add_all(&id).await;
    let path = format!("/sessions/{id}/status");
    let put = post(&backend.sandbox, &path, json!({"status": "recapture"})).await;
    assert_eq!(put.json()["missing_images"], json!(KINDS));
    backend.add_all(&id).await;
    backend.pass(60);
    assert_eq!(backend.status(&id).await, "complete");
}

#[tokio::test]
async fn what_the_next_session_comes_to_and_the_next_image_is_told_beforehand() {
    let backend = Backend::start().await;
    let sandbox = &backend.sandbox;
    for waiting in 1..=2 {
        let ending = json!({"status": "error", "processing_time": "10s", "force_retry": true});
        let told = post(sandbox, "/endings", ending).await;
        assert_eq!((told.status, told.json()), (201, json!({"waiting": waiting})));
    }
    let feedback = json!({"feedback": "restricted_criteria", "custom_feedback": "Passports only."});
    assert_eq!(post(sandbox, "/feedback", feedback).await.json(), json!({"waiting": 1}));
    let id = backend.driven(json!({"recommendation": "ALLOW"})).await;
    let said = backend.add(&id, "selfie").await.json();
    assert_eq!(said["custom_feedback"], "Passports only.");
    for end in ["recapture", "error"] {
        backend.add_all(&id).await;
        backend.pass(10);
        assert_eq!(backend.status(&id).await, end);
    }
    let revoked = admin(sandbox, Method::POST, "/docverify/tokens/revoke", None).await.json();
    assert_eq!(revoked, json!({"revoked": 1}));
    assert_eq!(backend.get(&format!("/{id}/result")).await.status, 401);
}

#[tokio::test]
async fn what_a_test_cannot_mean_is_refused() {
    let backend = Backend::start().await;
    let id = backend.driven(Value::Null).await;
    for (path, body) in [
        ("/endings", json!({"status": "complete"})),
        ("/endings", json!({"recommendation": "MAYBE"})),
        ("/endings", json!({"checks": {"mood": null}})),
        ("/endings", json!({"checks": {"document_liveness": {"recommendation": "N/A", "x": 1}}})),
        ("/endings", json!({"speed": 1})),
        ("/feedback", json!({})),
        ("/feedback", json!({"feedback": "Too blurry"})),
        ("/feedback", json!({"feedback": "blur", "x": 1})),
        (&format!("/sessions/{id}/capture"), json!({"images": ["passport"]})),
        (&format!("/sessions/{id}/capture"), json!({"x": 1})),
        (&format!("/sessions/{id}/status"), json!({"status": "complete"})),
        (&format!("/sessions/{id}/status"), json!({"status": "error", "x": 1})),
    ] {
        let answer = post(&backend.sandbox, path, body.clone()).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{path} {body}");
    }
    for (path, body) in [("capture", json!({})), ("status", json!({"status": "error"}))] {
        let answer = post(&backend.sandbox, &format!("/sessions/x/{path}"), body).await;
        assert_eq!(answer.error(), (404, "SESSION_NOT_FOUND".to_owned()));
    }
    let api = backend.sandbox.docverify();
    assert_eq!(api.capture("x"), Err(DocumentCaptureError::NotFound));
    assert_eq!(api.set_status("x", "error"), Err(DocumentStatusError::NotFound));
    let twice = [DocumentImageType::Selfie; 2];
    assert_eq!(api.capture_only(&id, twice), Ok(()), "a person may show a face again");
    assert_eq!(backend.status(&id).await, "capturing");
}
