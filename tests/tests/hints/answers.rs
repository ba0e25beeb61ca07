//! What the sender is told: nothing of what is sealed, and 503 until it is stored.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use passid_inbox::store::MemoryStore;
use passid_tests::http::Request;
use passid_tests::webhook::{DUPLICATE, Inserts, RECEIVED, ScriptedStore};

use super::EVERYWHERE;
use super::service::{Framework, Route, inbox};
use super::upstream::{Mode, PATH, Upstream, request};

/// Whatever can be wrong with a webhook that is sound otherwise.
fn spoilt(mode: Mode, sound: &Request) -> Vec<Request> {
    let body = &sound.body;
    let without = Request::new("POST", PATH).body(body.clone());
    let right = match mode {
        Mode::Encrypted => "text/plain",
        Mode::Plain => "application/json",
    };
    let wrong = match mode {
        Mode::Encrypted => "application/json",
        Mode::Plain => "text/plain",
    };
    let mut all = vec![
        without.clone(),
        without.header("Content-Type", right).header("Content-Type", right),
        request(wrong, body.clone()),
        request("text/html", body.clone()),
        request(right, ""),
        request(right, &body[..body.len() / 2]),
        request(right, "{}"),
        request(right, br#"{"event":"VERIFICATION_REVIEWED"}"#.as_slice()),
        request(right, [0xff; 64]),
    ];
    if mode == Mode::Encrypted {
        let sealed = STANDARD.decode(body).unwrap();
        // Every bit of the padding, and of the block before it, which the padding hangs on.
        for place in (sealed.len() - 32..sealed.len()).step_by(3) {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            all.push(request(right, STANDARD.encode(changed)));
        }
    }
    all
}

#[tokio::test]
async fn whatever_cannot_be_opened_gets_one_and_the_same_answer_and_leaves_no_trace() {
    for (on, mode) in EVERYWHERE {
        let (upstream, inbox) = (Upstream::start(mode).await, inbox(MemoryStore::new()));
        let route = Route::start(on, &inbox, mode.opener()).await;
        let sound = upstream.approved().1.remove(0);
        let mut answers = Vec::new();
        for request in spoilt(mode, &sound) {
            answers.push(route.send(&request).await);
        }
        assert_eq!(answers[0].status, 400);
        assert!(answers[0].body.contains("WEBHOOK_INVALID"));
        let other = answers.iter().position(|answer| *answer != answers[0]);
        assert_eq!(other, None, "{on:?} {mode:?}");
        assert_eq!(inbox.hints().counts().await.unwrap(), Default::default());
        let get = Request { method: "GET", ..sound.clone() };
        assert_eq!(route.send(&get).await.status, 405);
        let large = request("text/plain", vec![b'A'; 70_000]);
        assert_eq!(route.send(&large).await.status, 413);
        assert_eq!(route.send(&sound).await.status, 200);
    }
}

#[tokio::test]
async fn an_unknown_event_is_stored_and_answered_200() {
    for on in [Framework::Axum, Framework::Actix] {
        let inbox = inbox(MemoryStore::new());
        let route = Route::start(on, &inbox, Mode::Plain.opener()).await;
        let key = "a44c2593-e2ae-4ed9-b81b-c1330580338a";
        let body = format!(r#"{{"event":"IDENTITY_MERGED","key":"{key}"}}"#);
        let told = route.send(&request("application/json; charset=utf-8", body)).await;
        assert_eq!((told.status, &*told.body), (200, RECEIVED));
        assert_eq!(inbox.hints().counts().await.unwrap().ready, 1);
    }
}

#[tokio::test]
async fn what_cannot_be_stored_is_503_and_is_taken_when_it_comes_again() {
    for (on, mode) in EVERYWHERE {
        let (upstream, store) = (Upstream::start(mode).await, ScriptedStore::new());
        let inbox = inbox(store.clone());
        let route = Route::start(on, &inbox, mode.opener()).await;
        let webhook = upstream.approved().1.remove(0);
        store.set(Inserts::Fail);
        let refused = route.send(&webhook).await;
        assert_eq!(refused.status, 503);
        assert!(refused.body.contains("INBOX_UNAVAILABLE"), "{}", refused.body);
        store.set(Inserts::Work);
        assert_eq!(route.send(&webhook).await.body, RECEIVED);
        assert_eq!(route.send(&webhook).await.body, DUPLICATE);
    }
}
