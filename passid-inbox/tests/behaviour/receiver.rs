//! The answers to PASSID: every row of the receiver's table.

use bytes::Bytes;
use futures_util::stream;
use passid_core::testing::webhook::sign;
use passid_core::webhook::WebhookRejection;
use passid_core::{Answer, WebhookSecret, WebhookVerifier};
use passid_inbox::store::Store;
use passid_inbox::{InboxBuilder, Receiver};
use serde_json::json;

use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{HOUR, Stage, chain, completed, test_event};

fn secret() -> WebhookSecret {
    WebhookSecret::parse("whsec_00000000000000000000000000000000").unwrap()
}

fn receiver<S: Store>(stage: &Stage<S>) -> Receiver<S> {
    let verifier = WebhookVerifier::builder().secret(secret()).max_body(2000).build().unwrap();
    Receiver::new(stage.inbox.clone(), verifier)
}

/// What PASSID is answered to this body in two pieces.
async fn answer<S: Store>(stage: &Stage<S>, header: Option<String>, body: &[u8]) -> Answer {
    let (first, second) = body.split_at(body.len() / 2);
    let pieces =
        [first, second].map(|piece| Ok::<_, WebhookRejection>(Bytes::copy_from_slice(piece)));
    match receiver(stage).receive(header, None, stream::iter(pieces)).await {
        Ok(receipt) => receipt.answer(),
        Err(error) => {
            assert!(!chain(&error).contains("0000"));
            error.answer()
        }
    }
}

fn told(answer: &Answer) -> (u16, String) {
    assert!(answer.headers.contains(&("cache-control", "no-store".to_owned())));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    (answer.status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_is_stored_now_or_was_before_is_answered_200_also_by_a_name_that_is_not_known() {
    let stage = Stage::new();
    for body in [
        completed("PASSID-A", 0),
        json!({"event": "x.y", "institution_id": 1,
        "timestamp": "2026-03-29T09:30:00Z"}),
    ] {
        let body = body.to_string().into_bytes();
        let first = answer(&stage, Some(sign(&secret(), &body)), &body).await;
        assert_eq!((first.status, &*first.body), (200, br#"{"received":true}"#.as_slice()));
        let second = answer(&stage, Some(sign(&secret(), &body)), &body).await;
        let expected = br#"{"received":true,"duplicate":true}"#.as_slice();
        assert_eq!((second.status, &*second.body), (200, expected));
    }
    assert_eq!(stage.inbox.counts().await.unwrap().ready, 2);
}

#[tokio::test]
async fn what_is_not_signed_or_out_of_time_gets_the_same_401_and_leaves_no_trace() {
    let stage = Stage::with(passid_inbox::store::MemoryStore::new(), |builder: InboxBuilder<_>| {
        builder.max_age(3 * HOUR)
    });
    let body = completed("PASSID-A", 0).to_string().into_bytes();
    let missing = answer(&stage, None, &body).await;
    let forged = answer(&stage, Some(sign(&secret(), b"other")), &body).await;
    let mut old = test_event("a");
    old["timestamp"] = json!("2026-03-29T01:00:00Z");
    let old = old.to_string().into_bytes();
    let out_of_time = answer(&stage, Some(sign(&secret(), &old)), &old).await;
    assert_eq!(told(&missing), (401, "SIGNATURE_INVALID".to_owned()));
    assert_eq!((&missing, &missing), (&forged, &out_of_time));
    assert_eq!(stage.inbox.counts().await.unwrap(), Default::default());
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_one_that_breaks_off_401() {
    let stage = Stage::new();
    let large = vec![b' '; 2001];
    let refused = answer(&stage, Some(sign(&secret(), &large)), &large).await;
    assert_eq!(told(&refused), (413, "BODY_TOO_LARGE".to_owned()));
    for (broken, expected) in [
        (WebhookRejection::BodyUnreadable, (401, "SIGNATURE_INVALID")),
        (WebhookRejection::BodyTimeout, (408, "BODY_TIMEOUT")),
    ] {
        let pieces = stream::iter([Ok(Bytes::from_static(b"{")), Err(broken)]);
        let header = Some(sign(&secret(), b"{"));
        let error = receiver(&stage).receive(header, None, pieces).await.unwrap_err();
        assert_eq!(told(&error.answer()), (expected.0, expected.1.to_owned()));
    }
    assert_eq!(stage.inbox.counts().await.unwrap(), Default::default());
}

#[tokio::test]
async fn signed_bytes_that_are_no_event_are_400_and_kept() {
    let stage = Stage::new();
    let body = b"[1, 2]";
    let refused = answer(&stage, Some(sign(&secret(), body)), body).await;
    assert_eq!(told(&refused), (400, "EVENT_INVALID".to_owned()));
    assert_eq!(stage.inbox.counts().await.unwrap().dead, 1);
}

#[tokio::test]
async fn what_is_not_known_to_be_durable_is_503_whatever_the_body_says() {
    for body in [completed("PASSID-A", 0).to_string(), "no event".to_owned()] {
        for fault in [Fault::Fails, Fault::LosesAnswer] {
            let store = FaultyStore::new();
            let stage = Stage::over(store.clone());
            store.spoil(Call::Insert, fault, 1);
            let refused = answer(&stage, Some(sign(&secret(), body.as_bytes())), body.as_bytes());
            assert_eq!(told(&refused.await), (503, "INBOX_UNAVAILABLE".to_owned()), "{fault:?}");
        }
    }
}
