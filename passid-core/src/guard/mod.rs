//! The decision, free of any framework: token sources, verifier, policy, outcome.

mod answer;
mod body;
mod rejection;
mod request;
mod requirement;
mod source;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use answer::{Answer, Answers, Detail};
pub use body::JsonBody;
pub use rejection::{Reason, Rejection, RejectionCode};
pub use request::RequestView;
pub use requirement::{Anonymous, Passed, Requirement};
pub use source::{PresentedError, TOKEN_HEADER, TokenSources};

use crate::clock::within;
use crate::{
    BoxFuture, Clock, Policy, SystemClock, Unavailable, UnavailableKind, Verdict,
    VerifiedCredential, Verify,
};
use rejection::{ChallengeScope, DEFAULT_REALM};

/// Demands a credential of a request: finds the token, has it verified, applies the policy.
///
/// The adapters (`passid-axum`, `passid-actix`) show it requests and do what it decides; it holds no
/// type of theirs. Cheap to clone: everything is shared.
///
/// It never lets a request through because something failed.
///
/// ```
/// use passid_core::{Answers, Detail, Guard, Policy, TokenSources};
/// # fn guard(client: passid_core::PassidClient) -> Result<(), passid_core::PolicyError> {
/// let policy = Policy::builder().require_claims(["income_verified"]).build()?;
///
/// let guard = Guard::builder(client, policy)
///     .token_sources(TokenSources::default().and_cookie("passid"))
///     .answers(Answers::json().detail(Detail::Detailed))
///     .build();
/// # let _ = guard; Ok(())
/// # }
/// ```
pub struct Guard<V> {
    shared: Arc<Shared<V>>,
}

struct Shared<V> {
    verifier: V,
    policy: Policy,
    sources: TokenSources,
    answers: Answers,
    scope: Arc<ChallengeScope>,
    required: bool,
    preflight_passes: bool,
    deadline: Duration,
    clock: Arc<dyn Clock>,
    outage_log: RateLimit,
}

/// What a guard decides about a request.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The handler may run, with this credential.
    Verified(VerifiedCredential),
    /// The handler may run, without a credential: nothing was presented and nothing is required, or
    /// it is a CORS preflight.
    Anonymous,
    /// The handler must not run.
    Refused(Rejection),
}

/// What a guard knows of a request at once.
pub enum Step {
    /// The decision.
    Decided(Decision),
    /// The verifier has to find out. Its verdict goes into [`Guard::conclude`].
    Verifying(BoxFuture<'static, Verdict>),
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decided(decision) => f.debug_tuple("Decided").field(decision).finish(),
            Self::Verifying(_) => f.write_str("Verifying"),
        }
    }
}

impl<V: Verify> Guard<V> {
    /// A guard with the default settings.
    pub fn new(verifier: V, policy: Policy) -> Self {
        Self::builder(verifier, policy).build()
    }

    /// Starts a guard. A policy is required; [`Policy::verified_only`] says that a valid credential
    /// is enough.
    pub fn builder(verifier: V, policy: Policy) -> GuardBuilder<V> {
        GuardBuilder {
            verifier,
            policy,
            sources: TokenSources::default(),
            answers: Answers::default(),
            realm: DEFAULT_REALM.to_owned(),
            required: true,
            preflight_passes: true,
            deadline: GuardBuilder::<V>::DEFAULT_DEADLINE,
            clock: Arc::new(SystemClock),
        }
    }

    /// Whether this request could hold a token in its body: an adapter with a [`JsonBody`] source
    /// then receives the body before it calls [`begin`](Self::begin).
    pub fn wants_body(&self, request: &(impl RequestView + ?Sized)) -> bool {
        request.is_json() && !self.passes_as_preflight(request)
    }

    /// Receives a body within the time that the source allows.
    ///
    /// # Errors
    ///
    /// What `receiving` found, or [`Reason::BodyTimeout`].
    pub async fn receive_body<T>(
        &self,
        source: &JsonBody,
        receiving: impl Future<Output = Result<T, Reason>>,
    ) -> Result<T, Reason> {
        within(&*self.shared.clock, source.max_wait(), receiving)
            .await
            .unwrap_or(Err(Reason::BodyTimeout))
    }

    /// Decides at once where that is possible.
    ///
    /// `body` is what was received because of [`wants_body`](Self::wants_body).
    pub fn begin(
        &self,
        request: &(impl RequestView + ?Sized),
        body: Option<(&JsonBody, &[u8])>,
    ) -> Step {
        if self.passes_as_preflight(request) {
            return Step::Decided(Decision::Anonymous);
        }
        let token = match self.shared.sources.extract(request, body) {
            Ok(Some(token)) => token,
            Ok(None) if self.shared.required => return self.refused(Reason::Missing),
            Ok(None) => return Step::Decided(Decision::Anonymous),
            Err(error) => return self.refused(Reason::Presented(error)),
        };
        if let Some(verdict) = self.shared.verifier.peek(&token) {
            return Step::Decided(self.conclude(verdict));
        }
        let verdict = self.shared.verifier.verify(token);
        let (clock, deadline) = (self.shared.clock.clone(), self.shared.deadline);
        Step::Verifying(Box::pin(async move {
            within(&*clock, deadline, verdict)
                .await
                .unwrap_or_else(|| Verdict::Unavailable(Unavailable::new(UnavailableKind::Timeout)))
        }))
    }

    /// Decides once the verdict is known. Expiry (decision P4) and policy are looked at here, on every
    /// request: time moves.
    pub fn conclude(&self, verdict: Verdict) -> Decision {
        let now = self.shared.clock.now();
        let reason = match verdict {
            Verdict::Valid(credential) if credential.is_expired(now) => Reason::Expired,
            Verdict::Valid(credential) => match self.shared.policy.evaluate(&credential, now) {
                Ok(()) => return Decision::Verified(credential),
                Err(violation) => Reason::Policy(violation),
            },
            Verdict::Invalid(reason) => Reason::Denied(reason),
            Verdict::Unavailable(outage) => Reason::Unavailable(outage),
        };
        Decision::Refused(self.refuse(reason))
    }

    /// A refusal for a reason that the adapter found, such as a body over the limit.
    pub fn refuse(&self, reason: Reason) -> Rejection {
        let rejection = Rejection::new(reason, self.shared.scope.clone());
        self.log(&rejection);
        rejection
    }

    fn refused(&self, reason: Reason) -> Step {
        Step::Decided(Decision::Refused(self.refuse(reason)))
    }

    fn passes_as_preflight(&self, request: &(impl RequestView + ?Sized)) -> bool {
        self.shared.preflight_passes && request.is_preflight()
    }

    /// Decides about a request that no adapter brings: [`begin`](Self::begin) and
    /// [`conclude`](Self::conclude) in one.
    pub async fn check(&self, request: &(impl RequestView + ?Sized)) -> Decision {
        match self.begin(request, None) {
            Step::Decided(decision) => decision,
            Step::Verifying(verdict) => self.conclude(verdict.await),
        }
    }

    /// The answer to a refusal, in the form that was set.
    pub fn answer(&self, rejection: &Rejection) -> Answer {
        self.shared.answers.render(rejection)
    }

    /// Where tokens are looked for.
    pub fn token_sources(&self) -> &TokenSources {
        &self.shared.sources
    }

    /// The clock that the guard reads.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// One event for each refusal. Callers can cause any number of 401s, so these are quiet; an
    /// outage is loud, but not once per request.
    fn log(&self, rejection: &Rejection) {
        let code = rejection.code().as_str();
        match rejection.reason() {
            Reason::Denied(reason) if reason.is_final() => {
                tracing::warn!(target: "passid::guard", code, reason = %reason, "refused for good");
            }
            Reason::Denied(reason) => {
                tracing::debug!(target: "passid::guard", code, reason = %reason, "refused");
            }
            Reason::Policy(violation) => {
                tracing::debug!(target: "passid::guard", code, %violation, "refused");
            }
            Reason::Unavailable(outage) => {
                let Some(suppressed) = self.shared.outage_log.admit(self.shared.clock.elapsed())
                else {
                    return;
                };
                let cause = chain(outage);
                if outage.kind() == UnavailableKind::Misconfigured {
                    tracing::error!(target: "passid::guard", code, suppressed, cause, "refused");
                } else {
                    tracing::warn!(target: "passid::guard", code, suppressed, cause, "refused");
                }
            }
            reason => tracing::debug!(target: "passid::guard", code, ?reason, "refused"),
        }
    }
}

/// An error and its sources in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    line
}

impl<V> Clone for Guard<V> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<V> fmt::Debug for Guard<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("policy", &self.shared.policy)
            .field("sources", &self.shared.sources)
            .field("answers", &self.shared.answers)
            .field("required", &self.shared.required)
            .finish_non_exhaustive()
    }
}

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
}

impl<V: Verify> GuardBuilder<V> {
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
                outage_log: RateLimit::default(),
            }),
        }
    }
}

impl<V> fmt::Debug for GuardBuilder<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Lets one event through per second and counts the others.
#[derive(Default)]
struct RateLimit {
    next_second: AtomicU64,
    suppressed: AtomicU64,
}

impl RateLimit {
    /// How many were held back since the last that passed; `None` to hold this one back too.
    fn admit(&self, elapsed: Duration) -> Option<u64> {
        let second = elapsed.as_secs();
        let due = self.next_second.load(Ordering::Relaxed);
        let admitted = second >= due
            && self
                .next_second
                .compare_exchange(due, second + 1, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if admitted {
            Some(self.suppressed.swap(0, Ordering::Relaxed))
        } else {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}
