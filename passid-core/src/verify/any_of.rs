use std::fmt;
use std::sync::Arc;

use super::{Verdict, Verify};
use crate::{BoxFuture, DenyReason, Token};

/// Several verifiers behind one guard: each token goes to the first that recognises it by its form
/// ([`Verify::recognises`]), and to no other. What nobody recognises is refused as
/// [`DenyReason::TokenNotFound`], and nobody is asked.
///
/// One policy holds for all. A claim that a provider cannot give stays absent, and a policy that asks
/// for it refuses that provider's credentials.
///
/// Caches stand behind it, one before each provider: an outage of one then holds back no calls of
/// another, and what is kept of one depends on nothing of another (decision P145). To let a header or a
/// route choose, see [`Routed`](crate::Routed).
///
/// ```
/// use passid_core::{AnyOf, CachedVerifier, Guard, PassidClient, Policy, Verify};
/// # async fn example(client: PassidClient, documents: impl Verify)
/// #     -> Result<(), Box<dyn std::error::Error>> {
///
/// let verifier = AnyOf::new()
///     .or(documents)
///     .or(CachedVerifier::builder(client).build()?);
/// let policy = Policy::builder().require_claims(["identity_verified"]).build()?;
/// let guard = Guard::new(verifier, policy);
/// # let _ = guard;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct AnyOf {
    members: Arc<[Member]>,
}

#[derive(Clone)]
struct Member {
    /// In place of what the verifier itself recognises.
    form: Option<Form>,
    verifier: Arc<dyn Verify>,
}

type Form = Arc<dyn Fn(&Token) -> bool + Send + Sync>;

impl Member {
    fn takes(&self, token: &Token) -> bool {
        match &self.form {
            Some(form) => form(token),
            None => self.verifier.recognises(token),
        }
    }
}

impl AnyOf {
    /// No verifier yet: every token is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then this one, for the tokens that it recognises.
    #[must_use]
    pub fn or(self, verifier: impl Verify) -> Self {
        self.and(Member { form: None, verifier: Arc::new(verifier) })
    }

    /// Then this one, for the tokens that `form` says are its own: where it recognises others than you
    /// want, such as any token at all.
    #[must_use]
    pub fn or_when(
        self,
        form: impl Fn(&Token) -> bool + Send + Sync + 'static,
        verifier: impl Verify,
    ) -> Self {
        self.and(Member { form: Some(Arc::new(form)), verifier: Arc::new(verifier) })
    }

    fn and(&self, member: Member) -> Self {
        Self { members: self.members.iter().cloned().chain([member]).collect() }
    }

    fn chosen(&self, token: &Token) -> Option<&dyn Verify> {
        let member = self.members.iter().find(|member| member.takes(token))?;
        Some(&*member.verifier)
    }
}

impl Verify for AnyOf {
    fn peek(&self, token: &Token) -> Option<Verdict> {
        match self.chosen(token) {
            Some(verifier) => verifier.peek(token),
            None => Some(nobodys()),
        }
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        match self.chosen(&token) {
            Some(verifier) => verifier.verify(token),
            None => Box::pin(std::future::ready(nobodys())),
        }
    }

    fn recognises(&self, token: &Token) -> bool {
        self.chosen(token).is_some()
    }

    fn is_repeatable(&self) -> bool {
        self.members.iter().all(|member| member.verifier.is_repeatable())
    }

    fn is_choice(&self) -> bool {
        true
    }
}

/// What is said of a token that is nobody's.
pub(super) fn nobodys() -> Verdict {
    Verdict::Invalid(DenyReason::TokenNotFound)
}

impl fmt::Debug for AnyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyOf").field("members", &self.members.len()).finish()
    }
}
