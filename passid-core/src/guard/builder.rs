use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::log::RefusalLog;
use super::rejection::{ChallengeScope, DEFAULT_REALM};
use super::{Answers, Guard, Shared, TokenSources};
use crate::{AttemptLimiter, Clock, Policy, SystemClock, Verify};

/// Sets a [`Guard`] up; made by [`Guard::builder`].
#[must_use]
pub struct GuardBuilder<V> {
    verifier: V,
    policy: Policy,
    sources: TokenSources,
    answers: Answers,
    realm: String,
    required: bool,
    preflight_passes: bool,
    deadline: Duration,
    clock: Arc<dyn Clock>,
    attempts: Option<AttemptLimiter>,
}

impl<V: Verify> GuardBuilder<V> {
    pub(super) fn new(verifier: V, policy: Policy) -> Self {
        Self {
            verifier,
            policy,
            sources: TokenSources::default(),
            answers: Answers::default(),
            realm: DEFAULT_REALM.to_owned(),
            required: true,
            preflight_passes: true,
            deadline: Self::DEFAULT_DEADLINE,
            clock: Arc::new(SystemClock),
            attempts: None,
        }
    }

    /// Ours: a little longer than a client's own deadline, so that the client's more telling error
    /// comes first.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(15);

    /// Where tokens are looked for; see [`TokenSources`] for the default.
    pub fn token_sources(mut self, sources: TokenSources) -> Self {
        self.sources = sources;
        self
    }

    /// How refusals are answered; terse JSON unless set.
    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Requests without a token pass, without a credential. One with an invalid token is refused all
    /// the same, and an outage is a 503.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// The realm in challenges; `passid` unless set. Characters that a quoted string cannot hold as
    /// they are, are left out.
    pub fn realm(mut self, realm: &str) -> Self {
        let plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        self.realm = realm.chars().filter(plain).collect();
        self
    }

    /// Demands a token of CORS preflights too.
    ///
    /// By default a genuine preflight (`OPTIONS` with `Origin` and
    /// `Access-Control-Request-Method`) passes without a credential, because browsers send none
    /// with it (decision P8). Mind handlers that answer every method: they see such requests.
    pub fn guard_preflight(mut self) -> Self {
        self.preflight_passes = false;
        self
    }

    /// How long one request waits for the verifier at most; 15 s unless set. After it: 503.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The clock that expiry, credential age and the deadline are read from.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Bounds failed attempts with share codes; for the guard before a
    /// [`RedeemingVerifier`](crate::RedeemingVerifier). Beyond a bound: 429 with `Retry-After`. None
    /// unless set.
    pub fn attempt_limiter(mut self, limiter: AttemptLimiter) -> Self {
        self.attempts = Some(limiter);
        self
    }

    /// The guard.
    pub fn build(self) -> Guard<V> {
        let mut vary: Vec<&str> = Vec::new();
        for name in self.sources.header_names() {
            if !vary.contains(&name) {
                vary.push(name);
            }
        }
        let scope = ChallengeScope {
            realm: self.realm,
            bearer: self.sources.has_bearer(),
            vary: vary.join(", "),
        };
        Guard {
            shared: Arc::new(Shared {
                verifier: self.verifier,
                policy: self.policy,
                sources: self.sources,
                answers: self.answers,
                scope: Arc::new(scope),
                required: self.required,
                preflight_passes: self.preflight_passes,
                deadline: self.deadline,
                clock: self.clock,
                attempts: self.attempts,
                log: RefusalLog::default(),
            }),
        }
    }
}

impl<V> fmt::Debug for GuardBuilder<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}
