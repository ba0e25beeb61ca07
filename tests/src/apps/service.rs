//! What the app demands of its callers: policies of the same shape, by what a provider can say.

use passid_core::{Guard, GuardBuilder, Policy, TokenSources, Verify};
use serde_json::Value;

/// The policies of the app, and where it looks for tokens.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The guide's policy: claims, and an age of 72 hours at most.
    pub loan: fn() -> Policy,
    /// Fraud and sanctions flags.
    pub flags: fn() -> Policy,
    /// Either of two policies, one of them about sanctions.
    pub either: fn() -> Policy,
    /// A claim more, and an age of four hours at most.
    pub stricter: fn() -> Policy,
    /// What bearer tokens begin with, besides PASSID's own.
    pub bearer: &'static [&'static str],
}

impl Service {
    /// A guard with this policy, which looks for tokens where the service does.
    pub(super) fn guard<V: Verify>(&self, verifier: V, policy: Policy) -> GuardBuilder<V> {
        let guard = Guard::builder(verifier, policy);
        if self.bearer.is_empty() {
            return guard;
        }
        let prefixes = ["PASSID-", "psid_"].iter().chain(self.bearer).copied();
        guard.token_sources(TokenSources::none().and_header("X-PASSID-Token").and_bearer(prefixes))
    }
}

/// A policy in its JSON form.
///
/// # Panics
///
/// When it is none.
#[expect(clippy::expect_used, reason = "a mistake in a test")]
pub fn policy(options: Value) -> Policy {
    serde_json::from_value(options).expect("a policy")
}
