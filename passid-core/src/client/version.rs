//! `X-PASSID-API-Version`: which version of the API answered (guide, step 6).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::{ApiResponse, PassidClient};

/// The header, in lower case.
const HEADER: &str = "x-passid-api-version";
/// The version that the guide prints and that this library is written against.
const OURS: &str = "1";
/// How many versions are told apart: a server that names a new one each time must not fill the log.
const MOST: usize = 8;

/// What a server says its version is, if it is one: `1`, `1.0.0`, `v2`, `2026-03-17`. Whatever is
/// longer or has other letters could be an echo of something secret.
pub(super) fn named(response: &ApiResponse) -> Option<&str> {
    let version = response.header(HEADER)?.trim();
    let fits = (1..=16).contains(&version.len());
    let plain = |byte: u8| byte.is_ascii_digit() || b".-v".contains(&byte);
    (fits && version.bytes().all(plain)).then_some(version)
}

/// The other versions that were seen, so that each is warned of once.
#[derive(Default)]
pub(super) struct SeenVersions(Mutex<BTreeSet<String>>);

impl SeenVersions {
    /// Whether this version is seen for the first time.
    fn is_new(&self, version: &str) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.len() < MOST && !seen.contains(version) && seen.insert(version.to_owned())
    }
}

impl PassidClient {
    /// Warns once of each version that is not the one this library knows.
    pub(super) fn note_version(&self, response: &ApiResponse) {
        if response.header(HEADER).is_none() {
            return;
        }
        let version = named(response).unwrap_or("unprintable");
        if version == OURS {
            return;
        }
        if self.shared.versions.is_new(version) {
            tracing::warn!(
                target: "passid::client",
                version,
                expected = OURS,
                "PASSID answers with another version of its API; look for a newer passid"
            );
        }
    }
}
