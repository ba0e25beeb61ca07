use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::signature::Claimed;
use crate::WebhookSecret;

/// HMAC-SHA256 with a key already taken in: a clone is ready for a body, without allocation and
/// without another key schedule. Wiped from memory when dropped.
pub(super) type PreparedKey = Hmac<Sha256>;

/// HMAC takes keys of every length; `None` cannot happen.
pub(super) fn prepare(secret: &WebhookSecret) -> Option<PreparedKey> {
    PreparedKey::new_from_slice(secret.expose().as_bytes()).ok()
}

/// The current key and the ones before it. Cloning one without previous keys allocates nothing.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) current: PreparedKey,
    pub(super) previous: Vec<PreparedKey>,
}

impl Keys {
    /// Which key made this signature for this body: 0 is the current one.
    ///
    /// Each comparison takes the same time wherever the first difference is, and no key is left out
    /// because an earlier one matched.
    pub(super) fn matching(&self, claimed: &Claimed, body: &[u8]) -> Option<usize> {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        first_match(keys.map(|key| key.clone().chain_update(body)), claimed)
    }

    /// The same for a body in pieces: first each piece, then [`finish`](Self::finish).
    pub(super) fn update(&mut self, piece: &[u8]) {
        self.current.update(piece);
        self.previous.iter_mut().for_each(|key| key.update(piece));
    }

    pub(super) fn finish(self, claimed: &Claimed) -> Option<usize> {
        first_match(std::iter::once(self.current).chain(self.previous), claimed)
    }
}

fn first_match(macs: impl Iterator<Item = PreparedKey>, claimed: &Claimed) -> Option<usize> {
    let mut matched = None;
    for (index, mac) in macs.enumerate() {
        let matches = mac.verify_slice(&claimed.0).is_ok();
        if matches && matched.is_none() {
            matched = Some(index);
        }
    }
    matched
}
