//! The decision, free of any framework: token sources, verifier, policy, outcome.

mod answer;
mod attempt;
mod body;
mod builder;
mod log;
mod rejection;
mod request;
mod requirement;
mod source;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use answer::{Answer, Answers, Detail};
pub use body::JsonBody;
pub use builder::GuardBuilder;
pub use rejection::{Reason, Rejection, RejectionCode};
pub use request::RequestView;
pub use requirement::{Anonymous, Passed, Preflight, Requirement};
pub use source::{CODE_HEADER, PresentedError, TOKEN_HEADER, TokenSources};

use crate::clock::within;
use crate::{
    AttemptLimiter, BoxFuture, Clock, Policy, Unavailable, UnavailableKind, Verdict,
    VerifiedCredential, Verify,
};
use log::RefusalLog;
use rejection::ChallengeScope;

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
    attempts: Option<AttemptLimiter>,
    log: RefusalLog,
}

/// What a guard decides about a request.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The handler may run, with this credential.
    Verified(VerifiedCredential),
    /// The handler may run, without a credential: nothing was presented and nothing is required.
    Anonymous,
    /// The handler may run, without a credential: it is a CORS preflight.
    Preflight,
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
        GuardBuilder::new(verifier, policy)
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
            return Step::Decided(Decision::Preflight);
        }
        let token = match self.shared.sources.extract(request, body) {
            Ok(Some(token)) => token,
            Ok(None) if self.shared.required => return self.refused(Reason::Missing),
            Ok(None) => return Step::Decided(Decision::Anonymous),
            Err(error) => return self.refused(Reason::Presented(error)),
        };
        if let Some(verdict) = self.shared.verifier.peek(&token) {
            return Step::Decided(self.conclude(verdict.presented_with(token)));
        }
        if let Some(step) = self.attempt(&token, request) {
            return step;
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
        self.shared.log.record(&rejection, self.shared.clock.elapsed());
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

    /// A stricter policy for single routes behind this guard, which answers and challenges as the guard
    /// does and reads its clock.
    pub fn requirement(&self, policy: Policy) -> Requirement {
        Requirement {
            policy,
            answers: self.shared.answers.clone(),
            scope: self.shared.scope.clone(),
            clock: self.shared.clock.clone(),
        }
    }

    /// Where tokens are looked for.
    pub fn token_sources(&self) -> &TokenSources {
        &self.shared.sources
    }
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
