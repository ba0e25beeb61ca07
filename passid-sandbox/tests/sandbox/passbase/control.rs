//! The control API of it.

use passid_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Value, json};

use super::{SECRET, identity, sandbox};
use crate::support::{Answer, admin};

const METADATA_KEY: &str = include_str!("../../vectors/metadata_public_key.pem");

async fn post(sandbox: &Sandbox, path: &str, body: Option<Value>) -> Answer {
    admin(sandbox, Method::POST, &format!("/passbase{path}"), body).await
}

async fn begun(sandbox: &Sandbox, body: Value) -> String {
    let answer = post(sandbox, "/identities", Some(body)).await;
    assert_eq!((answer.status, &answer.json()["status"]), (201, &json!("created")));
    answer.json()["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_identity_goes_all_the_way() {
    let sandbox = sandbox().await;
    let key = begun(&sandbox, json!({"score": 0.5, "metadata": {"userId": "7"}})).await;
    for (step, body, status) in [
        ("submit", None, "processing"),
        ("process", None, "pending"),
        ("review", Some(json!({"approve": true})), "approved"),
        ("authenticate", None, "approved"),
        ("screen", Some(json!({"types": []})), "approved"),
        ("edit", Some(json!({"name": "sex", "value": "F"})), "approved"),
        ("older-webhook", Some(json!({"webhook": "processed_2020"})), "approved"),
        ("screen", Some(json!({"types": ["sanction"]})), "pending"),
        ("review", Some(json!({"approve": false})), "declined"),
    ] {
        let answer = post(&sandbox, &format!("/identities/{key}/{step}"), body).await;
        assert_eq!(answer.json(), json!({"key": key, "status": status}), "{step}");
    }
    let read = identity(&sandbox, &key).await;
    assert_eq!(read["resources"][0]["datapoints"]["sex"], "F");
    assert_eq!(read["metadata"], json!({"userId": "7"}));
    let waiting = admin(&sandbox, Method::GET, "/passbase/webhooks", None).await.json();
    assert_eq!(waiting["webhooks"].as_array().unwrap().len(), 7);
    let taken = post(&sandbox, "/webhooks/take", None).await.json();
    assert_eq!(taken, waiting);
    assert!(sandbox.passbase().take_webhooks().is_empty());
}

#[tokio::test]
async fn what_is_not_possible_says_so() {
    let sandbox = sandbox().await;
    let key = begun(&sandbox, json!({})).await;
    let before = sandbox.export();
    let path = |step: &str| format!("/identities/{key}/{step}");
    for (path, body, refused) in [
        (path("process"), None, (409, "IDENTITY_STATE")),
        (path("authenticate"), None, (409, "IDENTITY_STATE")),
        (path("review"), Some(json!({"approve": true})), (409, "IDENTITY_STATE")),
        (path("review"), Some(json!({"approved": true})), (400, "INVALID_REQUEST")),
        (path("screen"), Some(json!({"types": [], "more": 1})), (400, "INVALID_REQUEST")),
        (path("screen"), Some(json!({"types": ["x".repeat(17_000)]})), (400, "INVALID_REQUEST")),
        (path("edit"), Some(json!({"name": "sex"})), (400, "INVALID_REQUEST")),
        (path("older-webhook"), Some(json!({"webhook": "x"})), (400, "INVALID_REQUEST")),
        ("/identities/x/submit".to_owned(), None, (404, "IDENTITY_NOT_FOUND")),
        ("/identities".to_owned(), Some(json!({"score": 2})), (400, "INVALID_REQUEST")),
        ("/identities".to_owned(), Some(json!({"name": "x"})), (400, "INVALID_REQUEST")),
        (
            "/identities".to_owned(),
            Some(json!({"metadata": "x".repeat(17_000)})),
            (400, "INVALID_REQUEST"),
        ),
    ] {
        let (status, code) = post(&sandbox, &path, body).await.error();
        assert_eq!((status, &*code), refused, "{path}");
    }
    assert_eq!(sandbox.export(), before, "nothing has changed");
}

#[tokio::test]
async fn settings_are_read_and_put_as_a_whole() {
    let sandbox = sandbox().await;
    let settings = || admin(&sandbox, Method::GET, "/passbase/settings", None);
    let first = settings().await.json();
    assert_eq!((&first["trap"], &first["files"]), (&json!(true), &json!("bytes")));
    let put =
        async |body: Value| admin(&sandbox, Method::PUT, "/passbase/settings", Some(body)).await;
    let body = json!({
        "thresholds": {"approve": 0.9, "decline": 0.1}, "files": "forbidden",
        "webhook_url": "http://127.0.0.1:9/", "webhook_secret": SECRET, "webhook_retries": [1, 2],
        "webhooks_reversed": true, "webhooks_repeated": true, "trap": false,
        "metadata_key": METADATA_KEY, "unreadable_metadata": "refused"
    });
    assert_eq!(put(body.clone()).await.json(), body);
    assert_eq!(settings().await.json(), body);
    for wrong in [
        json!({"thresholds": {"approve": 0.1, "decline": 0.9}}),
        json!({"files": "twice"}),
        json!({"webhook_url": "nowhere"}),
        json!({"webhook_secret": "short"}),
        json!({"webhook_retries": [u32::MAX]}),
        json!({"metadata_key": METADATA_KEY.replace("MII", "MIJ")}),
        json!({"files_mode": "json"}),
    ] {
        assert_eq!(put(wrong.clone()).await.error().0, 400, "{wrong}");
    }
    assert_eq!(settings().await.json(), body, "the old ones stay");
    let unreadable = || json!({"metadata": {"a": 1}, "signed_metadata": "x"});
    assert_eq!(post(&sandbox, "/identities", Some(unreadable())).await.error().0, 400);
    let signed = include_str!("../../vectors/metadata_signed.txt");
    let key = begun(&sandbox, json!({"signed_metadata": signed})).await;
    let opened = json!({"passid": {"nonce_sha256": "abc", "user": "user-42"}});
    assert_eq!(identity(&sandbox, &key).await["metadata"], opened);
    assert_eq!(put(json!({})).await.json(), first);
    let key = begun(&sandbox, unreadable()).await;
    assert_eq!(identity(&sandbox, &key).await["metadata"], Value::Null);
}

#[tokio::test]
async fn identities_are_listed_without_anything_personal() {
    let sandbox = sandbox().await;
    for _ in 0..3 {
        sandbox.passbase().begin(super::marked()).unwrap();
    }
    let list = async |query: &str| {
        admin(&sandbox, Method::GET, &format!("/passbase/identities{query}"), None).await
    };
    let all = list("").await;
    assert!(!all.text.contains("MARKED"), "{}", all.text);
    let numbers = |answer: &Answer| {
        let listed = answer.json()["identities"].clone();
        listed.as_array().unwrap().iter().map(|it| it["number"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&all), [1, 2, 3]);
    assert_eq!(numbers(&list("?after=1&limit=1").await), [2]);
    assert!(numbers(&list("?after=18446744073709551615").await).is_empty());
    assert_eq!(list("?since=1").await.error().0, 400);
    assert_eq!(all.json()["identities"][0]["processed"], Value::Null);
    let deliveries = admin(&sandbox, Method::GET, "/deliveries?api=passbase", None).await.json();
    assert_eq!(deliveries, json!({"deliveries": []}));
}
