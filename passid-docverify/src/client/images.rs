//! Images of a session: list, read one, add one.

use std::fmt;

use bytes::Bytes;
use passid_core::client::StreamedResponse;
use passid_core::provider::{Body, ExchangeError};

use super::call::{Answer, Mode, Operation};
use super::sessions::{path_of, read, segment};
use super::{ApiError, DocumentVerificationClient, ErrorKind};
use crate::image::{self, AddedImage, NewImage, SessionImage};
use crate::wire::DecodeError;
use crate::{ImageId, SessionId};

const IMAGES: &str = "/api/v1/verification/{sid}/images";

impl DocumentVerificationClient {
    /// What images a session has: rejected ones and ones that the vendor refined among them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionNotFound`] where the API says so of an unknown session, which is not
    /// published; else what went wrong.
    pub async fn images(&self, session: &SessionId) -> Result<Vec<SessionImage>, ApiError> {
        let path = format!("{}/images", path_of(session)?);
        self.call(read("images", IMAGES, path), |received| received.read(image::read_list)).await
    }

    /// One image, piece by piece.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ImageNotFound`]; [`ErrorKind::Undecodable`] for an answer that is no image; else
    /// what went wrong.
    ///
    /// ```no_run
    /// # async fn example(client: passid_docverify::DocumentVerificationClient, session: passid_docverify::SessionId) -> Result<(), Box<dyn std::error::Error>> {
    /// for image in client.images(&session).await? {
    ///     let mut stream = client.image(&session, &image.image_id()?).await?;
    ///     while let Some(piece) = stream.chunk().await? {
    ///         println!("{} bytes", piece.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn image(
        &self,
        session: &SessionId,
        image: &ImageId,
    ) -> Result<ImageStream, ApiError> {
        let image = segment(image.as_str())?;
        let path = format!("{}/images/{image}?format=raw", path_of(session)?);
        let operation = Operation {
            mode: Mode::Open,
            not_found: ErrorKind::ImageNotFound,
            ..read("image", "/api/v1/verification/{sid}/images/{id}", path)
        };
        let clock = self.clock().clone();
        let undecodable =
            |error| ApiError::new(ErrorKind::Undecodable).with_attempts(1).because(error);
        self.call(operation, |received| match received.answer {
            Answer::Open(body) if is_image(&body) => {
                Ok(ImageStream(Body::new(body, clock, received.deadline)))
            }
            _ => Err(undecodable(DecodeError::ContentType)),
        })
        .await
    }

    /// Adds an image to a session that your backend drives, and says whether it was taken. Processing
    /// begins by itself with the last one.
    ///
    /// The vendor has withdrawn this call from its public reference and still answers it (decision
    /// P98). It is never repeated once bytes may have left.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ImagesComplete`] when every required image was there before;
    /// [`ErrorKind::Unsendable`] for an image over the limit; [`ErrorKind::OutcomeUnknown`] when the
    /// answer is lost: look at [`images`](Self::images).
    pub async fn add_image(
        &self,
        session: &SessionId,
        image: &NewImage,
    ) -> Result<AddedImage, ApiError> {
        if image.len() > self.shared.max_image_bytes {
            return Err(ApiError::new(ErrorKind::Unsendable));
        }
        let path = format!("{}/images", path_of(session)?);
        let operation = Operation {
            method: "POST",
            body: image.body().into(),
            mode: Mode::Once,
            conflict: ErrorKind::ImagesComplete,
            ..read("add_image", IMAGES, path)
        };
        self.call(operation, |received| received.read(AddedImage::read)).await
    }
}

/// `image/jpg` is published; it is not a registered type, so that any image is taken.
fn is_image(body: &StreamedResponse) -> bool {
    let kind = body.header("content-type").unwrap_or_default();
    kind.get(..6).is_some_and(|kind| kind.eq_ignore_ascii_case("image/"))
}

/// An image that is being received. It ends with an error at the byte that is one too many, and when
/// the deadline of the call has passed. `Debug` shows nothing of it.
pub struct ImageStream(Body);

impl ImageStream {
    /// The media type, such as `image/jpg`.
    pub fn content_type(&self) -> &str {
        self.0.content_type()
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Undecodable`] for an image over the limit, [`ErrorKind::Interrupted`],
    /// [`ErrorKind::Timeout`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        self.0.chunk().await.map_err(broken)
    }

    /// The whole image.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn into_bytes(self) -> Result<Bytes, ApiError> {
        self.0.into_bytes().await.map_err(broken)
    }
}

fn broken(error: ExchangeError) -> ApiError {
    ApiError::of_exchange(error, false).with_attempts(1)
}

impl fmt::Debug for ImageStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ImageStream")
    }
}
