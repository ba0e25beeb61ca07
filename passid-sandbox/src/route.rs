//! The calls of the API by name: what a fault can hit, what is counted, and what a log may say in
//! place of a path.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A call of the API, by what is asked for. Which method is used does not matter.
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
    /// `any`: every request outside the control API, also to paths that do not exist.
    #[default]
    Any,
}

/// What a path that has no route is called in place of a template.
const NO_TEMPLATE: &str = "*";

struct Entry {
    route: Route,
    name: &'static str,
    /// The name that is published first, then its aliases.
    templates: &'static [&'static str],
}

const fn entry(route: Route, name: &'static str, templates: &'static [&'static str]) -> Entry {
    Entry { route, name, templates }
}

/// In the order of the enum. [`Route::Any`] has no path of its own.
static TABLE: [Entry; Route::COUNT] = [
    entry(Route::Redeem, "redeem", &["/api/bridge/code/redeem"]),
    entry(Route::Verify, "verify", &["/v1/verify", "/api/v1/bridge/verify"]),
    entry(Route::StoredVerification, "stored_verification", &["/api/v1/bridge/verify/{token}"]),
    entry(Route::Sessions, "sessions", &["/v1/sessions", "/api/bridge/request"]),
    entry(Route::Session, "session", &["/v1/sessions/{requestId}"]),
    entry(Route::SessionPublic, "session_public", &["/v1/sessions/{requestId}/public"]),
    entry(Route::SessionByCode, "session_by_code", &["/v1/sessions/by-code/{code}/public"]),
    entry(Route::SessionFulfill, "session_fulfill", &["/v1/sessions/{requestId}/fulfill"]),
    entry(Route::SessionDecline, "session_decline", &["/v1/sessions/{requestId}/decline"]),
    entry(Route::Outcome, "outcome", &["/v1/outcome"]),
    entry(Route::Cohort, "cohort", &["/v1/outcome/cohort"]),
    entry(Route::WebhookSettings, "webhook_settings", &["/api/institution/webhook"]),
    entry(Route::ShareCreate, "share_create", &["/api/v1/bridge/share/create"]),
    entry(Route::ShareRevoke, "share_revoke", &["/api/v1/bridge/share/revoke"]),
    entry(Route::ShareHistory, "share_history", &["/api/v1/bridge/share/user/{userId}"]),
];

impl Route {
    pub(crate) const COUNT: usize = 15;

    /// Every route but [`Route::Any`], in a fixed order.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|entry| entry.route)
    }

    /// The route of a path without its query; [`Route::Any`] for one that has no route. Compares
    /// like the router: a slash too many makes another path, and nothing is decoded.
    pub fn of_path(path: &str) -> Self {
        Self::resolve(path).0
    }

    /// The path that is published for this route first, with names in braces where the path of a
    /// call has an id, code or token: safe to log. `*` for [`Route::Any`].
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
            .unwrap_or((Self::Any, NO_TEMPLATE))
    }

    pub(crate) fn name(self) -> &'static str {
        self.entry().map_or("any", |entry| entry.name)
    }

    /// Its place in [`Route::all`]; `None` for [`Route::Any`].
    pub(crate) fn index(self) -> Option<usize> {
        TABLE.iter().position(|entry| entry.route == self)
    }

    fn entry(self) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.route == self)
    }
}

fn follows(path: &str, template: &str) -> bool {
    let mut given = path.split('/');
    let mut wanted = template.split('/');
    loop {
        match (given.next(), wanted.next()) {
            (None, None) => return true,
            (Some(given), Some(wanted)) if wanted.starts_with('{') => {
                if given.is_empty() {
                    return false;
                }
            }
            (Some(given), Some(wanted)) if given == wanted => {}
            _ => return false,
        }
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
        if name == Self::Any.name() {
            return Ok(Self::Any);
        }
        Self::all().find(|route| route.name() == name).ok_or(UnknownRoute)
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
    fn every_route_has_one_name_and_is_found_by_it() {
        for route in Route::all().chain([Route::Any]) {
            assert_eq!(route.name().parse(), Ok(route));
            let json = serde_json::to_value(route).unwrap();
            assert_eq!(json, route.to_string());
            assert_eq!(serde_json::from_value::<Route>(json).unwrap(), route);
        }
        assert_eq!("all".parse::<Route>(), Err(UnknownRoute));
    }
}
