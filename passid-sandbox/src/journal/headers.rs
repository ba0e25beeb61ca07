//! What the journal keeps of the headers: of each that matters a harmless word. A value is kept only
//! if it is one of those listed here; a text of the client's making could hold anything.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue};

const PRESENT: &str = "present";

/// Headers that hold secrets, or ids that identify a call.
const SECRET: [&str; 4] = ["authorization", "idempotency-key", "x-api-key", "x-institution-key"];

const MEDIA_TYPES: [&str; 10] = [
    "*/*",
    "application/json",
    "application/octet-stream",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data",
    "text/*",
    "text/html",
    "text/plain",
];

const MEDIA_PARAMETERS: [&str; 2] = ["charset=utf-8", "charset=\"utf-8\""];

const AGENTS: [&str; 14] = [
    "Bun",
    "Deno",
    "Go-http-client",
    "Mozilla",
    "PostmanRuntime",
    "Wget",
    "axios",
    "curl",
    "node",
    "node-fetch",
    "okhttp",
    "passid-rust",
    "python-requests",
    "reqwest",
];

pub(super) fn redacted(headers: &HeaderMap) -> BTreeMap<&'static str, String> {
    let mut kept = BTreeMap::new();
    for name in SECRET {
        keep(&mut kept, headers, name, |_| PRESENT.to_owned());
    }
    keep(&mut kept, headers, "accept", |value| known(value, ',', known_media_type));
    keep(&mut kept, headers, "content-type", |value| known(value, ',', known_media_type));
    keep(&mut kept, headers, "user-agent", |value| known(value, ' ', known_agent));
    kept
}

fn keep(
    kept: &mut BTreeMap<&'static str, String>,
    headers: &HeaderMap,
    name: &'static str,
    redact: impl Fn(&HeaderValue) -> String,
) {
    let mut values = headers.get_all(name).iter();
    let Some(only) = values.next() else { return };
    let word = match values.count() {
        0 => redact(only),
        more => format!("{} values", more.saturating_add(1)),
    };
    kept.insert(name, word);
}

/// The value, if all its parts are known.
fn known(value: &HeaderValue, between: char, is_known: impl Fn(&str) -> bool) -> String {
    match value.to_str() {
        Ok(text) if text.split(between).all(|part| is_known(part.trim())) => text.to_owned(),
        _ => format!("<{} bytes>", value.len()),
    }
}

fn known_media_type(text: &str) -> bool {
    let mut parts = text.split(';').map(str::trim);
    let listed = |list: &[&str], part: &str| list.iter().any(|it| it.eq_ignore_ascii_case(part));
    parts.next().is_some_and(|essence| listed(&MEDIA_TYPES, essence))
        && parts.all(|parameter| listed(&MEDIA_PARAMETERS, parameter) || is_quality(parameter))
}

/// `q=0.8` and its like: a digit, a point, and up to three digits.
fn is_quality(parameter: &str) -> bool {
    parameter.strip_prefix("q=").is_some_and(|weight| weight.len() <= 5 && is_version(weight))
}

fn known_agent(product: &str) -> bool {
    let (name, version) = product.split_once('/').unwrap_or((product, "0"));
    AGENTS.contains(&name) && version.len() <= 16 && is_version(version)
}

fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &'static str, values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        redacted(&headers).remove(name)
    }

    #[test]
    fn harmless_values_are_kept() {
        for (name, value) in [
            ("content-type", "application/json"),
            ("content-type", "Application/JSON; charset=utf-8"),
            ("accept", "*/*"),
            ("accept", "application/json, text/html;q=0.8, */*;q=0.1"),
            ("user-agent", "curl/8.5.0"),
            ("user-agent", "passid-rust/0.1.0"),
            ("user-agent", "reqwest/0.13.5 node/22"),
        ] {
            assert_eq!(of(name, &[value]).as_deref(), Some(value));
        }
    }

    #[test]
    fn of_any_other_value_only_the_length_is_kept() {
        for (name, value) in [
            ("content-type", "application/KE8V"),
            ("content-type", "application/json; boundary=KE8V"),
            ("accept", "application/json, KE8V"),
            ("accept", "text/html;q=0.123456"),
            ("user-agent", "KE8V/1.0"),
            ("user-agent", "curl/KE8V"),
            ("user-agent", "curl/8.5 (KE8V)"),
            ("user-agent", "curl/12345678901234567"),
            ("user-agent", "\u{f6}"),
            ("user-agent", ""),
        ] {
            assert_eq!(of(name, &[value]), Some(format!("<{} bytes>", value.len())), "{value}");
        }
    }

    #[test]
    fn of_secrets_nothing_is_kept_but_that_they_were_there() {
        for name in SECRET {
            assert_eq!(of(name, &["KE8V"]).as_deref(), Some("present"));
            assert_eq!(of(name, &["KE8V", "KE8V"]).as_deref(), Some("2 values"));
            assert_eq!(of(name, &[]), None);
        }
        assert_eq!(of("cookie", &["KE8V"]), None);
        assert_eq!(of("content-type", &["text/html", "KE8V"]).as_deref(), Some("2 values"));
    }
}
