use passid_sandbox::{Route, Sandbox, demo};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    BRIDGE_VERIFY, REDEEM, VERIFY, client, exchange, post, post_with_key, raw_request, send,
};

/// A request with a key and a body of any kind.
fn request(sandbox: &Sandbox, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    client()
        .post(format!("{}{path}", sandbox.url()))
        .header("X-Institution-Key", sandbox.sandbox_key())
        .body(body)
}

fn json_request(sandbox: &Sandbox, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    request(sandbox, path, body).header("Content-Type", "application/json")
}

async fn error(request: RequestBuilder) -> (u16, String) {
    send(request).await.error()
}

#[tokio::test]
async fn without_the_one_known_key_nothing_is_looked_at() {
    let sandbox = Sandbox::start().await.unwrap();
    let refused = (401, "INVALID_INSTITUTION_KEY".to_owned());
    for path in [REDEEM, VERIFY, BRIDGE_VERIFY] {
        let url = format!("{}{path}", sandbox.url());
        let bare = || client().post(&url).body("not even JSON");
        assert_eq!(error(bare()).await, refused);
        for key in [
            "",
            " ",
            "pk_sandbox_unknown",
            "PK_SANDBOX_DEMO0000000000000000",
            "pk_sandbox_demo000000000000000",
        ] {
            assert_eq!(error(bare().header("X-Institution-Key", key)).await, refused, "{key:?}");
        }
        let key = sandbox.sandbox_key();
        let twice = bare().header("X-Institution-Key", key).header("X-Institution-Key", key);
        assert_eq!(error(twice).await, refused);
        let unreadable = bare().header("X-Institution-Key", &b"pk_\xff"[..]);
        assert_eq!(error(unreadable).await, refused);
        let large = client().post(&url).body("x".repeat(100_000));
        assert_eq!(error(large).await, refused);
    }
}

#[tokio::test]
async fn bodies_that_are_not_json_are_told_apart_from_wrong_json() {
    let sandbox = Sandbox::start().await.unwrap();
    let deep = "[".repeat(60_000);
    for path in [REDEEM, VERIFY, BRIDGE_VERIFY] {
        for body in
            ["", " ", "{", "{\"code\":", "nul", "\u{feff}{}", "{} {}", "code=1", deep.as_str()]
        {
            let answer = error(json_request(&sandbox, path, body.to_owned())).await;
            assert_eq!(answer, (400, "INVALID_JSON".to_owned()), "{path}");
        }
        let not_utf8 = json_request(&sandbox, path, &b"{\"token\":\"\xff\"}"[..]);
        assert_eq!(error(not_utf8).await, (400, "INVALID_JSON".to_owned()));
        for body in ["null", "[]", "\"KE8V-3TXY-Z72L\"", "1", "{}"] {
            let answer = error(json_request(&sandbox, path, body)).await;
            assert_eq!(answer, (400, "INVALID_REQUEST".to_owned()), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn fields_must_be_there_and_of_their_type() {
    let sandbox = Sandbox::start().await.unwrap();
    for (path, name) in [(REDEEM, "code"), (VERIFY, "token"), (BRIDGE_VERIFY, "token")] {
        for value in
            [Value::Null, json!(""), json!(" \t"), json!(1), json!(true), json!([]), json!({})]
        {
            let answer = send(post(&sandbox, path, &json!({name: value}))).await;
            assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{path} {value}");
            assert!(answer.json()["error"]["message"].as_str().unwrap().contains(name));
        }
    }
    for token in [json!("two words"), json!("t\u{f6}ken"), json!("x".repeat(4097))] {
        let answer = error(post(&sandbox, VERIFY, &json!({"token": token}))).await;
        assert_eq!(answer, (400, "INVALID_REQUEST".to_owned()));
    }
    let reference = json!({"token": demo::KENYA_TOKEN, "institution_reference": 7});
    assert_eq!(
        error(post(&sandbox, VERIFY, &reference)).await,
        (400, "INVALID_REQUEST".to_owned())
    );
    let more = json!({"token": demo::KENYA_TOKEN, "institution_reference": null, "future": 1});
    assert_eq!(send(post(&sandbox, VERIFY, &more)).await.status, 200);
}

#[tokio::test]
async fn a_code_of_the_wrong_form_is_named_so_without_being_repeated() {
    let sandbox = Sandbox::start().await.unwrap();
    for code in [
        "KE8V",
        "KE8V-3TXY-Z72LX",
        "KE8V_3TXY_Z72L",
        "KE8V\u{b7}3TXY\u{b7}Z72L",
        "KE8V-3TXY-Z72\u{17f}",
    ] {
        let answer = send(post(&sandbox, REDEEM, &json!({"code": code}))).await;
        assert_eq!(answer.error(), (400, "INVALID_CODE".to_owned()), "{code}");
        assert!(!answer.text.contains(code));
    }
}

#[tokio::test]
async fn only_one_plain_json_content_type_is_taken() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({"token": demo::KENYA_TOKEN}).to_string();
    let refused = (415, "UNSUPPORTED_MEDIA_TYPE".to_owned());
    let call = || request(&sandbox, VERIFY, body.clone());
    assert_eq!(error(call()).await, refused);
    for content_type in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"]
    {
        assert_eq!(error(call().header("Content-Type", content_type)).await, refused);
    }
    let json = || call().header("Content-Type", "application/json");
    assert_eq!(error(json().header("Content-Type", "application/json")).await, refused);
    assert_eq!(error(json().header("Content-Encoding", "gzip")).await, refused);
    for content_type in ["Application/JSON", "application/json; charset=utf-8"] {
        assert_eq!(send(call().header("Content-Type", content_type)).await.status, 200);
    }
}

#[tokio::test]
async fn a_body_has_at_most_64_kib() {
    let sandbox = Sandbox::start().await.unwrap();
    let sized = |size: usize| {
        let body = json!({"token": demo::KENYA_TOKEN}).to_string();
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    assert_eq!(send(json_request(&sandbox, VERIFY, sized(65_536))).await.status, 200);
    for size in [65_537, 900_000] {
        let answer = error(json_request(&sandbox, VERIFY, sized(size))).await;
        assert_eq!(answer, (413, "BODY_TOO_LARGE".to_owned()));
    }
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_have_the_usual_error_body() {
    let sandbox = Sandbox::start().await.unwrap();
    for path in [
        "/",
        "/v1",
        "/v1/verify/",
        "//v1/verify",
        "/V1/verify",
        "/v1/verify/../verify/x",
        "/v1/session",
        "/_passid",
        "/_passid/nothing",
        "/_passidx",
    ] {
        let answer = send(json_request(&sandbox, path, "{}")).await;
        assert_eq!(answer.error(), (404, "NOT_FOUND".to_owned()), "{path}");
    }
    for path in
        [REDEEM, VERIFY, BRIDGE_VERIFY, "/_passid/reset", "/_passid/codes", "/_passid/tokens"]
    {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
            let answer = send(client().request(method, format!("{}{path}", sandbox.url()))).await;
            assert_eq!(answer.error(), (405, "METHOD_NOT_ALLOWED".to_owned()), "{path}");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
    }
    let answer = send(client().put(format!("{}/faults", sandbox.admin_url()))).await;
    assert_eq!(answer.error().0, 405);
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST,DELETE"));
}

#[tokio::test]
async fn bytes_that_are_not_http_do_not_disturb_the_next_call() {
    let sandbox = Sandbox::start().await.unwrap();
    for bytes in
        [&b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"[..], b"POST\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let (answer, _) = exchange(&sandbox, bytes).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
    }
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    let mut stream = crate::support::connect(&sandbox).await;
    // The other side may close before all is written.
    let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, long.as_bytes()).await;
    drop(stream);
    let body = json!({"token": demo::KENYA_TOKEN});
    assert_eq!(send(post(&sandbox, VERIFY, &body)).await.status, 200);
    assert_eq!(sandbox.calls(Route::Verify), 1);
}

#[tokio::test]
async fn a_query_does_not_change_the_route() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({"token": demo::KENYA_TOKEN});
    let answer =
        send(post_with_key(&sandbox, sandbox.sandbox_key(), "/v1/verify?x=1", &body)).await;
    assert_eq!(answer.data()["credential_valid"], true);
    let absolute = format!("{}{VERIFY}", sandbox.url());
    let bytes = raw_request(&sandbox, &absolute, &body);
    let (answer, _) = exchange(&sandbox, &bytes).await;
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(sandbox.calls(Route::Verify), 2);
}
