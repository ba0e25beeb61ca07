//! Whatever a header says: it is refused, or it is the signature.

use std::sync::LazyLock;

use bytes::Bytes;
use passid_core::webhook::WebhookVerifier;

use super::delivery::{Delivery, is_of_the_header, verdict, verifier};

const MAX_BODY: usize = 256;
static VERIFIER: LazyLock<WebhookVerifier> =
    LazyLock::new(|| verifier().max_body(MAX_BODY).build().expect("a verifier"));

/// An input is a [`Delivery`].
pub(crate) fn check(input: &[u8]) {
    let delivery = Delivery::read(input);
    let expected = delivery.expected(MAX_BODY);
    let Delivery { headers, body } = &delivery;

    let verified = VERIFIER.verify(headers, body);
    assert_eq!(verdict(&verified), expected);
    let owned = VERIFIER.verify_bytes(headers, Bytes::copy_from_slice(body));
    assert_eq!(verdict(&owned), expected);
    let begun = VERIFIER.begin(headers).err();
    assert_eq!(begun, expected.err().filter(|error| is_of_the_header(*error)));

    for verified in [verified, owned].into_iter().flatten() {
        assert_eq!(verified.bytes(), body);
        let (len, index) = (body.len(), verified.secret_index());
        let shown = format!("VerifiedBody {{ len: {len}, secret_index: {index} }}");
        assert_eq!(format!("{verified:?}"), shown);
    }
}
