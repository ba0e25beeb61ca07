//! What a cache does with a credential: it keeps it without its token, says how it is served, and
//! knows about how much memory it takes.

use std::mem::size_of;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Details, VerifiedCredential};
use crate::Token;

/// Where a credential came from when it was served. Not the provider's judgement of how recent the
/// data is, which is [`FreshnessStatus`](super::FreshnessStatus).
///
/// In each case [`VerifiedCredential::received_at`] says when the provider gave its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Served {
    /// From the provider's answer.
    #[default]
    Live,
    /// From a cache, within the time that was set for it.
    Cached,
    /// From a cache, after that time, because the provider could not be asked (decision P55). Only
    /// where [`CacheBuilder::stale_if_error`](crate::cache::CacheBuilder::stale_if_error) allows it.
    Stale,
}

impl VerifiedCredential {
    /// Whether the credential comes from the provider's answer or from a cache.
    ///
    /// A handler for which a cached answer is not enough can look at it and refuse.
    pub fn served(&self) -> Served {
        self.served
    }

    /// The same credential, served in another way; the claims are shared.
    pub(crate) fn served_as(mut self, served: Served) -> Self {
        self.served = served;
        self
    }

    /// The form that a cache keeps: without `token`, which whoever asks for the credential presents.
    /// Decision P53. The claims are copied only if somebody else holds the credential too.
    ///
    /// # Errors
    ///
    /// The credential as it was, when it is one of another token.
    pub(crate) fn withhold(mut self, token: &Token) -> Result<Self, Self> {
        match &self.details.token {
            Some(own) if own != token => return Err(self),
            Some(_) => {
                let details = Arc::make_mut(&mut self.details);
                details.token = None;
                details.token_withheld = true;
            }
            None => {}
        }
        self.presented = None;
        Ok(self)
    }

    /// Gives a credential from a cache the token with which it was asked for. Token and claims are
    /// shared.
    pub(crate) fn presented_with(mut self, token: Token) -> Self {
        if self.details.token_withheld && self.presented.is_none() {
            self.presented = Some(token);
        }
        self
    }

    /// About how many bytes the claims and what is known about them take.
    pub(crate) fn footprint(&self) -> usize {
        let details = &*self.details;
        let texts = [
            details.claims.income_band.as_ref(),
            details.claims.corridor.as_ref(),
            details.audit_id.as_ref(),
            details.proof_type.as_ref(),
            details.issuer.as_ref(),
            details.decisioning_note.as_ref(),
            details.api_version.as_ref(),
        ];
        // Three words that can be any text: status, freshness, signature. They are short (P15).
        let words = 96;
        size_of::<Details>()
            + words
            + texts.into_iter().flatten().map(String::capacity).sum::<usize>()
            + fields(&details.claims.extra)
            + fields(&details.extra)
    }
}

/// The nodes of a B-tree are half to fully used; counted as if half.
fn fields(map: &Map<String, Value>) -> usize {
    let slot = 2 * (size_of::<String>() + size_of::<Value>());
    map.iter().map(|(name, value)| slot + name.capacity() + heap(value)).sum()
}

fn heap(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.capacity(),
        Value::Array(items) => {
            items.capacity() * size_of::<Value>() + items.iter().map(heap).sum::<usize>()
        }
        Value::Object(map) => fields(map),
    }
}
