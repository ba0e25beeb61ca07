//! Images of a session.

mod feedback;
mod new;

pub use feedback::Feedback;
pub use new::{Camera, CaptureMargins, DeviceInfo, NewImage, NewImageError};

use serde_json::{Map, Value};
use std::fmt;

use crate::result::ImageType;
use crate::wire::{DecodeError, Fields};
use crate::word::{open_enum, personal_object};
use crate::{IdError, ImageId};

open_enum! {
    /// The format of an image.
    ImageFormat {
        /// `jpg`
        Jpg = "jpg",
    }
}

personal_object! {
    /// What is known of an image, without the image.
    SessionImage {
        /// Its id.
        id: String,
        /// Whether it was rejected: blurred, obstructed, and so on. A hint only.
        rejected: bool,
        /// Whether it is as it was uploaded; else the vendor refined it.
        original: bool,
        /// Its format.
        format: ImageFormat,
        /// What it shows: `type` on the wire.
        #[serde(rename = "type")]
        kind: ImageType,
        /// The upload that a refined image was made from.
        original_id: String,
    }
}

impl SessionImage {
    /// Its id, to read it by.
    ///
    /// # Errors
    ///
    /// [`IdError`] when the API gave none that can be asked for.
    pub fn image_id(&self) -> Result<ImageId, IdError> {
        ImageId::parse(self.id.as_deref().unwrap_or_default())
    }
}

pub(crate) fn read_list(body: &[u8]) -> Result<Vec<SessionImage>, DecodeError> {
    Fields::parse(body)?.required("session_images")
}

/// What the API says of an image that was added.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct AddedImage {
    /// Whether it was taken, or why not.
    pub feedback: Feedback,
    /// Whether all required images are there. Processing has then begun.
    pub complete: bool,
    /// What is still missing.
    pub missing_images: Vec<ImageType>,
    /// The text that the portal gives for a rule of its own.
    pub custom_feedback: Option<String>,
    /// Fields that this version does not know, as they came.
    pub extra: Map<String, Value>,
}

impl AddedImage {
    /// `complete` is a boolean in the schema and a text in its example: both are read.
    pub(crate) fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let mut fields = Fields::parse(body)?;
        Ok(Self {
            feedback: fields.required("feedback")?,
            complete: fields.boolean("complete")?,
            missing_images: fields.optional("missing_images")?.unwrap_or_default(),
            custom_feedback: fields.optional("custom_feedback")?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for AddedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddedImage")
            .field("feedback", &self.feedback)
            .field("complete", &self.complete)
            .field("missing_images", &self.missing_images)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_is_read_as_boolean_and_as_text_and_nothing_else() {
        let read = |complete: &str| {
            let body = format!(r#"{{"feedback":"ok","complete":{complete},"missing_images":[]}}"#);
            AddedImage::read(body.as_bytes()).map(|added| added.complete)
        };
        assert_eq!(read("true"), Ok(true));
        assert_eq!(read(r#""false""#), Ok(false));
        for odd in ["1", "null", r#""yes""#, "[]"] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn each_published_feedback_is_known() {
        assert_eq!(Feedback::KNOWN.len(), 25);
        for feedback in Feedback::KNOWN {
            assert_eq!(Feedback::from(feedback.as_str()), *feedback);
        }
        assert!(Feedback::from("ok").is_ok() && !Feedback::from("OK").is_ok());
    }

    #[test]
    fn a_list_of_images_is_read_whole() {
        let body = br#"{"session_images":[{"id":"i","rejected":false,"original":false,
            "format":"jpg","type":"selfie","original_id":"o"},{"id":"j","format":"webp"}]}"#;
        let images = read_list(body).unwrap();
        assert_eq!(images[0].kind, Some(ImageType::Selfie));
        assert_eq!(images[1].format, Some(ImageFormat::Other("webp".into())));
        assert!(read_list(b"{}").is_err());
    }
}
