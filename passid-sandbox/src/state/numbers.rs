use std::sync::atomic::{AtomicU64, Ordering};

/// No look-alikes (0 and O, 1 and I, U and V), as in every code that the vendor prints.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHKLMNPQRSTVWXYZ";
const GROUP: usize = 4;

/// Identifiers by counting, so that the same calls after a reset give the same answers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    verifications: AtomicU64,
    audits: AtomicU64,
    requests: AtomicU64,
}

impl Numbers {
    pub(super) fn verification_id(&self) -> String {
        format!("vrf_{:012}", next(&self.verifications))
    }

    pub(super) fn audit_id(&self) -> String {
        format!("aud_{:012}", next(&self.audits))
    }

    pub(super) fn request_id(&self) -> String {
        format!("req_{:012}", next(&self.requests))
    }

    pub(super) fn reset(&self) {
        for counter in [&self.verifications, &self.audits, &self.requests] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

fn next(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
}

/// The groups of a token or code, such as `KE8V-3TXY-Z72L`: scattered, so that neighbours do not
/// look alike, and the same for the same number.
pub(super) fn groups(number: u64, count: usize) -> String {
    let mut rest = (u128::from(scatter(number)) << 64) | u128::from(scatter(!number));
    let mut spelt = String::with_capacity(count * (GROUP + 1));
    for position in 0..count * GROUP {
        if position > 0 && position % GROUP == 0 {
            spelt.push('-');
        }
        let letter = usize::try_from(rest % 30).unwrap_or_default();
        spelt.push(char::from(ALPHABET.get(letter).copied().unwrap_or(b'2')));
        rest /= 30;
    }
    spelt
}

/// The finalizer of splitmix64.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn groups_are_printed_like_codes_and_do_not_repeat() {
        let spelt: HashSet<String> = (0..10_000).map(|number| groups(number, 3)).collect();
        assert_eq!(spelt.len(), 10_000);
        assert!(spelt.iter().all(|code| code.len() == 14 && code.split('-').count() == 3));
        assert_eq!(groups(7, 4), groups(7, 4));
    }

    #[test]
    fn identifiers_start_again_after_a_reset() {
        let numbers = Numbers::default();
        assert_eq!(numbers.verification_id(), "vrf_000000000001");
        assert_eq!(numbers.verification_id(), "vrf_000000000002");
        assert_eq!(numbers.audit_id(), "aud_000000000001");
        numbers.reset();
        assert_eq!(numbers.verification_id(), "vrf_000000000001");
    }
}
