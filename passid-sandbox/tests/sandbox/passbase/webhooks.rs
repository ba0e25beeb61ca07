//! Webhooks as an application receives them, and as a test takes them.

use std::time::Duration;

use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passid_sandbox::passbase::{OlderWebhook, PassbaseSettings, Thresholds};
use passid_sandbox::{Sandbox, WebhookEvent, WebhookFault, WebhookFaultKind};
use serde_json::{Value, json};

use super::{SECRET, identity, processed, sandbox};
use crate::receiver::Receiver;

/// As a receiver in another language would open it.
fn opened(body: &str) -> Value {
    let bytes = STANDARD.decode(body).unwrap();
    let (iv, sealed) = bytes.split_at(16);
    let (key, iv): ([u8; 32], [u8; 16]) =
        (SECRET.as_bytes().try_into().unwrap(), iv.try_into().unwrap());
    let mut plain = sealed.to_vec();
    let (blocks, rest) = aes::Block::slice_as_chunks_mut(&mut plain);
    assert!(rest.is_empty());
    cbc::Decryptor::<aes::Aes256>::new(&key.into(), &iv.into()).decrypt_blocks(blocks);
    let padding = usize::from(*plain.last().unwrap());
    plain.truncate(plain.len() - padding);
    serde_json::from_slice(&plain).unwrap()
}

async fn settle(sandbox: &Sandbox) {
    assert!(sandbox.deliveries_settled(Duration::from_secs(20)).await);
}

fn settings(receiver: &Receiver) -> PassbaseSettings {
    let mut settings = PassbaseSettings::default();
    settings.webhook_url = Some(receiver.url());
    settings
}

fn events(receiver: &Receiver) -> Vec<String> {
    receiver.received().iter().map(|it| it.json()["event"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn webhooks_are_posted_plain_or_encrypted_and_never_signed() {
    let (sandbox, receiver) = (sandbox().await, Receiver::start().await);
    let passbase = sandbox.passbase();
    passbase.set_webhook_url(&*receiver.url()).unwrap();
    let key = processed(&sandbox);
    settle(&sandbox).await;
    let plain = receiver.received().remove(0);
    assert_eq!(plain.content_type, "application/json");
    assert_eq!(
        plain.json(),
        json!({
            "event": "VERIFICATION_COMPLETED", "key": key, "status": "pending",
            "created": 1_773_756_131, "updated": 1_773_756_131, "processed": 1_773_756_131
        })
    );
    passbase.set_webhook_secret(*b"0123456789abcdef0123456789abcdef").unwrap();
    passbase.review(&key, true).unwrap();
    passbase.edit(&key, "sex", json!("F")).unwrap();
    settle(&sandbox).await;
    for sealed in &receiver.received()[1..] {
        assert_eq!(sealed.content_type, "text/plain");
        assert_eq!((&*sealed.signature, &*sealed.authorization), ("", ""));
        assert_eq!(opened(&sealed.body)["key"], key);
    }
    let deliveries = passbase.deliveries();
    assert_eq!(deliveries.len(), 3);
    assert!(deliveries.iter().all(|it| it.api == "passbase" && it.state == "delivered"));
    assert_eq!(deliveries[0].attempts[0].signature, "absent");
    assert_eq!(sandbox.deliveries().len(), 3);
    assert_eq!(passbase.take_webhooks().len(), 3, "a test can take them all the same");
    passbase.set_webhook_url(None).unwrap();
    passbase.review(&key, false).unwrap();
    assert_eq!((passbase.deliveries().len(), passbase.take_webhooks().len()), (3, 1));
}

#[tokio::test]
async fn the_trap_is_there_until_it_is_turned_off() {
    for (trap, told) in [(true, "approved"), (false, "pending")] {
        let (sandbox, receiver) = (sandbox().await, Receiver::start().await);
        let passbase = sandbox.passbase();
        let mut settings = settings(&receiver);
        settings.trap = trap;
        settings.thresholds = Some(Thresholds { approve: 0.85, decline: 0.7 });
        passbase.set_settings(settings).unwrap();
        let key = passbase.begin(super::NewIdentity::default()).unwrap();
        passbase.submit(&key).unwrap();
        passbase.screen(&key, &["pep-class-1"]).unwrap();
        passbase.process(&key).unwrap();
        settle(&sandbox).await;
        let received = receiver.received();
        let completed =
            received.iter().find(|it| it.json()["event"] == "VERIFICATION_COMPLETED").unwrap();
        assert_eq!(completed.json()["status"], told);
        assert!(received.iter().any(|it| it.json()["event"] == "WATCHLIST_MONITORING"));
        assert_eq!(identity(&sandbox, &key).await["status"], "pending");
    }
}

#[tokio::test]
async fn a_webhook_is_sent_once_unless_the_settings_say_more() {
    let (sandbox, receiver) = (sandbox().await, Receiver::start().await);
    let passbase = sandbox.passbase();
    passbase.set_settings(settings(&receiver)).unwrap();
    receiver.answer([204]);
    processed(&sandbox);
    settle(&sandbox).await;
    assert_eq!(passbase.deliveries()[0].state, "failed", "only 200 is a success");

    let mut retried = settings(&receiver);
    retried.webhook_retries = vec![60, 3_600];
    passbase.set_settings(retried).unwrap();
    receiver.answer([500, 302, 200]);
    processed(&sandbox);
    for (seconds, attempts) in [(0, 1), (59, 1), (1, 2), (3_600, 3), (86_400, 3)] {
        sandbox.advance_clock(Duration::from_secs(seconds)).unwrap();
        settle(&sandbox).await;
        assert_eq!(passbase.deliveries()[1].attempts.len(), attempts, "after {seconds}");
    }
    assert_eq!(passbase.deliveries()[1].state, "delivered");
    let bodies = receiver.bodies();
    assert!(bodies[1..].iter().all(|body| *body == bodies[1]), "the same bytes");
}

#[tokio::test]
async fn the_order_is_reversed_and_everything_comes_twice_on_demand() {
    let (sandbox, receiver) = (sandbox().await, Receiver::start().await);
    let passbase = sandbox.passbase();
    let mut turned = settings(&receiver);
    turned.webhooks_reversed = true;
    passbase.set_settings(turned.clone()).unwrap();
    let key = processed(&sandbox);
    settle(&sandbox).await;
    assert!(events(&receiver).is_empty(), "held");
    passbase.review(&key, true).unwrap();
    settle(&sandbox).await;
    assert_eq!(events(&receiver), ["VERIFICATION_REVIEWED", "VERIFICATION_COMPLETED"]);
    let taken = passbase.take_webhooks();
    assert_eq!(taken.iter().map(|it| it.body.clone()).collect::<Vec<_>>(), receiver.bodies());

    let mut twice = settings(&receiver);
    twice.webhooks_repeated = true;
    passbase.set_settings(twice).unwrap();
    passbase.review(&key, false).unwrap();
    settle(&sandbox).await;
    let bodies = receiver.bodies();
    assert_eq!((bodies.len(), &bodies[2]), (4, &bodies[3]));
    assert_eq!(passbase.take_webhooks().len(), 2);
}

#[tokio::test]
async fn faults_and_redelivery_are_those_of_the_other_webhooks() {
    let (sandbox, receiver) = (sandbox().await, Receiver::start().await);
    let passbase = sandbox.passbase();
    passbase.set_settings(settings(&receiver)).unwrap();
    let completed = WebhookEvent::PassbaseVerificationCompleted;
    for kind in [WebhookFaultKind::dropped(), WebhookFaultKind::late(30)] {
        sandbox.inject_webhook_fault(WebhookFault::on(completed, kind)).unwrap();
    }
    let wrong = WebhookFault::on_any(WebhookFaultKind::wrong_signature());
    sandbox.inject_webhook_fault(wrong).unwrap();
    for _ in 0..3 {
        processed(&sandbox);
    }
    settle(&sandbox).await;
    let states: Vec<_> = passbase.deliveries().iter().map(|it| it.state).collect();
    assert_eq!(
        states,
        ["dropped", "pending", "delivered"],
        "nothing is signed that could be wrong"
    );
    assert!(sandbox.redeliver(&passbase.deliveries()[0].id));
    sandbox.advance_clock(Duration::from_secs(30)).unwrap();
    settle(&sandbox).await;
    let states: Vec<_> = passbase.deliveries().iter().map(|it| it.state).collect();
    assert_eq!(states, ["delivered"; 3]);
}

#[tokio::test]
async fn the_older_ones_come_on_demand() {
    let (sandbox, receiver) = (sandbox().await, Receiver::start().await);
    let passbase = sandbox.passbase();
    let mut sealed = settings(&receiver);
    sealed.webhook_secret = Some(SECRET.to_owned());
    passbase.set_settings(sealed).unwrap();
    let key = processed(&sandbox);
    settle(&sandbox).await;
    for (older, name) in [
        (OlderWebhook::Created2019, "AUTHENTICATION_CREATED"),
        (OlderWebhook::Finished2019, "AUTHENTICATION_FINISHED"),
        (OlderWebhook::Processed2019, "AUTHENTICATION_PROCESSED"),
        (OlderWebhook::ReviewStatusChanged2019, "AUTHENTICATION_REVIEW_STATUS_CHANGED"),
        (OlderWebhook::Processed2020, "AUTHENTICATION_PROCESSED"),
        (OlderWebhook::ReviewStatusChanged2020, "AUTHENTICATION_REVIEW_STATUS_CHANGED"),
    ] {
        passbase.send_older(&key, older).unwrap();
        settle(&sandbox).await;
        let received = receiver.received().pop().unwrap();
        if received.content_type == "application/json" {
            assert_eq!(received.authorization, format!("APIKEY {}", passbase.key()));
            assert_eq!(
                received.json(),
                json!({
                    "api_key": passbase.key(), "customer_user_id": null,
                    "created_at": 1_773_756_131, "authentication_key": key,
                    "authenticated_at": 1_773_756_131, "authenticated": false, "event": name
                })
            );
        } else {
            let event = opened(&received.body);
            assert_eq!((&event["event"], &event["key"]), (&json!(name), &json!(key)));
            assert_eq!(event["status"], "pending");
        }
    }
    assert!(passbase.send_older("x", OlderWebhook::Created2019).is_err());
}
