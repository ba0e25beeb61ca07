//! An image to add.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

use super::ImageFormat;
use crate::result::ImageType;

/// An image to add to a session that your backend drives. `Debug` shows nothing of it.
///
/// ```
/// use passid_docverify::image::NewImage;
/// use passid_docverify::result::ImageType;
///
/// let jpeg = b"\xff\xd8\xff\xe0 and so on";
/// let image = NewImage::jpeg(ImageType::Selfie, jpeg.as_slice())?;
/// assert!(NewImage::jpeg(ImageType::Selfie, b"GIF89a".as_slice()).is_err());
/// # let _ = image;
/// # Ok::<(), passid_docverify::image::NewImageError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct NewImage {
    kind: ImageType,
    jpeg: Bytes,
    margins: Option<CaptureMargins>,
    image_id: Option<String>,
    device: Option<DeviceInfo>,
}

impl NewImage {
    /// A picture of this kind. The API takes JPEG only, 640 to 3840 pixels wide and 480 to 2160 high.
    ///
    /// # Errors
    ///
    /// [`NewImageError`] for bytes that do not begin as JPEG does.
    pub fn jpeg(kind: ImageType, jpeg: impl Into<Bytes>) -> Result<Self, NewImageError> {
        let jpeg = jpeg.into();
        if jpeg.starts_with(b"\xff\xd8\xff") {
            Ok(Self { kind, jpeg, margins: None, image_id: None, device: None })
        } else {
            Err(NewImageError)
        }
    }

    /// Crops the picture before it is looked at.
    pub fn capture_margins(mut self, margins: CaptureMargins) -> Self {
        self.margins = Some(margins);
        self
    }

    /// An id of your own for it.
    pub fn image_id(mut self, id: impl Into<String>) -> Self {
        self.image_id = Some(id.into());
        self
    }

    /// The device that took it.
    pub fn device(mut self, device: DeviceInfo) -> Self {
        self.device = Some(device);
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.jpeg.len()
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let body = Body {
            image: Image {
                format: ImageFormat::Jpg,
                image_type: &self.kind,
                content: STANDARD.encode(&self.jpeg),
                capture_margins: self.margins,
                image_id: self.image_id.as_deref(),
            },
            device_info: self.device.as_ref(),
        };
        // Text and numbers: nothing in it can fail to be written.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl fmt::Debug for NewImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewImage").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The bytes are no JPEG.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the image is no JPEG; convert it")]
pub struct NewImageError;

/// What is cut off at each side before a picture is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CaptureMargins {
    /// At the top.
    pub top: f64,
    /// At the bottom.
    pub bottom: f64,
    /// On the left.
    pub left: f64,
    /// On the right.
    pub right: f64,
}

/// The device that took a picture. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// Its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Its kind.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its maker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser_version: Option<String>,
    /// The camera that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_camera: Option<Camera>,
    /// The cameras that are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cameras: Vec<Camera>,
}

impl fmt::Debug for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceInfo(redacted)")
    }
}

/// A camera. `Debug` shows nothing of it: people name their phones after themselves.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Camera {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl fmt::Debug for Camera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Camera(redacted)")
    }
}

#[derive(Serialize)]
struct Body<'a> {
    image: Image<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_info: Option<&'a DeviceInfo>,
}

#[derive(Serialize)]
struct Image<'a> {
    format: ImageFormat,
    image_type: &'a ImageType,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_margins: Option<CaptureMargins>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<&'a str>,
}
