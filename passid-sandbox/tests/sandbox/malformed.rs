//! Every operation of the document, fed with what no client should send: never a 5xx, never a
//! connection that breaks, always the error body of D8 as the document describes it.

use std::collections::BTreeSet;

use passid_sandbox::{Sandbox, demo};
use proptest::prelude::*;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Map, Value, json};

use crate::docverify;
use crate::schema::DOCUMENT;
use crate::support::{Answer, client, error_code, exchange, raw_request, send};

/// An operation as the document has it.
struct Operation {
    method: Method,
    /// With something in the place of every name.
    path: String,
    template: String,
    /// The members of its body; `None` when it has none.
    members: Option<Vec<String>>,
}

struct Bench {
    sandbox: Sandbox,
    client: Client,
    operations: Vec<Operation>,
    /// An access token of Document Verification.
    access_token: String,
}

impl Bench {
    async fn start() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let client = client();
        let url = format!("{}/openapi.json", sandbox.admin_url());
        let document = send(client.get(url)).await.json();
        let operations = DOCUMENT
            .operations()
            .map(|(method, segments)| {
                let template = segments.join("/");
                let operation = &document["paths"][&template][method.to_lowercase()];
                let fill = |segment: &String| match segment.starts_with('{') {
                    true => "x".to_owned(),
                    false => segment.clone(),
                };
                Operation {
                    method: method.parse().unwrap(),
                    path: segments.iter().map(fill).collect::<Vec<_>>().join("/"),
                    members: members(&document, &operation["requestBody"]),
                    template,
                }
            })
            .collect();
        let access_token = docverify::access_token(&client, &sandbox).await;
        Self { sandbox, client, operations, access_token }
    }

    fn with_body(&self) -> impl Iterator<Item = (&Operation, &[String])> {
        let body = |operation: &'_ Operation| operation.members.is_some();
        self.operations
            .iter()
            .filter(move |operation| body(operation))
            .map(|operation| (operation, operation.members.as_deref().unwrap_or_default()))
    }

    /// A call with the credential that the path asks for.
    fn call(&self, method: &Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method.clone(), format!("{}{path}", self.sandbox.url()));
        match path {
            _ if path.starts_with("/_passid") => request,
            "/v1/outcome/cohort" | "/api/institution/webhook" => {
                request.bearer_auth(self.sandbox.institution_jwt())
            }
            _ if path.contains("/share/")
                || path.ends_with("/fulfill")
                || path.ends_with("/decline") =>
            {
                request.bearer_auth(self.sandbox.user_jwt())
            }
            _ if path.starts_with("/passbase/") => {
                request.header("X-API-KEY", self.sandbox.passbase().key())
            }
            _ if path.starts_with("/docverify/") => request.bearer_auth(&self.access_token),
            _ => request.header("X-Institution-Key", self.sandbox.sandbox_key()),
        }
    }

    fn json_call(&self, operation: &Operation, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.call(&operation.method, &operation.path);
        request.header("Content-Type", "application/json").body(body)
    }

    async fn still_serves(&self) {
        let call =
            self.call(&Method::POST, "/v1/verify").json(&json!({"token": demo::KENYA_TOKEN}));
        assert_eq!(send(call).await.status, 200);
    }
}

/// Sends, and looks at whatever must be so for every call. [`send`] holds it against the document.
async fn sane(request: RequestBuilder, what: &str) -> Answer {
    let answer = send(request).await;
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.text);
    if answer.status >= 400 {
        answer.error();
    }
    answer
}

fn members(document: &Value, request_body: &Value) -> Option<Vec<String>> {
    let schema = request_body.get("content")?["application/json"]["schema"].clone();
    let mut names = BTreeSet::new();
    let mut left = vec![schema];
    while let Some(schema) = left.pop() {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            left.push(document["components"]["schemas"][name].clone());
        }
        for list in ["oneOf", "anyOf", "allOf"] {
            left.extend(schema[list].as_array().cloned().unwrap_or_default());
        }
        names.extend(schema["properties"].as_object().unwrap_or(&Map::new()).keys().cloned());
    }
    Some(names.into_iter().collect())
}

/// A good body of the paths that look at one member after the other.
fn good_body(template: &str) -> Value {
    match template {
        "/v1/outcome" => json!({"token": demo::KENYA_TOKEN, "outcome": "repaid"}),
        "/v1/verify" | "/api/v1/bridge/verify" => json!({"token": demo::KENYA_TOKEN}),
        "/api/bridge/code/redeem" => json!({"code": demo::KENYA_CODE}),
        "/api/institution/webhook" => json!({"webhookUrl": "http://127.0.0.1:9/"}),
        "/_passid/state" => json!({"version": 1, "tables": {}}),
        "/_passid/faults" => json!({"fault": {"kind": "status", "status": 503}}),
        "/_passid/webhook-faults" => json!({"fault": {"kind": "drop"}}),
        _ => json!({}),
    }
}

fn wrong_values() -> Vec<Value> {
    let mut values = vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e308),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!(" \t"),
        json!("x"),
        json!("\u{0}"),
        json!("KE8V\u{0}3TXY-Z72L"),
        json!("\u{202e}t\u{f6}ken \u{1f600}"),
        json!("9999-12-31T23:59:59Z"),
        json!("-009999-01-01T00:00:00Z"),
        json!([]),
        json!([null, {}]),
        json!({}),
        json!({"a": {"b": []}}),
        json!({"only": null}),
    ];
    values.push(json!("x".repeat(60_000)));
    values
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_everywhere() {
    let bench = Bench::start().await;
    let deep = |open: &str, close: &str| {
        format!("{}1{}", open.repeat(10_000), close.repeat(10_000)).into_bytes()
    };
    let bodies: Vec<Vec<u8>> = vec![
        b"{".to_vec(),
        b"{\"".to_vec(),
        b"nul".to_vec(),
        b"{} {}".to_vec(),
        b"\xff\xfe{\x00}\x00".to_vec(),
        b"\x00".to_vec(),
        b"{\"a\":\"\xff\"}".to_vec(),
        b"{\"a\":1e999}".to_vec(),
        b"{'a':1}".to_vec(),
        b"null".to_vec(),
        b"true".to_vec(),
        b"-0".to_vec(),
        b"[]".to_vec(),
        b"[{}]".to_vec(),
        b"\"{}\"".to_vec(),
        deep("[", "]"),
        deep("{\"a\":", "}"),
    ];
    for (operation, _) in bench.with_body() {
        for body in &bodies {
            let what = format!("{} {:?}", operation.template, String::from_utf8_lossy(body));
            let answer = sane(bench.json_call(operation, body.clone()), &what).await;
            assert!(answer.status >= 400, "{what}");
        }
    }
    bench.still_serves().await;
}

#[tokio::test]
async fn every_member_of_every_body_is_looked_at() {
    let bench = Bench::start().await;
    let before = bench.sandbox.export();
    for (operation, members) in bench.with_body() {
        let good = good_body(&operation.template);
        let mut names: BTreeSet<_> = good.as_object().unwrap().keys().cloned().collect();
        names.extend(members.iter().cloned());
        for name in names {
            for value in wrong_values() {
                let mut body = good.clone();
                body[&name] = value;
                let what = format!("{} {}", operation.template, body);
                sane(bench.json_call(operation, body.to_string()), &what).await;
                bench.sandbox.clear_faults();
            }
        }
    }
    bench.sandbox.import(&before).unwrap();
    bench.still_serves().await;
}

#[tokio::test]
async fn long_bodies_and_wrong_content_types_are_refused_everywhere() {
    let bench = Bench::start().await;
    let images = "/docverify/verify/api/v1/verification/{sid}/images";
    let takes_long = ["/_passid/seed", "/_passid/state", images];
    for (operation, _) in bench.with_body() {
        if !takes_long.contains(&&*operation.template) {
            let long = format!("{{\"x\":\"{}\"}}", "x".repeat(70_000));
            let answer = sane(bench.json_call(operation, long), &operation.template).await;
            let (status, code) = answer.error();
            let codes = ["BODY_TOO_LARGE", "413"];
            assert!(status == 413 && codes.contains(&&*code), "{}: {code}", operation.template);
        }
        // Samples of this vendor create sessions under whatever type.
        if operation.template.starts_with("/docverify/") {
            continue;
        }
        let body = good_body(&operation.template).to_string();
        let call = || bench.call(&operation.method, &operation.path).body(body.clone());
        let json = "application/json";
        for types in [&[][..], &["text/plain"], &[json, json], &[json, "text/plain"], &[""]] {
            let mut request = call();
            for name in types {
                request = request.header("Content-Type", *name);
            }
            let answer = sane(request, &operation.template).await;
            assert_eq!(answer.error().0, 415, "{} {types:?}", operation.template);
        }
    }
    bench.still_serves().await;
}

#[tokio::test]
async fn a_credential_that_is_there_twice_or_unreadable_counts_for_nothing() {
    let bench = Bench::start().await;
    let open = [
        "/v1/sessions/{requestId}/public",
        "/v1/sessions/by-code/{code}/public",
        "/docverify/oidc/token",
        "/docverify/verify/app/{start_token}",
    ];
    for operation in &bench.operations {
        let template = &*operation.template;
        if template.starts_with("/_passid") || open.contains(&template) {
            continue;
        }
        let url = format!("{}{}", bench.sandbox.url(), operation.path);
        let bare = || {
            let body = good_body(template);
            bench.client.request(operation.method.clone(), &url).json(&body)
        };
        let passbase = bench.sandbox.passbase().key();
        let (key, jwt) = (bench.sandbox.sandbox_key(), bench.sandbox.institution_jwt());
        let user = format!("Bearer {}", bench.sandbox.user_jwt());
        for request in [
            bare(),
            bare().header("X-Institution-Key", key).header("X-Institution-Key", key),
            bare().header("X-API-KEY", passbase).header("X-API-KEY", passbase),
            bare().header("X-API-KEY", &b"\xff\xfe"[..]),
            bare().header("Authorization", &user).header("Authorization", &user),
            bare().bearer_auth(&jwt).bearer_auth(&jwt),
            bare().header("X-Institution-Key", &b"\xff\xfe"[..]),
            bare().header("Authorization", &b"Bearer \xff"[..]),
            bare().header("Authorization", "Bearer"),
            bare().header("Authorization", "Bearer \t"),
            bare().header("X-Institution-Key", "k".repeat(20_000)),
        ] {
            assert_eq!(sane(request, template).await.status, 401, "{template}");
        }
    }
    let verify = || bench.call(&Method::POST, "/v1/verify").json(&good_body("/v1/verify"));
    let twice = verify().header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    assert_eq!(sane(twice, "two keys").await.status, 400);
    let fault = "x-passid-sandbox-fault";
    let twice = verify().header(fault, "html").header(fault, "html");
    assert_eq!(sane(twice, "two faults").await.error(), (400, "INVALID_FAULT".to_owned()));
    bench.still_serves().await;
}

#[tokio::test]
async fn every_method_that_is_not_described_is_refused_with_allow() {
    let bench = Bench::start().await;
    let described: BTreeSet<_> =
        bench.operations.iter().map(|it| (it.template.clone(), it.method.to_string())).collect();
    let templates: BTreeSet<_> =
        bench.operations.iter().map(|it| (&it.template, &it.path)).collect();
    for (template, path) in templates {
        for name in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            let method = name.to_owned();
            if described.contains(&(template.clone(), method)) {
                continue;
            }
            let answer = sane(bench.call(&name.parse().unwrap(), path), template).await;
            let codes = ["METHOD_NOT_ALLOWED", "405"];
            let (status, code) = answer.error();
            assert!(status == 405 && codes.contains(&&*code), "{name} {path}: {code}");
            let allowed: BTreeSet<_> = answer.header("allow").unwrap().split(',').collect();
            let wanted = described.iter().filter(|(other, _)| other == template);
            for (_, method) in wanted {
                assert!(allowed.contains(&**method), "{name} {path}: {allowed:?}");
            }
        }
        // The same as a GET, without its body: not described, and not held against the document.
        let head = bench.call(&Method::HEAD, path).send().await.unwrap();
        let (status, body) = (head.status().as_u16(), head.text().await.unwrap());
        let has_get = described.contains(&(template.clone(), "GET".to_owned()));
        assert_eq!(status != 405, has_get, "HEAD {path}");
        assert!(body.is_empty() && status < 500, "HEAD {path}: {status}");
    }
    bench.still_serves().await;
}

#[tokio::test]
async fn what_stands_in_a_path_is_taken_as_it_is_or_refused() {
    let bench = Bench::start().await;
    let long = "x".repeat(8_000);
    let tricks = [
        "..",
        "%2e%2e",
        ".",
        "%2f",
        "%2F..%2F",
        "%00",
        "%ff",
        "%",
        "%zz",
        "%C3%B6",
        "a%20b",
        "*",
        "{requestId}",
        "by-code",
        "~",
        "%5c",
        ";x=1",
        "+",
        "x%0d%0aSet-Cookie:a",
        "__proto__",
        "0",
        long.as_str(),
    ];
    for operation in &bench.operations {
        if !operation.template.contains('{') {
            continue;
        }
        for trick in tricks {
            let (before, rest) = operation.template.split_once('{').unwrap();
            let (_, after) = rest.split_once('}').unwrap();
            let path = format!("{before}{trick}{after}");
            let key = bench.sandbox.sandbox_key();
            // By hand, because clients tidy paths up.
            let request = format!(
                "{} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 X-Institution-Key: {key}\r\nContent-Length: 0\r\n\r\n",
                operation.method,
            );
            let (answer, ended) = exchange(&bench.sandbox, request.as_bytes()).await;
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
            assert!(ended.is_ok() && !answer.contains("set-cookie"), "{path}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            // A path that is not of HTTP is answered by the HTTP library, which has no body.
            if head.contains("application/json") {
                let body: Value = serde_json::from_str(body).unwrap();
                error_code(&path, &body);
            } else {
                assert!(head.starts_with("HTTP/1.1 400") && body.is_empty(), "{path}: {answer}");
            }
        }
    }
    bench.still_serves().await;
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused() {
    let bench = Bench::start().await;
    for (path, queries) in [
        (
            "/_passid/requests",
            &[
                "limit=0",
                "limit=1001",
                "limit=x",
                "limit=1&limit=2",
                "status=99",
                "status=1e3",
                "wait_ms=5",
                "count=1&wait_ms=60001",
                "count=0",
                "after=-1",
                "route=x",
                "x=1",
                "method=%00",
                "method=",
                "%ff=1",
                "route=%ff",
            ][..],
        ),
        (
            "/_passid/deliveries",
            &["environment=x", "event=x", "state=x", "x=1", "state=pending&state=failed"],
        ),
    ] {
        for query in queries {
            let answer = sane(bench.call(&Method::GET, &format!("{path}?{query}")), query).await;
            assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{query}");
        }
    }
}

#[tokio::test]
async fn http_is_spoken_in_its_less_usual_ways() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({"token": demo::KENYA_TOKEN}).to_string();
    let head = format!(
        "POST /v1/verify HTTP/1.1\r\nHost: x\r\nX-Institution-Key: {}\r\n\
         Content-Type: application/json\r\n",
        sandbox.sandbox_key()
    );
    let answers = |bytes: &[u8]| String::from_utf8_lossy(bytes).matches("HTTP/1.1 200 OK").count();
    let (size, cut) = (body.len(), 10);
    let (start, rest) = body.split_at(cut);
    let chunked = format!(
        "{head}Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n\
         {cut:x};ext=1\r\n{start}\r\n{:x}\r\n{rest}\r\n0\r\nX-End: 1\r\n\r\n",
        size - cut
    );
    assert_eq!(answers(&exchange(&sandbox, chunked.as_bytes()).await.0), 1, "chunked");
    let length = format!("Content-Length: {size}\r\n");
    let expecting =
        format!("{head}{length}Connection: close\r\nExpect: 100-continue\r\n\r\n{body}");
    let (answer, _) = exchange(&sandbox, expecting.as_bytes()).await;
    assert!(answer.starts_with(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "100-continue");
    let one = format!("{head}{length}\r\n{body}");
    let last = format!("{head}{length}Connection: close\r\n\r\n{body}");
    let pipelined = format!("{one}{one}{last}");
    assert_eq!(answers(&exchange(&sandbox, pipelined.as_bytes()).await.0), 3, "pipelined");
    // The answers before the one that a fault takes away are the client's.
    let faulted = format!("{head}X-PASSID-Sandbox-Fault: empty\r\n{length}\r\n{body}");
    let pipelined = format!("{one}{one}{faulted}{one}");
    assert_eq!(answers(&exchange(&sandbox, pipelined.as_bytes()).await.0), 2, "then a fault");
    let old = last.replacen("HTTP/1.1", "HTTP/1.0", 1);
    assert!(exchange(&sandbox, old.as_bytes()).await.0.starts_with(b"HTTP/1.0 200 OK"));
    // Two lengths, or a length and chunks, are how requests are smuggled.
    for lengths in [
        format!("{length}Content-Length: {}\r\n", size + 1),
        format!("{length}Transfer-Encoding: gzip\r\n"),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: 99999999999999999999\r\n".to_owned(),
    ] {
        let request = format!("{head}{lengths}Connection: close\r\n\r\n{body}");
        let (answer, _) = exchange(&sandbox, request.as_bytes()).await;
        assert!(answer.starts_with(b"HTTP/1.1 400"), "{lengths}");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_refused_and_the_next_call_is_answered(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        at in 0..400_usize,
        whole in any::<bool>(),
    ) {
        runtime().block_on(async {
            let sandbox = Sandbox::start().await.unwrap();
            let body = json!({"token": demo::KENYA_TOKEN});
            let good = raw_request(&sandbox, "/v1/verify", &body);
            let mut bytes = good.clone();
            if whole {
                bytes.clone_from(&noise);
            } else {
                let at = at.min(bytes.len());
                bytes.splice(at..(at + noise.len()).min(good.len()), noise);
            }
            let mut stream = crate::support::connect(&sandbox).await;
            tokio::io::AsyncWriteExt::write_all(&mut stream, &bytes).await.unwrap();
            tokio::io::AsyncWriteExt::shutdown(&mut stream).await.unwrap();
            let mut answer = Vec::new();
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
            assert!(!answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer));
            let (next, _) = exchange(&sandbox, &good).await;
            assert!(next.starts_with(b"HTTP/1.1 200"));
        });
    }

    #[test]
    fn random_bodies_are_answered_by_every_operation(
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[\\{\\}\\[\\]\",:a-z0-9.eE+-]{0,80}".prop_map(String::into_bytes),
        ],
        number in any::<prop::sample::Index>(),
    ) {
        runtime().block_on(async {
            let bench = Bench::start().await;
            let operations: Vec<_> = bench.with_body().map(|(operation, _)| operation).collect();
            let operation = operations[number.index(operations.len())];
            sane(bench.json_call(operation, body), &operation.template).await;
            bench.still_serves().await;
        });
    }
}
