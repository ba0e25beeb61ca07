//! Webhooks: what they say, and how they are sealed.

use std::fmt;

use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::identity::{Identity, IdentityStatus};
use crate::passbase::{OlderWebhook, TransitionError};
use crate::state::table::Row;
use crate::state::world::World;
use crate::webhook::{Carriage, NewForeign, WebhookEvent, WebhookFaultKind};

const BLOCK: usize = 16;
/// How many webhooks wait to be taken. The oldest make room.
const MOST: usize = 10_000;

/// A webhook that waits to be taken.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) encrypted: bool,
    pub(crate) body: String,
}

impl Row for Told {
    const TABLE: &'static str = "passbase_webhooks";
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").field("encrypted", &self.encrypted).finish_non_exhaustive()
    }
}

impl World {
    /// P86: an event in the shape of the `VERIFICATION_` events; that of the others is not published.
    pub(super) fn tell_of(
        &mut self,
        identity: &Identity,
        event: WebhookEvent,
        status: IdentityStatus,
        now: Timestamp,
    ) {
        let body = json!({
            "event": event.as_str(),
            "key": identity.key,
            "status": status.as_str(),
            "created": identity.created.as_second(),
            "updated": identity.updated.as_second(),
            "processed": identity.processed.map(Timestamp::as_second),
        });
        self.tell_passbase(event, &body, None, now);
    }

    pub(super) fn tell_of_edit(
        &mut self,
        identity: &Identity,
        name: &str,
        value: &Value,
        now: Timestamp,
    ) {
        let event = WebhookEvent::PassbaseDatapointUpdated;
        let body = json!({
            "event": event.as_str(),
            "key": identity.key,
            "resource_key": identity.resource_id,
            "type": name.to_ascii_uppercase(),
            "value": value,
            "created": identity.created.as_second(),
            "updated": identity.updated.as_second(),
        });
        self.tell_passbase(event, &body, None, now);
    }

    /// A webhook as it was before November 2020. `api_key` is what 2019's template put in.
    pub(crate) fn tell_as_before(
        &mut self,
        key: &str,
        older: OlderWebhook,
        api_key: &str,
        now: Timestamp,
    ) -> Result<(), TransitionError> {
        let identity = self.passbase_identity(key).ok_or(TransitionError::Unknown)?.clone();
        if !older.is_of_2019() {
            self.tell_of(&identity, older.event(), identity.status, now);
            return Ok(());
        }
        let body = json!({
            "api_key": api_key,
            "customer_user_id": identity.new.metadata.get("userId"),
            "created_at": identity.created.as_second(),
            "authentication_key": identity.key,
            "authenticated_at": identity.processed.map(Timestamp::as_second),
            "authenticated": identity.status == IdentityStatus::Approved,
            "event": older.event().as_str(),
        });
        self.tell_passbase(older.event(), &body, Some(format!("APIKEY {api_key}")), now);
        Ok(())
    }

    fn tell_passbase(
        &mut self,
        event: WebhookEvent,
        body: &Value,
        authorization: Option<String>,
        now: Timestamp,
    ) {
        let settings = self.passbase_settings();
        // 2019 had no secret.
        let secret = settings.webhook_secret.as_deref().filter(|_| authorization.is_none());
        let told = self.sealed(body, secret);
        self.keep_told(told.clone());
        let Some(url) = settings.webhook_url else { return };
        let held =
            settings.webhooks_reversed && event == WebhookEvent::PassbaseVerificationCompleted;
        let new = NewForeign {
            id: self.unused_delivery_id(),
            url,
            event,
            body: told.body,
            carriage: Carriage::Passbase {
                encrypted: told.encrypted,
                authorization,
                retries: settings.webhook_retries,
                repeated: settings.webhooks_repeated,
            },
            fault: held.then(WebhookFaultKind::reorder),
        };
        self.wake_sender = true;
        if self.deliveries.enqueue_foreign(new, now).is_err() {
            tracing::warn!("a webhook of Passbase is lost: too many deliveries are pending");
        }
    }

    /// For whoever takes webhooks instead of receiving them.
    fn keep_told(&mut self, told: Told) {
        // A state that was put together by hand may have webhooks beyond its counter.
        let key = loop {
            let number = self.counters_mut().passbase_webhook();
            let candidate = format!("{number:020}");
            if !self.passbase.told.contains(&candidate) {
                break candidate;
            }
        };
        let waiting = &mut self.passbase.told;
        // The keys are in the order of the events.
        while waiting.len() >= MOST
            && let Some(oldest) = waiting.iter().next().map(|(key, _)| key.clone())
        {
            waiting.remove(&oldest);
        }
        waiting.insert(key, told);
    }

    /// `base64(IV ‖ AES-256-CBC)` with a secret, plain JSON without.
    fn sealed(&mut self, body: &Value, secret: Option<&str>) -> Told {
        let plain = body.to_string();
        let key = secret.and_then(|secret| <[u8; 32]>::try_from(secret.as_bytes()).ok());
        let Some(key) = key else { return Told { encrypted: false, body: plain } };
        let number = self.counters_mut().spelt();
        let iv = self.speller.bits(number).to_be_bytes();
        let mut bytes = plain.into_bytes();
        let padding = BLOCK - bytes.len() % BLOCK;
        bytes.resize(bytes.len() + padding, u8::try_from(padding).unwrap_or_default());
        let mut cipher = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &iv.into());
        let (blocks, _) = aes::Block::slice_as_chunks_mut(&mut bytes);
        cipher.encrypt_blocks(blocks);
        Told { encrypted: true, body: STANDARD.encode([&iv[..], &bytes].concat()) }
    }

    /// The webhooks that wait, the oldest first; or the other way round, or each twice, as the settings
    /// say.
    pub(crate) fn passbase_webhooks(&self) -> Vec<Told> {
        let settings = self.passbase_settings();
        let times = if settings.webhooks_repeated { 2 } else { 1 };
        let waiting = self.passbase.told.iter();
        let mut told: Vec<_> =
            waiting.flat_map(|(_, told)| std::iter::repeat_n(told.clone(), times)).collect();
        if settings.webhooks_reversed {
            told.reverse();
        }
        told
    }

    /// The same. They wait no longer.
    pub(crate) fn take_passbase_webhooks(&mut self) -> Vec<Told> {
        let taken = self.passbase_webhooks();
        let keys: Vec<_> = self.passbase.told.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.passbase.told.remove(&key);
        }
        taken
    }
}
