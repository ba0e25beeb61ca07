use serde::{Deserialize, Serialize};

use super::table::Row;

/// No look-alikes (0 and O, 1 and I, U and V), as in every code that the vendor prints.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHKLMNPQRSTVWXYZ";
const GROUP: usize = 4;

/// Identifiers by counting, so that the same calls after a reset give the same answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Counters {
    verifications: u64,
    audits: u64,
    outcomes: u64,
    shares: u64,
    customers: u64,
    deliveries: u64,
    passbase_identities: u64,
    passbase_webhooks: u64,
    /// For whatever is spelt in groups or letters.
    spelt: u64,
}

impl Row for Counters {
    const TABLE: &'static str = "counters";
}

impl Counters {
    pub(super) fn verification_id(&mut self) -> String {
        numbered("vrf", &mut self.verifications)
    }

    pub(super) fn audit_id(&mut self) -> String {
        numbered("aud", &mut self.audits)
    }

    pub(super) fn outcome_id(&mut self) -> String {
        numbered("out", &mut self.outcomes)
    }

    pub(super) fn share_id(&mut self) -> String {
        numbered("shr", &mut self.shares)
    }

    pub(super) fn customer_id(&mut self) -> String {
        numbered("usr", &mut self.customers)
    }

    pub(super) fn delivery_id(&mut self) -> String {
        numbered("dlv", &mut self.deliveries)
    }

    pub(super) fn passbase_identity(&mut self) -> u64 {
        next(&mut self.passbase_identities)
    }

    pub(super) fn passbase_webhook(&mut self) -> u64 {
        next(&mut self.passbase_webhooks)
    }

    /// A number for [`Speller`].
    pub(super) fn spelt(&mut self) -> u64 {
        next(&mut self.spelt)
    }
}

fn numbered(prefix: &str, counter: &mut u64) -> String {
    format!("{prefix}_{:012}", next(counter))
}

fn next(counter: &mut u64) -> u64 {
    // An import may have set it to anything.
    *counter = counter.wrapping_add(1);
    *counter
}

/// Spells numbers as the vendor's identifiers look; another seed spells them otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Speller {
    seed: u64,
}

impl Speller {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// `PASSID-AB3X-7YQM-K9PQ-3MNX`
    pub(super) fn token(self, number: u64) -> String {
        format!("PASSID-{}", self.groups(number, 4))
    }

    /// `KE8V-3TXY-Z72L`
    pub(super) fn share_code(self, number: u64) -> String {
        self.groups(number, 3)
    }

    /// `AB3X-7YQM`
    pub(super) fn session_code(self, number: u64) -> String {
        self.groups(number, 2)
    }

    /// `req_4K9XP2A7`; the printed one has six characters, of which 10,000 sessions would repeat some.
    pub(super) fn request_id(self, number: u64) -> String {
        format!("req_{}", self.groups(number, 3).replace('-', ""))
    }

    /// `a44c2593-e2ae-4ed9-b81b-c1330580338a`, of version 4.
    pub(super) fn uuid(self, number: u64) -> String {
        let bits = self.bits(number) & !(0xf << 76 | 0b11 << 62) | 4 << 76 | 0b10 << 62;
        let digits = format!("{bits:032x}");
        let ends = [8, 12, 16, 20, 32];
        let starts = [0].into_iter().chain(ends);
        let groups: Vec<_> =
            starts.zip(ends).filter_map(|(start, end)| digits.get(start..end)).collect();
        groups.join("-")
    }

    /// `ca766ed78c8c0b7824dfea356ed30b72`
    pub(super) fn hex(self, number: u64) -> String {
        format!("{:032x}", self.bits(number))
    }

    /// Scattered, and another for every number below 2^64.
    pub(super) fn bits(self, number: u64) -> u128 {
        bits(number ^ self.seed)
    }

    fn groups(self, number: u64, count: usize) -> String {
        groups(number ^ self.seed, count)
    }
}

/// The groups of a token or code, such as `KE8V-3TXY-Z72L`: scattered, so that neighbours do not
/// look alike, and the same for the same number.
fn groups(number: u64, count: usize) -> String {
    let mut rest = bits(number);
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

fn bits(number: u64) -> u128 {
    (u128::from(scatter(number)) << 64) | u128::from(scatter(!number))
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
    fn identifiers_count_up() {
        let mut counters = Counters::default();
        assert_eq!(counters.verification_id(), "vrf_000000000001");
        assert_eq!(counters.verification_id(), "vrf_000000000002");
        assert_eq!(counters.audit_id(), "aud_000000000001");
    }

    #[test]
    fn another_seed_spells_other_identifiers() {
        assert_eq!(Speller::new(0).token(1), Speller::default().token(1));
        assert_ne!(Speller::new(7).token(1), Speller::default().token(1));
        assert_eq!(Speller::default().session_code(1).len(), 9);
        assert!(Speller::default().request_id(1).starts_with("req_"));
        assert_ne!(Speller::new(7).uuid(1), Speller::default().uuid(1));
    }

    #[test]
    fn uuids_are_of_version_4_and_do_not_repeat() {
        let spelt: HashSet<String> = (0..10_000).map(|n| Speller::default().uuid(n)).collect();
        assert_eq!(spelt.len(), 10_000);
        for id in spelt {
            let groups: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(groups, [8, 4, 4, 4, 12]);
            assert!(id[14..15] == *"4" && "89ab".contains(&id[19..20]), "{id}");
        }
    }
}
