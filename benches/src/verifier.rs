#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use std::sync::OnceLock;
use std::time::Duration;

use crate::TOKEN;
use passid_core::testing::claims;
use passid_core::{
    BoxFuture, CachedVerifier, Clock, Environment, Guard, Policy, SystemClock, Token, Verdict,
    VerifiedCredential, Verify,
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
    answers: Answers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    AtOnce,
    ThroughFuture,
    Anew,
}

impl FixedVerdict {
    /// Answers through [`Verify::peek`], like a cache that holds the token.
    pub fn at_once() -> Self {
        Self { credential: credential(None), answers: Answers::AtOnce }
    }

    /// Answers through the future of [`Verify::verify`], which is ready when first polled.
    pub fn through_future() -> Self {
        Self { credential: credential(None), answers: Answers::ThroughFuture }
    }

    /// Answers with a credential of its own for each token, as a provider does.
    pub fn anew() -> Self {
        Self { credential: credential(None), answers: Answers::Anew }
    }
}

impl Verify for FixedVerdict {
    fn peek(&self, _: &Token) -> Option<Verdict> {
        (self.answers == Answers::AtOnce).then(|| Verdict::Valid(self.credential.clone()))
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let credential = match self.answers {
            Answers::Anew => credential(Some(token)),
            _ => self.credential.clone(),
        };
        Box::pin(async move { Verdict::Valid(credential) })
    }
}

/// The guide's claims, received now and good for a day.
fn credential(token: Option<Token>) -> VerifiedCredential {
    let now = SystemClock.now();
    let builder =
        VerifiedCredential::builder("passid", Environment::Sandbox, claims::complete(), now)
            .expires_at(now + Duration::from_secs(24 * 3600));
    let builder = match token {
        Some(token) => builder.token(token),
        None => builder,
    };
    builder.build().expect("nothing speaks against the credential")
}

/// Two claims and an age: the policy of the guide's loan application.
pub(crate) fn policy() -> Policy {
    Policy::builder()
        .require_claims(["income_verified", "sanctions_screening_clear"])
        .max_credential_age_hours(72)
        .build()
        .expect("the policy has requirements")
}

/// The verifier of a hit, and so of every peer that does the same work: here and nowhere else it is
/// said what a hit is looked up in.
pub type Hit = CachedVerifier<FixedVerdict>;

/// Entries of the cache of a [`Hit`].
const ENTRIES: u32 = 10_000;

/// A cache that holds the token of the requests among 9,999 others. All share it.
pub fn hit() -> Hit {
    static HIT: OnceLock<Hit> = OnceLock::new();
    let ours = || Token::parse(TOKEN).expect("the token is one");
    HIT.get_or_init(|| cache_with((1..ENTRIES).map(token).chain([ours()]))).clone()
}

/// A cache that holds these tokens and has room for as many again.
///
/// # Panics
///
/// When one of them is missing afterwards.
pub fn cache_with(tokens: impl Iterator<Item = Token> + Clone) -> Hit {
    let entries = tokens.clone().count();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime starts");
    let cache = CachedVerifier::builder(FixedVerdict::anew())
        .ttl(Duration::from_secs(3600))
        .capacity(2 * entries)
        .max_bytes(8 * 1024 * entries)
        .runtime(runtime.handle().clone())
        .build()
        .expect("the settings are possible");
    runtime.block_on(async {
        for token in tokens.clone() {
            cache.verify(token).await;
        }
    });
    let missing = tokens.filter(|token| cache.peek(token).is_none()).count();
    assert_eq!(missing, 0, "of {entries} entries some are missing");
    cache
}

/// A token like all others, by its number.
///
/// # Panics
///
/// Never: such a text is a token.
pub fn token(number: u32) -> Token {
    let text = format!("PASSID-{:04}-{:04}-0000-3MNX", number / 10_000, number % 10_000);
    Token::parse(&text).expect("the text is a token")
}

pub(crate) fn hit_guard() -> Guard<Hit> {
    Guard::new(hit(), policy())
}

pub(crate) fn guard(verdict_at_once: bool) -> Guard<FixedVerdict> {
    let verifier = match verdict_at_once {
        true => FixedVerdict::at_once(),
        false => FixedVerdict::through_future(),
    };
    Guard::new(verifier, policy())
}
