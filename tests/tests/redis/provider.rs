//! A provider that counts its calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use passid_core::{
    ApiKey, BoxFuture, Clock, DenyReason, Environment, Subject, SystemClock, Token, Unavailable,
    UnavailableKind, Verdict, VerifiedCredential, VerifierScope, Verify, testing,
};

/// Calls every token valid until told otherwise. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    state: Arc<State>,
    key: &'static str,
}

#[derive(Debug, Default)]
struct State {
    calls: AtomicUsize,
    revoked: AtomicBool,
    sanctions: AtomicBool,
    down: AtomicBool,
    millis: AtomicUsize,
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self { state: Arc::default(), key: "pk_sandbox_provider" }
    }

    /// The same, asked in the name of another institution.
    pub(crate) fn of(&self, key: &'static str) -> Self {
        Self { state: self.state.clone(), key }
    }

    pub(crate) fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn revoke(&self) {
        self.state.revoked.store(true, Ordering::SeqCst);
    }

    pub(crate) fn deny_for_good(&self) {
        self.state.sanctions.store(true, Ordering::SeqCst);
    }

    pub(crate) fn down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
    }

    /// How long a call takes.
    pub(crate) fn takes(&self, duration: Duration) {
        let millis = usize::try_from(duration.as_millis()).unwrap();
        self.state.millis.store(millis, Ordering::SeqCst);
    }

    fn says(&self, token: &Token) -> Verdict {
        let is = |flag: &AtomicBool| flag.load(Ordering::SeqCst);
        if is(&self.state.down) {
            return Verdict::Unavailable(Unavailable::new(UnavailableKind::Unreachable));
        }
        if is(&self.state.sanctions) {
            return Verdict::Invalid(DenyReason::HardDenySanctionsMatch);
        }
        if is(&self.state.revoked) {
            return Verdict::Invalid(DenyReason::TokenRevoked);
        }
        let mut claims = testing::claims::complete();
        claims.income_band = Some("marker-income-band".into());
        claims.corridor = Some("marker-corridor".into());
        let now = SystemClock.now();
        let credential = VerifiedCredential::builder("passid", Environment::Sandbox, claims, now)
            .audit_id("marker-audit-id")
            .subject(subject(token))
            .token(token.clone())
            .build()
            .unwrap();
        Verdict::Valid(credential)
    }
}

impl Verify for Provider {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let provider = self.clone();
        Box::pin(async move {
            provider.state.calls.fetch_add(1, Ordering::SeqCst);
            // What is true when the call arrives is what it says, however long it takes.
            let verdict = provider.says(&token);
            let millis = provider.state.millis.load(Ordering::SeqCst);
            if millis > 0 {
                SystemClock.sleep(Duration::from_millis(millis as u64)).await;
            }
            verdict
        })
    }

    fn scope(&self) -> Option<VerifierScope> {
        let key = ApiKey::parse(self.key).unwrap();
        Some(VerifierScope::new("passid", "https://api.test/v1/verify", &key))
    }
}

/// Tokens whose names end alike are of one subject.
pub(crate) fn subject(token: &Token) -> Subject {
    let raw = token.expose();
    Subject::of("passid", &raw[raw.len() - 1..])
}

pub(crate) fn is_valid(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Valid(_))
}
