//! How the emulation is set up: each setting is something that the vendor's reference leaves open.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::DocumentRecommendation;
use super::ending::{DocumentEnding, DocumentEndingError};
use crate::state::table::Row;

/// A decade is more than any window needs.
const LONGEST_SECONDS: u64 = 10 * 366 * 86_400;
/// A JPEG of the largest published size in base64, and room to spare.
const LARGEST_IMAGE_BODY: usize = 32 * 1024 * 1024;

/// How error bodies look. None is published for this API (decision P113).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorBodies {
    /// `sibling`: as sibling services answer, `message` and `error_code`.
    #[default]
    Sibling,
    /// `framework`: as the framework answers that the names of the API suggest, `statusCode`,
    /// `message` and `error`.
    Framework,
    /// `empty`: nothing.
    Empty,
}

/// How Document Verification is set up, from the start by
/// [`SandboxBuilder::docverify`](crate::SandboxBuilder::docverify) and at any time by
/// [`set`](crate::docverify::Docverify::set).
///
/// ```
/// use std::time::Duration;
///
/// use passid_sandbox::docverify::{DocumentRecommendation, DocumentSettings};
///
/// let settings = DocumentSettings::new()
///     .created_is_201()
///     .session_window(Duration::from_secs(600))
///     .usual_recommendation(DocumentRecommendation::Challenge);
/// # let _ = settings;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct DocumentSettings {
    /// Whether a creation is answered with 201 in place of 200.
    created_is_201: bool,
    /// Whether access tokens count that were not asked for with the API's resource.
    tokens_without_resource: bool,
    /// Whether the older shape is given when `detailed` is left out.
    older_results_by_default: bool,
    /// Whether a session that was not finished in time is a 404, in place of `expired`.
    expired_is_not_found: bool,
    /// Whether the images of an unknown session are an empty list, in place of a 404.
    unknown_images_are_empty: bool,
    /// Whether each image that is taken is refined, and listed twice.
    refined_images: bool,
    /// Whether the callback has `session_id`, in place of `sessionId`.
    callback_in_snake_case: bool,
    /// How long a session may take, 1 to 316224000 seconds.
    #[schema(minimum = 1, maximum = 316_224_000_u64)]
    session_window_secs: u64,
    /// How long an access token lives, 1 to 316224000 seconds.
    #[schema(minimum = 1, maximum = 316_224_000_u64)]
    token_life_secs: u64,
    /// The longest body of an image that is added, in bytes, 1024 to 33554432.
    #[schema(minimum = 1_024, maximum = 33_554_432_u64)]
    image_body_limit: usize,
    error_bodies: ErrorBodies,
    usual_ending: DocumentEnding,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        Self {
            created_is_201: false,
            tokens_without_resource: false,
            older_results_by_default: false,
            expired_is_not_found: false,
            unknown_images_are_empty: false,
            refined_images: false,
            callback_in_snake_case: false,
            session_window_secs: 1_800,
            token_life_secs: 3_600,
            image_body_limit: LARGEST_IMAGE_BODY,
            error_bodies: ErrorBodies::default(),
            usual_ending: DocumentEnding::default(),
        }
    }
}

impl Row for DocumentSettings {
    const TABLE: &'static str = "docverify_settings";
}

/// Settings that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentSettingsError {
    /// A window or life of no time, or of more than ten years.
    #[error("a session and an access token last from 1 second to ten years")]
    Time,
    /// A limit that lets nothing through, or too much.
    #[error("the limit of an image's body is 1,024 to {LARGEST_IMAGE_BODY} bytes")]
    ImageBodyLimit,
    /// The usual ending.
    #[error("the usual ending: {0}")]
    Ending(#[from] DocumentEndingError),
}

impl DocumentSettings {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a creation with 201, as one edition of the reference says, in place of 200.
    pub fn created_is_201(mut self) -> Self {
        self.created_is_201 = true;
        self
    }

    /// Takes access tokens that were not asked for with the API's resource too.
    pub fn allow_tokens_without_resource(mut self) -> Self {
        self.tokens_without_resource = true;
        self
    }

    /// Answers in the older shape when `detailed` is left out.
    pub fn older_results_by_default(mut self) -> Self {
        self.older_results_by_default = true;
        self
    }

    /// Answers 404 for a session that was not finished in time, in place of the status `expired`.
    pub fn expired_is_not_found(mut self) -> Self {
        self.expired_is_not_found = true;
        self
    }

    /// Lists no images for a session that is not known, in place of a 404: the reference has none.
    pub fn unknown_images_are_empty(mut self) -> Self {
        self.unknown_images_are_empty = true;
        self
    }

    /// Refines each image that is taken: the list has a second one, with `original_id`.
    pub fn refined_images(mut self) -> Self {
        self.refined_images = true;
        self
    }

    /// Sends the person back with `session_id`, as a guide has it, in place of the sample's
    /// `sessionId`.
    pub fn callback_in_snake_case(mut self) -> Self {
        self.callback_in_snake_case = true;
        self
    }

    /// How long a session may take, in whole seconds; half an hour unless set.
    pub fn session_window(mut self, window: Duration) -> Self {
        self.session_window_secs = window.as_secs();
        self
    }

    /// How long an access token lives, in whole seconds; an hour unless set.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life_secs = life.as_secs();
        self
    }

    /// The longest body of an image that is added, in bytes; 32 MiB unless set, and at most.
    pub fn image_body_limit(mut self, bytes: usize) -> Self {
        self.image_body_limit = bytes;
        self
    }

    /// How error bodies look.
    pub fn error_bodies(mut self, bodies: ErrorBodies) -> Self {
        self.error_bodies = bodies;
        self
    }

    /// What sessions come to of which neither a mock nor a test says anything. Nothing is checked
    /// here, whatever the images show.
    pub fn usual_ending(mut self, ending: DocumentEnding) -> Self {
        self.usual_ending = ending;
        self
    }

    /// The same, told by its recommendation alone.
    pub fn usual_recommendation(self, recommendation: DocumentRecommendation) -> Self {
        self.usual_ending(DocumentEnding::new().recommendation(recommendation))
    }

    pub(crate) fn checked(self) -> Result<Self, DocumentSettingsError> {
        let times = [self.session_window_secs, self.token_life_secs];
        if times.into_iter().any(|seconds| !(1..=LONGEST_SECONDS).contains(&seconds)) {
            return Err(DocumentSettingsError::Time);
        }
        if !(1_024..=LARGEST_IMAGE_BODY).contains(&self.image_body_limit) {
            return Err(DocumentSettingsError::ImageBodyLimit);
        }
        self.usual_ending.clone().checked()?;
        Ok(self)
    }

    pub(crate) fn created_status(&self) -> u16 {
        if self.created_is_201 { 201 } else { 200 }
    }

    pub(super) fn takes_any_audience(&self) -> bool {
        self.tokens_without_resource
    }

    pub(crate) fn detailed_by_default(&self) -> bool {
        !self.older_results_by_default
    }

    pub(crate) fn hides_expired(&self) -> bool {
        self.expired_is_not_found
    }

    pub(crate) fn lists_unknown_images(&self) -> bool {
        self.unknown_images_are_empty
    }

    pub(super) fn refines(&self) -> bool {
        self.refined_images
    }

    pub(super) fn callback_parameter(&self) -> &'static str {
        if self.callback_in_snake_case { "session_id" } else { "sessionId" }
    }

    pub(crate) fn bodies(&self) -> ErrorBodies {
        self.error_bodies
    }

    pub(crate) fn image_limit(&self) -> usize {
        self.image_body_limit
    }

    pub(super) fn ending(&self) -> DocumentEnding {
        self.usual_ending.clone()
    }

    pub(super) fn window(&self) -> SignedDuration {
        seconds(self.session_window_secs)
    }

    pub(crate) fn life(&self) -> SignedDuration {
        seconds(self.token_life_secs)
    }
}

fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_bounds_and_every_one_has_a_name() {
        let seconds = |count| Duration::from_secs(count);
        for (settings, error) in [
            (DocumentSettings::new().session_window(Duration::ZERO), DocumentSettingsError::Time),
            (
                DocumentSettings::new().token_life(seconds(LONGEST_SECONDS + 1)),
                DocumentSettingsError::Time,
            ),
            (DocumentSettings::new().image_body_limit(1), DocumentSettingsError::ImageBodyLimit),
            (
                DocumentSettings::new().usual_ending(DocumentEnding::new().status("complete")),
                DocumentSettingsError::Ending(DocumentEndingError::Status),
            ),
        ] {
            assert_eq!(settings.checked().unwrap_err(), error);
        }
        let all = DocumentSettings::new()
            .created_is_201()
            .allow_tokens_without_resource()
            .older_results_by_default()
            .expired_is_not_found()
            .unknown_images_are_empty()
            .refined_images()
            .callback_in_snake_case()
            .error_bodies(ErrorBodies::Framework);
        let json = serde_json::to_value(&all).unwrap();
        assert_eq!(json.as_object().unwrap().len(), 12);
        assert_eq!(serde_json::from_value::<DocumentSettings>(json).unwrap(), all);
        assert!(serde_json::from_str::<DocumentSettings>(r#"{"speed":1}"#).is_err());
    }
}
