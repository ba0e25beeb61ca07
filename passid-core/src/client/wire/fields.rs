use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{DecodeError, strict_json};

/// How a token begins when it is [`bare`].
const TOKEN_PREFIX: &str = "passid";

/// What must not come back out of an answer: the key and the token or code of the call. A hostile
/// or careless server may echo them in a field that ends in a log (decision P15).
///
/// ```
/// use passid_core::provider::Secrets;
///
/// let key = ["0f1e2d3c4b5a69788796a5b4c3d2e1f0"];
/// let secrets = Secrets::new(&key);
/// assert_eq!(secrets.printable("req-42").as_deref(), Some("req-42"));
/// assert_eq!(secrets.printable("key:0f1e2d3c4b5a69788796a5b4c3d2e1f0"), None);
/// ```
#[derive(Clone, Copy)]
pub struct Secrets<'a>(pub(crate) &'a [&'a str]);

impl fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}

impl<'a> Secrets<'a> {
    /// These secrets.
    pub const fn new(secrets: &'a [&'a str]) -> Self {
        Self(secrets)
    }
}

impl Secrets<'_> {
    /// Longest word or id that is kept, in bytes. Ours.
    const MAX_LEN: usize = 128;
    /// Shortest secret that is looked for: anything shorter guards nothing and is in every word.
    const MIN_SECRET_LEN: usize = 6;
    /// So many letters and digits in a row that a text has in common with a secret are a part of it:
    /// the signature of a JWT, say. Ours.
    const MIN_PART_LEN: usize = 12;

    /// A word or id that may be printed: short, of harmless characters, one word, and no echo of a
    /// secret or of a part of one in any spelling.
    pub fn printable(&self, text: &str) -> Option<String> {
        let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
        let fits = !text.is_empty() && text.len() <= Self::MAX_LEN && text.bytes().all(harmless);
        (fits && !self.is_echoed_in(text)).then(|| text.to_owned())
    }

    /// A word of an open list; one that must not be printed keeps its meaning of "none of the known".
    pub fn word(&self, text: &str) -> String {
        self.printable(text).unwrap_or_else(|| "unprintable".to_owned())
    }

    fn is_echoed_in(&self, text: &str) -> bool {
        let text = bare(text);
        let secrets = self.0.iter().filter(|secret| could_be_in(secret, &text));
        secrets.map(|secret| bare(secret)).any(|secret| {
            // A token without its prefix is as good as the token.
            let parts = [Some(&*secret), secret.strip_prefix(TOKEN_PREFIX)];
            let long_enough = |part: &&str| part.len() >= Self::MIN_SECRET_LEN;
            parts.into_iter().flatten().filter(long_enough).any(|part| text.contains(part))
                || has_part_in(&secret, &text)
        })
    }
}

/// Whether the text, which is [`bare`], is long enough for the least that is looked for of a secret:
/// most words of an answer are not, and the secret need not be brought to its bare form for them.
fn could_be_in(secret: &str, text: &str) -> bool {
    let letters = secret.bytes().filter(u8::is_ascii_alphanumeric).count();
    text.len() >= Secrets::MIN_PART_LEN || text.len() + TOKEN_PREFIX.len() >= letters
}

/// Both are [`bare`].
fn has_part_in(secret: &str, text: &str) -> bool {
    let starts = 0..text.len().saturating_sub(Secrets::MIN_PART_LEN - 1);
    let part = |at| text.get(at..at + Secrets::MIN_PART_LEN);
    starts.filter_map(part).any(|part| secret.contains(part))
}

/// Letters and digits only, in lower case: what all spellings have in common.
fn bare(text: &str) -> String {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
    let mut bare = String::with_capacity(text.len());
    bare.extend(letters.map(|byte| char::from(byte.to_ascii_lowercase())));
    bare
}

/// The fields of an answer: those of `data`, or of the answer itself where there is no `data`, and
/// those of the envelope around them.
pub(super) struct Fields {
    payload: Map<String, Value>,
    envelope: Map<String, Value>,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DecodeError> {
        let mut object = strict_json::object(body).map_err(|_| DecodeError::Malformed)?;
        match object.remove("data") {
            None | Some(Value::Null) => Ok(Self { payload: object, envelope: Map::new() }),
            Some(Value::Object(payload)) => Ok(Self { payload, envelope: object }),
            Some(_) => Err(DecodeError::WrongType { field: "data" }),
        }
    }

    /// Every value under this name that is not `null`, in the payload and in the envelope.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Value> {
        let values = [self.payload.get(name), self.envelope.get(name)];
        values.into_iter().flatten().filter(|value| !value.is_null())
    }

    /// Like [`all`](Self::all), for fields that are booleans.
    pub(super) fn bools(&self, field: &'static str) -> Result<Vec<bool>, DecodeError> {
        let read = |value: &Value| value.as_bool().ok_or(DecodeError::WrongType { field });
        self.all(field).map(read).collect()
    }

    /// Like [`all`](Self::all), for fields that are text.
    pub(super) fn texts(&self, field: &'static str) -> Result<Vec<&str>, DecodeError> {
        let read = |value: &'_ Value| value.as_str().is_some();
        if !self.all(field).all(read) {
            return Err(DecodeError::WrongType { field });
        }
        Ok(self.all(field).filter_map(Value::as_str).collect())
    }

    /// Takes every value under this name that is not `null` out of the payload and the envelope.
    pub(super) fn take_all(&mut self, field: &str) -> Vec<Value> {
        let values = [self.payload.remove(field), self.envelope.remove(field)];
        values.into_iter().flatten().filter(|value| !value.is_null()).collect()
    }

    /// Takes these fields, which are text, and gives every value in the order of the names.
    pub(super) fn take_texts(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Vec<String>, DecodeError> {
        let mut texts = Vec::new();
        for &field in aliases {
            for value in self.take_all(field) {
                match value {
                    Value::String(text) => texts.push(text),
                    _ => return Err(DecodeError::WrongType { field }),
                }
            }
        }
        Ok(texts)
    }

    /// Takes these fields, which are text, and gives the first value.
    pub(super) fn take_text(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Option<String>, DecodeError> {
        Ok(self.take_texts(aliases)?.into_iter().next())
    }

    /// Takes these fields, which are points in time (RFC 3339), and gives the earliest.
    pub(super) fn take_earliest(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Option<SystemTime>, DecodeError> {
        let field = aliases.first().copied().unwrap_or_default();
        let read = |text: String| match text.parse::<jiff::Timestamp>() {
            Ok(time) => Ok(SystemTime::from(time)),
            Err(_) => Err(DecodeError::WrongType { field }),
        };
        let times: Result<Vec<_>, _> = self.take_texts(aliases)?.into_iter().map(read).collect();
        Ok(times?.into_iter().min())
    }

    /// Takes these fields, which are text and must agree.
    pub(super) fn take_one_text(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Option<String>, DecodeError> {
        let mut texts = self.take_texts(aliases)?.into_iter();
        let first = texts.next();
        if texts.any(|text| Some(&text) != first.as_ref()) {
            return Err(DecodeError::Ambiguous {
                field: aliases.first().copied().unwrap_or_default(),
            });
        }
        Ok(first)
    }

    /// Takes these fields, which are whole numbers, and gives the first.
    pub(super) fn take_count(
        &mut self,
        aliases: &[&'static str],
    ) -> Result<Option<u64>, DecodeError> {
        for &field in aliases {
            if let Some(value) = self.take_all(field).into_iter().next() {
                return value.as_u64().map(Some).ok_or(DecodeError::WrongType { field });
            }
        }
        Ok(None)
    }

    /// Refuses an answer that reports a failure under a status of success.
    pub(super) fn check_success(&self) -> Result<(), DecodeError> {
        let failed = self.bools("success")?.contains(&false) || self.all("error").next().is_some();
        if failed { Err(DecodeError::NotSuccessful) } else { Ok(()) }
    }

    /// What is left of the payload, but for these fields.
    pub(super) fn into_rest(mut self, read: &[&[&str]]) -> Map<String, Value> {
        self.payload.retain(|name, _| !read.iter().any(|names| names.contains(&&**name)));
        self.payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part that is long enough is found, in any spelling and in the shortest text that holds it.
    #[test]
    fn a_part_of_a_secret_is_never_printed() {
        let secrets = ["pk_live_0123456789", "PASSID-AB3X-7YQM-K9PQ", "psid_x1", "PASSID-Z9Y8X7"];
        let printable = |text: &str| Secrets(&secrets).printable(text).is_some();
        for whole in ["PK.LIVE.0123456789", "ab3x7yqmk9pq", "PsidX1", "z9-y8-x7", "xz9y8x7x"] {
            assert!(!printable(whole), "{whole}");
        }
        for part in ["live01234567", "AB3X-7YQM-K9PQ", "b3x7yqmk9pq-pq", "D-AB3X-7YQM-K9P"] {
            assert_eq!(printable(part), part == "b3x7yqmk9pq-pq", "{part}");
        }
        for other in ["active", "not_revoked", "vrf_01hzk3vw0kg9", "z9y8x", "live0123456", "psid_x"]
        {
            assert!(printable(other), "{other}");
        }
    }
}
