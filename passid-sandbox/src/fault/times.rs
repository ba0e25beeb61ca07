use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const ALWAYS: &str = "always";

/// How many calls a fault still hits: a number in JSON, or `"always"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Times {
    Count(u32),
    /// Until the faults are cleared.
    Always,
}

impl Times {
    pub(super) const ONCE: Self = Self::Count(1);

    /// What is left after one hit; `None` when that was the last.
    pub(super) fn after_a_hit(self) -> Option<Self> {
        match self {
            Self::Always => Some(Self::Always),
            Self::Count(count) => count.checked_sub(1).filter(|left| *left > 0).map(Self::Count),
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self::ONCE
    }
}

impl Serialize for Times {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u32(*count),
            Self::Always => serializer.serialize_str(ALWAYS),
        }
    }
}

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimesVisitor)
    }
}

struct TimesVisitor;

impl de::Visitor<'_> for TimesVisitor {
    type Value = Times;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of calls, or \"always\"")
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<Times, E> {
        let unexpected = || E::invalid_value(de::Unexpected::Unsigned(count), &self);
        u32::try_from(count).map(Times::Count).map_err(|_| unexpected())
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Times, E> {
        if word == ALWAYS {
            Ok(Times::Always)
        } else {
            Err(E::invalid_value(de::Unexpected::Str(word), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_number_or_always_and_nothing_else() {
        for (json, times) in [("3", Times::Count(3)), ("\"always\"", Times::Always)] {
            assert_eq!(serde_json::from_str::<Times>(json).unwrap(), times);
            assert_eq!(serde_json::to_string(&times).unwrap(), json);
        }
        for json in ["null", "-1", "1.5", "\"3\"", "\"Always\"", "true", "4294967296", "[]"] {
            let error = serde_json::from_str::<Times>(json).unwrap_err();
            assert!(error.to_string().contains("or \"always\""), "{error}");
        }
    }
}
