//! What clients read.

use passid_sandbox::passbase::{Document, Files, NewIdentity, Thresholds};
use serde_json::{Value, json};

use super::{get, identity, processed, request, sandbox};
use crate::support::{client, send};

#[tokio::test]
async fn an_identity_has_everything_that_is_published() {
    let sandbox = sandbox().await;
    let passbase = sandbox.passbase();
    passbase.set_thresholds(Thresholds { approve: 0.9, decline: 0.5 }).unwrap();
    let new = NewIdentity { metadata: json!({"userId": "42"}), ..NewIdentity::default() };
    let key = passbase.begin(new).unwrap();
    let begun = identity(&sandbox, &key).await;
    assert_eq!((&begun["status"], &begun["score"]), (&json!("created"), &json!(0.0)));
    assert_eq!(begun["watchlist"], Value::Null);
    passbase.submit(&key).unwrap();
    passbase.screen(&key, &["sanction"]).unwrap();
    passbase.process(&key).unwrap();
    let read = identity(&sandbox, &key).await;
    let resource = &read["resources"][0];
    assert_eq!(
        read,
        json!({
            "id": key, "status": "pending", "score": 0.95,
            "created": 1_773_756_131, "updated": 1_773_756_131,
            "owner": {
                "email": "jane@example.com", "first_name": "JANE", "last_name": "SPECIMEN"
            },
            "resources": [{
                "id": resource["id"], "status": "processed", "type": "PASSPORT",
                "created": 1_773_756_131, "updated": 1_773_756_131,
                "datapoints": Document::default().data_points,
                "resource_files": [{
                    "id": resource["resource_files"][0]["id"], "type": "document_image", "page": 1,
                    "created": 1_773_756_131, "updated": 1_773_756_131
                }]
            }],
            "metadata": {"userId": "42"},
            "watchlist": {
                "clean": false, "media": [], "sources": ["sandbox-list"], "types": ["sanction"],
                "listings": {"sandbox-list": {
                    "url": "https://lists.example.com", "name": "Sandbox list",
                    "aml_types": ["sanction"], "listing_started_utc": "2020-02-17T00:00:00Z"
                }}
            }
        })
    );
    passbase.screen(&key, &[]).unwrap();
    let clean = json!({"clean": true, "listings": {}, "media": [], "sources": [], "types": []});
    assert_eq!(identity(&sandbox, &key).await["watchlist"], clean);
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_of_creation() {
    let sandbox = sandbox().await;
    let keys: Vec<_> = (0..5).map(|_| processed(&sandbox)).collect();
    let (mut read, mut path) = (Vec::new(), "/identities?limit=2".to_owned());
    loop {
        let page = get(&sandbox, &path).await.json();
        read.extend(page["data"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        let Some(next) = page["cursor"]["next"].as_str() else { break };
        path = format!("/identities?limit=2&cursor={next}");
    }
    assert_eq!(read, keys);
    // As the vendor's own library asks.
    for same in ["/identities?", "/identities?cursor="] {
        assert_eq!(get(&sandbox, same).await.json()["data"].as_array().unwrap().len(), 5);
    }
    for bad in ["limit=0", "limit=x", "limit=1&limit=-1", "cursor=%21", "cursor=eA=="] {
        assert_eq!(get(&sandbox, &format!("/identities?{bad}")).await.error().0, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_resource_and_its_file_are_there_for_its_identity_alone() {
    let sandbox = sandbox().await;
    let [one, other] = [processed(&sandbox), processed(&sandbox)];
    let page = get(&sandbox, &format!("/identity/{one}/resources")).await.json();
    assert_eq!(
        (page["data"].as_array().unwrap().len(), &page["cursor"]["next"]),
        (1, &Value::Null)
    );
    let resource = &page["data"][0];
    assert_eq!(resource["datapoints"], Value::Null, "inside an identity only");
    let path =
        |key: &str| format!("/identity/{key}/resources/{}", resource["id"].as_str().unwrap());
    assert_eq!(get(&sandbox, &path(&one)).await.json(), *resource);
    assert_eq!(get(&sandbox, &path(&other)).await.error(), (404, "404".to_owned()));

    let file = resource["resource_files"][0]["id"].as_str().unwrap();
    let path = |key: &str| format!("{}/resource_files/{file}", path(key));
    let bytes = get(&sandbox, &path(&one)).await;
    assert_eq!((bytes.status, bytes.header("content-type")), (200, Some("image/png")));
    assert_eq!(get(&sandbox, &path(&other)).await.error().0, 404);
    let passbase = sandbox.passbase();
    passbase.set_files(Files::Json);
    assert_eq!(get(&sandbox, &path(&one)).await.json()["id"], file);
    for (files, status) in [(Files::Missing, 404), (Files::Forbidden, 403)] {
        passbase.set_files(files);
        assert_eq!(get(&sandbox, &path(&one)).await.error().0, status);
    }
    let nothing = NewIdentity { document: None, ..NewIdentity::default() };
    let bare = passbase.begin(nothing).unwrap();
    let page = get(&sandbox, &format!("/identity/{bare}/resources")).await.json();
    assert_eq!(page["data"], json!([]));
}

#[tokio::test]
async fn only_the_secret_key_opens_anything() {
    let sandbox = sandbox().await;
    let url = |path: &str| format!("{}{path}", sandbox.passbase().url());
    for path in ["/settings", "/identities", "/identities/x", "/identity/x/resources"] {
        let call = || client().get(url(path));
        for request in [
            call(),
            call().header("x-api-key", ""),
            call().header("x-api-key", sandbox.sandbox_key()),
            call().bearer_auth(sandbox.passbase().key()),
            request(&sandbox, path).header("x-api-key", sandbox.passbase().key()),
        ] {
            let refused = send(request).await;
            assert_eq!(refused.error(), (401, "401".to_owned()));
            assert_eq!(refused.json()["message"], "your api_key is invalid");
        }
    }
    let settings = get(&sandbox, "/settings?").await.json();
    assert_eq!(settings["environment"], "sandbox");
    let own = passid_sandbox::Sandbox::builder().passbase_key("another").start().await.unwrap();
    assert_eq!(get(&own, "/settings").await.status, 200);
}

#[tokio::test]
async fn an_id_that_is_none_is_400_and_one_that_is_nobodys_404() {
    let sandbox = sandbox().await;
    let key = processed(&sandbox);
    let upper = key.to_uppercase();
    assert_eq!(get(&sandbox, &format!("/identities/{upper}")).await.status, 200);
    let nobody = "a44c2593-e2ae-4ed9-b81b-c1330580338a";
    for (path, status) in [
        ("/identities/x".to_owned(), 400),
        (format!("/identities/{key}0"), 400),
        (format!("/identities/{nobody}"), 404),
        (format!("/identity/{nobody}/resources"), 404),
        (format!("/identity/{key}/resources/x"), 400),
        (format!("/identity/{key}/resources/{nobody}"), 404),
        (format!("/identity/{key}/resources/{nobody}/resource_files/x"), 400),
        ("/identities/%ff".to_owned(), 400),
        ("/nothing".to_owned(), 404),
    ] {
        assert_eq!(get(&sandbox, &path).await.error(), (status, status.to_string()), "{path}");
    }
}
