//! A hint as it stands in the ledger: who sent it, and the bytes. So the same bytes of two providers are
//! two hints, and who may write into the store cannot make one provider's hint another's.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};

const MARK: &[u8] = b"passid-hint-1 ";

/// With the time at which it came, where hints of the same bytes are not to be taken for one.
pub(super) fn framed(provider: &str, came_at: Option<SystemTime>, body: &[u8]) -> Bytes {
    let since = came_at.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let stamp = since.map_or_else(String::new, |since| format!(" {}", since.as_micros()));
    let mut framed = BytesMut::with_capacity(MARK.len() + provider.len() + 20 + body.len());
    for part in [MARK, provider.as_bytes(), stamp.as_bytes(), b"\n", body] {
        framed.extend_from_slice(part);
    }
    framed.freeze()
}

/// The provider, and the bytes; `None` for what is no hint.
pub(super) fn read(framed: &Bytes) -> Option<(String, Bytes)> {
    let rest = framed.strip_prefix(MARK)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(rest.get(..end)?).ok()?;
    let provider = head.split_once(' ').map_or(head, |(provider, _stamp)| provider);
    Some((provider.to_owned(), framed.slice(MARK.len() + end + 1..)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_framed_is_read_and_nothing_panics(
            provider in "[a-z_]{0,12}",
            second in prop::option::of(0..u64::from(u32::MAX)),
            body in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let came_at = second.map(|second| SystemTime::UNIX_EPOCH + Duration::from_secs(second));
            let framed = framed(&provider, came_at, &body);
            prop_assert_eq!(read(&framed), Some((provider, Bytes::from(body.clone()))));
            for length in 0..framed.len() {
                let _ = read(&framed.slice(..length));
            }
            let _ = read(&Bytes::from(body));
        }
    }

    #[test]
    fn the_same_bytes_of_two_providers_or_times_differ() {
        let at = |second| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second));
        let frames = [
            framed("one", None, b"{}"),
            framed("two", None, b"{}"),
            framed("one", at(1), b"{}"),
            framed("one", at(2), b"{}"),
        ];
        for (place, frame) in frames.iter().enumerate() {
            assert!(!frames[..place].contains(frame));
        }
        assert_eq!(read(&Bytes::from_static(b"{\"event\":\"webhook.test\"}")), None);
    }
}
