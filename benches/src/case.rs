use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::peers::JsonWebToken;
use crate::{Measurable, actix_app, axum_app};

/// The one route of every application.
pub(crate) const PATH: &str = "/api/apply";

/// A token in the published form.
pub const TOKEN: &str = "PASSID-AB3X-7YQM-K9PQ-3MNX";

/// The same token as `Authorization`.
const BEARER: &str = "Bearer PASSID-AB3X-7YQM-K9PQ-3MNX";

/// The header of a request that presents no token, so that all requests have three.
const STAND_IN: &str = "x-request-id";

/// The framework that serves a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    /// axum.
    Axum,
    /// actix-web.
    Actix,
}

impl Framework {
    /// The setups of this framework; the bare one first.
    pub fn setups(self) -> impl Iterator<Item = Setup> {
        let peers: &[Setup] = match self {
            Self::Axum => &Setup::AXUM_PEERS,
            Self::Actix => &Setup::ACTIX_PEERS,
        };
        Setup::OURS.iter().chain(peers).copied()
    }
}

impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
        })
    }
}

/// What stands before the handler. Its policy, where there is one, has three rules: two claims and
/// an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Nothing: one route, one handler that answers two bytes.
    Bare,
    /// A layer that does nothing: what the framework itself takes for having one.
    IdleLayer,
    /// The guard; the verdict is there when it looks.
    Immediate,
    /// The guard; the verdict comes from the verifier's future, which is ready when first polled.
    Pending,
    /// The guard refuses: the request presents no token.
    Refused,
    /// The guard and, on the route behind it, `RequirePolicy`.
    RequirePolicy,
    /// As [`Setup::IdleLayer`], around the whole `Router` or `App`.
    IdleLayerOutside,
    /// As [`Setup::Immediate`], around the whole `Router` or `App`.
    ImmediateOutside,
    /// The guard; the verdict is a hit in a cache of 10,000 entries.
    Cached,
    /// As [`Setup::Cached`], around the whole `Router` or `App`.
    CachedOutside,
    /// axum only: tower-http's `AsyncRequireAuthorizationLayer` around the work of [`Setup::Cached`].
    AsyncAuthorization,
    /// As [`Setup::AsyncAuthorization`], around the whole `Router`.
    AsyncAuthorizationOutside,
    /// actix-web only: actix-web-httpauth, with a validator that accepts everything.
    Httpauth,
    /// actix-web only: actix-web-httpauth around the work of [`Setup::Cached`].
    HttpauthSameWork,
    /// jsonwebtoken: an HS256 signature and an expiry are checked and the claims handed on; on axum in
    /// tower-http's `AsyncRequireAuthorizationLayer`, on actix-web in actix-web-httpauth.
    JsonWebToken,
}

impl Setup {
    /// What both frameworks have; the bare one first.
    pub const OURS: [Self; 10] = [
        Self::Bare,
        Self::IdleLayer,
        Self::Immediate,
        Self::Pending,
        Self::Refused,
        Self::RequirePolicy,
        Self::IdleLayerOutside,
        Self::ImmediateOutside,
        Self::Cached,
        Self::CachedOutside,
    ];

    const AXUM_PEERS: [Self; 3] =
        [Self::AsyncAuthorization, Self::AsyncAuthorizationOutside, Self::JsonWebToken];

    const ACTIX_PEERS: [Self; 3] = [Self::Httpauth, Self::HttpauthSameWork, Self::JsonWebToken];

    /// The status that a case of this setup must answer, or it measures something else.
    pub const fn expected_status(self) -> u16 {
        match self {
            Self::Refused => 401,
            _ => 200,
        }
    }

    /// The third header of the request: what the caller presents, or a stand-in.
    pub(crate) fn header(self) -> (&'static str, &'static str) {
        match self {
            Self::Refused => (STAND_IN, TOKEN),
            Self::JsonWebToken => ("authorization", JsonWebToken::bearer()),
            Self::Httpauth | Self::HttpauthSameWork => ("authorization", BEARER),
            _ => (passid_core::TOKEN_HEADER, TOKEN),
        }
    }

    /// Whether the verdict is there when the guard looks.
    pub(crate) const fn verdict_at_once(self) -> bool {
        !matches!(self, Self::Pending)
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare => "bare",
            Self::IdleLayer => "idle-layer",
            Self::Immediate => "immediate",
            Self::Pending => "pending",
            Self::Refused => "refused",
            Self::RequirePolicy => "require-policy",
            Self::IdleLayerOutside => "idle-layer-outside",
            Self::ImmediateOutside => "immediate-outside",
            Self::Cached => "cached",
            Self::CachedOutside => "cached-outside",
            Self::AsyncAuthorization => "tower-http",
            Self::AsyncAuthorizationOutside => "tower-http-outside",
            Self::Httpauth => "httpauth-trivial",
            Self::HttpauthSameWork => "httpauth",
            Self::JsonWebToken => "jsonwebtoken",
        })
    }
}

/// One framework in one setup. Written `axum/immediate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Who serves.
    pub framework: Framework,
    /// What stands before the handler.
    pub setup: Setup,
}

impl Case {
    /// Every case; the bare one of a framework before its others.
    pub fn all() -> impl Iterator<Item = Self> {
        [Framework::Axum, Framework::Actix]
            .into_iter()
            .flat_map(|framework| framework.setups().map(move |setup| Self { framework, setup }))
    }

    /// The bare handler of the same framework.
    pub fn bare(self) -> Self {
        Self { setup: Setup::Bare, ..self }
    }

    /// The application of this case, asked once already.
    ///
    /// # Panics
    ///
    /// When it does not answer the [expected status](Setup::expected_status).
    pub fn app(self) -> Box<dyn Measurable> {
        match self.framework {
            Framework::Axum => Box::new(axum_app::app(self.setup)),
            Framework::Actix => Box::new(actix_app::app(self.setup)),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.framework, self.setup)
    }
}

impl FromStr for Case {
    type Err = UnknownCase;

    fn from_str(name: &str) -> Result<Self, UnknownCase> {
        Self::all().find(|case| case.to_string() == name).ok_or(UnknownCase)
    }
}

/// A name that is no case. `Display` lists those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCase;

impl fmt::Display for UnknownCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such case; there are")?;
        Case::all().try_for_each(|case| write!(f, " {case}"))
    }
}

impl Error for UnknownCase {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_answers_what_it_should_time_after_time() {
        for case in Case::all() {
            case.app().serve_many(100);
        }
    }

    #[test]
    fn names_of_cases_are_read_back() {
        for case in Case::all() {
            assert_eq!(case.to_string().parse(), Ok(case));
        }
        assert_eq!("axum/none".parse::<Case>(), Err(UnknownCase));
    }
}
