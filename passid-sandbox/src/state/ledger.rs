use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use passid_core::{Environment, ShareCode, Token};

use super::issued::Credential;
use super::numbers::groups;
use crate::credential::{CredentialState, MintError, Parts};
use crate::demo;

const MINTED_LIMIT: usize = 100_000;
/// The time between `verified_at` and `expires_at` in the sample on the verifier page.
const LIFETIME: SignedDuration = SignedDuration::from_hours(83 * 24);

/// Every token and code that was issued.
#[derive(Default)]
pub(super) struct Ledger {
    tokens: HashMap<String, Arc<Credential>>,
    codes: HashMap<String, Code>,
    minted: usize,
    next_number: u64,
}

struct Code {
    token: String,
    credential: Arc<Credential>,
    life: CodeLife,
}

/// D11: a code has no lifetime of its own.
#[derive(Clone, Copy)]
enum CodeLife {
    Repeatable,
    Unused,
    Used,
}

/// What a code gave away.
pub(crate) struct Redeemed {
    pub(crate) token: String,
    pub(crate) credential: Arc<Credential>,
}

/// Why a code gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeRefused {
    NotFound,
    AlreadyRedeemed,
}

impl Ledger {
    /// D15: demo codes are repeatable, unless they are to be as strict as minted ones.
    pub(super) fn with_demo_credentials(strict_codes: bool) -> Self {
        let life = if strict_codes { CodeLife::Unused } else { CodeLife::Repeatable };
        let mut ledger = Self::default();
        for demo in demo::credentials() {
            let parts = Parts {
                claims: demo.claims,
                environment: demo.environment,
                state: demo.state,
                expires_at: None,
                status: demo.status.map(str::to_owned),
            };
            let credential = Arc::new(Credential::new(parts, demo_expiry(demo.state)));
            if let Some(code) = demo.code {
                let entry = Code {
                    token: demo.token.to_owned(),
                    credential: Arc::clone(&credential),
                    life,
                };
                ledger.codes.insert(code.to_owned(), entry);
            }
            ledger.tokens.insert(demo.token.to_owned(), credential);
        }
        ledger
    }

    pub(super) fn mint_token(&mut self, parts: Parts, now: Timestamp) -> Result<String, MintError> {
        self.issue(parts, now).map(|(token, _)| token)
    }

    pub(super) fn mint_code(&mut self, parts: Parts, now: Timestamp) -> Result<String, MintError> {
        let (token, credential) = self.issue(parts, now)?;
        let code = loop {
            let candidate = groups(self.number(), 3);
            if !self.codes.contains_key(&candidate) {
                break candidate;
            }
        };
        self.codes.insert(code.clone(), Code { token, credential, life: CodeLife::Unused });
        Ok(code)
    }

    fn issue(
        &mut self,
        parts: Parts,
        now: Timestamp,
    ) -> Result<(String, Arc<Credential>), MintError> {
        if self.minted >= MINTED_LIMIT {
            return Err(MintError::Full { limit: MINTED_LIMIT });
        }
        self.minted += 1;
        let expiry = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let credential = Arc::new(Credential::new(parts, expiry));
        let token = loop {
            let candidate = format!("PASSID-{}", groups(self.number(), 4));
            if !self.tokens.contains_key(&candidate) {
                break candidate;
            }
        };
        self.tokens.insert(token.clone(), Arc::clone(&credential));
        Ok((token, credential))
    }

    pub(super) fn credential(
        &self,
        environment: Environment,
        token: &Token,
    ) -> Option<Arc<Credential>> {
        let credential = self.tokens.get(token.expose())?;
        (credential.environment == environment).then(|| Arc::clone(credential))
    }

    pub(super) fn redeem(
        &mut self,
        environment: Environment,
        code: &ShareCode,
    ) -> Result<Redeemed, CodeRefused> {
        let code = self
            .codes
            .get_mut(code.expose())
            .filter(|code| code.credential.environment == environment)
            .ok_or(CodeRefused::NotFound)?;
        match code.life {
            CodeLife::Used => return Err(CodeRefused::AlreadyRedeemed),
            CodeLife::Unused => code.life = CodeLife::Used,
            CodeLife::Repeatable => {}
        }
        Ok(Redeemed { token: code.token.clone(), credential: Arc::clone(&code.credential) })
    }

    fn number(&mut self) -> u64 {
        self.next_number = self.next_number.wrapping_add(1);
        self.next_number
    }
}

/// Fixed points in time, so that a demo token gives the same answer today and in ten years.
fn demo_expiry(state: CredentialState) -> Timestamp {
    const YEAR_2020: i64 = 1_577_836_800;
    const YEAR_2100: i64 = 4_102_444_800;
    let second = match state {
        CredentialState::Expired => YEAR_2020,
        _ => YEAR_2100,
    };
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("tokens", &self.tokens.len())
            .field("codes", &self.codes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::NewCredential;

    #[test]
    fn the_ledger_has_a_last_page() {
        let mut ledger = Ledger::with_demo_credentials(false);
        ledger.minted = MINTED_LIMIT - 1;
        let parts = || NewCredential::new().into_checked_parts().unwrap();
        ledger.mint_code(parts(), Timestamp::UNIX_EPOCH).unwrap();
        let refused = ledger.mint_token(parts(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(refused, MintError::Full { limit: MINTED_LIMIT });
    }
}
