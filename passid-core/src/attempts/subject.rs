//! Whom and what attempts are counted for, by keyed hashes.

use std::net::IpAddr;

use super::quota::Quota;
use crate::keyed::{half, mac};

/// One of the things that an attempt is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) id: [u8; 16],
    pub(super) quota: Quota,
}

impl Subject {
    pub(super) fn new(key: &[u8; 32], kind: &str, what: &[u8], quota: Quota) -> Self {
        Self { id: half(mac(key, &[kind.as_bytes(), what])), quota }
    }
}

/// What counts as one client: an address of IPv4, and the 64 bits of one of IPv6 that a line is given
/// as a whole.
pub(super) fn client(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().split_at(8).0.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<u8> {
        client(text.parse().unwrap())
    }

    #[test]
    fn a_line_is_one_client_however_many_addresses_it_has() {
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
