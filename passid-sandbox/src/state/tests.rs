#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use passid_core::SystemClock;

use super::*;
use crate::credential::NewCredential;
use crate::seed::Seed;
use crate::store::StoreLimits;

fn initial() -> Initial {
    Initial {
        sandbox_key: "pk_sandbox_1".to_owned(),
        live_key: "pk_live_1".to_owned(),
        passbase_key: crate::passbase::SECRET_KEY.to_owned(),
        passbase_webhook_secret: None,
        passbase_webhook_url: None,
        webhook_secret: None,
        webhook_url: None,
        docverify_client: ("id".to_owned(), "secret".to_owned()),
        docverify: None,
        strict_demo_codes: false,
        random_seed: 0,
        limits: Limits { records: 100, age: jiff::SignedDuration::from_hours(24) },
        start_time: None,
        freeze_clock: false,
        seed: Seed::default(),
    }
}

fn is_ready<T>(future: impl Future<Output = T>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut context).is_ready()
}

/// On one thread the writer has no turn before the test waits, so that its change is seen by the
/// next call and is not safe yet.
#[tokio::test]
async fn whoever_sees_a_change_waits_until_it_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (store, rows) = Store::open(&path, StoreLimits::default()).await.unwrap();
    let state = State::new(initial(), Arc::new(SystemClock), Some(store));
    let kept = state.begin(&rows).unwrap();
    kept.wait().await.unwrap();
    let (token, kept) = state.change_now(|world, now| world.mint_token(NewCredential::new(), now));
    let token = token.unwrap();
    assert!(!is_ready(state.look(|world, _| world.tokens.contains(&token))), "a look is too early");
    assert!(!is_ready(state.change(|_, _| ())), "a call that changes nothing is too early");
    kept.wait().await.unwrap();
    assert_eq!(state.look(|world, _| world.tokens.contains(&token)).await, Ok(true));
    let memory = State::new(initial(), Arc::new(SystemClock), None);
    assert!(is_ready(memory.look(|_, _| ())), "without a file nobody waits");
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(ended) = pin!(memory.change(|_, _| 1)).poll(&mut context) else { panic!() };
    assert_eq!(ended, Ok(1));
}
