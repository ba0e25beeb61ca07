//! When a delivery is tried (guide, step 7; reference, section 9.4).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The pauses before the second to the fifth attempt; the first comes at once.
///
/// The guide says "immediately, 30 s, 5 min, 30 min, 2 h". P27: we read each as the pause after the
/// failure before it, not as the time since the event: the last attempt then comes 2 h 35 min 30 s
/// after the event, plus what the four answers took.
const PAUSES: [SignedDuration; 4] = [
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
];

/// How long an application has for its answer, in real time.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// When to try again after so many failed attempts, the last of which ended at `now`. `None` after
/// the fifth.
pub(super) fn next(failed: usize, now: Timestamp) -> Option<Timestamp> {
    let pause = PAUSES.get(failed.checked_sub(1)?)?;
    Some(later(now, *pause))
}

/// The end of the calendar is never reached, so that a time beyond it means never.
pub(super) fn later(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

/// Any 2xx: the guide says "must return 200" and "retries non-2xx"; section 9.4 takes the latter.
pub(super) fn is_success(status: u16) -> bool {
    (200..=299).contains(&status)
}
