//! Random histories against what must always hold.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Enqueue(Option<WebhookFaultKind>),
    Take(usize),
    /// The attempt in flight at this position ends with this status.
    End(usize, u16),
    Advance(i64),
    Redeliver(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = prop::sample::select(vec![
        WebhookFaultKind::dropped(),
        WebhookFaultKind::duplicate(),
        WebhookFaultKind::reorder(),
        WebhookFaultKind::restamp(),
        WebhookFaultKind::late(45),
    ]);
    prop_oneof![
        3 => prop::option::of(kinds).prop_map(Step::Enqueue),
        4 => (0_usize..5).prop_map(Step::Take),
        6 => (0_usize..8, prop::sample::select(vec![200, 500]))
            .prop_map(|(at, status)| Step::End(at, status)),
        4 => prop::sample::select(vec![1, 29, 30, 60, 300, 1_800, 7_200]).prop_map(Step::Advance),
        1 => (0_usize..6).prop_map(Step::Redeliver),
        1 => Just(Step::Restart),
    ]
}

/// What is known about a delivery without looking into it.
#[derive(Default)]
struct Known {
    /// Not before this.
    not_before: Option<Timestamp>,
    scheduled: usize,
    manual_wanted: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_comes_early_too_often_or_gets_lost(steps in prop::collection::vec(step(), 1..120)) {
        let mut deliveries = deliveries();
        let mut now = start();
        let mut in_flight: Vec<Attempt> = Vec::new();
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Enqueue(fault) => {
                    let n = known.len() + 1;
                    if let Some(kind) = fault {
                        deliveries.inject_fault(WebhookFault::on_any(kind)).unwrap();
                    }
                    deliveries.enqueue(test_event(n, now), now).unwrap();
                    let pause = match fault {
                        Some(WebhookFaultKind::Late { seconds }) => seconds.try_into().unwrap(),
                        _ => 0,
                    };
                    let not_before = Some(now + SignedDuration::from_secs(pause));
                    known.insert(id(n), Known { not_before, ..Known::default() });
                }
                Step::Take(limit) => {
                    let due = deliveries.next_due();
                    let taken = deliveries.take_due(now, limit);
                    prop_assert!(taken.len() <= limit);
                    prop_assert_eq!(taken.is_empty(), limit == 0 || due.is_none_or(|at| at > now));
                    for attempt in &taken {
                        let twice = in_flight.iter().any(|it| it.id.delivery == attempt.id.delivery);
                        prop_assert!(!twice, "one attempt of a delivery at a time");
                    }
                    in_flight.extend(taken);
                }
                Step::End(at, status) if at < in_flight.len() => {
                    let attempt = in_flight.remove(at);
                    deliveries.record(&attempt.id, answer(status), now);
                    let row = deliveries.get(&attempt.id.delivery).unwrap();
                    let known = known.get_mut(&attempt.id.delivery).unwrap();
                    let last = row.attempts.last().unwrap();
                    match last.kind {
                        AttemptKind::Scheduled => {
                            prop_assert!(last.at >= known.not_before.unwrap(), "too early");
                            known.scheduled += 1;
                            let pause = PAUSES.get(known.scheduled).copied().unwrap_or(0);
                            known.not_before = Some(now + SignedDuration::from_secs(pause));
                        }
                        AttemptKind::Manual => {
                            prop_assert!(known.manual_wanted);
                            known.manual_wanted = false;
                        }
                        AttemptKind::Duplicate => {}
                    }
                    prop_assert!(known.scheduled <= 5);
                }
                Step::End(..) => {}
                Step::Advance(seconds) => now += SignedDuration::from_secs(seconds),
                Step::Redeliver(n) => {
                    if deliveries.redeliver(&id(n), now).is_ok() {
                        known.get_mut(&id(n)).unwrap().manual_wanted = true;
                    }
                }
                Step::Restart => {
                    in_flight.clear();
                    deliveries = restarted(&mut deliveries);
                }
            }
            // Nothing that is pending is lost: it is in flight, or it will be due, or its
            // institution has to wait for one of the attempts in flight.
            let all = DeliveryFilter::default();
            for row in deliveries.list(&all).filter(|row| row.finished_at().is_none()) {
                let flying = in_flight.iter().any(|it| it.id.delivery == row.id);
                prop_assert!(flying || deliveries.next_due().is_some() || in_flight.len() >= 16);
            }
        }
        // Left alone with an application that answers, every delivery comes to its end.
        for attempt in in_flight {
            deliveries.record(&attempt.id, answer(200), now);
        }
        while let Some(due) = deliveries.next_due() {
            now = now.max(due);
            for attempt in deliveries.take_due(now, 64) {
                deliveries.record(&attempt.id, answer(200), now);
            }
        }
        for row in deliveries.list(&DeliveryFilter::default()) {
            prop_assert!(row.finished_at().is_some(), "{row:?}");
        }
    }
}
