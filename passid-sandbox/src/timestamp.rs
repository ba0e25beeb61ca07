//! Points in time as the API prints them: RFC 3339, UTC, `Z`, whole seconds.

use std::time::SystemTime;

use jiff::Timestamp;
use serde::Serializer;

/// The whole second that `time` lies in. A time beyond the year 9999 becomes the last one that can
/// be printed, which for an expiry means the same: never.
pub(crate) fn whole_second(time: SystemTime) -> Timestamp {
    let exact = exact(time);
    Timestamp::from_second(exact.as_second()).unwrap_or(exact)
}

/// The last moment that can be printed in whole seconds.
pub(crate) fn last_second() -> Timestamp {
    whole_second(Timestamp::MAX.into())
}

/// The same moment; one beyond the year 9999 becomes the last of it.
pub(crate) fn exact(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(Timestamp::MAX)
}

/// Writes a point in time as an RFC 3339 text, in whole seconds.
pub(crate) fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&whole_second(*time))
}

/// The same for one that may be absent.
#[allow(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn optional_rfc3339<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// Reads and writes an optional point in time as an RFC 3339 text.
pub(crate) mod rfc3339_option {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            de::Error::custom("a time such as 2030-01-31T12:00:00Z is expected (RFC 3339)")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_printed_in_whole_seconds_and_utc() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_773_756_131_999);
        assert_eq!(whole_second(time).to_string(), "2026-03-17T14:02:11Z");
    }

    #[test]
    fn a_time_beyond_the_calendar_is_the_last_one() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert!(whole_second(time).to_string().starts_with("9999-12-"));
    }
}
