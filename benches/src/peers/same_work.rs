use passid_core::{Clock, Policy, SystemClock, Token, Verdict, VerifiedCredential, Verify};

use crate::verifier::{Hit, hit, policy};

/// What a service would write by hand around the parts of `passid-core`: one header, no other source,
/// no preflight, no log, a bare 401.
#[derive(Debug)]
pub(crate) struct SameWork {
    verifier: Hit,
    policy: Policy,
}

impl SameWork {
    pub(crate) fn new() -> Self {
        Self { verifier: hit(), policy: policy() }
    }

    /// The credential of a token that is known and meets the policy.
    pub(crate) fn credential(&self, presented: &str) -> Option<VerifiedCredential> {
        let token = Token::parse(presented).ok()?;
        let Verdict::Valid(credential) = self.verifier.peek(&token)? else { return None };
        self.policy.evaluate(&credential, SystemClock.now()).is_ok().then_some(credential)
    }
}
