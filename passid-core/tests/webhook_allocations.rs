//! What a check of a signature costs in allocations: nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use allocation_counter::measure;
use bytes::Bytes;
use passid_core::WebhookSecret;
use passid_core::testing::webhook::sign;
use passid_core::webhook::WebhookVerifier;

fn secret(digit: &str) -> WebhookSecret {
    WebhookSecret::parse(&format!("whsec_{}", digit.repeat(32))).unwrap()
}

fn allocations(run: impl FnOnce()) -> u64 {
    measure(run).count_total
}

/// One test for all, so that nothing else runs on the thread.
#[test]
fn a_check_allocates_nothing() {
    let (old, new) = (secret("1"), secret("2"));
    let alone = WebhookVerifier::with_secret(new.clone()).unwrap();
    let both = WebhookVerifier::builder()
        .secret(new.clone())
        .previous_secret(old.clone())
        .build()
        .unwrap();
    for length in [0, 256, 1024, 64 * 1024, 1024 * 1024] {
        let body = vec![b'x'; length];
        let bytes = Bytes::from(body.clone());
        let (by_new, by_old) = (sign(&new, &body), sign(&old, &body));
        assert_eq!(allocations(|| assert!(alone.verify([&by_new], &body).is_ok())), 0);
        assert_eq!(allocations(|| assert!(alone.verify([&by_old], &body).is_err())), 0);
        assert_eq!(allocations(|| assert!(both.verify([&by_old], &body).is_ok())), 0);
        let shared = bytes.clone();
        assert_eq!(allocations(|| assert!(both.verify_bytes([&by_new], shared).is_ok())), 0);

        // In one piece, as nearly all webhooks come: with one secret nothing, else a list of keys.
        for (verifier, most) in [(&alone, 0), (&both, 1)] {
            let shared = bytes.clone();
            let count = allocations(|| {
                let check = verifier.begin([&by_new]).unwrap();
                assert!(check.update(shared).unwrap().finish().is_ok());
            });
            assert!(count <= most, "{count}");
        }
    }
}
