//! Deep links: what is built is read back, and nothing else is read (guide, step 3).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::cases;
use passid_core::client::DeepLinkError;
use passid_core::{DeepLink, NewSession, RequestId};
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn the_guides_form_is_read_with_what_else_it_holds() {
    for (link, id, institution) in [
        ("passid://verify-request?r=req_4k9xP2&i=42", "req_4k9xP2", "42"),
        ("PASSID://Verify-Request?i=42&r=req_4k9xP2", "req_4k9xP2", "42"),
        ("passid://verify-request?r=a%2Fb&i=B%C3%BC&lang=sw&lang=en", "a/b", "Bü"),
        ("passid://verify-request?%72=a+b&i=1", "a+b", "1"),
    ] {
        let read = DeepLink::parse(link).unwrap();
        assert_eq!((read.request_id().as_str(), read.institution_id()), (id, institution));
        assert_eq!(read.as_str(), link);
    }
}

#[test]
fn what_is_no_such_link_is_refused() {
    use DeepLinkError::{Malformed, Missing, NotOurs, Repeated, TooLong};
    for (link, error) in [
        ("", NotOurs),
        ("https://verify-request?r=a&i=1", NotOurs),
        ("passid://verify?r=a&i=1", NotOurs),
        ("passid://user@verify-request?r=a&i=1", NotOurs),
        ("passid://verify-request/x?r=a&i=1", NotOurs),
        ("passid:verify-request?r=a&i=1", NotOurs),
        ("passid://verify-request?", Malformed),
        ("passid://verify-request?r=a&i=1#x", Malformed),
        (" passid://verify-request?r=a&i=1", Malformed),
        ("passid://verify-\nrequest?r=a&i=1", Malformed),
        ("passid://verify-request?r=a&i=1&", Malformed),
        ("passid://verify-request?r=%zz&i=1", Malformed),
        ("passid://verify-request?r=%2&i=1", Malformed),
        ("passid://verify-request?r=%ff&i=1", Malformed),
        ("passid://verify-request?r=..&i=1", Malformed),
        ("passid://verify-request?r=a%20b&i=1", Malformed),
        ("passid://verify-request?r=é&i=1", Malformed),
        ("passid://verify-request?r=a&i=42%0A", Malformed),
        ("passid://verify-request?r=a&i=42%00", Malformed),
        ("passid://verify-request?r=a&i=%1b%5B2J", Malformed),
        ("passid://verify-request?i=1", Missing { parameter: 'r' }),
        ("passid://verify-request?r=&i=1", Missing { parameter: 'r' }),
        ("passid://verify-request?r=a", Missing { parameter: 'i' }),
        ("passid://verify-request?r=a&r=b&i=1", Repeated { parameter: 'r' }),
        ("passid://verify-request?r=a&i=1&%69=1", Repeated { parameter: 'i' }),
        (&format!("passid://verify-request?r=a&i={}", "1".repeat(1024)), TooLong),
    ] {
        assert_eq!(DeepLink::parse(link).unwrap_err(), error, "{link}");
    }
    let id = RequestId::parse("a").unwrap();
    assert_eq!(DeepLink::new(&id, "").unwrap_err(), Missing { parameter: 'i' });
    assert_eq!(DeepLink::new(&id, "ü".repeat(200)).unwrap_err(), TooLong);
    assert_eq!(DeepLink::new(&id, "4\n2").unwrap_err(), Malformed);
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn what_is_built_is_read_back(id in "[!-~]{1,40}", institution in ".{1,40}") {
        let Ok(id) = RequestId::parse(id) else { return Ok(()) };
        let control = institution.chars().any(char::is_control);
        let Ok(link) = DeepLink::new(&id, institution.clone()) else {
            prop_assert!(control);
            return Ok(());
        };
        let read = DeepLink::parse(link.as_str()).unwrap();
        prop_assert_eq!(read.request_id(), &id);
        prop_assert_eq!(read.institution_id(), institution);
        prop_assert_eq!(read, link);
    }

    #[test]
    fn no_text_makes_a_reader_panic_and_what_is_read_keeps_its_text(
        text in prop_oneof![".{0,60}", "passid://verify-request\\?[ri=&%0-9a-f#+]{0,40}"],
    ) {
        if let Ok(link) = DeepLink::parse(&text) {
            prop_assert_eq!(link.as_str(), text);
            prop_assert!(!link.institution_id().is_empty());
        }
    }

    #[test]
    fn a_session_lives_between_a_second_and_an_hour(millis in 0..5_000_000_u64) {
        let asked = NewSession::new().ttl(Duration::from_millis(millis));
        prop_assert_eq!(asked.is_ok(), (1000..=3_600_000).contains(&millis));
    }
}

#[cfg(feature = "qr")]
#[test]
fn the_longest_link_still_makes_a_qr_code() {
    let id = RequestId::parse("r".repeat(128)).unwrap();
    let longest = DeepLink::MAX_LEN - "passid://verify-request?r=&i=".len() - 128;
    let link = DeepLink::new(&id, "1".repeat(longest)).unwrap();
    assert_eq!(link.as_str().len(), DeepLink::MAX_LEN);
    let svg = link.qr_svg().unwrap();
    assert!(svg.contains("<svg") && !svg.contains("http://verify"));
    assert!(link.qr_terminal().unwrap().lines().count() > 20);
}
