//! Webhooks of other providers: kept, told from repetitions, ordered, handled; and every answer.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream;
use passid_core::provider::{Hint, HintOpener, NoHint};
use passid_core::webhook::WebhookRejection;
use passid_core::{Answer, Subject};
use passid_inbox::store::{EntryId, MemoryStore, State, Store};
use passid_inbox::{
    BodyKey, BodyKeys, HandlerError, HintContext, HintReceiver, HintRefusal, Hints, KeptHint,
    ListFilter, Receipt, Topic, WorkerConfigError,
};
use proptest::prelude::*;

use crate::desk::Desk;
use crate::faulty::{Call, Fault, FaultyStore};
use crate::stage::{MINUTE, SECOND, Stage, beginning, chain, completed};

/// A hint of its own bytes, about this subject, so many seconds after the beginning.
fn hint(subject: &str, second: i64) -> Hint {
    let body = format!(r#"{{"about":"{subject}","second":{second}}}"#);
    let distance = SECOND * u32::try_from(second.unsigned_abs()).unwrap();
    let at = if second < 0 { beginning() - distance } else { beginning() + distance };
    Hint::new(format!("CHANGED_{second}"), body)
        .subject(Subject::of("one", subject))
        .occurred_at(at)
}

async fn keep<S: Store>(hints: &Hints<S>, hint: &Hint) -> EntryId {
    match hints.accept("one", hint).await.unwrap() {
        Receipt::New(id) => id,
        Receipt::Duplicate(id) => panic!("{id} is a duplicate"),
    }
}

/// A handler that writes down what it is given.
fn written(
    desk: &Desk,
) -> impl Fn(KeptHint, HintContext) -> std::future::Ready<Result<(), HandlerError>> + use<> {
    let desk = desk.clone();
    move |hint, context| {
        let late = if context.superseded { " late" } else { "" };
        let body = String::from_utf8_lossy(hint.body()).into_owned();
        desk.write(format!("{} {} {body}{late}", hint.provider(), hint.name()));
        std::future::ready(Ok(()))
    }
}

#[tokio::test]
async fn a_hint_comes_back_with_its_provider_its_name_and_its_bytes() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let hints = stage.inbox.hints();
    let id = keep(&hints, &hint("a", -5)).await;
    assert_eq!(hints.accept("one", &hint("a", -5)).await.unwrap(), Receipt::Duplicate(id));
    let worker = hints.worker().on("one", written(&desk)).start().unwrap();
    stage.pass(SECOND).await;
    assert_eq!(desk.look(), [r#"one CHANGED_-5 {"about":"a","second":-5}"#]);
    let (entry, shown) = hints.show(id).await.unwrap().unwrap();
    assert_eq!((entry.state, entry.occurred_at), (State::Done, beginning() - 5 * SECOND));
    assert_eq!(shown.unwrap().body(), hint("a", -5).body());
    worker.shutdown(SECOND).await;
}

#[tokio::test]
async fn hints_events_and_outcomes_of_one_ledger_never_meet() {
    let stage = Stage::new();
    let hints = stage.inbox.hints();
    let event = completed("PASSID-A", 0);
    let id = stage.deliver(&event).await;
    // The very bytes that PASSID signed.
    let same = Hint::new("verification.completed", event.to_string()).key([1; 32]);
    let hint = keep(&hints, &same).await;
    assert_eq!(stage.inbox.counts().await.unwrap().ready, 1);
    assert_eq!(hints.counts().await.unwrap().ready, 1);
    assert_eq!(stage.inbox.outbox().counts().await.unwrap().ready, 0);
    assert!(
        hints.show(id).await.unwrap().is_none() && stage.inbox.show(hint).await.unwrap().is_none()
    );
    let list = hints.list(ListFilter::default()).await.unwrap();
    assert_eq!(list.iter().map(|entry| entry.id).collect::<Vec<_>>(), [hint]);
}

#[tokio::test]
async fn two_providers_with_the_same_bytes_and_the_same_key_are_two() {
    let stage = Stage::new();
    let hints = stage.inbox.hints();
    let same = hint("a", 1).key([9; 32]);
    let first = hints.accept("one", &same).await.unwrap();
    let second = hints.accept("two", &same).await.unwrap();
    assert!(matches!((first, second), (Receipt::New(_), Receipt::New(_))));
    let desk = Desk::new();
    let worker = hints.worker().on("one", written(&desk)).on("two", written(&desk));
    let worker = worker.start().unwrap();
    stage.pass(SECOND).await;
    let mut lines = desk.look();
    lines.sort();
    assert!(lines[0].starts_with("one ") && lines[1].starts_with("two "), "{lines:?}");
    worker.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_repetition_is_told_by_the_key_whatever_its_bytes() {
    let stage = Stage::new();
    let hints = stage.inbox.hints();
    let id = keep(&hints, &Hint::new("A", "1").key([1; 32])).await;
    let again = hints.accept("one", &Hint::new("A", "2").key([1; 32])).await.unwrap();
    assert_eq!(again, Receipt::Duplicate(id));
}

#[tokio::test]
async fn hints_that_say_neither_key_nor_time_are_never_taken_for_one() {
    let stage = Stage::new();
    let hints = stage.inbox.hints();
    keep(&hints, &Hint::new("FOUND", "{}")).await;
    stage.clock.advance(SECOND);
    keep(&hints, &Hint::new("FOUND", "{}")).await;
}

#[tokio::test]
async fn of_one_subject_what_happened_first_is_handled_first_and_late_ones_are_marked() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let hints = stage.inbox.hints();
    for second in [-10, -30, -20] {
        keep(&hints, &hint("a", second)).await;
    }
    let worker = hints.worker().on("one", written(&desk)).start().unwrap();
    stage.pass(3 * SECOND).await;
    let seconds: Vec<_> = desk.look().iter().map(|line| line[..15].to_owned()).collect();
    assert_eq!(seconds, ["one CHANGED_-30", "one CHANGED_-20", "one CHANGED_-10"]);
    keep(&hints, &hint("a", -40)).await;
    stage.pass(SECOND).await;
    assert!(desk.look()[0].ends_with(" late"));
    worker.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_time_of_the_future_does_not_put_later_hints_behind() {
    let stage = Stage::new();
    let hints = stage.inbox.hints();
    let id = keep(&hints, &hint("a", 1_000_000)).await;
    let (entry, _) = hints.show(id).await.unwrap().unwrap();
    assert_eq!(entry.occurred_at, beginning());
}

#[tokio::test]
async fn a_handler_that_fails_is_called_again_and_at_last_given_up() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let hints = stage.inbox.hints();
    let id = keep(&hints, &hint("a", 0)).await;
    let tries = desk.clone();
    let failing = move |_: KeptHint, context: HintContext| {
        tries.write(format!("{} {}", context.attempt, context.idempotency_key()));
        async { Err(HandlerError::retry("API_DOWN")) }
    };
    let schedule = passid_inbox::RetrySchedule { max_attempts: 3, ..Default::default() };
    let worker = hints.worker().on("one", failing).retries(schedule).start().unwrap();
    stage.pass(MINUTE).await;
    let lines = desk.look();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line[2..] == lines[0][2..]));
    let dead = hints.dead_letters().await.unwrap();
    assert_eq!((dead[0].id, dead[0].last_error.as_deref()), (id, Some("API_DOWN")));
    worker.shutdown(SECOND).await;

    let worker = hints.worker().on("one", written(&desk)).start().unwrap();
    hints.replay(id).await.unwrap();
    stage.pass(SECOND).await;
    assert_eq!((desk.look().len(), hints.counts().await.unwrap().done), (1, 1));
    worker.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_hint_without_a_handler_is_a_dead_letter_and_not_lost() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let hints = stage.inbox.hints();
    hints.accept("two", &hint("a", 0)).await.unwrap();
    let worker = hints.worker().on("one", written(&desk)).start().unwrap();
    stage.pass(SECOND).await;
    let dead = hints.dead_letters().await.unwrap();
    assert_eq!(dead[0].last_error.as_deref(), Some("NO_HANDLER"));
    assert!(desk.look().is_empty());
    worker.shutdown(SECOND).await;
}

#[tokio::test]
async fn an_effect_in_a_transaction_is_committed_with_the_end_of_the_hint() {
    let store = FaultyStore::new();
    let stage = Stage::over(store.clone());
    let hints = stage.inbox.hints();
    keep(&hints, &hint("a", 0)).await;
    let effect = |hint: KeptHint, _: HintContext, mut transaction: Vec<String>| async move {
        transaction.push(hint.name().to_owned());
        Ok(transaction)
    };
    let worker = hints.worker().on_in_transaction("one", effect).start().unwrap();
    stage.pass(SECOND).await;
    assert_eq!(store.effects(), ["CHANGED_0"]);
    worker.shutdown(SECOND).await;
}

#[tokio::test]
async fn a_worker_without_handlers_or_with_two_for_one_provider_does_not_start() {
    let (stage, desk) = (Stage::new(), Desk::new());
    let worker = || stage.inbox.hints().worker();
    assert_eq!(worker().start().unwrap_err(), WorkerConfigError::NoHandler);
    let twice = worker().on("one", written(&desk)).on("one", written(&desk));
    assert_eq!(twice.start().unwrap_err(), WorkerConfigError::TwoHandlersOf { provider: "one" });
    assert_ne!(
        WorkerConfigError::TwoHandlers { topic: Topic::Any }.to_string(),
        WorkerConfigError::TwoHandlersOf { provider: "one" }.to_string()
    );
}

#[tokio::test]
async fn bodies_are_sealed_and_purged_like_those_of_events() {
    let keys = BodyKeys::new("a", &BodyKey::from_bytes([1; 32])).unwrap();
    let stage = Stage::with(MemoryStore::new(), |builder| builder.body_keys(keys));
    let hints = stage.inbox.hints();
    let id = keep(&hints, &hint("marker", 0)).await;
    let environment = stage.inbox.environment();
    let (_, stored) = stage.inbox.store().show(environment, id).await.unwrap().unwrap();
    let stored = stored.unwrap().bytes;
    assert!(!stored.windows(6).any(|window| window == b"marker"));
    let desk = Desk::new();
    let worker = hints.worker().on("one", written(&desk)).start().unwrap();
    stage.pass(SECOND).await;
    assert!(desk.look()[0].contains("marker"));
    worker.shutdown(SECOND).await;
    stage.clock.advance(31 * crate::stage::DAY);
    assert_eq!(stage.inbox.purge().await.unwrap().bodies, 1);
    let (entry, body) = hints.show(id).await.unwrap().unwrap();
    assert!(!entry.has_body && body.is_none());
}

#[tokio::test]
async fn nothing_of_a_hint_is_shown_by_debug() {
    let stage = Stage::new();
    let hints = stage.inbox.hints();
    let secret = Hint::new("name-marker", "body-marker").subject(Subject::of("one", "id-marker"));
    let id = keep(&hints, &secret).await;
    let kept = hints.show(id).await.unwrap().unwrap().1.unwrap();
    let receiver = HintReceiver::new(hints.clone(), Opener);
    let shown = format!("{secret:?} {kept:?} {hints:?} {receiver:?} {:?}", secret.about());
    assert!(!shown.contains("marker"), "{shown}");
}

/// Opens what begins with `open `, if it is said to be sealed.
struct Opener;

impl HintOpener for Opener {
    fn provider(&self) -> &'static str {
        "one"
    }

    fn max_bytes(&self) -> usize {
        100
    }

    fn open_hint(&self, content_type: Option<&str>, body: Bytes) -> Result<Hint, NoHint> {
        let opened = body.strip_prefix(b"open ").filter(|_| content_type == Some("text/sealed"));
        let opened = opened.ok_or(NoHint)?;
        Ok(Hint::new("OPENED", body.slice_ref(opened)).key([3; 32]))
    }
}

async fn receive<S: Store>(
    stage: &Stage<S>,
    content_types: &[&str],
    announced: Option<u64>,
    pieces: Vec<Result<Bytes, WebhookRejection>>,
) -> Result<Receipt, HintRefusal> {
    let receiver = HintReceiver::new(stage.inbox.hints(), Opener);
    receiver.receive(content_types, announced, stream::iter(pieces)).await
}

/// In two pieces.
fn pieces(body: &[u8]) -> Vec<Result<Bytes, WebhookRejection>> {
    let (first, second) = body.split_at(body.len() / 2);
    [first, second].map(|piece| Ok(Bytes::copy_from_slice(piece))).into()
}

fn told(answer: &Answer) -> (u16, String) {
    assert!(answer.headers.contains(&("cache-control", "no-store".to_owned())));
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    (answer.status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_is_opened_is_stored_and_answered_200_and_so_is_its_repetition() {
    let stage = Stage::new();
    let first = receive(&stage, &["text/sealed"], Some(6), pieces(b"open 1")).await.unwrap();
    let again = receive(&stage, &["text/sealed"], None, pieces(b"open 1")).await.unwrap();
    assert_eq!(&*first.answer().body, br#"{"received":true}"#.as_slice());
    assert_eq!(&*again.answer().body, br#"{"received":true,"duplicate":true}"#.as_slice());
    assert_eq!(stage.inbox.hints().counts().await.unwrap().ready, 1);
}

#[tokio::test]
async fn whatever_cannot_be_opened_gets_the_same_400_and_leaves_no_trace() {
    let stage = Stage::new();
    let broken = vec![Ok(Bytes::from_static(b"open ")), Err(WebhookRejection::BodyUnreadable)];
    let tries = [
        (&["text/sealed"][..], pieces(b"closed")),
        (&["text/sealed"], pieces(b"")),
        (&["text/plain"], pieces(b"open 1")),
        (&[], pieces(b"open 1")),
        (&["text/sealed", "text/sealed"], pieces(b"open 1")),
        (&["text/sealed"], broken),
    ];
    let mut answers = Vec::new();
    for (content_types, pieces) in tries {
        let refusal = receive(&stage, content_types, None, pieces).await.unwrap_err();
        answers.push(refusal.answer());
    }
    assert_eq!(told(&answers[0]), (400, "WEBHOOK_INVALID".to_owned()));
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(stage.inbox.hints().counts().await.unwrap(), Default::default());
}

#[tokio::test]
async fn a_body_is_bounded_in_size_and_in_time() {
    let stage = Stage::new();
    let large = [b"open ".as_slice(), &[b'x'; 96]].concat();
    for (announced, body) in [(Some(101), b"open 1".to_vec()), (None, large)] {
        let refusal = receive(&stage, &["text/sealed"], announced, pieces(&body)).await;
        assert_eq!(told(&refusal.unwrap_err().answer()), (413, "BODY_TOO_LARGE".to_owned()));
    }
    let receiver = HintReceiver::new(stage.inbox.hints(), Opener);
    let never = stream::pending::<Result<Bytes, WebhookRejection>>();
    let receiving =
        tokio::spawn(async move { receiver.receive(["text/sealed"], None, never).await });
    stage.pass(11 * SECOND).await;
    let refusal = receiving.await.unwrap().unwrap_err();
    assert_eq!(told(&refusal.answer()), (408, "BODY_TIMEOUT".to_owned()));
}

#[tokio::test]
async fn what_is_not_known_to_be_durable_is_503() {
    for fault in [Fault::Fails, Fault::LosesAnswer] {
        let store = FaultyStore::new();
        let stage = Stage::over(store.clone());
        store.spoil(Call::Insert, fault, 1);
        let refusal = receive(&stage, &["text/sealed"], None, pieces(b"open 1")).await;
        let refusal = refusal.unwrap_err();
        assert_eq!(told(&refusal.answer()), (503, "INBOX_UNAVAILABLE".to_owned()), "{fault:?}");
        assert!(!chain(&refusal).contains("open 1"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_stored_once_or_refused_alike_and_nothing_panics(
        content_type in "[ -~]{0,20}",
        body in prop::collection::vec(any::<u8>(), 0..100),
        opens in any::<bool>(),
        second in -1_000_000_i64..1_000_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let stage = Arc::new(Stage::new());
            let sent = if opens { [b"open ".as_slice(), &body].concat() } else { body.clone() };
            let kind = if opens { "text/sealed" } else { &*content_type };
            match receive(&stage, &[kind], None, pieces(&sent)).await {
                Ok(_) => prop_assert!(sent.starts_with(b"open ")),
                Err(refusal) => {
                    let expected = if sent.len() > 100 { 413 } else { 400 };
                    prop_assert_eq!(refusal.answer().status, expected);
                }
            }
            // Whatever an opener makes of it.
            let at = SystemTime::UNIX_EPOCH + SECOND * u32::try_from(second.unsigned_abs()).unwrap();
            let name = String::from_utf8_lossy(&body).into_owned();
            let hint = Hint::new(name, body.clone()).occurred_at(at);
            let hints = stage.inbox.hints();
            let id = hints.accept("two", &hint).await.unwrap().id();
            let (entry, kept) = hints.show(id).await.unwrap().unwrap();
            prop_assert!(entry.name.len() <= 100);
            let kept = kept.map(|kept| kept.body().clone());
            prop_assert_eq!(kept, Some(Bytes::from(body)));
            Ok(())
        })?;
    }
}
