//! Files, as raw bytes and as JSON: the content type tells which.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    Api, FILE, KEY, OTHER, RESOURCE, api, api_with, block_on, chain, file, key, resource,
};
use passid_core::client::ApiResponse;
use passid_passbase::{ApiError, ErrorKind, FileContent};
use serde_json::json;

fn fetch(api: &Api, content_type: &str, body: impl Into<Vec<u8>>) -> Result<FileContent, ApiError> {
    let response = ApiResponse::new(200, body.into());
    api.transport.answer(response.with_header("Content-Type", content_type));
    block_on(api.client.resource_file(&key(), &resource(), &file()))
}

#[test]
fn raw_bytes_come_with_their_type() {
    for kind in ["image/png", "Image/JPEG", "video/mp4; codecs=x", "application/octet-stream"] {
        let api = api();
        let Ok(FileContent::Bytes(stream)) = fetch(&api, kind, b"\x89PNG picture-marker".to_vec())
        else {
            panic!("{kind}")
        };
        assert!(kind.to_lowercase().starts_with(stream.content_type()));
        assert!(!format!("{stream:?}").contains("marker"));
        assert_eq!(block_on(stream.into_bytes()).unwrap(), &b"\x89PNG picture-marker"[..]);
        let path = format!("/identity/{KEY}/resources/{RESOURCE}/resource_files/{FILE}");
        assert_eq!(api.paths(), [path]);
    }
}

#[test]
fn a_description_with_the_file_in_it_is_read_as_json() {
    let body = json!({"id": FILE, "created": 1, "updated": 2, "file": "picture-marker", "x": 1});
    let Ok(FileContent::Json(file)) = fetch(&api(), "application/json", body.to_string()) else {
        panic!()
    };
    assert_eq!(file.id.as_ref().unwrap().expose(), FILE);
    assert_eq!(file.file.as_deref(), Some("picture-marker"));
    assert!(file.created < file.updated);
    assert_eq!(file.extra.len(), 1);
    assert!(!format!("{file:?}").contains("marker"));
}

#[test]
fn what_is_no_file_is_refused() {
    for (kind, body) in [
        ("text/html", "<html>".to_owned()),
        ("application/javascript", "x".to_owned()),
        ("", "x".to_owned()),
        ("application/json", "{".to_owned()),
        ("application/json", json!({"id": OTHER, "file": "x"}).to_string()),
        ("application/json", json!({"file": 7}).to_string()),
    ] {
        let error = fetch(&api(), kind, body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Undecodable, "{kind}");
    }
    let api = api();
    api.transport.answer(ApiResponse::new(200, "no type"));
    let error = block_on(api.client.resource_file(&key(), &resource(), &file())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
}

#[test]
fn a_file_that_is_not_to_be_had_is_told_apart_from_a_refused_key() {
    for (status, kind) in [
        (403, ErrorKind::FileNotAvailable),
        (404, ErrorKind::FileNotAvailable),
        (401, ErrorKind::KeyRefused),
    ] {
        let api = api();
        api.answer_raw(status, "");
        let error = block_on(api.client.resource_file(&key(), &resource(), &file())).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn a_file_over_the_limit_breaks_off_with_an_error() {
    let api = api_with(|builder| builder.max_file_bytes(8));
    let Ok(FileContent::Bytes(stream)) = fetch(&api, "image/png", "123456789") else { panic!() };
    let error = block_on(stream.into_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!(chain(&error).contains("longer than allowed"), "{}", chain(&error));
    let error = fetch(&api, "application/json", r#"{"file":"123"}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
}
