use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::{
    BoxFuture, DenyReason, Environment, Token, Unavailable, UnavailableKind, Verdict,
    VerificationClaims, VerifiedCredential, Verify,
};

/// A verifier that says what it was told to say, and counts how often it was asked. Clones share
/// everything.
///
/// A token it was not told about is rejected as [`DenyReason::TokenNotFound`].
#[derive(Clone, Default)]
pub struct ScriptedVerifier {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    verdicts: HashMap<String, Script>,
    asked: Vec<Token>,
    immediate: bool,
}

#[derive(Clone)]
enum Script {
    Verdict(Verdict),
    Hang,
}

impl ScriptedVerifier {
    /// A verifier that rejects every token.
    pub fn new() -> Self {
        Self::default()
    }

    /// Verdicts are known at once, as from a cache: [`Verify::peek`] gives them.
    #[must_use]
    pub fn immediate(self) -> Self {
        self.lock().immediate = true;
        self
    }

    /// This token stands for a valid sandbox credential with these claims, received at the epoch of
    /// Unix time.
    ///
    /// # Panics
    ///
    /// When `token` is no token.
    #[track_caller]
    pub fn accept(&self, token: &str, claims: VerificationClaims) {
        let received_at = SystemTime::UNIX_EPOCH;
        let builder =
            VerifiedCredential::builder("passid", Environment::Sandbox, claims, received_at);
        #[expect(clippy::expect_used, reason = "nothing was set that a credential refuses")]
        let credential = builder.audit_id("aud_test").build().expect("a plain credential builds");
        self.script(token, Verdict::Valid(credential));
    }

    /// This token is rejected for this reason.
    ///
    /// # Panics
    ///
    /// When `token` is no token.
    #[track_caller]
    pub fn reject(&self, token: &str, reason: DenyReason) {
        self.script(token, Verdict::Invalid(reason));
    }

    /// There is no verdict on this token.
    ///
    /// # Panics
    ///
    /// When `token` is no token.
    #[track_caller]
    pub fn fail(&self, token: &str, kind: UnavailableKind) {
        self.script(token, Verdict::Unavailable(Unavailable::new(kind)));
    }

    /// This token gets this verdict.
    ///
    /// # Panics
    ///
    /// When `token` is no token.
    #[track_caller]
    pub fn script(&self, token: &str, verdict: Verdict) {
        self.lock().verdicts.insert(printed(token), Script::Verdict(verdict));
    }

    /// Whoever asks about this token waits for ever.
    ///
    /// # Panics
    ///
    /// When `token` is no token.
    #[track_caller]
    pub fn hang(&self, token: &str) {
        self.lock().verdicts.insert(printed(token), Script::Hang);
    }

    /// How often the verifier was asked, peeks that gave a verdict included.
    pub fn calls(&self) -> usize {
        self.lock().asked.len()
    }

    /// The tokens it was asked about.
    pub fn asked(&self) -> Vec<Token> {
        self.lock().asked.clone()
    }

    fn ask(&self, token: &Token) -> Script {
        let mut state = self.lock();
        state.asked.push(token.clone());
        let unknown = || Script::Verdict(Verdict::Invalid(DenyReason::TokenNotFound));
        state.verdicts.get(token.expose()).cloned().unwrap_or_else(unknown)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[track_caller]
#[expect(clippy::expect_used, reason = "a mistake in a test")]
fn printed(token: &str) -> String {
    Token::parse(token).expect("a token in a script must be a token").expose().to_owned()
}

impl fmt::Debug for ScriptedVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("ScriptedVerifier")
            .field("verdicts", &state.verdicts.len())
            .field("asked", &state.asked.len())
            .finish_non_exhaustive()
    }
}

impl Verify for ScriptedVerifier {
    fn peek(&self, token: &Token) -> Option<Verdict> {
        if !self.lock().immediate {
            return None;
        }
        match self.ask(token) {
            Script::Verdict(verdict) => Some(verdict),
            Script::Hang => None,
        }
    }

    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let script = self.ask(&token);
        Box::pin(async move {
            match script {
                Script::Verdict(verdict) => verdict,
                Script::Hang => std::future::pending().await,
            }
        })
    }
}
