use passid_sandbox::{RequestFilter, Route};
use serde_json::json;

use super::{Backend, picture};

#[tokio::test]
async fn the_journal_keeps_what_was_called_and_nothing_of_anybody() {
    let backend = Backend::start().await;
    let info = json!({"person_details": {"full_name": "MARKED-NAME", "MARKED-MEMBER": 5}});
    let asked = json!({
        "callback_url": "https://marked.example/MARKED", "state": "MARKED-STATE",
        "mock_behavior": {"recommendation": "DENY", "force_retry": true, "info": info},
        "start": {"consent": {"granted": true, "document_id": "MARKED-DOCUMENT"}}
    });
    let id = backend.create(asked).await["session_id"].as_str().unwrap().to_owned();
    let body = picture("selfie", b"MARKED-PICTURE");
    backend.call(reqwest::Method::POST, &format!("/{id}/images"), Some(body)).await;
    backend.get(&format!("/{id}/result?detailed=true")).await;
    let session = backend.create(json!({})).await;
    let token = session["start_token"].as_str().unwrap();
    backend.visit(token).await;
    backend.get("/MARKED-SESSION/images/MARKED-IMAGE").await;
    backend.get("/MARKED-SESSION/MARKED-PATH").await;

    let recorded = backend.sandbox.requests(&RequestFilter::new());
    let routes: Vec<_> = recorded.iter().map(|request| request.route).collect();
    assert_eq!(
        routes,
        [
            Route::DocverifyToken,
            Route::DocverifySessions,
            Route::DocverifyImages,
            Route::DocverifyResult,
            Route::DocverifySessions,
            Route::DocverifyHostedPage,
            Route::DocverifyImage,
            Route::AnyDocverify,
        ]
    );
    assert_eq!(recorded[3].template, "/docverify/verify/api/v1/verification/{sid}/result");
    assert_eq!(recorded[1].headers["authorization"], "present");
    assert_eq!(
        recorded[1].body["mock_behavior"],
        json!({
            "recommendation": "DENY", "force_retry": "<bool>",
            "info": {"person_details": {"<name 1:13>": "<number>", "full_name": "<string:11>"}}
        })
    );
    assert_eq!(recorded[2].body["image"]["image_type"], "selfie");
    let journal = serde_json::to_string(&recorded).unwrap();
    let secret = backend.sandbox.docverify().client_secret().to_owned();
    for secret in [&*backend.token, token, &id, "MARKED", "marked", &secret, "TUFSS0VE"] {
        assert!(!journal.contains(secret), "{secret} in {journal}");
    }
    let of_sessions = RequestFilter::new().route(Route::DocverifySessions);
    assert_eq!(backend.sandbox.requests(&of_sessions).len(), 2);
    let of_this_api = RequestFilter::new().route(Route::AnyDocverify);
    assert_eq!(backend.sandbox.requests(&of_this_api).len(), recorded.len());
}
