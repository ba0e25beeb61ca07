//! The calls of the three APIs by name: what a fault can hit, what is counted, and what a log may say in
//! place of a path.

mod api;
mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub(crate) use api::{Api, DOCVERIFY_ROOT};
use table::{Entry, NO_TEMPLATE, TABLE, follows};

/// A call of one of the APIs, by what is asked for. Which method is used does not matter.
///
/// In JSON and in `Display` it has the name in the docs of its variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Route {
    /// `redeem`: `/api/bridge/code/redeem`.
    Redeem,
    /// `verify`: `/v1/verify` and its other published name `/api/v1/bridge/verify` (decision D4).
    Verify,
    /// `stored_verification`: `/api/v1/bridge/verify/{token}`.
    StoredVerification,
    /// `sessions`: `/v1/sessions` and its older name `/api/bridge/request`.
    Sessions,
    /// `session`: `/v1/sessions/{requestId}`.
    Session,
    /// `session_public`: `/v1/sessions/{requestId}/public`.
    SessionPublic,
    /// `session_by_code`: `/v1/sessions/by-code/{code}/public`.
    SessionByCode,
    /// `session_fulfill`: `/v1/sessions/{requestId}/fulfill`.
    SessionFulfill,
    /// `session_decline`: `/v1/sessions/{requestId}/decline` (decision D22).
    SessionDecline,
    /// `outcome`: `/v1/outcome`.
    Outcome,
    /// `cohort`: `/v1/outcome/cohort`.
    Cohort,
    /// `webhook_settings`: `/api/institution/webhook`.
    WebhookSettings,
    /// `share_create`: `/api/v1/bridge/share/create`.
    ShareCreate,
    /// `share_revoke`: `/api/v1/bridge/share/revoke`.
    ShareRevoke,
    /// `share_history`: `/api/v1/bridge/share/user/{userId}`.
    ShareHistory,
    /// `passbase_settings`: `/passbase/verification/v2/settings`.
    PassbaseSettings,
    /// `passbase_identities`: `/passbase/verification/v2/identities`.
    PassbaseIdentities,
    /// `passbase_identity`: `/passbase/verification/v2/identities/{id}`.
    PassbaseIdentity,
    /// `passbase_resources`: `/passbase/verification/v2/identity/{id}/resources`.
    PassbaseResources,
    /// `passbase_resource`: one of them.
    PassbaseResource,
    /// `passbase_resource_file`: a file of one of them.
    PassbaseResourceFile,
    /// `docverify_token`: `/docverify/oidc/token`.
    DocverifyToken,
    /// `docverify_sessions`: `/docverify/verify/api/v1/verification`.
    DocverifySessions,
    /// `docverify_session`: `/docverify/verify/api/v1/verification/{sid}`.
    DocverifySession,
    /// `docverify_result`: `/docverify/verify/api/v1/verification/{sid}/result`.
    DocverifyResult,
    /// `docverify_consent`: `/docverify/verify/api/v1/verification/{sid}/consent`.
    DocverifyConsent,
    /// `docverify_images`: `/docverify/verify/api/v1/verification/{sid}/images`.
    DocverifyImages,
    /// `docverify_image`: one of them.
    DocverifyImage,
    /// `docverify_hosted_page`: `/docverify/verify/app/{start_token}`.
    DocverifyHostedPage,
    /// `any_passbase`: every request below `/passbase`, also to paths that do not exist.
    AnyPassbase,
    /// `any_docverify`: every request below `/docverify`, also to paths that do not exist.
    AnyDocverify,
    /// `any`: every request outside the control API, also to paths that do not exist.
    #[default]
    Any,
}

impl Route {
    pub(crate) const COUNT: usize = 29;

    /// Every route but those that stand for several, which are [`Route::Any`] and its like, in a
    /// fixed order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|entry| entry.route)
    }

    /// The route of a path without its query; for one that has no route, [`Route::Any`] or its like
    /// for the API that the path belongs to. Compares
    /// like the router: a slash too many makes another path, and nothing is decoded.
    pub fn of_path(path: &str) -> Self {
        Self::resolve(path).0
    }

    /// The path that is published for this route first, with names in braces where the path of a
    /// call has an id, code or token: safe to log. `*` for [`Route::Any`] and its like.
    ///
    /// ```
    /// use passid_sandbox::Route;
    ///
    /// let route = Route::of_path("/v1/sessions/by-code/AB3X-7YQM/public");
    /// assert_eq!(route, Route::SessionByCode);
    /// assert_eq!(route.template(), "/v1/sessions/by-code/{code}/public");
    /// ```
    pub fn template(self) -> &'static str {
        self.entry().and_then(|entry| entry.templates.first()).copied().unwrap_or(NO_TEMPLATE)
    }

    /// The route of a path and which of its templates the path follows.
    pub(crate) fn resolve(path: &str) -> (Self, &'static str) {
        TABLE
            .iter()
            .flat_map(|entry| entry.templates.iter().map(|template| (entry.route, *template)))
            .find(|(_, template)| follows(path, template))
            .unwrap_or_else(|| (Api::of_path(path).any(), NO_TEMPLATE))
    }

    /// Whose call it is.
    pub(crate) fn api(self) -> Api {
        match self {
            Self::AnyPassbase => Api::Passbase,
            Self::AnyDocverify => Api::Docverify,
            route => Api::of_path(route.template()),
        }
    }

    /// Whether a call of `called` is one of these.
    pub(crate) fn covers(self, called: Self) -> bool {
        match self {
            Self::Any => true,
            Self::AnyPassbase | Self::AnyDocverify => self.api() == called.api(),
            route => route == called,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AnyPassbase => "any_passbase",
            Self::AnyDocverify => "any_docverify",
            route => route.entry().map_or("any", |entry| entry.name),
        }
    }

    /// Its place in [`Route::all`]; `None` for [`Route::Any`] and its like.
    pub(crate) fn index(self) -> Option<usize> {
        TABLE.iter().position(|entry| entry.route == self)
    }

    fn entry(self) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.route == self)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a route is one of redeem, verify, sessions and so on, or any; see the list of routes")]
#[non_exhaustive]
pub struct UnknownRoute;

impl FromStr for Route {
    type Err = UnknownRoute;

    fn from_str(name: &str) -> Result<Self, UnknownRoute> {
        let several = [Self::Any, Self::AnyPassbase, Self::AnyDocverify];
        several
            .into_iter()
            .chain(Self::all())
            .find(|route| route.name() == name)
            .ok_or(UnknownRoute)
    }
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_its_route_and_template() {
        for (path, route, template) in [
            ("/v1/verify", Route::Verify, "/v1/verify"),
            ("/api/v1/bridge/verify", Route::Verify, "/api/v1/bridge/verify"),
            ("/api/v1/bridge/verify/T", Route::StoredVerification, "/api/v1/bridge/verify/{token}"),
            ("/api/bridge/request", Route::Sessions, "/api/bridge/request"),
            ("/v1/sessions/req_1", Route::Session, "/v1/sessions/{requestId}"),
            ("/v1/sessions/by-code", Route::Session, "/v1/sessions/{requestId}"),
            ("/v1/sessions/r/public", Route::SessionPublic, "/v1/sessions/{requestId}/public"),
            (
                "/v1/sessions/by-code/C/public",
                Route::SessionByCode,
                "/v1/sessions/by-code/{code}/public",
            ),
            ("/v1/outcome/cohort", Route::Cohort, "/v1/outcome/cohort"),
            (
                "/api/v1/bridge/share/user/7",
                Route::ShareHistory,
                "/api/v1/bridge/share/user/{userId}",
            ),
        ] {
            assert_eq!(Route::resolve(path), (route, template), "{path}");
        }
    }

    #[test]
    fn a_path_that_only_looks_like_one_has_no_route() {
        for path in [
            "",
            "/",
            "/v1/verify/",
            "//v1/verify",
            "/v1//verify",
            "/V1/verify",
            "/v1/sessions/",
            "/v1/sessions//public",
            "/v1/sessions/by-code//public",
            "/v1/sessions/../verify/x",
            "/api/v1/bridge/verify/",
            "/api/v1/bridge/verify/a/b",
            "*",
        ] {
            assert_eq!(Route::resolve(path), (Route::Any, "*"), "{path}");
        }
    }

    #[test]
    fn each_api_has_its_calls_and_what_is_below_its_root() {
        for (path, route) in [
            ("/passbase/verification/v2/settings", Route::PassbaseSettings),
            ("/passbase/verification/v2/identity/I/resources", Route::PassbaseResources),
            ("/passbase", Route::AnyPassbase),
            ("/passbase/verification/v2/settings/", Route::AnyPassbase),
            ("/passbases", Route::Any),
            ("/docverify/oidc/token", Route::DocverifyToken),
            ("/docverify/verify/api/v1/verification/S/images/I", Route::DocverifyImage),
            ("/docverify/v1/verify", Route::AnyDocverify),
        ] {
            assert_eq!(Route::of_path(path), route, "{path}");
            assert!(Route::Any.covers(route));
            let of_passbase = path.starts_with("/passbase") && route != Route::Any;
            assert_eq!(Route::AnyPassbase.covers(route), of_passbase, "{path}");
            assert_eq!(Route::AnyDocverify.covers(route), path.starts_with("/docverify"));
        }
        for route in Route::all() {
            let prefix = match route.api() {
                Api::Passid => "",
                Api::Passbase => "passbase_",
                Api::Docverify => "docverify_",
            };
            assert!(route.name().starts_with(prefix), "{route}");
        }
    }

    #[test]
    fn every_route_has_one_name_and_is_found_by_it() {
        for route in Route::all().chain([Route::Any, Route::AnyPassbase, Route::AnyDocverify]) {
            assert_eq!(route.name().parse(), Ok(route));
            let json = serde_json::to_value(route).unwrap();
            assert_eq!(json, route.to_string());
            assert_eq!(serde_json::from_value::<Route>(json).unwrap(), route);
        }
        assert_eq!("all".parse::<Route>(), Err(UnknownRoute));
    }
}
