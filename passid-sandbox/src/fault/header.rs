use axum::http::HeaderMap;

use super::{FaultError, FaultKind};

/// The header by which a request asks for a fault itself: a kind, then its values, such as
/// `status; status=503; retry_after_secs=1`. For an app that can set a header and cannot call the
/// control API.
pub const FAULT_HEADER: &str = "x-passid-sandbox-fault";

/// The fault that a request asks for.
pub(crate) fn asked_for(headers: &HeaderMap) -> Result<Option<FaultKind>, FaultError> {
    let mut given = headers.get_all(FAULT_HEADER).iter();
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(malformed("the header is there twice"));
    }
    let text = value.to_str().map_err(|_| malformed("the header holds more than ASCII"))?;
    let kind: FaultKind = text.parse()?;
    kind.check()?;
    if matches!(kind, FaultKind::ConnectRefused { .. }) {
        return Err(malformed("connect_refused has nothing to do with a request; inject it"));
    }
    Ok(Some(kind))
}

fn malformed(reason: &str) -> FaultError {
    FaultError::Malformed { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked(values: &[&str]) -> Result<Option<FaultKind>, FaultError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FAULT_HEADER, HeaderValue::from_str(value).unwrap());
        }
        asked_for(&headers)
    }

    #[test]
    fn a_request_asks_for_one_fault_within_the_limits() {
        assert_eq!(asked(&[]), Ok(None));
        assert_eq!(asked(&["rate_limit; retry_after_secs=2"]), Ok(Some(FaultKind::rate_limit(2))));
        assert_eq!(asked(&["status; status=204"]), Err(FaultError::InvalidStatus));
        assert_eq!(asked(&["delay; millis=60001"]), Err(FaultError::TooLong { limit: 60_000 }));
        for values in [&["reset", "reset"][..], &["connect_refused; millis=5"], &["r\u{e9}set"]] {
            assert!(matches!(asked(values), Err(FaultError::Malformed { .. })), "{values:?}");
        }
    }
}
