use std::fmt;
use std::sync::Arc;

use super::any_of::nobodys;
use super::{Verdict, Verify};
use crate::{BoxFuture, Token};

/// What parts the name of a verifier from its token.
pub(crate) const SEPARATOR: char = ':';

/// Several verifiers under names, chosen by what the request says: the token `documents:abc` is the
/// token `abc` for the verifier `documents`, and for no other (decision P146).
///
/// The name comes from where the token stands, by
/// [`TokenSources::and_header_to`](crate::TokenSources::and_header_to); or the caller writes it; or the
/// route of the application has it, by [`only`](Self::only). A token without a name that is known goes
/// to [`otherwise`](Self::otherwise), else it is refused as
/// [`DenyReason::TokenNotFound`](crate::DenyReason), and nobody is asked.
///
/// Caches stand behind it, as behind [`AnyOf`](crate::AnyOf).
///
/// ```
/// use passid_core::{Guard, PassidClient, Policy, Routed, TokenSources, Verify};
/// # fn example(client: PassidClient, documents: impl Verify) -> Option<()> {
///
/// let verifier = Routed::new().to("documents", documents).otherwise(client);
///
/// // A header of its own for each provider, and the usual places for the other.
/// let sources = TokenSources::default().and_header_to("X-Document-Session", "documents");
/// let guard = Guard::builder(verifier.clone(), Policy::verified_only())
///     .token_sources(sources)
///     .build();
///
/// // A route where only documents count.
/// let strict = Guard::new(verifier.only("documents")?, Policy::verified_only());
/// # let _ = (guard, strict);
/// # Some(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Routed {
    named: Arc<[Named]>,
    otherwise: Option<Arc<dyn Verify>>,
}

#[derive(Clone)]
struct Named {
    name: Arc<str>,
    verifier: Arc<dyn Verify>,
}

impl Routed {
    /// No verifier yet: every token is refused.
    pub fn new() -> Self {
        Self::default()
    }

    /// This verifier for the tokens under `name`, which is compared exactly. A name that is given twice
    /// means the first. A name with a colon is never found.
    #[must_use]
    pub fn to(self, name: impl Into<Arc<str>>, verifier: impl Verify) -> Self {
        let named = Named { name: name.into(), verifier: Arc::new(verifier) };
        Self { named: self.named.iter().cloned().chain([named]).collect(), ..self }
    }

    /// This verifier for the tokens without a name that is known. They go to it as they are.
    #[must_use]
    pub fn otherwise(self, verifier: impl Verify) -> Self {
        Self { otherwise: Some(Arc::new(verifier)), ..self }
    }

    /// The verifier of one name, for a route of the application where no other counts. It takes tokens
    /// without a name. `None` for a name that is not there.
    pub fn only(&self, name: &str) -> Option<Arc<dyn Verify>> {
        let named = self.named.iter().find(|named| *named.name == *name)?;
        Some(Arc::clone(&named.verifier))
    }

    /// The verifier, and the token as it knows it.
    fn chosen(&self, token: &Token) -> Option<(&dyn Verify, Token)> {
        if let Some((name, rest)) = token.expose().split_once(SEPARATOR)
            && let Some(named) = self.named.iter().find(|named| *named.name == *name)
        {
            // Nothing after the name is no token of anybody's.
            return Some((&*named.verifier, Token::parse(rest).ok()?));
        }
        let verifier = self.otherwise.as_deref()?;
        Some((verifier, token.clone()))
    }
}

impl Verify for Routed {
    fn peek(&self, token: &Token) -> Option<Verdict> {
        match self.chosen(token) {
            // The credential is the token's that the verifier knows.
            Some((verifier, token)) => Some(verifier.peek(&token)?.presented_with(token)),
            None => Some(nobodys()),
        }
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        match self.chosen(&token) {
            Some((verifier, token)) => verifier.verify(token),
            None => Box::pin(std::future::ready(nobodys())),
        }
    }

    fn recognises(&self, token: &Token) -> bool {
        self.chosen(token).is_some_and(|(verifier, token)| verifier.recognises(&token))
    }

    fn is_repeatable(&self) -> bool {
        self.named.iter().all(|named| named.verifier.is_repeatable())
            && self.otherwise.as_ref().is_none_or(Verify::is_repeatable)
    }

    fn is_choice(&self) -> bool {
        true
    }
}

impl fmt::Debug for Routed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.named.iter().map(|named| &*named.name).collect();
        f.debug_struct("Routed")
            .field("named", &names)
            .field("otherwise", &self.otherwise.is_some())
            .finish()
    }
}
