//! What each fault does, and what a fault may be.

use serde_json::json;

use super::*;

#[test]
fn a_dropped_event_is_recorded_and_not_sent_until_somebody_sends_it() {
    let mut deliveries = with_fault(WebhookFaultKind::dropped());
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    assert_eq!(deliveries.next_due(), None);
    assert_eq!(state(&deliveries, 1), StateName::Dropped);
    let dropped = &deliveries.get(&id(1)).unwrap().attempts[0].outcome;
    assert!(*dropped == Outcome::Dropped {});
    deliveries.redeliver(&id(1), after(5)).unwrap();
    make_attempt(&mut deliveries, after(5), 200);
    assert_eq!(state(&deliveries, 1), StateName::Delivered);
}

#[test]
fn a_duplicate_follows_whatever_the_first_answer_was() {
    for (status, then) in [(200, None), (500, Some(after(30)))] {
        let mut deliveries = with_fault(WebhookFaultKind::duplicate());
        deliveries.enqueue(test_event(1, start()), start()).unwrap();
        let first = make_attempt(&mut deliveries, start(), status);
        let mut deliveries = restarted(&mut deliveries);
        let second = make_attempt(&mut deliveries, start(), status);
        assert_eq!(first.body, second.body);
        assert_eq!(deliveries.next_due(), then, "twice, not more");
    }
}

#[test]
fn a_held_event_is_overtaken_by_the_next() {
    let mut deliveries = with_fault(WebhookFaultKind::reorder());
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    assert_eq!(deliveries.next_due(), Some(after(60)));
    let mut deliveries = restarted(&mut deliveries);
    // Another institution's event is none that could overtake it.
    deliveries.enqueue(to("http://127.0.0.1:9/", "43", 2, after(1)), after(1)).unwrap();
    make_attempt(&mut deliveries, after(1), 200);
    assert_eq!(deliveries.next_due(), Some(after(60)));
    deliveries.enqueue(test_event(3, after(2)), after(2)).unwrap();
    assert_eq!(make_attempt(&mut deliveries, after(2), 500).id.delivery, id(3));
    assert_eq!(deliveries.next_due(), Some(after(2)));
    assert_eq!(make_attempt(&mut deliveries, after(2), 200).id.delivery, id(1));
}

#[test]
fn a_held_event_goes_after_a_minute_without_another() {
    let mut deliveries = with_fault(WebhookFaultKind::reorder());
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    assert!(deliveries.take_due(after(59), 64).is_empty());
    make_attempt(&mut deliveries, after(60), 500);
    assert_eq!(deliveries.next_due(), Some(after(90)), "from here on as usual");
}

#[test]
fn a_late_event_has_its_five_attempts_all_the_same() {
    let mut deliveries = with_fault(WebhookFaultKind::late(90));
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let mut now = after(90);
    for pause in PAUSES {
        now += SignedDuration::from_secs(pause);
        assert_eq!(deliveries.next_due(), Some(now));
        make_attempt(&mut deliveries, now, 500);
    }
    assert_eq!(deliveries.next_due(), None);
}

#[test]
fn each_attempt_of_a_restamped_event_has_its_own_bytes() {
    let mut deliveries = with_fault(WebhookFaultKind::restamp());
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let first = make_attempt(&mut deliveries, start(), 500);
    let second = make_attempt(&mut deliveries, after(30), 500);
    assert_eq!(first.body.replace("10:22:14Z", "10:22:44Z"), second.body);
    assert_ne!(first.body, second.body);
    deliveries.redeliver(&id(1), after(31)).unwrap();
    assert_eq!(make_attempt(&mut deliveries, after(31), 200).body, first.body);
}

#[test]
fn bad_signatures_last_for_the_schedule_but_not_by_hand() {
    for (kind, signing) in [
        (WebhookFaultKind::wrong_signature(), Signing::Wrong),
        (WebhookFaultKind::old_secret(), Signing::Previous),
    ] {
        let mut deliveries = with_fault(kind);
        deliveries.enqueue(test_event(1, start()), start()).unwrap();
        assert_eq!(make_attempt(&mut deliveries, start(), 401).signing, signing);
        deliveries.redeliver(&id(1), after(1)).unwrap();
        assert_eq!(make_attempt(&mut deliveries, after(1), 401).signing, Signing::Current);
        assert_eq!(make_attempt(&mut deliveries, after(30), 401).signing, signing);
    }
}

#[test]
fn a_fault_hits_the_events_of_its_name_as_often_as_it_says() {
    let mut deliveries = deliveries();
    let other = WebhookFault::on(WebhookEvent::OutcomeReported, WebhookFaultKind::dropped());
    let twice = WebhookFault::on(WebhookEvent::Test, WebhookFaultKind::dropped()).times(2);
    deliveries.inject_fault(other.clone()).unwrap();
    deliveries.inject_fault(twice).unwrap();
    for n in 1..=3 {
        deliveries.enqueue(test_event(n, start()), start()).unwrap();
    }
    let states: Vec<_> = (1..=3).map(|n| state(&deliveries, n)).collect();
    assert_eq!(states, [StateName::Dropped, StateName::Dropped, StateName::Pending]);
    assert_eq!(deliveries.waiting_faults(), [other]);
    deliveries.clear_faults();
    assert_eq!(deliveries.waiting_faults(), []);
}

#[test]
fn a_fault_beyond_the_limits_is_refused() {
    let mut deliveries = deliveries();
    let mut inject = |fault| deliveries.inject_fault(fault);
    for seconds in [0, 86_401, u64::MAX] {
        let late = WebhookFault::on_any(WebhookFaultKind::late(seconds));
        assert_eq!(inject(late), Err(WebhookFaultError::InvalidDelay { limit: 86_400 }));
    }
    let drop = WebhookFault::on_any(WebhookFaultKind::dropped());
    assert_eq!(inject(drop.clone().times(0)), Err(WebhookFaultError::Never));
    for _ in 0..1_000 {
        inject(drop.clone()).unwrap();
    }
    assert_eq!(inject(drop), Err(WebhookFaultError::Full { limit: 1_000 }));
}

#[test]
fn a_fault_is_read_strictly() {
    let read = |value| serde_json::from_value::<WebhookFault>(value);
    let short = read(json!({"fault": {"kind": "drop"}})).unwrap();
    assert_eq!(short, WebhookFault::on_any(WebhookFaultKind::dropped()));
    for kind in ["drop", "duplicate", "reorder", "restamp", "wrong_signature", "old_secret"] {
        read(json!({"fault": {"kind": kind}})).unwrap();
        read(json!({"fault": {"kind": kind, "seconds": 1}})).unwrap_err();
    }
    read(json!({"fault": {"kind": "late"}})).unwrap_err();
    read(json!({"fault": {"kind": "drop"}, "route": "verify"})).unwrap_err();
    read(json!({"fault": {"kind": "drop"}, "event": "verification.Completed"})).unwrap_err();
    read(json!({"fault": {"kind": "drop"}, "times": -1})).unwrap_err();
}
