use std::fmt;
use std::sync::Arc;

use super::rejection::ChallengeScope;
use super::{Answer, Answers, Reason, Rejection};
use crate::{Clock, Policy, SystemClock, VerifiedCredential};

/// Marks a request that a guard let pass without a credential. An adapter puts it among the
/// request's extensions, so that a guard without a token can be told from a missing guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anonymous;

/// Marks a CORS preflight that a guard let pass (decision P8): no token is to be asked for further in
/// either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preflight;

/// What a guard left behind on a request.
#[derive(Clone, Copy, Debug)]
pub enum Passed<'a> {
    /// A verified credential.
    Verified(&'a VerifiedCredential),
    /// No credential, and that was allowed.
    Anonymous,
    /// No credential, because it is a CORS preflight.
    Preflight,
    /// Nothing: no guard has run.
    Unguarded,
}

impl<'a> Passed<'a> {
    /// From what stands among a request's extensions.
    pub fn from_extensions(
        credential: Option<&'a VerifiedCredential>,
        anonymous: Option<&Anonymous>,
        preflight: Option<&Preflight>,
    ) -> Self {
        match (credential, anonymous, preflight) {
            (Some(credential), _, _) => Self::Verified(credential),
            (None, Some(Anonymous), _) => Self::Anonymous,
            (None, None, Some(Preflight)) => Self::Preflight,
            (None, None, None) => Self::Unguarded,
        }
    }

    /// The credential, for an extractor that needs one.
    ///
    /// # Errors
    ///
    /// A refusal as for a missing token where none was presented; 500 with an error in the log where
    /// no guard has run.
    pub fn required(self) -> Result<&'a VerifiedCredential, Rejection> {
        match self {
            Self::Verified(credential) => Ok(credential),
            Self::Anonymous | Self::Preflight => Err(Rejection::bare(Reason::Missing)),
            Self::Unguarded => Err(unguarded()),
        }
    }

    /// The credential if there is one, for an extractor that can do without.
    ///
    /// # Errors
    ///
    /// 500 with an error in the log where no guard has run.
    pub fn optional(self) -> Result<Option<&'a VerifiedCredential>, Rejection> {
        match self {
            Self::Verified(credential) => Ok(Some(credential)),
            Self::Anonymous | Self::Preflight => Ok(None),
            Self::Unguarded => Err(unguarded()),
        }
    }
}

/// A fault in the wiring, not the caller's: a 401 would hide it from everybody.
fn unguarded() -> Rejection {
    tracing::error!(
        target: "passid::guard",
        "a route asks for a verified credential, but no PassidLayer or PassidMiddleware stands \
         before it"
    );
    Rejection::bare(Reason::NoGuard)
}

/// A stricter policy for single routes, behind a guard: the credential is verified already, only the
/// policy runs. The adapters wrap it as `RequirePolicy`.
#[derive(Clone)]
pub struct Requirement {
    pub(super) policy: Policy,
    pub(super) answers: Answers,
    pub(super) scope: Arc<ChallengeScope>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Requirement {
    /// Demands that this policy holds too. Refusals are terse JSON with a challenge for `Bearer` in the
    /// realm `passid`; [`Guard::requirement`](super::Guard::requirement) takes all that from a guard.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            answers: Answers::default(),
            scope: Arc::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// How refusals are answered; terse JSON unless set.
    #[must_use]
    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// The clock that credential age and expiry are read from.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Whether the request may go on.
    ///
    /// # Errors
    ///
    /// A refusal as for a missing token where there is no credential, 403 where the policy does not
    /// hold, 500 where no guard has run.
    pub fn check(&self, passed: Passed<'_>) -> Result<(), Rejection> {
        let reason = match passed {
            Passed::Preflight => return Ok(()),
            Passed::Unguarded => return Err(unguarded()),
            Passed::Anonymous => Reason::Missing,
            Passed::Verified(credential) => {
                match self.policy.evaluate(credential, self.clock.now()) {
                    Ok(()) => return Ok(()),
                    Err(violation) => Reason::Policy(violation),
                }
            }
        };
        tracing::debug!(target: "passid::guard", ?reason, "refused by a stricter policy");
        Err(Rejection::new(reason, self.scope.clone()))
    }

    /// The answer to a refusal, in the form that was set.
    pub fn answer(&self, rejection: &Rejection) -> Answer {
        self.answers.render(rejection)
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requirement")
            .field("policy", &self.policy)
            .field("answers", &self.answers)
            .finish_non_exhaustive()
    }
}
