use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The opt-in source that reads a string field at the top of a JSON body (decision D1).
///
/// It is given to an adapter, because only an adapter can receive a body. The body is received
/// before the decision, up to the limit and no longer than the timeout, and handed to the handler
/// whole. Over the limit the answer is 413, too late 408, broken off 400 (decision P10).
///
/// ```
/// use passid_core::JsonBody;
///
/// let source = JsonBody::field("token").limit(16 * 1024);
/// # let _ = source;
/// ```
#[derive(Clone, Debug)]
pub struct JsonBody {
    field: String,
    limit: usize,
    timeout: Duration,
}

impl JsonBody {
    /// Ours: forms are small.
    pub const DEFAULT_LIMIT: usize = 64 * 1024;
    /// Ours.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// A field of this name.
    pub fn field(name: impl Into<String>) -> Self {
        Self { field: name.into(), limit: Self::DEFAULT_LIMIT, timeout: Self::DEFAULT_TIMEOUT }
    }

    /// The largest body, in bytes; 64 KiB unless set.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// The longest time to wait for the whole body; 10 s unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The largest body, in bytes.
    pub fn max_bytes(&self) -> usize {
        self.limit
    }

    /// The longest time to wait for the whole body.
    pub fn max_wait(&self) -> Duration {
        self.timeout
    }

    /// Every value of the field. A body that is no JSON object holds none; it is the handler's
    /// business to refuse it.
    pub(super) fn values(&self, body: &[u8]) -> Vec<Value> {
        let mut reader = serde_json::Deserializer::from_slice(body);
        match reader.deserialize_map(TopLevel { field: &self.field }) {
            Ok(values) if reader.end().is_ok() => values,
            _ => Vec::new(),
        }
    }
}

/// Keeps the values of one field, repetitions included, and skips all others.
struct TopLevel<'a> {
    field: &'a str,
}

impl<'de> Visitor<'de> for TopLevel<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if name == self.field {
                values.push(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(values)
    }
}
