//! What the sandbox knows, and the rules by which it changes. No HTTP in here.

mod calls;
mod idempotency;
mod institution;
mod issued;
mod ledger;
mod numbers;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use passid_core::{Clock, Environment, ShareCode, Token};

use crate::credential::{MintError, NewCredential};
use crate::fault::{Fault, FaultError, FaultKind, FaultQueue, Route};
use crate::timestamp::whole_second;

use calls::CallCounts;
pub(crate) use calls::CallTotals;
pub(crate) use idempotency::{Answer, IdempotencyScope, KeyReused};
pub(crate) use institution::Institution;
pub(crate) use issued::{Credential, Verdict};
pub(crate) use ledger::{CodeRefused, Redeemed};

use idempotency::IdempotencyStore;
use ledger::Ledger;
use numbers::Numbers;

/// The whole state of one sandbox.
#[derive(Debug)]
pub(crate) struct State {
    clock: Arc<dyn Clock>,
    institution: Institution,
    strict_demo_codes: bool,
    ledger: Mutex<Ledger>,
    idempotency: Mutex<IdempotencyStore>,
    numbers: Numbers,
    calls: CallCounts,
    faults: FaultQueue,
}

impl State {
    pub(crate) fn new(
        institution: Institution,
        clock: Arc<dyn Clock>,
        strict_demo_codes: bool,
    ) -> Self {
        Self {
            clock,
            institution,
            strict_demo_codes,
            ledger: Mutex::new(Ledger::with_demo_credentials(strict_demo_codes)),
            idempotency: Mutex::default(),
            numbers: Numbers::default(),
            calls: CallCounts::default(),
            faults: FaultQueue::default(),
        }
    }

    pub(crate) fn institution(&self) -> &Institution {
        &self.institution
    }

    pub(crate) fn now(&self) -> Timestamp {
        whole_second(self.clock.now())
    }

    /// Back to the first moment: demo credentials only, counters at zero, nothing waiting.
    pub(crate) fn reset(&self) {
        *self.ledger() = Ledger::with_demo_credentials(self.strict_demo_codes);
        *self.idempotency() = IdempotencyStore::default();
        self.numbers.reset();
        self.calls.reset();
        self.faults.clear();
    }

    pub(crate) fn mint_token(&self, new: NewCredential) -> Result<String, MintError> {
        let parts = new.into_checked_parts()?;
        self.ledger().mint_token(parts, self.now())
    }

    pub(crate) fn mint_code(&self, new: NewCredential) -> Result<String, MintError> {
        let parts = new.into_checked_parts()?;
        self.ledger().mint_code(parts, self.now())
    }

    /// Uses a code up and gives the credential behind it, in one step that no other call can
    /// divide.
    pub(crate) fn redeem(
        &self,
        environment: Environment,
        code: &ShareCode,
    ) -> Result<Redeemed, CodeRefused> {
        self.ledger().redeem(environment, code)
    }

    /// The credential of a token. Tokens are not used up (D14). `None` also when the token belongs
    /// to the other environment.
    pub(crate) fn credential(
        &self,
        environment: Environment,
        token: &Token,
    ) -> Option<Arc<Credential>> {
        self.ledger().credential(environment, token)
    }

    /// Gives the answer remembered under an idempotency key, or works it out and remembers it. Two
    /// calls with one key at the same moment get one answer.
    pub(crate) fn once(
        &self,
        scope: IdempotencyScope,
        request_body: &[u8],
        work: impl FnOnce() -> Answer,
    ) -> Result<Answer, KeyReused> {
        self.idempotency().once(scope, request_body, self.now(), work)
    }

    pub(crate) fn next_verification_id(&self) -> String {
        self.numbers.verification_id()
    }

    pub(crate) fn next_audit_id(&self) -> String {
        self.numbers.audit_id()
    }

    pub(crate) fn next_request_id(&self) -> String {
        self.numbers.request_id()
    }

    pub(crate) fn count_call(&self, called: Route) {
        self.calls.count(called);
    }

    pub(crate) fn calls(&self) -> CallTotals {
        self.calls.totals()
    }

    pub(crate) fn inject_fault(&self, fault: Fault) -> Result<(), FaultError> {
        self.faults.push(fault)
    }

    pub(crate) fn take_fault(&self, called: Route) -> Option<FaultKind> {
        self.faults.take(called)
    }

    pub(crate) fn waiting_faults(&self) -> Vec<Fault> {
        self.faults.list()
    }

    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idempotency(&self) -> MutexGuard<'_, IdempotencyStore> {
        self.idempotency.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
