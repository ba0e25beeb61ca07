use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::{JsonBody, RequestView};
use crate::{ShareCode, Token, TokenError};

/// The header that carries a token by default. The name is ours: no published source says where
/// the token travels (decision D1).
pub const TOKEN_HEADER: &str = "x-passid-token";

/// The header that carries a share code where a route takes one. The name is ours.
pub const CODE_HEADER: &str = "x-passid-code";

const AUTHORIZATION: &str = "authorization";
const COOKIE: &str = "cookie";

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
    spelling: Spelling,
}

/// How what the sources hold is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    Token,
    ShareCode,
}

#[derive(Clone, Debug)]
enum Source {
    Header {
        name: Cow<'static, str>,
        /// For which verifier of a choice.
        route: Option<Cow<'static, str>>,
    },
    Bearer(Vec<Cow<'static, str>>),
    Cookie(String),
    Query(String),
}

impl Source {
    fn header_name(&self) -> Option<&str> {
        match self {
            Self::Header { name, .. } => Some(name),
            Self::Bearer(_) => Some(AUTHORIZATION),
            Self::Cookie(_) => Some(COOKIE),
            Self::Query(_) => None,
        }
    }
}

impl Default for TokenSources {
    fn default() -> Self {
        // P11: psid_ whatever the key's environment; the API refuses it under a live key.
        Self::none().and_header(TOKEN_HEADER).and_bearer(["PASSID-", "psid_"])
    }
}

fn lower(name: impl Into<Cow<'static, str>>) -> Cow<'static, str> {
    name.into().to_ascii_lowercase().into()
}

impl TokenSources {
    /// No source yet: every request counts as one without a token.
    pub fn none() -> Self {
        Self { sources: Arc::default(), spelling: Spelling::Token }
    }

    /// The header `X-PASSID-Code`, for a [`RedeemingVerifier`](crate::RedeemingVerifier). Codes are
    /// taken in any spelling (decision D10), here and in every source that is added, the body's field
    /// included: `ke8v 3txy z72l` is `KE8V-3TXY-Z72L`.
    pub fn share_codes() -> Self {
        Self { spelling: Spelling::ShareCode, ..Self::none() }.and_header(CODE_HEADER)
    }

    fn and(&self, source: Source) -> Self {
        let sources = self.sources.iter().cloned().chain([source]).collect();
        Self { sources, spelling: self.spelling }
    }

    /// Also a header of this name.
    #[must_use]
    pub fn and_header(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.and(Source::Header { name: lower(name), route: None })
    }

    /// Also a header of this name, for the verifier that a [`Routed`](crate::Routed) knows under `route`:
    /// the value `abc` is the token `route:abc` (decision P146).
    #[must_use]
    pub fn and_header_to(
        self,
        name: impl Into<Cow<'static, str>>,
        route: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.and(Source::Header { name: lower(name), route: Some(route.into()) })
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
        self.sources.iter().filter_map(Source::header_name)
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
        let mut found = Found { result: Ok(None), spelling: self.spelling };
        // The number of the header among `header_names`.
        let mut place = 0;
        for source in self.sources.iter() {
            match source {
                Source::Header { name, route } => {
                    let route = route.as_deref();
                    request.each_token_header(place, name, &mut |value| found.add_to(route, value));
                }
                Source::Bearer(prefixes) => bearer(request, place, prefixes, &mut found),
                Source::Cookie(name) => {
                    request.each_token_header(place, COOKIE, &mut |header| {
                        cookies(header, name.as_bytes(), &mut found);
                    });
                }
                Source::Query(parameter) => query(request, parameter, &mut found),
            }
            place += usize::from(source.header_name().is_some());
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

impl Spelling {
    /// What is no code is left to the verifier, which refuses it without a call.
    fn parse(self, value: &[u8]) -> Result<Token, TokenError> {
        if self == Self::Token
            && let Some(token) = Token::as_printed(value)
        {
            return Ok(token);
        }
        let text = std::str::from_utf8(value).map_err(|_| TokenError::NotPrintable)?;
        match self {
            Self::Token => Token::parse(text),
            Self::ShareCode => match ShareCode::parse(text) {
                Ok(code) => Token::parse(code.expose()),
                Err(_) => Token::parse(text),
            },
        }
    }
}

/// Collects what the sources hold. Once something is wrong it stays wrong.
struct Found {
    result: Result<Option<Token>, PresentedError>,
    spelling: Spelling,
}

impl Found {
    fn add(&mut self, value: &[u8]) {
        self.add_to(None, value);
    }

    fn add_to(&mut self, route: Option<&str>, value: &[u8]) {
        let value = value.trim_ascii();
        if value.is_empty() || self.result.is_err() {
            return;
        }
        let parsed = self.spelling.parse(value);
        let parsed = match route {
            None => parsed,
            Some(route) => parsed.and_then(|token| token.routed_to(route)),
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
    place: usize,
    prefixes: &[Cow<'static, str>],
    found: &mut Found,
) {
    let mut count = 0_usize;
    request.each_token_header(place, AUTHORIZATION, &mut |value| {
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
mod tests;
