//! A share code before it is redeemed: whether it may be tried at all.

use super::{Guard, RequestView, Step};
use crate::clock::within;
use crate::{ShareCode, Token, Unavailable, UnavailableKind, Verdict, Verify};

impl<V: Verify> Guard<V> {
    /// `None` where attempts are not bounded, or where no code is tried: what is none is refused
    /// without a call, and tells nobody anything.
    pub(super) fn attempt(
        &self,
        token: &Token,
        request: &(impl RequestView + ?Sized),
    ) -> Option<Step> {
        let limiter = self.shared.attempts.clone()?;
        let code = ShareCode::parse(token.expose()).ok()?;
        let address = limiter.address(request);
        let (shared, token) = (self.shared.clone(), token.clone());
        Some(Step::Verifying(Box::pin(async move {
            let attempt = match limiter.admit(address, &code).await {
                Ok(attempt) => attempt,
                Err(refused) => {
                    let refusal = Unavailable::new(UnavailableKind::TooManyAttempts);
                    return Verdict::Unavailable(refusal.retry_after(refused.retry_after()));
                }
            };
            let verdict = within(&*shared.clock, shared.deadline, shared.verifier.verify(token))
                .await
                .unwrap_or_else(|| {
                    Verdict::Unavailable(Unavailable::new(UnavailableKind::Timeout))
                });
            // P79: only a refusal is a failed attempt. An outage tells a guesser nothing.
            if !matches!(verdict, Verdict::Invalid(_)) {
                attempt.give_back();
            }
            verdict
        })))
    }
}
