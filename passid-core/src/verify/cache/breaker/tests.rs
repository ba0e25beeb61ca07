use proptest::prelude::*;

use super::*;
use crate::{DenyReason, Unavailable};

const SETTINGS: BreakerSettings = BreakerSettings { failures: 3, open_for: Duration::from_secs(5) };

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(Some(SETTINGS));
    for _ in 0..3 {
        let admission = breaker.admit();
        breaker.record(admission, Report::Failed, at(0));
    }
    assert_eq!(breaker.state(), BreakerState::Open);
    breaker
}

#[test]
fn it_opens_after_so_many_failures_in_a_row() {
    let mut breaker = Breaker::new(Some(SETTINGS));
    for report in [Report::Failed, Report::Failed, Report::Answered, Report::Failed, Report::Failed]
    {
        let admission = breaker.admit();
        assert_eq!(breaker.record(admission, report, at(0)), None);
    }
    let admission = breaker.admit();
    let change = breaker.record(admission, Report::Failed, at(0));
    assert_eq!(change, Some(CacheEvent::BreakerOpened));
    assert_eq!(breaker.holds_back(at(2)), Some(at(3)));
}

#[test]
fn after_its_time_one_call_probes_and_the_others_are_held_back() {
    let mut breaker = opened();
    assert_eq!(breaker.holds_back(at(5)), None);
    let probe = breaker.admit();
    assert!(probe.probes);
    assert!(breaker.holds_back(at(5)).is_some());
    assert_eq!(breaker.record(probe, Report::Answered, at(6)), Some(CacheEvent::BreakerClosed));
    assert_eq!(breaker.holds_back(at(6)), None);
}

#[test]
fn a_probe_that_fails_or_is_lost_opens_it_again() {
    for report in [Report::Failed, Report::Nothing] {
        let mut breaker = opened();
        let probe = breaker.admit();
        assert_eq!(breaker.record(probe, report, at(9)), Some(CacheEvent::BreakerOpened));
        assert_eq!(breaker.holds_back(at(9)), Some(at(5)));
    }
}

#[test]
fn what_began_before_a_change_says_nothing_about_now() {
    let mut breaker = Breaker::new(Some(SETTINGS));
    let before = breaker.admit();
    for _ in 0..3 {
        let admission = breaker.admit();
        breaker.record(admission, Report::Failed, at(0));
    }
    assert_eq!(breaker.record(before, Report::Answered, at(1)), None);
    assert_eq!(breaker.state(), BreakerState::Open);
    let probe = breaker.admit();
    assert_eq!(breaker.record(before, Report::Failed, at(6)), None);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert_eq!(breaker.record(probe, Report::Answered, at(6)), Some(CacheEvent::BreakerClosed));
}

#[test]
fn without_settings_it_never_opens() {
    let mut breaker = Breaker::new(None);
    for _ in 0..100 {
        let admission = breaker.admit();
        assert_eq!(breaker.record(admission, Report::Failed, at(0)), None);
    }
    assert_eq!(breaker.holds_back(at(0)), None);
}

#[test]
fn only_failures_that_no_caller_can_bring_about_count() {
    use UnavailableKind::*;
    let report = |kind| Report::of(&Verdict::Unavailable(Unavailable::new(kind)));
    for kind in [Timeout, Unreachable, Failed] {
        assert_eq!(report(kind), Report::Failed, "{kind:?}");
    }
    for kind in [RateLimited, Undecodable, Misconfigured] {
        assert_eq!(report(kind), Report::Answered, "{kind:?}");
    }
    assert_eq!(report(Overloaded), Report::Nothing);
    let refused = Verdict::Invalid(DenyReason::TokenNotFound);
    assert_eq!(Report::of(&refused), Report::Answered);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order: it holds back for no longer than its time, lets one probe
    /// through, and is closed only after an answer.
    #[test]
    fn it_never_sticks(steps in prop::collection::vec((0..4_u8, 0..3_usize, 0..3_u64), 0..200)) {
        let mut breaker = Breaker::new(Some(SETTINGS));
        let mut now = at(0);
        let mut under_way: Vec<Admission> = Vec::new();
        for (step, which, seconds) in steps {
            now += at(seconds);
            let was = breaker.state();
            match step {
                0 => {
                    let admitted = breaker.holds_back(now).is_none().then(|| breaker.admit());
                    under_way.extend(admitted);
                }
                step if !under_way.is_empty() => {
                    let report = [Report::Answered, Report::Failed, Report::Nothing][step as usize - 1];
                    let admission = under_way.swap_remove(which % under_way.len());
                    breaker.record(admission, report, now);
                    if was != BreakerState::Closed && breaker.state() == BreakerState::Closed {
                        prop_assert_eq!(report, Report::Answered);
                        prop_assert!(admission.probes);
                    }
                }
                _ => {}
            }
            match breaker.state() {
                BreakerState::Open => prop_assert!(
                    breaker.holds_back(now).is_none_or(|left| left <= SETTINGS.open_for)
                ),
                // Its probe is under way and will be recorded.
                BreakerState::HalfOpen => {
                    let probes = |call: &&Admission| call.probes && call.epoch == breaker.epoch;
                    prop_assert_eq!(under_way.iter().filter(probes).count(), 1);
                }
                BreakerState::Closed => prop_assert!(breaker.holds_back(now).is_none()),
            }
        }
    }
}
