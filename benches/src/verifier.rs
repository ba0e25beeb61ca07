#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use std::time::Duration;

use passid_core::testing::claims;
use passid_core::{
    BoxFuture, Clock, Environment, Guard, Policy, SystemClock, Token, Verdict, VerifiedCredential,
    Verify,
};

/// A verifier that accepts every token with one credential made beforehand.
///
/// This is what "scripted verifier" means in this crate. The `ScriptedVerifier` of `passid-core` is
/// for tests: it locks a mutex, looks the token up and keeps each token it was asked about, which
/// would be measured along with the guard. Here a verdict costs one shared pointer, and through the
/// future the box that the trait's signature asks for.
#[derive(Debug)]
pub struct FixedVerdict {
    credential: VerifiedCredential,
    at_once: bool,
}

impl FixedVerdict {
    /// Answers through [`Verify::peek`], like a cache that holds the token.
    pub fn at_once() -> Self {
        Self { credential: credential(), at_once: true }
    }

    /// Answers through the future of [`Verify::verify`], which is ready when first polled.
    pub fn through_future() -> Self {
        Self { credential: credential(), at_once: false }
    }
}

impl Verify for FixedVerdict {
    fn peek(&self, _: &Token) -> Option<Verdict> {
        self.at_once.then(|| Verdict::Valid(self.credential.clone()))
    }

    fn verify(&self, _: Token) -> BoxFuture<'static, Verdict> {
        let credential = self.credential.clone();
        Box::pin(async move { Verdict::Valid(credential) })
    }
}

/// The guide's claims, received now and good for a day.
fn credential() -> VerifiedCredential {
    let now = SystemClock.now();
    VerifiedCredential::builder("passid", Environment::Sandbox, claims::complete(), now)
        .expires_at(now + Duration::from_secs(24 * 3600))
        .build()
        .expect("nothing speaks against the credential")
}

/// Two claims and an age: the policy of the guide's loan application.
pub(crate) fn policy() -> Policy {
    Policy::builder()
        .require_claims(["income_verified", "sanctions_screening_clear"])
        .max_credential_age_hours(72)
        .build()
        .expect("the policy has requirements")
}

pub(crate) fn guard(verdict_at_once: bool) -> Guard<FixedVerdict> {
    let verifier = match verdict_at_once {
        true => FixedVerdict::at_once(),
        false => FixedVerdict::through_future(),
    };
    Guard::new(verifier, policy())
}
