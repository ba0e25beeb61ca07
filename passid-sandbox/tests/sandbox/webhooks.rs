use std::time::Duration;

use passid_sandbox::{
    CredentialState, NewCredential, Sandbox, SandboxBuilder, WebhookEvent, WebhookFault,
    WebhookFaultKind, demo,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::receiver::{Received, Receiver};
use crate::support::{
    VERIFY, admin, bearer, post, post_with_key, redeem, sample_clock, send, session, verify,
};

const PATIENCE: Duration = Duration::from_secs(20);
/// The pauses between the five attempts, in seconds.
const PAUSES: [u64; 4] = [30, 300, 1_800, 7_200];

fn builder(receiver: &Receiver) -> SandboxBuilder {
    Sandbox::builder().clock(sample_clock()).webhook_url(receiver.url())
}

async fn pair() -> (Sandbox, Receiver) {
    let receiver = Receiver::start().await;
    let sandbox = builder(&receiver).start().await.unwrap();
    (sandbox, receiver)
}

async fn settle(sandbox: &Sandbox) {
    assert!(sandbox.deliveries_settled(PATIENCE).await);
}

/// The events that have arrived so far.
async fn events(sandbox: &Sandbox, receiver: &Receiver) -> Vec<Value> {
    settle(sandbox).await;
    receiver.received().iter().map(Received::json).collect()
}

#[tokio::test]
async fn a_verified_token_is_told_in_the_guides_envelope_and_signed() {
    let (sandbox, receiver) = pair().await;
    let body = json!({
        "webhookUrl": receiver.url(),
        "webhookSecret": "whsec_your_32char_secret",
    });
    let path = "/api/institution/webhook";
    bearer(&sandbox, Method::PATCH, path, &sandbox.institution_jwt(), Some(body)).await.data();
    verify(&sandbox, demo::MINIMAL_TOKEN).await;
    settle(&sandbox).await;
    let received = receiver.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        received[0].body,
        format!(
            r#"{{"event":"verification.completed","institution_id":"42","timestamp":"2026-03-17T14:02:11Z","data":{{"token":"{}","verified_at":"2026-03-17T14:02:11Z","proof_type":"groth16/bn254","verified_claims":{{"corridor":"KE->GB","data_window_days":180,"freshness_hours":2,"identity_verified":true,"linked_accounts":1}}}}}}"#,
            demo::MINIMAL_TOKEN
        )
    );
    assert_eq!(received[0].content_type, "application/json");
    assert!(received[0].is_signed_with("whsec_your_32char_secret"));
    assert!(!received[0].is_signed_with(demo::WEBHOOK_SECRET));
}

#[tokio::test]
async fn every_rejection_of_a_known_key_is_told_with_its_reason() {
    let (sandbox, receiver) = pair().await;
    for token in [
        demo::EXPIRED_TOKEN,
        demo::REVOKED_TOKEN,
        demo::BADLY_SIGNED_TOKEN,
        demo::SANCTIONS_DENIED_TOKEN,
        "PASSID-0000-0000-0000-0000",
    ] {
        verify(&sandbox, token).await;
    }
    // Without a valid key nothing is told (guide, step 7).
    let body = json!({"token": demo::EXPIRED_TOKEN});
    send(post_with_key(&sandbox, "pk_sandbox_nobody", VERIFY, &body)).await;
    let events = events(&sandbox, &receiver).await;
    let mut reasons: Vec<_> = events
        .iter()
        .map(|event| {
            assert_eq!(event["event"], "verification.failed");
            assert_eq!(event["data"].as_object().unwrap().len(), 2);
            event["data"]["deny_reason"].as_str().unwrap()
        })
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            "HARD_DENY_SANCTIONS_MATCH",
            "INVALID_SIGNATURE",
            "TOKEN_EXPIRED",
            "TOKEN_NOT_FOUND",
            "TOKEN_REVOKED",
        ]
    );
}

#[tokio::test]
async fn redemptions_sessions_and_outcomes_are_told_too() {
    let (sandbox, receiver) = pair().await;
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let token = redeem(&sandbox, &code).await.data()["token"].clone();
    redeem(&sandbox, &code).await;
    let bad = NewCredential::new().state(CredentialState::Revoked);
    redeem(&sandbox, &sandbox.mint_code(bad).unwrap()).await;
    // A review is still to come: neither completed nor failed.
    redeem(&sandbox, demo::GHANA_CODE).await;
    let session = session(&sandbox, json!({"permissions": ["identity_verified"]})).await;
    sandbox.approve_session(session["requestId"].as_str().unwrap()).unwrap();
    let report = json!({
        "token": token,
        "outcome": "repaid",
        "productType": "personal_loan",
        "amountUsd": 5000,
        "observationDays": 90,
        "notes": "Early repayment",
    });
    send(post(&sandbox, "/v1/outcome", &report)).await;
    let mut events = events(&sandbox, &receiver).await;
    events.sort_by_key(|event| event["event"].to_string());
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "outcome.reported",
            "verification.completed",
            "verification.completed",
            "verification.failed",
        ]
    );
    assert_eq!(
        events[0]["data"],
        json!({
            "token": token,
            "outcome": "repaid",
            "product_type": "personal_loan",
            "amount_usd": 5000,
            "verification_context": {
                "coverage": "high",
                "freshness_hours": 2,
                "verified_at": "2026-03-17T14:02:11Z",
            },
        })
    );
    let completed = |event: &&Value| event["data"]["verified_claims"]["income_verified"].is_null();
    assert_eq!(
        events
            .iter()
            .filter(|event| event["event"] == "verification.completed")
            .filter(completed)
            .count(),
        1
    );
}

#[tokio::test]
async fn a_replayed_verification_sends_no_second_event() {
    let (sandbox, receiver) = pair().await;
    let body = json!({"token": demo::KENYA_TOKEN});
    for _ in 0..3 {
        send(post(&sandbox, VERIFY, &body).header("Idempotency-Key", "once")).await;
    }
    assert_eq!(events(&sandbox, &receiver).await.len(), 1);
}

#[tokio::test]
async fn environments_and_institutions_have_addresses_of_their_own() {
    let (sandbox, receiver) = pair().await;
    let body = json!({"token": demo::LIVE_TOKEN});
    send(post_with_key(&sandbox, sandbox.live_key(), VERIFY, &body)).await;
    assert!(events(&sandbox, &receiver).await.is_empty(), "live has none yet");
    let live = Receiver::start().await;
    let settings = json!({"webhookUrl": live.url()});
    let jwt = sandbox.live_institution_jwt();
    bearer(&sandbox, Method::PATCH, "/api/institution/webhook", &jwt, Some(settings)).await;
    send(post_with_key(&sandbox, sandbox.live_key(), VERIFY, &body)).await;
    settle(&sandbox).await;
    assert_eq!((receiver.received().len(), live.received().len()), (0, 1));
}

#[tokio::test]
async fn the_two_hour_schedule_runs_in_milliseconds() {
    let (sandbox, receiver) = pair().await;
    sandbox.freeze_clock(true);
    receiver.answer([500, 404, 302, 500]);
    verify(&sandbox, demo::KENYA_TOKEN).await;
    settle(&sandbox).await;
    for (number, pause) in PAUSES.into_iter().enumerate() {
        assert_eq!(receiver.received().len(), number + 1);
        sandbox.advance_clock(Duration::from_secs(pause - 1)).unwrap();
        settle(&sandbox).await;
        assert_eq!(receiver.received().len(), number + 1, "not before its time");
        sandbox.advance_clock(Duration::from_secs(1)).unwrap();
        settle(&sandbox).await;
    }
    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 5);
    assert!(bodies.iter().all(|body| *body == bodies[0]), "every attempt sends the same bytes");
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(delivery.state, "delivered");
    let statuses: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [Some(500), Some(404), Some(302), Some(500), Some(200)]);
    sandbox.advance_clock(Duration::from_secs(100_000)).unwrap();
    settle(&sandbox).await;
    assert_eq!(receiver.received().len(), 5);
}

#[tokio::test]
async fn after_five_attempts_an_event_is_gone_and_can_be_sent_by_hand() {
    let (sandbox, receiver) = pair().await;
    sandbox.freeze_clock(true);
    receiver.answer([503; 5]);
    verify(&sandbox, demo::KENYA_TOKEN).await;
    settle(&sandbox).await;
    for pause in PAUSES {
        sandbox.advance_clock(Duration::from_secs(pause)).unwrap();
        settle(&sandbox).await;
    }
    let path = "/deliveries?state=failed&event=verification.completed";
    let failed = admin(&sandbox, Method::GET, path, None).await.json();
    let failed = &failed["deliveries"][0];
    assert_eq!(failed["attempts"].as_array().unwrap().len(), 5);
    assert_eq!(failed["attempts"][4]["at"], "2026-03-17T16:37:41Z", "2 h 35 min 30 s later");
    let path = format!("/deliveries/{}/redeliver", failed["id"].as_str().unwrap());
    assert_eq!(admin(&sandbox, Method::POST, &path, None).await.status, 200);
    let settled =
        admin(&sandbox, Method::POST, "/deliveries/settle", Some(json!({"wait_ms": 20_000})));
    assert_eq!(settled.await.json(), json!({"settled": true}));
    let path = format!("/deliveries/{}", failed["id"].as_str().unwrap());
    let delivery = admin(&sandbox, Method::GET, &path, None).await.json();
    assert_eq!(delivery["attempts"][5]["kind"], "manual");
    assert_eq!(delivery["attempts"][5]["status"], 200);
    assert_eq!(receiver.received().len(), 6);
}

#[tokio::test]
async fn an_application_that_does_not_answer_in_time_has_failed() {
    let receiver = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", receiver.local_addr().unwrap());
    let sandbox = Sandbox::builder()
        .webhook_url(url)
        .webhook_timeout(Duration::from_millis(50))
        .start()
        .await
        .unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    settle(&sandbox).await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!((delivery.state, delivery.attempts[0].outcome), ("pending", "timeout"));
    drop(receiver);
    assert!(sandbox.redeliver(&delivery.id));
    settle(&sandbox).await;
    assert_eq!(sandbox.deliveries()[0].attempts[1].outcome, "connection_failed");
}

#[tokio::test]
async fn a_test_event_is_sent_on_demand() {
    let (sandbox, receiver) = pair().await;
    let sent = admin(&sandbox, Method::POST, "/webhooks/test", None).await;
    assert_eq!(sent.json(), json!({"delivery_id": "dlv_000000000001"}));
    let body = json!({"message": "hello"});
    assert_eq!(admin(&sandbox, Method::POST, "/webhooks/test", Some(body)).await.status, 201);
    assert!(sandbox.send_test_event("from code").is_some());
    let mut messages: Vec<_> = events(&sandbox, &receiver)
        .await
        .into_iter()
        .map(|event| {
            assert_eq!(event["event"], "webhook.test");
            event["data"]["message"].as_str().unwrap().to_owned()
        })
        .collect();
    messages.sort_unstable();
    assert_eq!(messages, ["This is a test event.", "from code", "hello"]);
    for (body, wanted) in [
        (json!({"institution_id": "43"}), (404, "INSTITUTION_NOT_FOUND")),
        (json!({"environment": "live"}), (409, "NO_WEBHOOK_URL")),
        (json!({"environment": "staging"}), (400, "INVALID_REQUEST")),
        (json!({"message": "x".repeat(1_001)}), (400, "INVALID_REQUEST")),
    ] {
        let refused = admin(&sandbox, Method::POST, "/webhooks/test", Some(body)).await.error();
        assert_eq!((refused.0, &*refused.1), wanted);
    }
}

#[tokio::test]
async fn webhook_faults_do_what_their_names_say() {
    let (sandbox, receiver) = pair().await;
    let old = sandbox.webhook_secret();
    let settings = json!({"webhookUrl": receiver.url(), "webhookSecret": "whsec_new_0123456789"});
    let jwt = sandbox.institution_jwt();
    bearer(&sandbox, Method::PATCH, "/api/institution/webhook", &jwt, Some(settings)).await;
    for kind in ["drop", "duplicate", "wrong_signature", "old_secret"] {
        let fault = json!({"event": "webhook.test", "fault": {"kind": kind}});
        let answer = admin(&sandbox, Method::POST, "/webhook-faults", Some(fault)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        sandbox.send_test_event(kind).unwrap();
        settle(&sandbox).await;
    }
    let seen: Vec<_> = receiver
        .received()
        .iter()
        .map(|received| {
            let signed = match received {
                it if it.is_signed_with("whsec_new_0123456789") => "current",
                it if it.is_signed_with(&old) => "previous",
                _ => "wrong",
            };
            (received.json()["data"]["message"].as_str().unwrap().to_owned(), signed)
        })
        .collect();
    let seen: Vec<_> = seen.iter().map(|(message, signed)| (&**message, *signed)).collect();
    assert_eq!(
        seen,
        [
            ("duplicate", "current"),
            ("duplicate", "current"),
            ("wrong_signature", "wrong"),
            ("old_secret", "previous"),
        ]
    );
    assert_eq!(sandbox.deliveries()[0].state, "dropped");
    let left = admin(&sandbox, Method::GET, "/webhook-faults", None).await.json();
    assert_eq!(left, json!({"faults": []}));
}

#[tokio::test]
async fn events_can_be_late_overtaken_and_restamped() {
    let (sandbox, receiver) = pair().await;
    sandbox.freeze_clock(true);
    let inject = |kind| {
        sandbox.inject_webhook_fault(WebhookFault::on(WebhookEvent::Test, kind)).unwrap();
    };
    inject(WebhookFaultKind::late(90));
    sandbox.send_test_event("late").unwrap();
    settle(&sandbox).await;
    assert!(receiver.received().is_empty());
    inject(WebhookFaultKind::reorder());
    sandbox.send_test_event("overtaken").unwrap();
    sandbox.send_test_event("overtaking").unwrap();
    settle(&sandbox).await;
    sandbox.advance_clock(Duration::from_secs(90)).unwrap();
    settle(&sandbox).await;
    let messages: Vec<_> = receiver
        .received()
        .iter()
        .map(|received| received.json()["data"]["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(messages, ["overtaking", "overtaken", "late"]);

    receiver.answer([500]);
    inject(WebhookFaultKind::restamp());
    sandbox.send_test_event("restamped").unwrap();
    settle(&sandbox).await;
    sandbox.advance_clock(Duration::from_secs(30)).unwrap();
    settle(&sandbox).await;
    let received = receiver.received();
    let [.., first, second] = &received[..] else { panic!("two attempts") };
    assert_ne!(first.body, second.body);
    assert_eq!(first.json()["data"], second.json()["data"]);
    assert!(second.is_signed_with(demo::WEBHOOK_SECRET));
}

#[tokio::test]
async fn faults_that_cannot_be_are_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    for fault in [
        json!({}),
        json!({"fault": {"kind": "explode"}}),
        json!({"fault": {"kind": "drop"}, "times": 0}),
        json!({"fault": {"kind": "late", "seconds": u64::MAX}}),
        json!({"fault": {"kind": "drop"}, "event": "verification.done"}),
        json!({"fault": {"kind": "drop"}, "more": 1}),
    ] {
        let answer = admin(&sandbox, Method::POST, "/webhook-faults", Some(fault.clone())).await;
        assert_eq!(answer.error().0, 400, "{fault}");
    }
    for path in ["/deliveries?state=lost", "/deliveries?stat=failed", "/deliveries?environment=x"] {
        assert_eq!(admin(&sandbox, Method::GET, path, None).await.error().0, 400, "{path}");
    }
    for path in ["/deliveries/dlv_x", "/deliveries/dlv_x/redeliver"] {
        let method = if path.ends_with('x') { Method::GET } else { Method::POST };
        assert_eq!(admin(&sandbox, method, path, None).await.error().1, "DELIVERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn pending_deliveries_survive_a_restart_and_keep_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let receiver = Receiver::start().await;
    receiver.answer([500, 500]);
    let first = builder(&receiver).data_file(&file).start().await.unwrap();
    first.freeze_clock(true);
    verify(&first, demo::KENYA_TOKEN).await;
    settle(&first).await;
    first.advance_clock(Duration::from_secs(30)).unwrap();
    settle(&first).await;
    let before = first.deliveries();
    assert_eq!(before[0].attempts.len(), 2);
    first.shutdown().await;

    let second = builder(&receiver).data_file(&file).start().await.unwrap();
    assert_eq!(second.deliveries(), before);
    second.advance_clock(Duration::from_secs(299)).unwrap();
    settle(&second).await;
    assert_eq!(receiver.received().len(), 2);
    second.advance_clock(Duration::from_secs(1)).unwrap();
    settle(&second).await;
    let delivery = &second.deliveries()[0];
    assert_eq!((delivery.state, delivery.attempts.len()), ("delivered", 3));
    let bodies = receiver.bodies();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[tokio::test]
async fn a_reset_forgets_deliveries_and_their_faults() {
    let (sandbox, receiver) = pair().await;
    receiver.answer([500]);
    verify(&sandbox, demo::KENYA_TOKEN).await;
    settle(&sandbox).await;
    let fault = WebhookFault::on(WebhookEvent::VerificationCompleted, WebhookFaultKind::dropped());
    sandbox.inject_webhook_fault(fault).unwrap();
    sandbox.reset();
    assert!(sandbox.deliveries().is_empty());
    verify(&sandbox, demo::KENYA_TOKEN).await;
    settle(&sandbox).await;
    assert_eq!(sandbox.deliveries()[0].state, "delivered");
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let target = Receiver::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:secret@{}/", listener.local_addr().unwrap());
    let sandbox = Sandbox::builder().webhook_url(url).start().await.unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 64 * 1024];
    let count = stream.read(&mut request).await.unwrap();
    assert!(String::from_utf8_lossy(&request[..count]).contains("sha256="));
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        target.url()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    settle(&sandbox).await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!((delivery.state, delivery.attempts[0].status), ("pending", Some(307)));
    assert!(target.received().is_empty());
    assert!(!format!("{delivery:?}").contains("secret"));
}
