use super::DecodeError;
use super::fields::Fields;
use crate::client::WebhookSettings;

/// Reads a 2xx answer to `PATCH /api/institution/webhook`.
pub(in crate::client) fn webhook_settings(body: &[u8]) -> Result<WebhookSettings, DecodeError> {
    let mut fields = Fields::parse(body)?;
    fields.check_success()?;
    let mut set = fields.bools("webhookSecretSet")?;
    set.extend(fields.bools("webhook_secret_set")?);
    if set.contains(&true) && set.contains(&false) {
        return Err(DecodeError::Ambiguous { field: "webhookSecretSet" });
    }
    Ok(WebhookSettings {
        webhook_url: fields.take_one_text(&["webhookUrl", "webhook_url"])?,
        secret_set: set.first().copied(),
        updated_at: fields.take_earliest(&["updatedAt", "updated_at"])?,
    })
}
