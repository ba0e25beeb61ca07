//! Lists, page by page: nothing that the API says makes one endless, and no end passes unannounced.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{KEY, api, block_on, chain, key};
use passid_passbase::model::Cursor;
use passid_passbase::{ErrorKind, PageRequest};
use serde_json::{Value, json};

fn page(next: impl Into<Value>, statuses: &[&str]) -> Value {
    let items: Vec<_> = statuses.iter().map(|status| json!({"status": status})).collect();
    json!({"cursor": {"next": next.into()}, "data": items})
}

#[test]
fn a_list_goes_on_to_its_end() {
    let api = api();
    api.answer(&page("aWQ6NDA3MQ==", &["created", "pending"]));
    api.answer(&page("b&limit=1", &[]));
    api.answer(&page("", &["approved"]));
    let mut identities = api.client.all_identities(Some(2));
    let mut statuses = Vec::new();
    block_on(async {
        while let Some(identity) = identities.try_next().await.unwrap() {
            statuses.push(identity.status.unwrap().to_string());
        }
        assert!(identities.try_next().await.unwrap().is_none(), "the end stays the end");
    });
    assert_eq!(statuses, ["created", "pending", "approved"]);
    assert_eq!(
        api.paths(),
        [
            "/identities?limit=2",
            "/identities?limit=2&cursor=aWQ6NDA3MQ%3D%3D",
            "/identities?limit=2&cursor=b%26limit%3D1"
        ]
    );
}

#[test]
fn resources_are_a_list_too() {
    let api = api();
    api.answer(&page(Value::Null, &["processed"]));
    let mut resources = api.client.all_resources(&key(), None);
    assert!(block_on(resources.try_next()).unwrap().is_some());
    assert!(block_on(resources.try_next()).unwrap().is_none());
    assert_eq!(api.paths(), [format!("/identity/{KEY}/resources")]);
}

#[test]
fn an_empty_cursor_is_the_first_page() {
    let api = api();
    api.answer(&page(Value::Null, &[]));
    let request = PageRequest::first().after(Cursor::new(""));
    block_on(api.client.identities(&request)).unwrap();
    assert_eq!(api.paths(), ["/identities"]);
}

#[test]
fn a_list_that_leads_in_a_circle_ends_with_an_error() {
    let api = api();
    for next in ["a", "b", "a"] {
        api.answer(&page(next, &["created"]));
    }
    let mut identities = api.client.all_identities(None);
    block_on(async {
        assert!(identities.try_next().await.unwrap().is_some());
        assert!(identities.try_next().await.unwrap().is_some());
        let error = identities.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable);
        assert!(chain(&error).contains("circle"));
        assert!(identities.try_next().await.unwrap().is_none(), "nothing follows an error");
    });
}

#[test]
fn an_error_ends_a_list_and_is_no_end() {
    let api = api();
    api.answer(&page("a", &["created"]));
    api.answer_raw(400, "");
    let mut identities = api.client.all_identities(None);
    block_on(async {
        assert!(identities.try_next().await.unwrap().is_some());
        assert_eq!(identities.try_next().await.unwrap_err().kind(), ErrorKind::RequestRefused);
        assert!(identities.try_next().await.unwrap().is_none());
    });
}

#[test]
fn what_does_not_say_where_it_goes_on_is_no_page() {
    for body in [
        json!({"data": []}),
        json!({"cursor": null, "data": []}),
        json!({"cursor": {"next": null}}),
        json!({"cursor": {"next": null}, "data": null}),
        json!({"cursor": {"next": 7}, "data": []}),
        json!({"cursor": "a", "data": []}),
        json!({"cursor": {"next": "x".repeat(1025)}, "data": []}),
        json!({"cursor": {"next": null}, "data": {}}),
    ] {
        let api = api();
        api.answer(&body);
        let error = block_on(api.client.identities(&PageRequest::first())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{body}");
    }
    // `next` that is left out is the same as `null`.
    let api = api();
    api.answer(&json!({"cursor": {}, "data": []}));
    assert!(block_on(api.client.identities(&PageRequest::first())).unwrap().next.is_none());
}
