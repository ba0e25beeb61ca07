//! Tokens and the one-time codes for them.

use std::fmt;

use jiff::Timestamp;
use passid_core::{Environment, ShareCode, Token};
use serde::{Deserialize, Serialize};

use super::access::jwt;
use super::customer::Customer;
use super::issued::Credential;
use super::table::Row;
use super::world::World;
use crate::credential::{CredentialState, MintError, NewCredential, Parts};
use crate::demo;

pub(super) const MINTED_LIMIT: usize = 100_000;

/// A code that stands for a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) token: String,
    pub(crate) life: CodeLife,
}

/// D11: a code has no lifetime of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodeLife {
    Repeatable,
    Unused,
    Used,
}

/// What a code gave away.
pub(crate) struct Redeemed {
    pub(crate) token: String,
    pub(crate) credential: Credential,
}

/// Why a code gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeRefused {
    NotFound,
    AlreadyRedeemed,
}

/// There is no such token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenNotFound;

impl Row for Code {
    const TABLE: &'static str = "codes";
}

impl World {
    /// What [`demo`] lists. D15: demo codes are repeatable, unless they are to be as strict as minted
    /// ones.
    pub(super) fn put_demo_credentials(&mut self, strict_codes: bool) {
        let life = if strict_codes { CodeLife::Unused } else { CodeLife::Repeatable };
        for demo in demo::credentials() {
            let parts = Parts {
                claims: demo.claims,
                environment: demo.environment,
                state: demo.state,
                expires_at: None,
                status: demo.status.map(str::to_owned),
            };
            let credential = Credential::of_fixed_age(parts, demo_expiry(demo.state));
            if let Some(code) = demo.code {
                self.codes.insert(code, Code { token: demo.token.to_owned(), life });
            }
            self.tokens.insert(demo.token, credential);
        }
        for (id, environment) in demo::CUSTOMERS {
            let parts = Parts {
                claims: demo::full_claims(),
                environment,
                state: CredentialState::Active,
                expires_at: None,
                status: None,
            };
            let credential = Credential::of_fixed_age(parts, demo_expiry(CredentialState::Active));
            let jwt = jwt("customer", id, environment);
            self.put_customer(id.to_owned(), Customer { jwt, credential });
        }
    }

    pub(crate) fn mint_token(
        &mut self,
        new: NewCredential,
        now: Timestamp,
    ) -> Result<String, MintError> {
        let parts = new.into_checked_parts()?;
        self.room_for_one_more()?;
        Ok(self.put_token(Credential::new(parts, now)))
    }

    pub(crate) fn mint_code(
        &mut self,
        new: NewCredential,
        now: Timestamp,
    ) -> Result<String, MintError> {
        let token = self.mint_token(new, now)?;
        Ok(self.put_code(Code { token, life: CodeLife::Unused }))
    }

    /// Tokens and customers share one bound.
    pub(super) fn room_for_one_more(&self) -> Result<(), MintError> {
        let issued = self.tokens.len() + self.customers.len();
        if issued < MINTED_LIMIT { Ok(()) } else { Err(MintError::Full { limit: MINTED_LIMIT }) }
    }

    pub(super) fn put_token(&mut self, credential: Credential) -> String {
        let token = loop {
            let number = self.counters_mut().spelt();
            let candidate = self.speller.token(number);
            if !self.tokens.contains(&candidate) {
                break candidate;
            }
        };
        self.tokens.insert(token.clone(), credential);
        token
    }

    pub(super) fn put_code(&mut self, code: Code) -> String {
        let spelt = loop {
            let number = self.counters_mut().spelt();
            let candidate = self.speller.share_code(number);
            if !self.codes.contains(&candidate) {
                break candidate;
            }
        };
        self.codes.insert(spelt.clone(), code);
        spelt
    }

    /// The credential of a token. Tokens are not used up (D14). `None` also when the token belongs
    /// to the other environment.
    pub(crate) fn credential(
        &self,
        environment: Environment,
        token: &Token,
    ) -> Option<&Credential> {
        self.tokens.get(token.expose()).filter(|known| known.environment == environment)
    }

    pub(crate) fn revoke_token(&mut self, token: &str) -> Result<(), TokenNotFound> {
        self.tokens.get_mut(token).map(Credential::revoke).ok_or(TokenNotFound)
    }

    /// Uses a code up and gives the credential behind it.
    pub(super) fn take_code(
        &mut self,
        environment: Environment,
        code: &ShareCode,
    ) -> Result<Redeemed, CodeRefused> {
        let known = self.codes.get(code.expose()).ok_or(CodeRefused::NotFound)?;
        let credential = self
            .tokens
            .get(&known.token)
            .filter(|credential| credential.environment == environment)
            .ok_or(CodeRefused::NotFound)?;
        let redeemed = Redeemed { token: known.token.clone(), credential: credential.clone() };
        match known.life {
            CodeLife::Used => return Err(CodeRefused::AlreadyRedeemed),
            CodeLife::Unused => {
                if let Some(known) = self.codes.get_mut(code.expose()) {
                    known.life = CodeLife::Used;
                }
            }
            CodeLife::Repeatable => {}
        }
        Ok(redeemed)
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

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("life", &self.life).finish_non_exhaustive()
    }
}
