use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970, which is how a ledger keeps times; what lies between two is cut off, and
/// what lies beyond 292,000 years is kept as the last that can be told (decision P64).
pub(super) fn to_micros(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
        Err(error) => {
            let before = error.duration();
            let micros = before.as_nanos().div_ceil(1000);
            i64::try_from(micros).map_or(i64::MIN, |micros| -micros)
        }
    }
}

/// The reverse. A time that this machine cannot tell becomes 1970: no store has written it.
pub(super) fn from_micros(micros: i64) -> SystemTime {
    let distance = Duration::from_micros(micros.unsigned_abs());
    let time = if micros < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_to_the_microsecond_before_and_after_1970() {
        for micros in [0, 1, -1, 1_800_000_000_000_000, -1_800_000_000_000_001, i64::MAX, i64::MIN]
        {
            assert_eq!(to_micros(from_micros(micros)), micros);
        }
        let nanosecond = Duration::from_nanos(1);
        assert_eq!(to_micros(UNIX_EPOCH + nanosecond), 0);
        assert_eq!(to_micros(UNIX_EPOCH - nanosecond), -1);
    }

    #[test]
    fn the_order_of_times_is_kept() {
        let times = [-1_500_i64, -1_000, -1, 0, 999, 1_000, 1_001];
        let time = |nanos: i64| match u64::try_from(nanos) {
            Ok(nanos) => UNIX_EPOCH + Duration::from_nanos(nanos),
            Err(_) => UNIX_EPOCH - Duration::from_nanos(nanos.unsigned_abs()),
        };
        assert!(times.map(|nanos| to_micros(time(nanos))).is_sorted());
    }

    #[test]
    fn a_time_beyond_the_last_is_the_last() {
        let far = UNIX_EPOCH + Duration::from_secs(u64::MAX / 2);
        assert_eq!(to_micros(far), i64::MAX);
    }
}
