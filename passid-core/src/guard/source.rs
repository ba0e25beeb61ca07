use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{JsonBody, RequestView};
use crate::{Token, TokenError};

/// The header that carries a token by default. The name is ours: no published source says where
/// the token travels (decision D1).
pub const TOKEN_HEADER: &str = "x-passid-token";

const AUTHORIZATION: &str = "authorization";

/// Where a token may stand in a request, in order (decision D1).
///
/// The default is the header `X-PASSID-Token`, then `Authorization: Bearer` when the value begins
/// with `PASSID-` or `psid_`: an application's own bearer token is never sent to PASSID. Cookie and
/// query parameter are taken only when asked for, and so is a field of the body: see [`JsonBody`].
///
/// All sources are looked at. Tokens that differ refuse the request; the same token twice does not
/// (decision P7).
///
/// ```
/// use passid_core::TokenSources;
///
/// let sources = TokenSources::default().and_cookie("passid");
/// let only_ours = TokenSources::none().and_header("X-Loan-Token");
/// # let _ = (sources, only_ours);
/// ```
#[derive(Clone, Debug)]
pub struct TokenSources {
    sources: Arc<[Source]>,
}

#[derive(Clone, Debug)]
enum Source {
    Header(Cow<'static, str>),
    Bearer(Vec<Cow<'static, str>>),
    Cookie(String),
    Query(String),
}

impl Default for TokenSources {
    fn default() -> Self {
        // P11: psid_ whatever the key's environment; the API refuses it under a live key.
        Self::none().and_header(TOKEN_HEADER).and_bearer(["PASSID-", "psid_"])
    }
}

impl TokenSources {
    /// No source yet: every request counts as one without a token.
    pub fn none() -> Self {
        Self { sources: Arc::default() }
    }

    fn and(&self, source: Source) -> Self {
        Self { sources: self.sources.iter().cloned().chain([source]).collect() }
    }

    /// Also a header of this name.
    #[must_use]
    pub fn and_header(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.and(Source::Header(name.into().to_ascii_lowercase().into()))
    }

    /// Also `Authorization: Bearer`, for values that begin with one of these prefixes, regardless of
    /// case. Any other bearer value is the application's own and ignored.
    #[must_use]
    pub fn and_bearer<P>(self, prefixes: impl IntoIterator<Item = P>) -> Self
    where
        P: Into<Cow<'static, str>>,
    {
        self.and(Source::Bearer(prefixes.into_iter().map(Into::into).collect()))
    }

    /// Also a cookie. Mind that browsers send cookies along by themselves: protect the route against
    /// cross-site request forgery.
    #[must_use]
    pub fn and_cookie(self, name: impl Into<String>) -> Self {
        self.and(Source::Cookie(name.into()))
    }

    /// Also a parameter of the query. Mind that addresses end in logs, in the history and in
    /// `Referer`.
    #[must_use]
    pub fn and_query(self, parameter: impl Into<String>) -> Self {
        self.and(Source::Query(parameter.into()))
    }

    /// The headers that may hold a token, in lower case: an adapter marks their values sensitive, so
    /// that no `Debug` of the request shows them.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter_map(|source| match source {
            Source::Header(name) => Some(&**name),
            Source::Bearer(_) => Some(AUTHORIZATION),
            Source::Cookie(_) => Some("cookie"),
            Source::Query(_) => None,
        })
    }

    /// Whether `Authorization: Bearer` is among the sources.
    pub(super) fn has_bearer(&self) -> bool {
        self.sources.iter().any(|source| matches!(source, Source::Bearer(_)))
    }

    /// The one token of a request, or `None` when there is none.
    pub(super) fn extract(
        &self,
        request: &(impl RequestView + ?Sized),
        body: Option<(&JsonBody, &[u8])>,
    ) -> Result<Option<Token>, PresentedError> {
        let mut found = Found::default();
        for source in self.sources.iter() {
            match source {
                Source::Header(name) => request.each_header(name, &mut |value| found.add(value)),
                Source::Bearer(prefixes) => bearer(request, prefixes, &mut found),
                Source::Cookie(name) => request.each_header("cookie", &mut |header| {
                    cookies(header, name.as_bytes(), &mut found);
                }),
                Source::Query(parameter) => query(request, parameter, &mut found),
            }
        }
        if let Some((source, body)) = body {
            for value in source.values(body) {
                match value {
                    Value::Null => {}
                    Value::String(text) => found.add(text.as_bytes()),
                    _ => found.refuse(PresentedError::NotText),
                }
            }
        }
        found.result
    }
}

/// Why what a request presents is no token to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentedError {
    /// The value is no token.
    #[error(transparent)]
    Malformed(#[from] TokenError),
    /// Several tokens that differ, or several `Authorization` headers.
    #[error("the request presents several tokens; present one")]
    Ambiguous,
    /// The body field is there and is no string.
    #[error("the token in the body is not a string")]
    NotText,
}

/// Collects what the sources hold. Once something is wrong it stays wrong.
struct Found {
    result: Result<Option<Token>, PresentedError>,
}

impl Default for Found {
    fn default() -> Self {
        Self { result: Ok(None) }
    }
}

impl Found {
    fn add(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if value.is_empty() || self.result.is_err() {
            return;
        }
        let parsed = match std::str::from_utf8(value) {
            Ok(text) => Token::parse(text),
            Err(_) => Err(TokenError::NotPrintable),
        };
        match (parsed, &self.result) {
            (Err(error), _) => self.refuse(error.into()),
            (Ok(token), Ok(Some(first))) if token != *first => {
                self.refuse(PresentedError::Ambiguous);
            }
            (Ok(token), _) => self.result = Ok(Some(token)),
        }
    }

    fn refuse(&mut self, error: PresentedError) {
        self.result = Err(error);
    }
}

/// One `Authorization` header only: proxies and frameworks disagree on which of two counts.
fn bearer(
    request: &(impl RequestView + ?Sized),
    prefixes: &[Cow<'static, str>],
    found: &mut Found,
) {
    let mut count = 0_usize;
    request.each_header(AUTHORIZATION, &mut |value| {
        count += 1;
        if let Some(credentials) = bearer_credentials(value)
            && prefixes.iter().any(|prefix| starts_with(credentials, prefix.as_bytes()))
        {
            found.add(credentials);
        }
    });
    if count > 1 {
        found.refuse(PresentedError::Ambiguous);
    }
}

/// What follows the scheme `Bearer`, in any case, and at least one space.
fn bearer_credentials(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let (scheme, rest) = value.split_at_checked("Bearer".len())?;
    let spaced = rest.first().is_some_and(u8::is_ascii_whitespace);
    (scheme.eq_ignore_ascii_case(b"Bearer") && spaced).then(|| rest.trim_ascii_start())
}

fn starts_with(value: &[u8], prefix: &[u8]) -> bool {
    value.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn cookies(header: &[u8], name: &[u8], found: &mut Found) {
    for pair in header.split(|&byte| byte == b';') {
        let mut parts = pair.splitn(2, |&byte| byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else { continue };
        if key.trim_ascii() == name {
            let value = value.trim_ascii();
            let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
            found.add(unquoted.unwrap_or(value));
        }
    }
}

fn query(request: &(impl RequestView + ?Sized), parameter: &str, found: &mut Found) {
    let Some(query) = request.query() else { return };
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if key == parameter {
            found.add(value.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Request(Vec<(&'static str, &'static [u8])>, Option<&'static str>);

    impl RequestView for Request {
        fn method(&self) -> &str {
            "GET"
        }

        fn query(&self) -> Option<&str> {
            self.1
        }

        fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
            for (header, value) in &self.0 {
                if *header == name {
                    visit(value);
                }
            }
        }
    }

    const A: &[u8] = b"PASSID-AAAA-BBBB";

    fn headers(
        headers: &[(&'static str, &'static [u8])],
    ) -> Result<Option<String>, PresentedError> {
        found(&TokenSources::default(), &Request(headers.to_vec(), None), None)
    }

    fn found(
        sources: &TokenSources,
        request: &Request,
        body: Option<(&JsonBody, &[u8])>,
    ) -> Result<Option<String>, PresentedError> {
        Ok(sources.extract(request, body)?.map(|token| token.expose().to_owned()))
    }

    fn is(token: &str) -> Result<Option<String>, PresentedError> {
        Ok(Some(token.to_owned()))
    }

    #[test]
    fn the_header_and_the_bearer_scheme_are_read() {
        assert_eq!(headers(&[("x-passid-token", b" passid-aaaa-bbbb ")]), is("PASSID-AAAA-BBBB"));
        for value in [
            &b"Bearer PASSID-AAAA-BBBB"[..],
            b"bearer  PASSID-AAAA-BBBB",
            b"BEARER\tpassid-aaaa-bbbb",
        ] {
            assert_eq!(headers(&[("authorization", value)]), is("PASSID-AAAA-BBBB"));
        }
        assert_eq!(
            headers(&[("authorization", b"Bearer psid_sandbox_demo_001")]),
            is("psid_sandbox_demo_001")
        );
    }

    #[test]
    fn what_is_not_ours_or_blank_counts_as_missing() {
        for value in [
            &b"Basic UEFTU0lELTox"[..],
            b"Bearer",
            b"Bearer ",
            b"BearerPASSID-AAAA",
            b"Bearer eyJhbGciOiJIUzI1NiJ9.e30.sig",
            b"PASSID-AAAA-BBBB",
            b"Token Bearer PASSID-AAAA",
            b"",
        ] {
            assert_eq!(headers(&[("authorization", value)]), Ok(None));
        }
        assert_eq!(headers(&[("x-passid-token", b"  ")]), Ok(None));
        assert_eq!(headers(&[]), Ok(None));
    }

    #[test]
    fn tokens_that_differ_are_refused_and_the_same_twice_is_not() {
        assert_eq!(
            headers(&[("x-passid-token", A), ("authorization", b"Bearer passid-aaaa-bbbb")]),
            is("PASSID-AAAA-BBBB")
        );
        assert_eq!(
            headers(&[("x-passid-token", A), ("authorization", b"Bearer PASSID-CCCC")]),
            Err(PresentedError::Ambiguous)
        );
        assert_eq!(
            headers(&[("x-passid-token", A), ("x-passid-token", b"PASSID-CCCC")]),
            Err(PresentedError::Ambiguous)
        );
        assert_eq!(
            headers(&[("authorization", b"Bearer PASSID-AAAA"), ("authorization", b"Basic x")]),
            Err(PresentedError::Ambiguous)
        );
    }

    #[test]
    fn what_is_no_token_is_refused_even_beside_a_good_one() {
        assert_eq!(
            headers(&[("x-passid-token", b"\xff\xfe"), ("authorization", b"Bearer PASSID-AAAA")]),
            Err(PresentedError::Malformed(TokenError::NotPrintable))
        );
        assert_eq!(
            headers(&[("x-passid-token", b"one, two")]),
            Err(PresentedError::Malformed(TokenError::NotPrintable))
        );
    }

    #[test]
    fn cookie_and_query_are_read_only_when_asked_for() {
        let request =
            Request(vec![("cookie", b"a=1; passid=\"PASSID-AAAA\"; b=2")], Some("t=PASSID%2DAAAA"));
        assert_eq!(found(&TokenSources::default(), &request, None), Ok(None));
        let cookie = TokenSources::none().and_cookie("passid");
        assert_eq!(found(&cookie, &request, None), is("PASSID-AAAA"));
        let query = TokenSources::none().and_query("t");
        assert_eq!(found(&query, &request, None), is("PASSID-AAAA"));
        assert_eq!(found(&cookie.and_query("t"), &request, None), is("PASSID-AAAA"));
    }

    #[test]
    fn a_body_field_is_read_and_repeated_fields_must_agree() {
        let (sources, source) = (TokenSources::default(), JsonBody::field("token"));
        let body =
            |body: &str| found(&sources, &Request(vec![], None), Some((&source, body.as_bytes())));
        assert_eq!(
            body(r#"{"x": {"token": "PASSID-X"}, "token": "passid-aaaa"}"#),
            is("PASSID-AAAA")
        );
        assert_eq!(body(r#"{"\u0074oken": "PASSID-AAAA"}"#), is("PASSID-AAAA"));
        assert_eq!(
            body(r#"{"token": "PASSID-A", "token": "PASSID-B"}"#),
            Err(PresentedError::Ambiguous)
        );
        assert_eq!(body(r#"{"token": 1}"#), Err(PresentedError::NotText));
        for nothing in ["", "{", "[]", "{}", r#"{"token": null}"#, r#"{"token": "PASSID-A"} x"#] {
            assert_eq!(body(nothing), Ok(None), "{nothing}");
        }
    }
}
