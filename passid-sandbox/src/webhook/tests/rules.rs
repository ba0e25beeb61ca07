//! The schedule, redeliveries and bounds.

use super::*;

#[test]
fn five_attempts_come_at_their_times_and_then_no_more() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let mut now = start();
    for pause in PAUSES {
        now += SignedDuration::from_secs(pause);
        assert_eq!(deliveries.next_due(), Some(now));
        let early = now - SignedDuration::from_secs(1);
        assert!(deliveries.take_due(early, 64).is_empty());
        make_attempt(&mut deliveries, now, 500);
    }
    assert_eq!(now, after(2 * 3_600 + 35 * 60 + 30));
    assert_eq!(deliveries.next_due(), None);
    assert_eq!(state(&deliveries, 1), StateName::Failed);
    let delivery = deliveries.get(&id(1)).unwrap();
    let numbers: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

#[test]
fn a_pause_begins_when_the_attempt_before_has_ended() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let attempt = take_one(&mut deliveries, start());
    let timeout = AttemptResult { outcome: Outcome::Timeout {}, signature: Signing::Current };
    deliveries.record(&attempt.id, timeout, after(10));
    assert_eq!(deliveries.next_due(), Some(after(40)));
    assert_eq!(deliveries.get(&id(1)).unwrap().attempts[0].at, start());
}

#[test]
fn any_2xx_ends_a_delivery_and_nothing_else_does() {
    for (status, expected) in [
        (200, StateName::Delivered),
        (204, StateName::Delivered),
        (299, StateName::Delivered),
        (199, StateName::Pending),
        (300, StateName::Pending),
        (302, StateName::Pending),
        (400, StateName::Pending),
        (410, StateName::Pending),
        (500, StateName::Pending),
    ] {
        let mut deliveries = deliveries();
        deliveries.enqueue(test_event(1, start()), start()).unwrap();
        make_attempt(&mut deliveries, start(), status);
        assert_eq!(state(&deliveries, 1), expected, "{status}");
    }
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let mut before = deliveries();
    before.enqueue(test_event(1, start()), start()).unwrap();
    before.enqueue(test_event(2, start()), start()).unwrap();
    let attempts = before.take_due(start(), 64);
    before.record(&attempts[0].id, answer(500), start());
    // The second is in flight at the crash: it is due again.
    let mut deliveries = restarted(&mut before);
    assert_eq!(deliveries.next_due(), Some(start()));
    assert_eq!(make_attempt(&mut deliveries, start(), 200).id.delivery, id(2));

    let mut now = start();
    for pause in &PAUSES[1..] {
        now += SignedDuration::from_secs(*pause);
        assert_eq!(deliveries.next_due(), Some(now));
        make_attempt(&mut deliveries, now, 500);
        deliveries = restarted(&mut deliveries);
    }
    assert_eq!(deliveries.next_due(), None);
    assert_eq!(state(&deliveries, 1), StateName::Failed);
}

#[test]
fn what_changed_is_handed_over_for_the_data_file() {
    let mut deliveries = deliveries();
    let mut changes = Vec::new();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    deliveries.drain_changes(&mut changes);
    let attempt = take_one(&mut deliveries, start());
    let so_far = changes.len();
    deliveries.drain_changes(&mut changes);
    assert_eq!(changes.len(), so_far, "an attempt in flight is not written");
    deliveries.record(&attempt.id, answer(200), start());
    deliveries.drain_changes(&mut changes);
    let rows = kept(changes);
    assert_eq!(rows.len(), 1);
    let read: Delivery = serde_json::from_str(&rows[0].1).unwrap();
    assert!(read == *deliveries.get(&id(1)).unwrap());

    let mut changes = Vec::new();
    deliveries.clear();
    deliveries.drain_changes(&mut changes);
    assert!(changes.iter().all(|change| change.value.is_none()) && changes.len() == 1);
}

#[test]
fn a_row_that_is_none_is_refused() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let json = serde_json::to_string(deliveries.get(&id(1)).unwrap()).unwrap();
    let mut other = self::deliveries();
    assert!(matches!(other.load(&id(2), &json), Err(LoadError::Key)));
    assert!(matches!(other.load(&id(1), "{}"), Err(LoadError::Row(_))));
    assert_eq!(other.next_due(), None);
}

#[test]
fn a_redelivery_is_one_attempt_outside_of_the_schedule() {
    let mut deliveries = deliveries();
    assert_eq!(deliveries.redeliver(&id(1), start()), Err(RedeliverError::Unknown));
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    make_attempt(&mut deliveries, start(), 500);

    deliveries.redeliver(&id(1), after(5)).unwrap();
    assert_eq!(deliveries.redeliver(&id(1), after(5)), Err(RedeliverError::AlreadyWaiting));
    deliveries = restarted(&mut deliveries);
    make_attempt(&mut deliveries, after(5), 500);
    assert_eq!(deliveries.next_due(), Some(after(30)), "the schedule stands");

    deliveries.redeliver(&id(1), after(6)).unwrap();
    make_attempt(&mut deliveries, after(6), 200);
    assert_eq!(deliveries.next_due(), None, "a success by hand ends it");
    assert_eq!(state(&deliveries, 1), StateName::Delivered);

    deliveries.redeliver(&id(1), after(7)).unwrap();
    make_attempt(&mut deliveries, after(7), 500);
    assert_eq!(state(&deliveries, 1), StateName::Delivered, "what arrived has arrived");
    for _ in 3..20 {
        deliveries.redeliver(&id(1), after(8)).unwrap();
        make_attempt(&mut deliveries, after(8), 200);
    }
    let refused = deliveries.redeliver(&id(1), after(9));
    assert_eq!(refused, Err(RedeliverError::TooMany { limit: 20 }));
}

#[test]
fn a_redelivery_can_be_asked_for_while_an_attempt_is_in_flight() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let attempt = take_one(&mut deliveries, start());
    deliveries.redeliver(&id(1), start()).unwrap();
    assert!(deliveries.take_due(start(), 64).is_empty(), "one attempt at a time");
    deliveries.record(&attempt.id, answer(200), start());
    make_attempt(&mut deliveries, start(), 200);
    assert_eq!(deliveries.next_due(), None);
}

#[test]
fn the_oldest_finished_make_room_and_pending_ones_never_do() {
    let limits = DeliveryLimits { count: 3, ..DeliveryLimits::default() };
    let mut deliveries = Deliveries::new(limits);
    for n in 1..=3 {
        deliveries.enqueue(test_event(n, start()), start()).unwrap();
    }
    let refused = deliveries.enqueue(test_event(4, start()), start());
    assert!(matches!(refused, Err(EnqueueError::Full { limit: 3 })));
    let attempts = deliveries.take_due(start(), 64);
    deliveries.record(&attempts[2].id, answer(200), after(1));
    deliveries.record(&attempts[1].id, answer(200), after(2));
    deliveries.enqueue(test_event(4, after(3)), after(3)).unwrap();
    let ids: Vec<_> =
        deliveries.list(&DeliveryFilter::default()).map(|row| row.id.clone()).collect();
    assert_eq!(ids, [id(1), id(2), id(4)]);
    let taken = deliveries.enqueue(test_event(4, after(3)), after(3));
    assert!(matches!(taken, Err(EnqueueError::IdTaken)));
}

#[test]
fn finished_ones_go_when_they_are_old() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    make_attempt(&mut deliveries, start(), 200);
    let week = 7 * 24 * 3_600;
    deliveries.take_due(after(week), 64);
    assert!(deliveries.get(&id(1)).is_some());
    deliveries.take_due(after(week + 1), 64);
    assert!(deliveries.get(&id(1)).is_none());
}

#[test]
fn one_institution_does_not_use_up_the_attempts_of_others() {
    let mut deliveries = deliveries();
    for n in 1..=40 {
        deliveries.enqueue(test_event(n, start()), start()).unwrap();
    }
    deliveries.enqueue(to("http://127.0.0.1:9/", "43", 41, start()), after(1)).unwrap();
    let due = deliveries.take_due(after(1), 64);
    assert_eq!(due.iter().filter(|attempt| attempt.institution_id == "42").count(), 16);
    assert_eq!(due.iter().filter(|attempt| attempt.institution_id == "43").count(), 1);
    assert_eq!(deliveries.next_due(), None, "nothing can be sent before one has ended");
    deliveries.record(&due[0].id, answer(200), after(2));
    assert_eq!(deliveries.next_due(), Some(start()));
    assert_eq!(deliveries.take_due(after(2), 64).len(), 1);
}

#[test]
fn an_answer_from_before_a_reset_does_not_touch_what_came_after() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let before = take_one(&mut deliveries, start());
    deliveries.clear();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    let attempt = take_one(&mut deliveries, start());
    deliveries.record(&before.id, answer(200), start());
    assert_eq!(state(&deliveries, 1), StateName::Pending);
    deliveries.record(&attempt.id, answer(200), start());
    deliveries.record(&attempt.id, answer(200), start());
    assert_eq!(deliveries.get(&id(1)).unwrap().attempts.len(), 1);
}

#[test]
fn a_list_can_be_narrowed() {
    let mut deliveries = deliveries();
    deliveries.enqueue(test_event(1, start()), start()).unwrap();
    make_attempt(&mut deliveries, start(), 200);
    deliveries.enqueue(test_event(2, start()), start()).unwrap();
    deliveries.enqueue(to("http://127.0.0.1:9/", "43", 3, start()), start()).unwrap();
    let ids = |filter: DeliveryFilter| {
        deliveries.list(&filter).map(|row| row.id.clone()).collect::<Vec<_>>()
    };
    let all = DeliveryFilter::default;
    assert_eq!(ids(all()), [id(1), id(2), id(3)]);
    assert_eq!(ids(DeliveryFilter { institution_id: Some("43".into()), ..all() }), [id(3)]);
    assert_eq!(ids(DeliveryFilter { state: Some(StateName::Delivered), ..all() }), [id(1)]);
    let live = DeliveryFilter { environment: Some(Environment::Live), ..all() };
    assert!(ids(live).is_empty());
    let event = Some(WebhookEvent::OutcomeReported);
    assert!(ids(DeliveryFilter { event, ..all() }).is_empty());
}
