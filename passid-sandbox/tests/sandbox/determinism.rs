//! The same random seed, start time and sequence of calls: the same bytes, everywhere.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use passid_sandbox::{RequestFilter, Sandbox, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{Received, Receiver};
use crate::schema::DOCUMENT;
use crate::support::exchange;

/// Who calls.
#[derive(Clone, Copy)]
enum By {
    Key,
    Institution,
    User,
    /// Of the Passbase API.
    Passbase,
    Nobody,
}

/// A sandbox that is played to, and what it answered, byte for byte but for the `date` of the
/// machine's clock.
struct Play {
    sandbox: Sandbox,
    answers: Vec<String>,
    called: BTreeSet<(String, String)>,
}

/// What a whole play left behind.
#[derive(PartialEq)]
struct Trace {
    answers: Vec<String>,
    received: Vec<(String, String)>,
    export: String,
    journal: String,
    deliveries: String,
}

impl Play {
    async fn call(&mut self, by: By, call: &str, body: Option<Value>) -> Value {
        self.call_with(by, call, body, "").await
    }

    /// `headers` are whole lines.
    async fn call_with(&mut self, by: By, call: &str, body: Option<Value>, headers: &str) -> Value {
        let credential = match by {
            By::Key => format!("X-Institution-Key: {}\r\n", self.sandbox.sandbox_key()),
            By::Institution => {
                format!("Authorization: Bearer {}\r\n", self.sandbox.institution_jwt())
            }
            By::User => format!("Authorization: Bearer {}\r\n", self.sandbox.user_jwt()),
            By::Passbase => format!("X-API-KEY: {}\r\n", self.sandbox.passbase().key()),
            By::Nobody => String::new(),
        };
        let body = body.map(|body| body.to_string());
        let content = body.as_ref().map_or("", |_| "Content-Type: application/json\r\n");
        let head = format!("{credential}{headers}{content}");
        self.exchange(call, &head, body.as_deref()).await
    }

    /// `head` is whole lines.
    async fn exchange(&mut self, call: &str, head: &str, body: Option<&str>) -> Value {
        let (method, path) = call.split_once(' ').unwrap();
        let length =
            body.map_or(String::new(), |body| format!("Content-Length: {}\r\n", body.len()));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             {head}{length}\r\n{}",
            body.unwrap_or_default(),
        );
        let (bytes, ended) = exchange(&self.sandbox, request.as_bytes()).await;
        let text = String::from_utf8_lossy(&bytes);
        let kept: Vec<_> =
            text.split_inclusive('\n').filter(|line| !line.starts_with("date: ")).collect();
        self.answers.push(format!("{call}\n{}\n{ended:?}", kept.concat()));
        let path = path.split('?').next().unwrap_or_default();
        self.called.insert((method.to_owned(), path.to_owned()));
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        let is_whole = head.contains("application/json") && head.contains("content-length");
        match serde_json::from_str(body) {
            Ok(json) if is_whole => {
                let status = head[9..12].parse().unwrap();
                DOCUMENT.check(&method.parse::<Method>().unwrap(), path, status, body);
                json
            }
            _ => Value::Null,
        }
    }

    /// One event at a time, so that two are not on their way at once.
    async fn settle(&mut self) {
        let patience = json!({"wait_ms": 20_000});
        let settled =
            self.call(By::Nobody, "POST /_passid/deliveries/settle", Some(patience)).await;
        assert_eq!(settled["settled"], true);
    }

    async fn settled(&mut self, by: By, call: &str, body: Value) -> Value {
        let answer = self.call(by, call, Some(body)).await;
        self.settle().await;
        answer
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Everything that an institution, a customer and a test can do, in a fixed order.
async fn every_call(play: &mut Play, receiver: &Receiver) {
    use By::{Institution, Key, Nobody, User};
    let settings = json!({"webhookUrl": receiver.url(), "webhookSecret": "whsec_determinism"});
    play.call(Institution, "PATCH /api/institution/webhook", Some(settings)).await;
    let seed = json!({
        "institutions": [{"id": "43", "sandbox": {"key": "pk_sandbox_second00000000000000"}}],
        "codes": [{"code": "SEED-0000-0001"}],
    });
    play.call(Nobody, "POST /_passid/seed", Some(seed)).await;
    let token = play.call(Nobody, "POST /_passid/tokens", Some(json!({}))).await["token"].clone();
    let code = play.call(Nobody, "POST /_passid/codes", Some(json!({}))).await["code"].clone();
    let customer = play.call(Nobody, "POST /_passid/customers", Some(json!({}))).await;
    assert!(customer["user_jwt"].is_string());
    for _ in 0..2 {
        play.settled(Key, "POST /api/bridge/code/redeem", json!({"code": code})).await;
        for path in ["/v1/verify", "/api/v1/bridge/verify"] {
            let call = format!("POST {path}");
            let body = Some(json!({"token": token, "institution_reference": "a"}));
            play.call_with(Key, &call, body, "Idempotency-Key: one\r\n").await;
            play.settle().await;
        }
        play.settled(Key, "POST /v1/outcome", json!({"token": token, "outcome": "repaid"})).await;
    }
    play.call(Key, &format!("GET /api/v1/bridge/verify/{}", text(&token)), None).await;
    play.call(Institution, "GET /v1/outcome/cohort", None).await;
    for (call, end) in [
        ("POST /v1/sessions", "fulfill"),
        ("POST /api/bridge/request", "decline"),
        ("POST /v1/sessions", "/approve"),
        ("POST /v1/sessions", "/decline"),
        ("POST /v1/sessions", "/expire"),
    ] {
        let session = play.call(Key, call, Some(json!({"permissions": ["income_verified"]}))).await;
        let (id, code) = (text(&session["requestId"]), text(&session["code"]));
        play.call(Nobody, &format!("GET /v1/sessions/{id}/public"), None).await;
        play.call(Nobody, &format!("GET /v1/sessions/by-code/{code}/public"), None).await;
        let share = play.call(User, "POST /api/v1/bridge/share/create", Some(json!({}))).await;
        let share = share["data"].clone();
        let (by, path) = match end.strip_prefix('/') {
            Some(end) => (Nobody, format!("POST /_passid/sessions/{id}/{end}")),
            None => (User, format!("POST /v1/sessions/{id}/{end}")),
        };
        let body =
            if by as u8 == User as u8 { json!({"token": share["token"]}) } else { json!({}) };
        play.settled(by, &path, body).await;
        play.call(Key, &format!("GET /v1/sessions/{id}"), None).await;
        let share = json!({"shareId": share["shareId"]});
        play.call(User, "POST /api/v1/bridge/share/revoke", Some(share)).await;
    }
    let history = format!("GET /api/v1/bridge/share/user/{}", demo::CUSTOMER_ID);
    play.call(User, &history, None).await;
    play.call(Nobody, "POST /_passid/tokens/revoke", Some(json!({"token": token}))).await;
    play.settled(Key, "POST /v1/verify", json!({"token": token})).await;
    for call in ["health", "calls", "assumptions", "openapi.json", "clock", "faults"] {
        play.call(Nobody, &format!("GET /_passid/{call}"), None).await;
    }
}

/// Everything that persons, staff and clients of Passbase can do.
async fn every_call_of_passbase(play: &mut Play, receiver: &Receiver) {
    use By::{Nobody, Passbase};
    let settings = json!({
        "webhook_url": receiver.url(), "webhook_secret": "0123456789abcdef0123456789abcdef",
        "webhook_retries": [60], "webhooks_repeated": true
    });
    play.call(Nobody, "PUT /_passid/passbase/settings", Some(settings)).await;
    play.call(Nobody, "GET /_passid/passbase/settings", None).await;
    let mut keys = Vec::new();
    for _ in 0..3 {
        let begun = play.call(Nobody, "POST /_passid/passbase/identities", Some(json!({}))).await;
        let key = text(&begun["key"]);
        // One event each, so that two are not on their way at once.
        for (step, body) in [
            ("submit", json!({})),
            ("process", json!({})),
            ("review", json!({"approve": true})),
            ("authenticate", json!({})),
            ("screen", json!({"types": ["pep-class-1"]})),
            ("edit", json!({"name": "sex", "value": "F"})),
            ("older-webhook", json!({"webhook": "processed_2019"})),
        ] {
            let call = format!("POST /_passid/passbase/identities/{key}/{step}");
            play.settled(Nobody, &call, body).await;
        }
        keys.push(key);
    }
    play.call(Nobody, "GET /_passid/passbase/identities", None).await;
    play.call(Nobody, "GET /_passid/passbase/webhooks", None).await;
    play.call(Nobody, "POST /_passid/passbase/webhooks/take", None).await;
    let root = "GET /passbase/verification/v2";
    play.call(Passbase, &format!("{root}/settings"), None).await;
    let page = play.call(Passbase, &format!("{root}/identities?limit=2"), None).await;
    let next = text(&page["cursor"]["next"]);
    play.call(Passbase, &format!("{root}/identities?cursor={next}"), None).await;
    play.call(Passbase, &format!("{root}/identities/{}", keys[0]), None).await;
    let resources = format!("{root}/identity/{}/resources", keys[0]);
    let resource = play.call(Passbase, &resources, None).await["data"][0].clone();
    let one = format!("{resources}/{}", text(&resource["id"]));
    play.call(Passbase, &one, None).await;
    let file = text(&resource["resource_files"][0]["id"]);
    play.call(Passbase, &format!("{one}/resource_files/{file}"), None).await;
}

/// Everything that backends, persons and tests can do with Document Verification.
async fn every_call_of_docverify(play: &mut Play) {
    use By::Nobody;
    let api = play.sandbox.docverify();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&resource={}",
        api.client_id(),
        api.client_secret(),
        crate::docverify::RESOURCE
    );
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let token = play.exchange("POST /docverify/oidc/token", kind, Some(&form)).await;
    let bearer = format!("Authorization: Bearer {}\r\n", text(&token["access_token"]));
    let root = "/docverify/verify/api/v1/verification";
    for (call, body) in [
        ("PATCH /_passid/docverify/settings", json!({"refined_images": true})),
        ("POST /_passid/docverify/endings", json!({"processing_time": "10s"})),
        ("POST /_passid/docverify/feedback", json!({"feedback": "blur"})),
    ] {
        play.call(Nobody, call, Some(body)).await;
    }
    play.call(Nobody, "GET /_passid/docverify/settings", None).await;
    let create = format!("POST {root}");
    let driven = Some(json!({"start": {}, "mock_behavior": {"force_retry": true}}));
    let driven = play.call_with(Nobody, &create, driven, &bearer).await;
    let driven = text(&driven["session_id"]);
    for kind in ["selfie", "selfie", "document_front", "document_back"] {
        let body = Some(crate::docverify::picture(kind, b"picture"));
        play.call_with(Nobody, &format!("POST {root}/{driven}/images"), body, &bearer).await;
    }
    let images = format!("GET {root}/{driven}/images");
    let listed = play.call_with(Nobody, &images, None, &bearer).await;
    let image = text(&listed["session_images"][0]["id"]);
    play.call_with(Nobody, &format!("{images}/{image}"), None, &bearer).await;
    let control = "/_passid/docverify/sessions";
    let hosted = play.call_with(Nobody, &create, Some(json!({})), &bearer).await;
    let page = format!("GET /docverify/verify/app/{}", text(&hosted["start_token"]));
    play.call(Nobody, &page, None).await;
    let advance = json!({"seconds": 10});
    play.call(Nobody, "POST /_passid/clock/advance", Some(advance)).await;
    play.call(Nobody, &format!("POST {control}/{driven}/capture"), Some(json!({}))).await;
    let status = json!({"status": "cancelled"});
    play.call(Nobody, &format!("POST {control}/{driven}/status"), Some(status)).await;
    for id in [driven, text(&hosted["session_id"])] {
        play.call(Nobody, &format!("GET {control}/{id}"), None).await;
        for path in ["result", "consent"] {
            play.call_with(Nobody, &format!("GET {root}/{id}/{path}"), None, &bearer).await;
        }
        play.call_with(Nobody, &format!("DELETE {root}/{id}"), None, &bearer).await;
    }
    play.call_with(Nobody, &create, None, &bearer).await;
    play.call(Nobody, &format!("GET {control}"), None).await;
    play.call(Nobody, "POST /_passid/docverify/tokens/revoke", None).await;
}

/// Webhooks that fail, come late, twice, or not at all, and the clock that lets them.
async fn webhook_faults(play: &mut Play, receiver: &Receiver) {
    use By::{Key, Nobody};
    for kind in ["drop", "duplicate", "reorder", "restamp", "wrong_signature", "old_secret"] {
        let fault = json!({"fault": {"kind": kind}});
        play.call(Nobody, "POST /_passid/webhook-faults", Some(fault)).await;
    }
    let late = json!({"fault": {"kind": "late", "seconds": 40}});
    play.call(Nobody, "POST /_passid/webhook-faults", Some(late)).await;
    play.call(Nobody, "GET /_passid/webhook-faults", None).await;
    receiver.answer([200, 503, 500, 302, 404]);
    for _ in 0..9 {
        play.settled(Key, "POST /v1/verify", json!({"token": demo::KENYA_TOKEN})).await;
    }
    for seconds in [30, 10, 300, 1_800, 7_200] {
        play.settled(Nobody, "POST /_passid/clock/advance", json!({"seconds": seconds})).await;
    }
    play.call(Nobody, "DELETE /_passid/webhook-faults", None).await;
    play.settled(Nobody, "POST /_passid/webhooks/test", json!({"message": "again"})).await;
    play.call(Nobody, "GET /_passid/deliveries/dlv_000000000003", None).await;
    play.settled(Nobody, "POST /_passid/deliveries/dlv_000000000003/redeliver", json!({})).await;
    play.call(Nobody, "GET /_passid/deliveries", None).await;
}

/// Calls that go wrong by chance; the answers are not looked at.
async fn faults_by_chance(play: &mut Play) {
    use By::{Key, Nobody};
    for (probability, fault) in [
        (0.1, json!({"kind": "status", "status": 503, "retry_after_secs": 2})),
        (0.1, json!({"kind": "rate_limit", "retry_after_secs": 7})),
        (0.1, json!({"kind": "truncate"})),
        (0.1, json!({"kind": "garbage"})),
        (0.1, json!({"kind": "empty"})),
        (0.1, json!({"kind": "reset"})),
        (0.1, json!({"kind": "html"})),
        (0.1, json!({"kind": "apply_then_drop"})),
        (0.1, json!({"kind": "wrong_content_type"})),
        (0.1, json!({"kind": "oversize"})),
        (0.1, json!({"kind": "slow_body", "millis": 2})),
        (0.3, json!({"kind": "delay_log_normal", "median_millis": 1, "sigma": 0.5})),
    ] {
        let fault = json!({"times": "always", "probability": probability, "fault": fault});
        play.call(Nobody, "POST /_passid/faults", Some(fault)).await;
    }
    for number in 0..24 {
        let codes = [demo::KENYA_CODE, demo::GHANA_CODE, "KE8V"];
        play.settled(Key, "POST /api/bridge/code/redeem", json!({"code": codes[number % 3]})).await;
        play.settled(Key, "POST /v1/verify", json!({"token": demo::NIGERIA_TOKEN})).await;
        play.call(Key, "POST /v1/sessions", Some(json!({}))).await;
    }
    play.call(Nobody, "DELETE /_passid/faults", None).await;
    let asked = "X-PASSID-Sandbox-Fault: status; status=418\r\n";
    play.call_with(Key, "POST /v1/verify", Some(json!({})), asked).await;
}

async fn play(receiver: &Receiver, random_seed: u64) -> (Trace, BTreeSet<(String, String)>) {
    let before = receiver.received().len();
    let sandbox = Sandbox::builder()
        .random_seed(random_seed)
        .start_time(SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131))
        .freeze_clock(true)
        .start()
        .await
        .unwrap();
    let mut play = Play { sandbox, answers: Vec::new(), called: BTreeSet::new() };
    every_call(&mut play, receiver).await;
    every_call_of_passbase(&mut play, receiver).await;
    every_call_of_docverify(&mut play).await;
    webhook_faults(&mut play, receiver).await;
    faults_by_chance(&mut play).await;
    play.call(By::Nobody, "GET /_passid/requests?limit=1000", None).await;
    let export = play.sandbox.export();
    let journal = serde_json::to_string(&play.sandbox.requests(&RequestFilter::new())).unwrap();
    let deliveries = serde_json::to_string(&play.sandbox.deliveries()).unwrap();
    let state = play.call(By::Nobody, "GET /_passid/state", None).await;
    assert_eq!(state, serde_json::from_str::<Value>(&export).unwrap());
    play.call(By::Nobody, "PUT /_passid/state", Some(state)).await;
    let clock = json!({"now": "2030-01-01T00:00:00Z", "frozen": true});
    play.call(By::Nobody, "PUT /_passid/clock", Some(clock)).await;
    play.call(By::Nobody, "DELETE /_passid/requests", None).await;
    play.call(By::Nobody, "POST /_passid/reset", None).await;
    let received: Vec<Received> = receiver.received().split_off(before);
    let received = received.into_iter().map(|it| (it.signature, it.body)).collect();
    (Trace { answers: play.answers, received, export, journal, deliveries }, play.called)
}

/// Operations of the document that no call went to.
fn left_out(called: &BTreeSet<(String, String)>) -> Vec<String> {
    let is_called = |method: &str, template: &[String]| {
        called.iter().any(|(called, path)| {
            let path: Vec<_> = path.split('/').collect();
            let fits =
                |(wanted, given): (&String, &&str)| wanted == given || wanted.starts_with('{');
            called == method && path.len() == template.len() && template.iter().zip(&path).all(fits)
        })
    };
    DOCUMENT
        .operations()
        .filter(|(method, template)| !is_called(method, template))
        .map(|(method, template)| format!("{method} {}", template.join("/")))
        .collect()
}

#[tokio::test]
async fn the_same_seed_and_calls_give_the_same_bytes_and_another_seed_does_not() {
    let receiver = Receiver::start().await;
    let (first, called) = play(&receiver, 7).await;
    assert_eq!(left_out(&called), [""; 0], "every operation takes part");
    assert!(first.received.len() > 30, "{}", first.received.len());
    let (again, _) = play(&receiver, 7).await;
    for (one, other) in first.answers.iter().zip(&again.answers) {
        assert_eq!(one, other);
    }
    assert_eq!(first.received, again.received);
    assert_eq!(first.export, again.export);
    assert_eq!(first.journal, again.journal);
    assert_eq!(first.deliveries, again.deliveries);
    assert!(first == again);
    let (other, _) = play(&receiver, 8).await;
    assert!(first.answers != other.answers && first.received != other.received);
    assert_ne!(first.export, other.export);
}
