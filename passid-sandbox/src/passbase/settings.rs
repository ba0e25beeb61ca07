use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MetadataKey, SettingError};
use crate::limits::check_webhook_url;

/// The exact length of a webhook secret, in bytes.
const SECRET_BYTES: usize = 32;
const MOST_RETRIES: usize = 20;
/// A week, in seconds.
const LONGEST_PAUSE: u32 = 7 * 24 * 3_600;

/// What the project is set to, in the dashboard or by the vendor, and how the sandbox behaves where
/// nothing is published.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PassbaseSettings {
    /// Scores at which processing decides by itself; none unless set.
    pub thresholds: Option<Thresholds>,
    /// How files are served; as bytes unless set.
    pub files: Files,
    /// Where webhooks are posted from now on; nowhere unless set.
    pub webhook_url: Option<String>,
    /// What webhooks are encrypted with from now on: 32 visible ASCII characters. Plain unless set.
    #[schema(min_length = 32, max_length = 32)]
    pub webhook_secret: Option<String>,
    /// The pauses before the second attempt at a webhook and those after it, in seconds of the
    /// sandbox's clock; none unless set, because the vendor publishes none (decision P100). At most 20,
    /// each of a week at most.
    pub webhook_retries: Vec<u32>,
    /// Whether `VERIFICATION_COMPLETED` is held until a later webhook has overtaken it, at most for a
    /// minute: the vendor promises no order.
    pub webhooks_reversed: bool,
    /// Whether every webhook comes twice.
    pub webhooks_repeated: bool,
    /// The documented trap: whether `VERIFICATION_COMPLETED` says what the thresholds say although a
    /// finding keeps the identity `pending`; true unless set.
    pub trap: bool,
    /// The public key that signed metadata is opened with, of 4096 bits, as PEM; none unless set.
    pub metadata_key: Option<String>,
    /// What becomes of metadata that cannot be opened.
    pub unreadable_metadata: UnreadableMetadata,
}

impl Default for PassbaseSettings {
    fn default() -> Self {
        Self {
            thresholds: None,
            files: Files::default(),
            webhook_url: None,
            webhook_secret: None,
            webhook_retries: Vec::new(),
            webhooks_reversed: false,
            webhooks_repeated: false,
            trap: true,
            metadata_key: None,
            unreadable_metadata: UnreadableMetadata::default(),
        }
    }
}

impl PassbaseSettings {
    pub(crate) fn check(&self) -> Result<(), SettingError> {
        if self.thresholds.is_some_and(|thresholds| !thresholds.is_fine()) {
            return Err(SettingError::Thresholds);
        }
        if let Some(url) = &self.webhook_url {
            check_webhook_url(url).map_err(SettingError::WebhookUrl)?;
        }
        if let Some(secret) = &self.webhook_secret {
            check_secret(secret.as_bytes())?;
        }
        if self.metadata_key.as_deref().is_some_and(|pem| MetadataKey::from_pem(pem).is_none()) {
            return Err(SettingError::MetadataKey);
        }
        let pauses = &self.webhook_retries;
        if pauses.len() > MOST_RETRIES || pauses.iter().any(|pause| *pause > LONGEST_PAUSE) {
            return Err(SettingError::Retries { most: MOST_RETRIES, longest: LONGEST_PAUSE });
        }
        Ok(())
    }
}

/// The bytes of a secret are the key: none other than these can be typed into a dashboard.
fn check_secret(secret: &[u8]) -> Result<(), SettingError> {
    let fits = secret.len() == SECRET_BYTES && secret.iter().all(u8::is_ascii_graphic);
    if fits { Ok(()) } else { Err(SettingError::WebhookSecret) }
}

/// Shows neither the secret nor the address.
impl fmt::Debug for PassbaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseSettings")
            .field("thresholds", &self.thresholds)
            .field("files", &self.files)
            .field("trap", &self.trap)
            .finish_non_exhaustive()
    }
}

/// Scores at which processing decides by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// At or above it an identity is approved.
    #[schema(minimum = 0, maximum = 1)]
    pub approve: f64,
    /// Under it an identity is declined. In between somebody decides.
    #[schema(minimum = 0, maximum = 1)]
    pub decline: f64,
}

impl Thresholds {
    fn is_fine(self) -> bool {
        is_score(self.approve) && is_score(self.decline) && self.decline <= self.approve
    }
}

/// Neither infinite nor no number: JSON has neither.
pub(super) fn is_score(number: f64) -> bool {
    (0.0..=1.0).contains(&number)
}

/// How files are served (decision P105).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Files {
    /// As raw bytes, `image/png`, as the vendor's own test has it.
    #[default]
    Bytes,
    /// As JSON, as the published description has it.
    Json,
    /// 404: without the permission.
    Missing,
    /// 403: without the permission.
    Forbidden,
}

/// What becomes of metadata that the vendor cannot open. Neither is published (decision P101).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnreadableMetadata {
    /// The identity has none.
    #[default]
    Null,
    /// There is no identity.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(change: impl FnOnce(&mut PassbaseSettings)) -> Result<(), SettingError> {
        let mut settings = PassbaseSettings::default();
        change(&mut settings);
        settings.check()
    }

    #[test]
    fn settings_are_checked() {
        assert_eq!(checked(|_| ()), Ok(()));
        for (approve, decline) in [(0.5, 0.6), (f64::NAN, 0.1), (1.5, 0.1), (0.5, -0.1)] {
            let wrong = checked(|it| it.thresholds = Some(Thresholds { approve, decline }));
            assert_eq!(wrong, Err(SettingError::Thresholds), "{approve} {decline}");
        }
        for secret in ["", "0123456789abcdef0123456789abcde", "0123456789abcdef 123456789abcdef"] {
            let wrong = checked(|it| it.webhook_secret = Some(secret.to_owned()));
            assert_eq!(wrong, Err(SettingError::WebhookSecret), "{secret}");
        }
        assert!(checked(|it| it.webhook_url = Some("ftp://a.example/".to_owned())).is_err());
        let wrong = checked(|it| it.metadata_key = Some("x".to_owned()));
        assert_eq!(wrong, Err(SettingError::MetadataKey));
        assert!(checked(|it| it.webhook_retries = vec![1; 21]).is_err());
        assert!(checked(|it| it.webhook_retries = vec![LONGEST_PAUSE + 1]).is_err());
        let shown = format!(
            "{:?}",
            PassbaseSettings {
                webhook_secret: Some("0123456789abcdef0123456789abcdef".to_owned()),
                webhook_url: Some("http://127.0.0.1/hook".to_owned()),
                ..PassbaseSettings::default()
            }
        );
        assert!(!shown.contains("0123") && !shown.contains("hook"), "{shown}");
    }
}
