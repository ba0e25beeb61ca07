//! The journal: what a client did, without a word of what it said.

use std::time::{Duration, SystemTime};

use passid_sandbox::{Fault, FaultKind, RecordedRequest, RequestFilter, Route, Sandbox, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    REDEEM, VERIFY, admin, client, exchange, post, raw_request, redeem, sample_clock, send, verify,
};

fn all(sandbox: &Sandbox) -> Vec<RecordedRequest> {
    sandbox.requests(&RequestFilter::new())
}

async fn listed(sandbox: &Sandbox, query: &str) -> (Vec<u64>, bool) {
    let answer = admin(sandbox, Method::GET, &format!("/requests{query}"), None).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body.as_object().unwrap().len(), 2);
    let requests = body["requests"].as_array().unwrap();
    let seqs = requests.iter().map(|request| request["seq"].as_u64().unwrap()).collect();
    (seqs, body["complete"].as_bool().unwrap())
}

#[tokio::test]
async fn a_request_is_recorded_with_all_but_what_it_said() {
    let clock = sample_clock();
    let sandbox = Sandbox::builder().clock(clock).start().await.unwrap();
    let body = json!({"token": demo::KENYA_TOKEN});
    send(post(&sandbox, "/v1/verify?x=1", &body).header("Idempotency-Key", "k")).await;
    let answer = admin(&sandbox, Method::GET, "/requests", None).await;
    assert_eq!(
        answer.json(),
        json!({
            "requests": [{
                "seq": 1,
                "at": "2026-03-17T14:02:11Z",
                "method": "POST",
                "route": "verify",
                "template": "/v1/verify",
                "status": 200,
                "fault": null,
                "request_id": "req_000000000001",
                "environment": "sandbox",
                "institution_id": "42",
                "headers": {
                    "accept": "*/*",
                    "content-type": "application/json",
                    "idempotency-key": "present",
                    "x-institution-key": "present",
                },
                "query_present": true,
                "body": {"token": format!("<string:{}>", demo::KENYA_TOKEN.len())},
            }],
            "complete": true,
        })
    );
    let recorded = &all(&sandbox)[0];
    assert_eq!(recorded.at, SystemTime::UNIX_EPOCH + Duration::from_secs(1_773_756_131));
    assert_eq!((recorded.route, recorded.status), (Route::Verify, Some(200)));
}

#[tokio::test]
async fn whose_key_or_jwt_it_was_is_recorded_and_nothing_of_a_stranger() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = format!("{}/v1/outcome/cohort", sandbox.url());
    let call = || client().get(&url);
    let key = "X-Institution-Key";
    send(call().header(key, sandbox.live_key())).await;
    send(call().bearer_auth(sandbox.live_institution_jwt())).await;
    send(call().bearer_auth(sandbox.user_jwt())).await;
    send(call().header(key, "pk_live_stranger")).await;
    send(call().header(key, sandbox.live_key()).header(key, sandbox.live_key())).await;
    let callers: Vec<_> = all(&sandbox)
        .into_iter()
        .map(|it| (it.environment.map(passid_sandbox::Environment::as_str), it.institution_id))
        .collect();
    let known = (Some("live"), Some("42".to_owned()));
    assert_eq!(callers, [known.clone(), known, (None, None), (None, None), (None, None)]);
}

#[tokio::test]
async fn the_fault_and_what_the_client_saw_of_it_are_recorded() {
    let sandbox = Sandbox::start().await.unwrap();
    for (kind, status) in [
        (FaultKind::reset(), None),
        (FaultKind::empty(), None),
        (FaultKind::garbage(), None),
        (FaultKind::apply_then_drop(), None),
        (FaultKind::status(503), Some(503)),
        (FaultKind::rate_limit(1), Some(429)),
        (FaultKind::html(), Some(200)),
        (FaultKind::oversize(), Some(200)),
        (FaultKind::truncate(), Some(200)),
        (FaultKind::wrong_content_type(), Some(200)),
        (FaultKind::delay(Duration::ZERO), Some(200)),
        (FaultKind::slow_body(Duration::ZERO), Some(200)),
    ] {
        sandbox.inject_fault(Fault::on(Route::Any, kind)).unwrap();
        let request = raw_request(&sandbox, VERIFY, &json!({"token": demo::KENYA_TOKEN}));
        let _ = exchange(&sandbox, &request).await;
        let recorded = all(&sandbox).pop().unwrap();
        assert_eq!((recorded.fault, recorded.status), (Some(kind.name()), status));
    }
    assert_eq!(all(&sandbox).len(), 12);
}

#[tokio::test]
async fn a_client_that_did_not_wait_is_recorded_before_its_answer_is_due() {
    let sandbox = Sandbox::start().await.unwrap();
    let minute = FaultKind::delay(Duration::from_secs(60));
    sandbox.inject_fault(Fault::on(Route::Redeem, minute)).unwrap();
    let impatient = post(&sandbox, REDEEM, &json!({"code": demo::KENYA_CODE}))
        .timeout(Duration::from_millis(300))
        .send();
    let filter = RequestFilter::new();
    let recorded = sandbox.wait_for_requests(&filter, 1, Duration::from_secs(30));
    let (left, _) = tokio::join!(impatient, recorded);
    assert!(left.unwrap_err().is_timeout());
    assert_eq!(all(&sandbox)[0].status, Some(200));
}

#[tokio::test]
async fn nothing_secret_or_personal_is_ever_in_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = sandbox.sandbox_key();
    let bodies = [
        json!({"token": "MARKED-TOKEN", "code": "MARKED-CODE", "notes": "MARKED", "MARKED": 1}),
        json!({"outcome": "MARKED", "permissions": ["MARKED"], "ttlSeconds": "MARKED"}),
        json!({"claims": {"MARKED": ["MARKED", {"MARKED": 7_654_321}]}, "amountUsd": 7_654_321}),
        json!("MARKED"),
        json!(["MARKED", 7_654_321]),
    ];
    for path in
        [VERIFY, REDEEM, "/v1/sessions/MARKED", "/MARKED/x?MARKED=MARKED", "/v1/verify?MARKED"]
    {
        for body in &bodies {
            let call = post(&sandbox, path, body)
                .header("Idempotency-Key", "MARKED-KEY")
                .header("Authorization", "Bearer MARKED.JWT")
                .header("User-Agent", "MARKED/1 (MARKED)")
                .header("Accept", "application/MARKED")
                .header("Referer", "http://MARKED")
                .header("Cookie", "MARKED=MARKED")
                .header("X-MARKED", "MARKED");
            send(call).await;
        }
    }
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", "token=MARKED"),
        ("multipart/form-data; boundary=MARKED", "--MARKED"),
        ("text/MARKED", "MARKED"),
        ("application/json", "{\"token\": \"MARKED"),
    ] {
        let url = format!("{}{VERIFY}", sandbox.url());
        send(client().post(url).header("Content-Type", content_type).body(body)).await;
    }
    let method = Method::from_bytes(b"MARKED").unwrap();
    send(client().request(method, format!("{}{VERIFY}", sandbox.url()))).await;
    send(post(&sandbox, VERIFY, &json!({})).header("X-PASSID-Sandbox-Fault", "MARKED")).await;
    sandbox.inject_fault(Fault::on(Route::Any, FaultKind::reset())).unwrap();
    let broken = raw_request(&sandbox, VERIFY, &json!({"token": "MARKED"}));
    let _ = exchange(&sandbox, &broken).await;

    let recorded = all(&sandbox);
    assert_eq!(recorded.len(), 32);
    let listed = admin(&sandbox, Method::GET, "/requests?limit=1000", None).await.text;
    let debugged = format!("{recorded:?}");
    for text in [&listed, &debugged] {
        for secret in ["MARKED", "7654321", key, "JWT"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(listed.contains("\"authorization\":\"present\""));
    assert!(listed.contains("\"method\":\"OTHER\""));
    assert!(listed.contains("/v1/sessions/{requestId}"));
}

#[tokio::test]
async fn a_filter_gives_what_meets_all_of_it() {
    let sandbox = Sandbox::start().await.unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    redeem(&sandbox, "bad").await;
    verify(&sandbox, "two words").await;
    send(client().get(format!("{}{VERIFY}", sandbox.url()))).await;
    for (query, seqs) in [
        ("", &[1, 2, 3, 4][..]),
        ("?route=verify", &[1, 3, 4]),
        ("?route=any&status=400", &[2, 3]),
        ("?method=GET", &[4]),
        ("?method=post&after=1&limit=1", &[2]),
        ("?route=outcome", &[]),
    ] {
        assert_eq!(listed(&sandbox, query).await, (seqs.to_vec(), true), "{query}");
    }
    assert_eq!(listed(&sandbox, "?count=4&limit=2").await, (vec![1, 2], true));
    assert_eq!(listed(&sandbox, "?count=5").await, (vec![1, 2, 3, 4], false));
    assert_eq!(listed(&sandbox, "?count=5&wait_ms=1").await, (vec![1, 2, 3, 4], false));
}

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for query in [
        "?rout=verify",
        "?route=all",
        "?route=",
        "?route=verify&route=redeem",
        "?method=",
        "?method=P%00ST",
        "?status=abc",
        "?status=99",
        "?status=600",
        "?after=-1",
        "?after=99999999999999999999",
        "?limit=0",
        "?limit=1001",
        "?count=0&wait_ms=1",
        "?count=1001&wait_ms=1",
        "?wait_ms=1",
        "?count=1&wait_ms=60001",
        "?count=1&wait_ms=1.5",
        "?=",
    ] {
        let answer = admin(&sandbox, Method::GET, &format!("/requests{query}"), None).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_long_poll_answers_as_soon_as_there_are_enough() {
    let sandbox = Sandbox::start().await.unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    let waiting = listed(&sandbox, "?route=verify&status=200&count=2&wait_ms=60000");
    let calling = async {
        redeem(&sandbox, "bad").await;
        verify(&sandbox, demo::KENYA_TOKEN).await;
    };
    let (found, ()) = tokio::join!(waiting, calling);
    assert_eq!(found, (vec![1, 3], true));
    let later = RequestFilter::new().route(Route::Verify).after(3);
    let seen = sandbox.wait_for_requests(&later, 1, Duration::from_secs(60));
    let (seen, _) = tokio::join!(seen, verify(&sandbox, demo::KENYA_TOKEN));
    assert_eq!(seen[0].seq, 4);
    let none = RequestFilter::new().route(Route::Outcome);
    assert_eq!(sandbox.wait_for_requests(&none, 1, Duration::from_millis(1)).await, []);
}

#[tokio::test]
async fn it_can_be_emptied_and_goes_on_counting() {
    let sandbox = Sandbox::start().await.unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    let answer = admin(&sandbox, Method::DELETE, "/requests", None).await;
    assert_eq!(answer.json(), json!({"requests": [], "complete": true}));
    verify(&sandbox, demo::KENYA_TOKEN).await;
    assert_eq!(listed(&sandbox, "").await.0, [2]);
    sandbox.reset();
    assert_eq!(all(&sandbox), []);
    verify(&sandbox, demo::KENYA_TOKEN).await;
    assert_eq!(listed(&sandbox, "").await.0, [1]);
}

#[tokio::test]
async fn it_keeps_the_last_thousand_and_no_control_calls() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = client();
    for _ in 0..1_005 {
        let call = client.get(format!("{}/nowhere", sandbox.url())).send().await.unwrap();
        assert_eq!(call.status(), 404);
    }
    admin(&sandbox, Method::GET, "/calls", None).await;
    let recorded = all(&sandbox);
    assert_eq!((recorded.len(), recorded[0].seq, recorded[999].seq), (1_000, 6, 1_005));
    assert_eq!(listed(&sandbox, "").await.0.len(), 100);
    let body: Value = serde_json::to_value(&recorded[0]).unwrap();
    assert_eq!((&body["template"], &body["body"]), (&json!("*"), &Value::Null));
}
