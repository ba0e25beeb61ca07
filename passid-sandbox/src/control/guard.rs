use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::api::ApiError;

const HEALTH: &str = "/_passid/health";
const LOCALHOST: &str = "localhost";

/// What the control API asks for once it is set.
pub(crate) struct ControlToken(String);

impl ControlToken {
    /// Takes what can stand in a header; a token that no request can carry would lock everybody out.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let fits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(token.to_owned()))
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken")
    }
}

/// Decides who may use the control API.
#[derive(Debug)]
pub(crate) struct Guard {
    listens_on: SocketAddr,
    token: Option<ControlToken>,
}

impl Guard {
    pub(crate) fn new(listens_on: SocketAddr, token: Option<ControlToken>) -> Self {
        Self { listens_on, token }
    }

    /// The answer to a request that may not. `None` for one that may.
    pub(crate) fn refusal(&self, request: &Request<Body>) -> Option<Response> {
        let headers = request.headers();
        if is_loopback(self.listens_on.ip()) && !self.origin_is_our_own(headers) {
            return Some(foreign_page().into_response());
        }
        match &self.token {
            Some(_) if request.uri().path() == HEALTH => None,
            Some(token) => (!presents(headers, token)).then(token_required),
            None if !is_loopback(self.listens_on.ip()) => Some(locked().into_response()),
            None => (!host_is_loopback(headers)).then(|| foreign_page().into_response()),
        }
    }

    /// A browser names the page that a request comes from. No page but the sandbox's own may drive
    /// it: every page that a developer has open can reach this machine.
    fn origin_is_our_own(&self, headers: &HeaderMap) -> bool {
        let is_ours = |origin: &HeaderValue| {
            let authority = origin
                .to_str()
                .ok()
                .and_then(|origin| origin.strip_prefix("http://"))
                .and_then(|authority| authority.parse::<Authority>().ok());
            authority.is_some_and(|authority| {
                let port = authority.port_u16().unwrap_or(80);
                let host = authority.host();
                port == self.listens_on.port()
                    && (host.eq_ignore_ascii_case(LOCALHOST)
                        || address(host) == Some(self.listens_on.ip()))
            })
        };
        headers.get_all(header::ORIGIN).iter().all(is_ours)
    }
}

/// A page can give its own host name this machine's address, and is then of one origin with the
/// sandbox; but its requests still carry that name.
fn host_is_loopback(headers: &HeaderMap) -> bool {
    headers.get_all(header::HOST).iter().all(|host| {
        let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
        authority.is_some_and(|authority| {
            let host = authority.host();
            host.eq_ignore_ascii_case(LOCALHOST) || address(host).is_some_and(is_loopback)
        })
    })
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

fn presents(headers: &HeaderMap, token: &ControlToken) -> bool {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (given.next(), given.next()) else { return false };
    let Some((scheme, presented)) = only.to_str().ok().and_then(|it| it.split_once(' ')) else {
        return false;
    };
    scheme.eq_ignore_ascii_case("bearer")
        && bool::from(token.0.as_bytes().ct_eq(presented.as_bytes()))
}

fn locked() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "CONTROL_API_LOCKED",
        "Beyond loopback the control API answers only if the sandbox was started with a token.",
    )
}

fn foreign_page() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "CONTROL_ORIGIN_REFUSED",
        "The control API takes no requests from web pages, nor under other host names.",
    )
}

fn token_required() -> Response {
    let error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "CONTROL_TOKEN_REQUIRED",
        "One header Authorization: Bearer with the control token is required.",
    );
    let mut response = error.into_response();
    let challenge = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: &str = "127.0.0.1:8787";

    fn status(guard: &Guard, path: &str, headers: &[(&str, &str)]) -> u16 {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        guard.refusal(&request).map_or(200, |refusal| refusal.status().as_u16())
    }

    fn guard(address: &str, token: Option<&str>) -> Guard {
        Guard::new(address.parse().unwrap(), token.map(|token| ControlToken::parse(token).unwrap()))
    }

    #[test]
    fn without_a_token_only_loopback_is_open() {
        for (address, wanted) in
            [(LOOPBACK, 200), ("[::1]:1", 200), ("[::ffff:127.0.0.1]:1", 200), ("0.0.0.0:1", 403)]
        {
            assert_eq!(status(&guard(address, None), "/_passid/calls", &[]), wanted, "{address}");
        }
        assert_eq!(status(&guard("0.0.0.0:1", None), HEALTH, &[]), 403);
    }

    #[test]
    fn a_token_is_asked_for_everywhere_but_for_health() {
        for address in [LOOPBACK, "0.0.0.0:1"] {
            let guard = guard(address, Some("secret-1"));
            let with = |value| status(&guard, "/_passid/calls", &[("authorization", value)]);
            assert_eq!(status(&guard, HEALTH, &[]), 200);
            assert_eq!(status(&guard, "/_passid/calls", &[]), 401);
            for good in ["Bearer secret-1", "bearer secret-1"] {
                assert_eq!(with(good), 200);
            }
            for bad in [
                "",
                "Bearer",
                "Bearer ",
                "Bearer  secret-1",
                "Bearer secret-2",
                "Bearer secret-1x",
                "Basic secret-1",
                "secret-1",
                "Bearersecret-1",
            ] {
                assert_eq!(with(bad), 401, "{bad}");
            }
            let both = [("authorization", "Bearer secret-1"); 2];
            assert_eq!(status(&guard, "/_passid/calls", &both), 401);
        }
    }

    #[test]
    fn on_loopback_no_foreign_page_gets_through() {
        for token in [None, Some("secret-1")] {
            let guard = guard(LOOPBACK, token);
            let from = |origin| status(&guard, HEALTH, &[("origin", origin)]);
            for ours in ["http://127.0.0.1:8787", "http://localhost:8787"] {
                assert_eq!(from(ours), 200, "{ours}");
            }
            for foreign in [
                "null",
                "",
                "https://127.0.0.1:8787",
                "http://127.0.0.1",
                "http://127.0.0.1:8788",
                "http://evil.example:8787",
                "http://127.0.0.1.evil.example:8787",
                "http://localhost:8787@evil.example",
            ] {
                assert_eq!(from(foreign), 403, "{foreign}");
            }
        }
    }

    #[test]
    fn a_foreign_host_name_is_no_way_round() {
        let guard = guard(LOOPBACK, None);
        let to = |host| status(&guard, "/_passid/calls", &[("host", host)]);
        for ours in ["127.0.0.1:8787", "localhost:8787", "localhost", "[::1]:8787"] {
            assert_eq!(to(ours), 200, "{ours}");
        }
        for foreign in ["evil.example:8787", "localhost.evil.example", "10.0.0.1", ""] {
            assert_eq!(to(foreign), 403, "{foreign}");
        }
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_none() {
        for token in ["", " ", "two words", "t\u{f6}ken", "new\nline"] {
            assert!(ControlToken::parse(token).is_none(), "{token:?}");
        }
        assert_eq!(format!("{:?}", ControlToken::parse("secret-1")), "Some(ControlToken)");
    }
}
