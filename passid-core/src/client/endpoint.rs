use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

/// Where an API is: an authority that the key may be sent to, and nothing else of the address that
/// could surprise.
///
/// ```
/// use passid_core::provider::BaseUrl;
///
/// let base = BaseUrl::parse("https://api.example.com/verification/v2", &[])?;
/// assert_eq!(base.join("/settings"), "https://api.example.com/verification/v2/settings");
/// assert!(BaseUrl::parse("http://api.example.com", &[]).is_err());
/// # Ok::<(), passid_core::client::BaseUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why an address cannot be the base of the API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// Not an absolute address.
    #[error("the base URL is not an absolute address such as https://api.passid.io")]
    NotAbsolute,
    /// Neither `https` nor `http`.
    #[error("the base URL must begin with https://")]
    Scheme,
    /// Plain `http` to another machine would show the key to everyone on the way.
    #[error(
        "plain http is taken for loopback addresses only; use https, \
         or allow this host by name with allow_plain_http_to"
    )]
    PlainHttp,
    /// A user name, a password, a query or a fragment.
    #[error("the base URL must hold no user name, password, query or fragment")]
    Surplus,
    /// A path override that does not begin with a slash or holds a query.
    #[error("a path must begin with / and hold no query, fragment, backslash or dot segment")]
    Path,
}

impl BaseUrl {
    /// Reads an address: `https`, or plain `http` to a loopback address or to one of the hosts that
    /// are allowed by name.
    ///
    /// # Errors
    ///
    /// [`BaseUrlError`] for every other scheme, and for a user name, password, query or fragment.
    pub fn parse(raw: &str, plain_http_hosts: &[String]) -> Result<Self, BaseUrlError> {
        let url = Url::parse(raw.trim()).map_err(|_| BaseUrlError::NotAbsolute)?;
        let host = url.host().ok_or(BaseUrlError::NotAbsolute)?;
        match url.scheme() {
            "https" => {}
            "http" => {
                let named = |allowed: &String| allowed.eq_ignore_ascii_case(&host.to_string());
                if !is_loopback(&host) && !plain_http_hosts.iter().any(named) {
                    return Err(BaseUrlError::PlainHttp);
                }
            }
            _ => return Err(BaseUrlError::Scheme),
        }
        let surplus = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        if surplus { Err(BaseUrlError::Surplus) } else { Ok(Self(url)) }
    }

    /// Whether the address begins with `https://`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address of a path below the base. The path begins with a slash, and every value in it has
    /// been through [`path_segment`](crate::provider::path_segment).
    pub fn join(&self, path: &str) -> String {
        let base = self.0.as_str().trim_end_matches('/');
        format!("{base}{path}")
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host, for spans.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The port, for spans.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }
}

/// What is percent-encoded in a segment of a path and in a value of a query: all but the unreserved
/// characters (RFC 3986, 2.3).
pub(crate) const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A value as one segment of a path. `None` for `.` and `..`, which no encoding keeps in their place:
/// `%2e%2e` is a step up too (WHATWG URL).
pub(crate) fn segment(value: &str) -> Option<String> {
    let steps = matches!(value, "" | "." | "..");
    (!steps).then(|| utf8_percent_encode(value, ENCODED).to_string())
}

pub(super) fn check_path(path: &str) -> Result<(), BaseUrlError> {
    let plain = path.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\%".contains(&byte))
        && !path.split('/').any(|segment| segment == "." || segment == "..");
    if plain { Ok(()) } else { Err(BaseUrlError::Path) }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => IpAddr::V4(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::V6(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Result<BaseUrl, BaseUrlError> {
        BaseUrl::parse(raw, &["sandbox.internal".to_owned()])
    }

    #[test]
    fn plain_http_is_for_loopback_and_for_hosts_allowed_by_name() {
        for fine in [
            "https://api.passid.io",
            "http://127.0.0.1:8787",
            "http://127.9.9.9",
            "http://localhost:1",
            "http://[::1]:8787/base/",
            "http://sandbox.internal:8080",
        ] {
            assert!(parse(fine).is_ok(), "{fine}");
        }
        for refused in [
            "http://api.passid.io",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://not.sandbox.internal",
            "http://[::ffff:10.0.0.1]",
        ] {
            assert_eq!(parse(refused).unwrap_err(), BaseUrlError::PlainHttp, "{refused}");
        }
    }

    #[test]
    fn other_schemes_and_surplus_parts_are_refused() {
        assert_eq!(parse("ftp://api.passid.io").unwrap_err(), BaseUrlError::Scheme);
        assert_eq!(parse("api.passid.io").unwrap_err(), BaseUrlError::NotAbsolute);
        assert_eq!(parse("").unwrap_err(), BaseUrlError::NotAbsolute);
        for surplus in [
            "https://user@api.passid.io",
            "https://u:p@api.passid.io",
            "https://api.passid.io/?a=b",
            "https://api.passid.io/#x",
        ] {
            assert_eq!(parse(surplus).unwrap_err(), BaseUrlError::Surplus, "{surplus}");
        }
    }

    #[test]
    fn paths_are_joined_with_one_slash() {
        assert_eq!(parse("https://a.io").unwrap().join("/v1/verify"), "https://a.io/v1/verify");
        assert_eq!(parse("https://a.io/x/").unwrap().join("/v1"), "https://a.io/x/v1");
    }

    #[test]
    fn a_value_cannot_leave_its_segment() {
        assert_eq!(segment("req_4k9xP2-~.").unwrap(), "req_4k9xP2-~.");
        assert_eq!(segment("../x?y#z%2e\\\u{e9}").unwrap(), "..%2Fx%3Fy%23z%252e%5C%C3%A9");
        for steps in ["", ".", ".."] {
            assert_eq!(segment(steps), None);
        }
    }

    #[test]
    fn a_path_override_stays_on_the_host() {
        check_path("/api/v1/bridge/verify").unwrap();
        for path in
            ["v1/verify", "/v1?x", "/v1#x", "/../v1", "/v1/./x", "/a b", "/a\\b", "/%2e%2e/", ""]
        {
            assert!(check_path(path).is_err(), "{path}");
        }
    }
}
