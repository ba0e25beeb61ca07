//! What an inbox needs to know of a webhook that was opened.

use bytes::Bytes;
use passid_core::provider::{Hint, HintOpener, NoHint, json_object};
use serde_json::Value;

use super::{WebhookError, WebhookOpener};
use crate::client::PROVIDER;

/// For an inbox that keeps webhooks, such as `passid-inbox`:
/// [`Event::from_opened`](super::Event::from_opened) reads what it gives back. Hints about one
/// identity are in the order of `updated`.
impl HintOpener for WebhookOpener {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn max_bytes(&self) -> usize {
        Self::MAX_BYTES
    }

    fn open_hint(&self, content_type: Option<&str>, body: Bytes) -> Result<Hint, NoHint> {
        let opened = self.open_bytes(content_type, &body);
        let (event, bytes) = opened.map_err(|WebhookError| NoHint)?;
        let hint = Hint::new(event.event.as_str(), without_key(bytes)).subject(event.key.subject());
        Ok(match event.updated {
            Some(updated) => hint.key(event.semantic_key()).occurred_at(updated),
            // P86: another finding on a watchlist may look the same.
            None => hint,
        })
    }
}

/// 2019's template held a key of the project, which nobody is to keep.
fn without_key(bytes: Bytes) -> Bytes {
    let Ok(mut fields) = json_object(&bytes) else { return bytes };
    match fields.remove("api_key") {
        Some(_) => Bytes::from(Value::Object(fields).to_string()),
        None => bytes,
    }
}
