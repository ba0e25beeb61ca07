//! The wallet's side: what a customer gives away, and takes back (P24).

use jiff::{SignedDuration, Timestamp};

use super::issued::{Credential, Share};
use super::ledger::{Code, CodeLife};
use super::world::World;
use crate::credential::MintError;
use crate::timestamp::last_second;

/// What a customer wants to share.
pub(crate) struct NewShare {
    /// None is everything.
    pub(crate) permissions: Vec<String>,
    /// The credential's own expiry bounds it.
    pub(crate) lifetime: Option<SignedDuration>,
}

/// A share, ready to be read out.
pub(crate) struct Shared {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) code: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) expires_at: Timestamp,
}

/// A line of a customer's history.
pub(crate) struct PastShare {
    pub(crate) share: Share,
    pub(crate) expires_at: Timestamp,
    pub(crate) code_used: bool,
    pub(crate) revoked: bool,
}

/// There is no such share of this customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShareNotFound;

/// What was shared, as the wallet names it.
pub(crate) enum ShareName<'a> {
    Id(&'a str),
    Token(&'a str),
}

impl World {
    pub(crate) fn create_share(
        &mut self,
        customer: &str,
        new: NewShare,
        now: Timestamp,
    ) -> Result<Shared, MintError> {
        self.room_for_one_more()?;
        let id = self.counters_mut().share_id();
        let share = Share {
            id: id.clone(),
            customer: customer.to_owned(),
            permissions: new.permissions.clone(),
            created_at: now,
            fulfilled: false,
        };
        let end = |time| now.checked_add(time).unwrap_or_else(|_| last_second());
        let expires_at = new.lifetime.map(end);
        let held = self.customers.get(customer).ok_or(MintError::UnknownCustomer)?;
        let credential = held.credential.shared(share, expires_at);
        let expires_at = credential.expires_at;
        let token = self.put_token(credential);
        let code = self.put_code(Code { token: token.clone(), life: CodeLife::Unused });
        Ok(Shared { id, token, code, permissions: new.permissions, expires_at })
    }

    /// Takes a share back: its token is revoked, and its code with it.
    pub(crate) fn revoke_share(
        &mut self,
        customer: &str,
        name: &ShareName<'_>,
    ) -> Result<String, ShareNotFound> {
        let token = match name {
            ShareName::Token(token) => (*token).to_owned(),
            ShareName::Id(id) => {
                let mut shared = self.tokens.iter();
                let named = |credential: &Credential| {
                    credential.share.as_ref().is_some_and(|share| share.id == *id)
                };
                let found = shared.find(|(_, credential)| named(credential));
                found.map(|(token, _)| token.clone()).ok_or(ShareNotFound)?
            }
        };
        let own = |credential: &&Credential| {
            credential.share.as_ref().is_some_and(|share| share.customer == customer)
        };
        let id = self.tokens.get(&token).filter(own).and_then(|token| token.share.as_ref());
        let id = id.ok_or(ShareNotFound)?.id.clone();
        // It is there: its id was just read.
        let _ = self.revoke_token(&token);
        Ok(id)
    }

    /// What a customer has shared, in the order of the share ids.
    pub(crate) fn shares_of(&self, customer: &str) -> Vec<PastShare> {
        let used: std::collections::HashSet<&str> = self
            .codes
            .iter()
            .filter(|(_, code)| code.life == CodeLife::Used)
            .map(|(_, code)| &*code.token)
            .collect();
        let mut shares: Vec<_> = self
            .tokens
            .iter()
            .filter_map(|(token, credential)| {
                let share = credential.share.clone()?;
                (share.customer == customer).then(|| PastShare {
                    code_used: used.contains(&**token),
                    revoked: credential.is_revoked(),
                    expires_at: credential.expires_at,
                    share,
                })
            })
            .collect();
        shares.sort_by(|a, b| a.share.id.cmp(&b.share.id));
        shares
    }
}
