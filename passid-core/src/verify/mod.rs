//! The seam between a guard and whoever knows the truth about a token: [`Verify`] and [`Verdict`]; what
//! was found out a moment ago: [`cache`]; the choice among several: [`AnyOf`], [`Routed`]; and whether
//! anybody can be asked at all: [`Probe`].

mod any_of;
pub mod cache;
mod level;
mod probe;
mod routed;
mod scope;
#[cfg(feature = "redis")]
pub mod shared;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use any_of::AnyOf;
pub use level::{LocalCache, SharedLevel};
pub use probe::{Health, Probe};
pub use routed::Routed;
pub(crate) use routed::SEPARATOR as ROUTE_SEPARATOR;
pub use scope::VerifierScope;

use crate::{BoxFuture, DenyReason, Token, VerifiedCredential};

/// Turns a presented token into a verdict.
///
/// Implemented by [`PassidClient`](crate::PassidClient), by the test doubles, and by anything that
/// stands for another identity provider. The guard and the adapters depend on this trait only.
///
/// ```
/// use passid_core::{BoxFuture, DenyReason, Token, Verdict, Verify};
///
/// #[derive(Debug)]
/// struct NobodyPasses;
///
/// impl Verify for NobodyPasses {
///     fn verify(&self, _: Token) -> BoxFuture<'static, Verdict> {
///         Box::pin(async { Verdict::Invalid(DenyReason::Unspecified) })
///     }
/// }
/// ```
pub trait Verify: Send + Sync + 'static {
    /// The verdict, if it is known without waiting. Never blocks; for caches, of which there is none
    /// unless you add one, a [`CachedVerifier`](cache::CachedVerifier): revocation must be seen
    /// (decision D33).
    ///
    /// A cache keeps no tokens: the credential of its verdict may lack `token`, which the guard, who
    /// has it, puts in.
    fn peek(&self, token: &Token) -> Option<Verdict> {
        let _ = token;
        None
    }

    /// Finds out. The future must end by itself; a guard sets a deadline of its own all the same.
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict>;

    /// Whether a token is of the form that this verifier's provider gives out, so that it may be sent
    /// there: how [`AnyOf`] chooses. Looks at the token only. A verifier that does not say takes every
    /// token: put it last.
    fn recognises(&self, token: &Token) -> bool {
        let _ = token;
        true
    }

    /// Whether the same token may be asked about any number of times. Not where asking uses up what is
    /// presented, as a one-time code: such a verifier cannot be cached.
    fn is_repeatable(&self) -> bool {
        true
    }

    /// Whether it only chooses among other verifiers. Caches stand behind it then, one before each: they
    /// refuse to stand before it (decision P145).
    fn is_choice(&self) -> bool {
        false
    }

    /// What the verdicts depend on besides the token, for a cache's keys. A verifier without a scope
    /// can be cached in memory, where each cache serves one verifier, but nowhere that is shared.
    fn scope(&self) -> Option<VerifierScope> {
        None
    }

    /// What the instances of a service share beneath this verifier, if anything: for caches, which
    /// must hear what others forget.
    fn shared_level(&self) -> Option<Arc<dyn SharedLevel>> {
        None
    }
}

impl<V: Verify + ?Sized> Verify for Arc<V> {
    fn peek(&self, token: &Token) -> Option<Verdict> {
        (**self).peek(token)
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        (**self).verify(token)
    }

    fn recognises(&self, token: &Token) -> bool {
        (**self).recognises(token)
    }

    fn is_repeatable(&self) -> bool {
        (**self).is_repeatable()
    }

    fn is_choice(&self) -> bool {
        (**self).is_choice()
    }

    fn scope(&self) -> Option<VerifierScope> {
        (**self).scope()
    }

    fn shared_level(&self) -> Option<Arc<dyn SharedLevel>> {
        (**self).shared_level()
    }
}

/// What came of a verification.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The provider declared the credential valid.
    Valid(VerifiedCredential),
    /// The provider definitively rejected the token. Only for an answer that says so: whatever
    /// cannot be read is [`Verdict::Unavailable`].
    Invalid(DenyReason),
    /// There is no answer to rely on. Never a pass, and never the caller's fault.
    Unavailable(Unavailable),
}

impl Verdict {
    /// Gives the credential of a cache the token with which it was asked for.
    pub(crate) fn presented_with(self, token: Token) -> Self {
        match self {
            Self::Valid(credential) => Self::Valid(credential.presented_with(token)),
            other => other,
        }
    }
}

/// Why there is no verdict to rely on.
///
/// `Display` says what to do, `source` says why.
#[derive(Clone)]
pub struct Unavailable {
    kind: UnavailableKind,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Unavailable {
    /// An outage of the given kind.
    pub fn new(kind: UnavailableKind) -> Self {
        Self { kind, retry_after: None, source: None }
    }

    /// When to try again, as the provider said.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The error behind it, for logs. It must hold no secret and no personal data.
    #[must_use]
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What kind of outage it is.
    pub fn kind(&self) -> UnavailableKind {
        self.kind
    }

    /// When to try again, if the provider said so.
    pub fn delay(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            UnavailableKind::Timeout => "the verifier did not answer in time; try again",
            UnavailableKind::Unreachable => "the verifier cannot be reached; try again",
            UnavailableKind::RateLimited => "the verifier asks for fewer calls; try again later",
            UnavailableKind::Failed => "the verifier failed; try again",
            UnavailableKind::Undecodable => {
                "the verifier gave an answer that cannot be relied on; check its address and version"
            }
            UnavailableKind::TooManyAttempts => "too many attempts have failed; try again later",
            UnavailableKind::Overloaded => "too many verifications are under way; try again",
            UnavailableKind::Misconfigured => {
                "the verifier refuses our own credentials or request; check the institution key \
                 and the address"
            }
        })
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unavailable")
            .field("kind", &self.kind)
            .field("retry_after", &self.retry_after)
            .field("source", &self.source)
            .finish()
    }
}

/// The kinds of outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnavailableKind {
    /// No answer within the deadline.
    Timeout,
    /// No connection, or it broke.
    Unreachable,
    /// 429.
    RateLimited,
    /// 5xx.
    Failed,
    /// An answer that cannot be read, contradicts itself, is about another token, or refuses the
    /// request without a word on the token.
    Undecodable,
    /// A bound of our own was reached.
    Overloaded,
    /// Too many attempts have failed, so that nobody is asked: answered as 429.
    TooManyAttempts,
    /// Our own key or request was refused: answered as 500, because waiting will not help.
    Misconfigured,
}
