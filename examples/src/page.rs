//! What a person sees in a browser.

use std::net::SocketAddr;

use crate::SettingsError;
use crate::provider::ProviderName;
use crate::reply::Reply;
use crate::settings::{reachable, unusable, variable};

const PUBLIC_URL: &str = "PUBLIC_URL";

/// Where an example is seen from outside, and what there is to try a token with.
#[derive(Clone, Debug)]
pub struct Site {
    url: String,
    method: &'static str,
    path: &'static str,
}

impl Site {
    /// At `PUBLIC_URL`, else at this address. People present their tokens at this path.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Unusable`].
    pub fn new(
        address: SocketAddr,
        method: &'static str,
        path: &'static str,
    ) -> Result<Self, SettingsError> {
        let url = match variable(PUBLIC_URL)? {
            None => format!("http://{}", reachable(address)),
            Some(url) if is_origin(&url) => url.trim_end_matches('/').to_owned(),
            Some(_) => {
                return Err(unusable(PUBLIC_URL)("it must be http(s)://host, without a path"));
            }
        };
        Ok(Self { url, method, path })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn verify(&self, provider: ProviderName) -> String {
        format!("{}/verify/{}", self.url, provider.as_str())
    }

    /// Where a person is sent back to.
    pub(crate) fn callback(&self, provider: ProviderName) -> String {
        format!("{}/callback", self.verify(provider))
    }

    /// A cookie for the way to the provider and back: another site's link brings it along, another
    /// site's form does not.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, seconds: u32) -> String {
        let secure = if self.url.starts_with("https:") { "; Secure" } else { "" };
        format!("{name}={value}; Path=/verify; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    /// A button that begins.
    pub(crate) fn invitation(&self, provider: ProviderName, title: &str) -> Reply {
        html(&format!(
            "<p>You will be asked for your document by {title}.</p>\n\
             <form method=\"post\" action=\"/verify/{}\"><button>Begin</button></form>\n",
            provider.as_str()
        ))
    }

    /// A token, and a button that presents it.
    pub(crate) fn page(&self, told: &str, token: &str) -> Reply {
        let Self { method, path, .. } = self;
        let (told, token) = (escaped(told), escaped(token));
        html(&format!(
            "<p>{told}</p>\n\
             <p><label>Token <input id=\"token\" size=\"90\" value=\"{token}\"></label></p>\n\
             <p><button id=\"present\">{method} {path}</button></p>\n\
             <pre id=\"answer\"></pre>\n\
             <script>\n\
             const by = (id) => document.getElementById(id);\n\
             by(\"present\").onclick = async () => {{\n\
             \x20 const headers = {{\"X-PASSID-Token\": by(\"token\").value}};\n\
             \x20 const answer = await fetch(\"{path}\", {{method: \"{method}\", headers}});\n\
             \x20 by(\"answer\").textContent = answer.status + \" \" + (await answer.text());\n\
             }};\n\
             </script>\n"
        ))
    }
}

/// There is a token in it: it is kept by nobody and told to no other site.
fn html(body: &str) -> Reply {
    let body = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Verify yourself</title>\n{body}"
    );
    let headers = vec![
        ("content-type", "text/html; charset=utf-8".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("x-frame-options", "DENY".to_owned()),
    ];
    Reply { status: 200, headers, body }
}

pub(crate) fn not_known() -> Reply {
    Reply::failed(404, "NOT_FOUND", "There is no such provider here.")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The only cookie of this name: which of two counts is nobody's to choose.
pub(crate) fn cookie<'a>(headers: &[&'a [u8]], name: &str) -> Option<&'a str> {
    let pairs = headers.iter().filter_map(|header| std::str::from_utf8(header).ok());
    let mut values = pairs.flat_map(|header| header.split(';')).filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    });
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

fn is_origin(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = host.map(|host| host.trim_end_matches('/')).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    !host.is_empty() && host.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_stays_text() {
        let site = Site { url: "https://a.example".to_owned(), method: "POST", path: "/x" };
        let page = site.page("a", "\"><script>alert(1)</script>").body;
        assert!(
            page.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""),
            "{page}"
        );
        assert!(site.set_cookie("a", "b", 1).ends_with("; HttpOnly; SameSite=Lax; Secure"));
    }

    #[test]
    fn a_cookie_that_stands_there_twice_is_none() {
        assert_eq!(cookie(&[b"a=1; b=2"], "b"), Some("2"));
        assert_eq!(cookie(&[b"b=1; b=2"], "b"), None);
        assert_eq!(cookie(&[b"b=1", b"b=1"], "b"), None);
        assert_eq!(cookie(&[b"bb=1"], "b"), None);
    }

    #[test]
    fn a_public_url_is_scheme_and_host() {
        for good in ["https://a.example", "http://127.0.0.1:3000/", "http://[::1]:1"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in ["a.example", "https://", "https://a/b", "https://u@a", "ftp://a", ""] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
