//! The form of a fault in one line, for a header.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::{FaultError, FaultKind};

const KIND: &str = "kind";
const LONGEST_TEXT: usize = 256;

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let members: BTreeMap<String, Value> =
            serde_json::to_value(self).and_then(serde_json::from_value).map_err(|_| fmt::Error)?;
        for (name, value) in members.into_iter().filter(|(name, _)| name != KIND) {
            write!(f, "; {name}={value}")?;
        }
        Ok(())
    }
}

/// Reads what `Display` writes, with white space and in any order. What the values may be is checked
/// when the fault is used.
impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        if text.len() > LONGEST_TEXT {
            return Err(malformed(format!("it has more than {LONGEST_TEXT} bytes")));
        }
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        if kind.is_empty() {
            return Err(malformed("it begins with a kind, such as `status; status=503`"));
        }
        let mut members = Map::new();
        members.insert(KIND.to_owned(), kind.into());
        for part in parts {
            let (name, value) = part
                .split_once('=')
                .map(|(name, value)| (name.trim(), value.trim()))
                .ok_or_else(|| malformed("after the kind come values such as `status=503`"))?;
            let value: serde_json::Number = value
                .parse()
                .map_err(|_| malformed("the value of a name is a number, such as `status=503`"))?;
            if members.insert(name.to_owned(), value.into()).is_some() {
                return Err(malformed("a name is there twice"));
            }
        }
        serde_json::from_value(Value::Object(members)).map_err(|error| malformed(error.to_string()))
    }
}

fn malformed(reason: impl Into<String>) -> FaultError {
    FaultError::Malformed { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::fault::Real;

    #[test]
    fn white_space_and_order_do_not_matter() {
        let wanted = FaultKind::status_with_retry_after(503, 1);
        for text in [
            "status; status=503; retry_after_secs=1",
            " status ;retry_after_secs = 1;status=503 ",
            "status;status=503;retry_after_secs=1",
        ] {
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        assert_eq!("reset".parse(), Ok(FaultKind::reset()));
    }

    #[test]
    fn a_text_that_describes_no_fault_is_told_why() {
        for (text, word) in [
            ("", "begins with a kind"),
            (";", "begins with a kind"),
            ("earthquake", "unknown variant"),
            ("status", "missing field `status`"),
            ("status; status", "values such as"),
            ("status; status=", "is a number"),
            ("status; status=often", "is a number"),
            ("status; status=-1", "u16"),
            ("status; status=99999", "u16"),
            ("status; status=1; status=2", "twice"),
            ("status; kind=1; status=503", "twice"),
            ("reset; millis=1", "unknown field"),
            ("reset;", "values such as"),
        ] {
            let error = text.parse::<FaultKind>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        }
        let long = format!("reset{}", " ".repeat(LONGEST_TEXT));
        assert!(long.parse::<FaultKind>().unwrap_err().to_string().contains("256"));
    }

    fn any_kind() -> impl Strategy<Value = FaultKind> {
        let millis = || any::<u32>().prop_map(|millis| Duration::from_millis(millis.into()));
        let sigma = any::<f64>().prop_filter("JSON has no others", |sigma| sigma.is_finite());
        prop_oneof![
            (any::<u16>(), any::<Option<u64>>()).prop_map(|(status, retry_after_secs)| {
                FaultKind::Status { status, retry_after_secs }
            }),
            any::<u64>().prop_map(FaultKind::rate_limit),
            (millis(), sigma)
                .prop_map(|(median, sigma)| { FaultKind::delay_log_normal(median, sigma) }),
            millis().prop_map(FaultKind::delay),
            millis().prop_map(FaultKind::slow_body),
            millis().prop_map(FaultKind::connect_refused),
            Just(FaultKind::reset()),
            Just(FaultKind::empty()),
            Just(FaultKind::garbage()),
            Just(FaultKind::html()),
            Just(FaultKind::truncate()),
            Just(FaultKind::oversize()),
            Just(FaultKind::wrong_content_type()),
            Just(FaultKind::apply_then_drop()),
        ]
    }

    /// Written and read again a double may differ in its last bit: `serde_json` rounds so, unless it is
    /// told to take more time.
    fn nearly(left: FaultKind, right: FaultKind) -> bool {
        match (left, right) {
            (
                FaultKind::DelayLogNormal { median_millis: left_median, sigma: left },
                FaultKind::DelayLogNormal { median_millis: right_median, sigma: right },
            ) => {
                let (left, right): (Real, Real) = (left, right);
                let difference = (left.get() - right.get()).abs();
                left_median == right_median && difference <= left.get().abs() * 1e-15
            }
            _ => left == right,
        }
    }

    proptest! {
        #[test]
        fn the_line_and_the_json_form_say_the_same(kind in any_kind()) {
            let json = serde_json::to_value(kind).unwrap();
            prop_assert_eq!(json["kind"].as_str(), Some(kind.name()));
            let line: FaultKind = kind.to_string().parse().unwrap();
            prop_assert!(nearly(line, kind));
            let read: FaultKind = serde_json::from_value(json).unwrap();
            prop_assert!(nearly(read, kind));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,300}") {
            let _ = text.parse::<FaultKind>();
        }

        #[test]
        fn nothing_that_looks_like_a_fault_makes_the_parser_panic(
            text in "(status|delay_log_normal|reset|delay)? ?(;? ?(status|millis|sigma|kind)? ?=? ?(-?[0-9]{0,22}(\\.[0-9]*)?(e[0-9]*)?)?){0,4}"
        ) {
            if let Ok(kind) = text.parse::<FaultKind>() {
                let again: FaultKind = kind.to_string().parse().unwrap();
                prop_assert!(nearly(again, kind));
            }
        }
    }
}
