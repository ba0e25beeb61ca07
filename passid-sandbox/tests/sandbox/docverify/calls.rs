use passid_sandbox::docverify::DocumentSettings;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Backend, KINDS, MALFORMED, NO_SESSION, picture, refusal, refused};

#[tokio::test]
async fn a_backend_drives_a_session_from_its_creation_to_its_deletion() {
    let backend = Backend::start().await;
    let id = backend.driven(Value::Null).await;
    assert_eq!(backend.status(&id).await, "capturing");
    for (kind, missing) in KINDS.iter().zip([2, 1, 0]) {
        let added = backend.add(&id, kind).await.json();
        assert_eq!(
            (&added["feedback"], &added["complete"]),
            (&json!("ok"), &json!(missing == 0)),
            "{added}"
        );
        assert_eq!(added["missing_images"].as_array().unwrap().len(), missing);
    }
    let surplus = backend.add(&id, "selfie").await;
    assert_eq!(refusal(&surplus), refused(409, "All required images were successfully submitted"));
    assert_eq!(backend.result(&id).await["recommendation"], "ALLOW");
    let consent = backend.get(&format!("/{id}/consent")).await.json();
    let granted = json!({"consent_granted": true, "consent_date": "2026-03-17T14:02:11.000Z"});
    assert_eq!(consent, granted);
    let deleted = backend.call(Method::DELETE, &format!("/{id}"), None).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    for (method, path) in [
        (Method::DELETE, ""),
        (Method::GET, "/result"),
        (Method::GET, "/images"),
        (Method::GET, "/images/x"),
        (Method::GET, "/consent"),
    ] {
        let answer = backend.call(method.clone(), &format!("/{id}{path}"), None).await;
        assert_eq!(refusal(&answer), refused(404, NO_SESSION), "{method} {path}");
    }
    let body = Some(picture("selfie", b"x"));
    let answer = backend.call(Method::POST, &format!("/{id}/images"), body).await;
    assert_eq!(refusal(&answer), refused(404, NO_SESSION));
}

#[tokio::test]
async fn a_start_token_opens_the_page_once_and_in_time() {
    let backend = Backend::start().await;
    let asked = json!({"callback_url": "https://bank.example/back?a=b", "state": "s t"});
    let session = backend.create(asked).await;
    assert_eq!(session["expiration"], "2026-03-17T14:32:11.000Z");
    assert_eq!(session["missing_images"], json!(KINDS));
    let id = session["session_id"].as_str().unwrap();
    let token = session["start_token"].as_str().unwrap();
    assert_eq!(backend.status(id).await, "pending");
    let not_yet = backend.add(id, "selfie").await;
    assert_eq!(refusal(&not_yet), refused(400, MALFORMED), "the person drives it");
    let back = format!("https://bank.example/back?a=b&sessionId={id}&state=s+t");
    assert_eq!(backend.visit(token).await, (303, Some(back)));
    assert_eq!(backend.visit(token).await, (404, None));
    assert_eq!(backend.visit("x").await, (404, None));
    assert_eq!(backend.status(id).await, "complete");

    let without = backend.create(json!({})).await;
    assert_eq!(backend.visit(without["start_token"].as_str().unwrap()).await, (200, None));
    let late = backend.create(json!({"callback_url": "bank://back"})).await;
    backend.pass(1_800);
    assert_eq!(backend.visit(late["start_token"].as_str().unwrap()).await, (404, None));
    assert_eq!(backend.status(late["session_id"].as_str().unwrap()).await, "expired");
}

#[tokio::test]
async fn an_image_is_rejected_listed_refined_and_read() {
    let backend = Backend::with(DocumentSettings::new().refined_images()).await;
    let id = backend.driven(Value::Null).await;
    backend.sandbox.docverify().feedback_next("blur").unwrap();
    let blurred = backend.add(&id, "selfie").await.json();
    assert_eq!((&blurred["feedback"], &blurred["complete"]), (&json!("blur"), &json!(false)));
    assert_eq!(blurred["missing_images"], json!(KINDS));
    backend.add(&id, "selfie").await;
    let listed = backend.get(&format!("/{id}/images")).await.json();
    let images = listed["session_images"].as_array().unwrap();
    let facts: Vec<_> =
        images.iter().map(|image| (&image["rejected"], &image["original"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(facts, [(yes, yes), (no, yes), (no, no)]);
    assert_eq!(images[2]["original_id"], images[1]["id"]);
    assert!(images.iter().all(|image| image["format"] == "jpg" && image["type"] == "selfie"));

    let image = format!("/{id}/images/{}", images[2]["id"].as_str().unwrap());
    let raw = backend.get(&image).await;
    assert_eq!((raw.status, raw.header("content-type")), (200, Some("image/jpg")));
    let coded = backend.get(&format!("{image}?format=base64")).await;
    assert_eq!(coded.text, "/9j/IHBpeGVscw==");
    let odd = backend.get(&format!("{image}?format=png")).await;
    assert_eq!(refusal(&odd), refused(400, MALFORMED));
    let unknown = backend.get(&format!("/{id}/images/x")).await;
    assert_eq!(refusal(&unknown), refused(404, "Image not found"));
}

#[tokio::test]
async fn a_retry_a_processing_time_and_a_retention_follow_the_clock() {
    let backend = Backend::start().await;
    let mock = json!({"processing_time": "1m30s", "force_retry": true});
    let id = backend.driven(mock).await;
    for end in ["recapture", "complete"] {
        backend.add_all(&id).await;
        backend.pass(89);
        assert_eq!(backend.status(&id).await, "processing");
        backend.pass(1);
        assert_eq!(backend.status(&id).await, end);
    }
    let images = backend.result(&id).await["verification_images"].as_array().unwrap().len();
    assert_eq!(images, 3, "those of the second pass");

    let short = backend.create(json!({"time_to_live": "1h", "auto_start": true})).await;
    let id = short["session_id"].as_str().unwrap();
    backend.add_all(id).await;
    assert_eq!(backend.status(id).await, "complete");
    let consent = backend.get(&format!("/{id}/consent")).await.json();
    assert_eq!(consent, json!({"consent_granted": false, "consent_date": ""}));
    backend.pass(3_599);
    assert_eq!(backend.sandbox.docverify().session(id).unwrap().status, "complete");
    backend.pass(1);
    assert_eq!(backend.sandbox.docverify().session(id), None);
}

#[tokio::test]
async fn what_is_malformed_is_refused_and_changes_nothing() {
    let backend = Backend::start().await;
    for asked in [
        json!({"time_to_live": "soon"}),
        json!({"mock_behavior": {"recommendation": "MAYBE"}}),
        json!({"start": {"consent": {"granted": true}}}),
        json!([]),
    ] {
        let answer = backend.call(Method::POST, "", Some(asked.clone())).await;
        assert_eq!(refusal(&answer), refused(400, MALFORMED), "{asked}");
    }
    assert!(backend.sandbox.docverify().sessions().is_empty());
    let id = backend.driven(Value::Null).await;
    backend.sandbox.docverify().feedback_next("blur").unwrap();
    let good = picture("selfie", b"x");
    for (member, value) in [
        ("format", json!("png")),
        ("image_type", json!("passport")),
        ("content", json!("")),
        ("content", json!("not base64!")),
        ("capture_margins", json!({"top": 1})),
        ("image_id", json!(7)),
    ] {
        let mut body = good.clone();
        body["image"][member] = value;
        let answer = backend.call(Method::POST, &format!("/{id}/images"), Some(body)).await;
        assert_eq!(refusal(&answer), refused(400, MALFORMED), "{member}");
    }
    for query in ["detailed=perhaps", "detailed=true&detailed=false"] {
        let answer = backend.get(&format!("/{id}/result?{query}")).await;
        assert_eq!(refusal(&answer), refused(400, MALFORMED), "{query}");
    }
    assert_eq!(backend.add(&id, "selfie").await.json()["feedback"], "blur", "used up by none");
}

#[tokio::test]
async fn an_image_of_many_megabytes_goes_through_and_a_longer_body_is_refused() {
    let backend = Backend::with(DocumentSettings::new().image_body_limit(4 * 1024 * 1024)).await;
    let id = backend.driven(Value::Null).await;
    let path = format!("/{id}/images");
    let add = |bytes| backend.call(Method::POST, &path, Some(picture("selfie", &vec![7; bytes])));
    assert_eq!(add(3_000_000).await.status, 200);
    assert_eq!(refusal(&add(3_200_000).await), refused(413, "The body is too large"));
    let text = "x".repeat(70_000);
    let long = backend.call(Method::POST, "", Some(json!({"state": text}))).await;
    assert_eq!(refusal(&long), refused(413, "The body is too large"));
}
