//! Who takes part in the table: what each presents to one provider, and where providers differ.

use std::fmt;

use crate::apps::Service;
use crate::http::Request;

/// What stands in a request for a part that nobody plays; no other request has this byte.
const NOBODY: char = '\0';

/// What somebody presents; nobody, where a provider has no such credential.
#[derive(Clone, Debug)]
pub struct Part(Option<String>);

impl Part {
    /// A provider has no such credential.
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// Whether a request needs somebody whom the provider does not have.
    pub(super) fn is_wanting_in(request: &Request) -> bool {
        let nobody = |bytes: &[u8]| bytes.contains(&(NOBODY as u8));
        request.target.contains(NOBODY)
            || nobody(&request.body)
            || request.headers.iter().any(|(_, value)| nobody(value))
    }
}

impl<T: Into<String>> From<T> for Part {
    fn from(presented: T) -> Self {
        Self(Some(presented.into()))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(presented) => f.write_str(presented),
            None => write!(f, "{NOBODY}"),
        }
    }
}

/// The parts of the table, as one provider has them.
#[derive(Clone, Debug)]
pub struct Cast {
    /// What the guarded service demands of this provider's credentials.
    pub service: Service,
    /// Whether the tokens can be told from an application's own bearer tokens.
    pub takes_bearer: bool,

    /// Meets every policy, and is less than four hours old.
    pub good: Part,
    /// Its income, as the app shows it.
    pub good_income: Option<&'static str>,
    /// The same to a guard: in another spelling, where guards know one.
    pub good_again: Part,
    /// In lower case.
    pub lower: Part,
    /// With spaces between its groups.
    pub spaced: Part,
    /// As it may stand in a query.
    pub encoded: Part,
    /// As good, and older than four hours.
    pub other: Part,
    /// Its income, as the app shows it.
    pub other_income: Option<&'static str>,
    /// As good, of a form that says nothing.
    pub opaque: Part,

    /// The provider does not know it.
    pub unknown: Part,
    /// The same, of a form that says nothing.
    pub opaque_unknown: Part,
    /// The longest that is asked about.
    pub longest: Part,
    /// Its time is over.
    pub expired: Part,
    /// Was good, and was taken back.
    pub revoked: Part,
    /// Its signature is wrong.
    pub badly_signed: Part,
    /// On a sanctions list.
    pub denied: Part,
    /// Of the live environment.
    pub live: Part,
    /// A one-time code in the place of a token.
    pub share_code: Part,

    /// Valid, but older than 72 hours.
    pub stale: Part,
    /// Valid, but screened with a finding.
    pub not_clear: Part,
    /// Valid, but never screened.
    pub unscreened: Part,
    /// Valid, and meets none of the policies.
    pub open: Part,
    /// Whether the app calls it verified.
    pub open_is_verified: bool,
    /// How it breaks the flags on fraud and sanctions.
    pub open_breaks: Vec<&'static str>,
    /// Valid, and breaks the loan policy in several ways.
    pub minimal: Part,
    /// In which ways, in the guide's order.
    pub minimal_breaks: Vec<&'static str>,
    /// The harmless ones of them.
    pub minimal_is_told: Vec<&'static str>,

    /// Whether a credential can meet the flags on fraud and sanctions.
    pub can_meet_flags: bool,
    /// Whether a 404 says nothing about a token.
    pub not_found_is_an_outage: bool,
    /// Calls until a 401 is taken for our own fault.
    pub calls_until_401_counts: u64,
    /// Calls with a key that the API does not know.
    pub calls_with_unknown_key: u64,
}

impl Cast {
    /// What to present as a bearer token; nobody where the guard would leave it to the application.
    pub(super) fn bearer(&self, presented: &Part) -> Part {
        if self.takes_bearer { presented.clone() } else { Part::nobody() }
    }
}
