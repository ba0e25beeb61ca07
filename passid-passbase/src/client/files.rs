//! `GET /identity/{id}/resources/{resource_id}/resource_files/{resource_file_id}`: pictures of
//! documents and videos of faces. The published description says JSON, the vendor's own test says raw
//! bytes: the content type tells.

use std::fmt;

use bytes::Bytes;
use passid_core::provider::{Body, ExchangeError, json_object};

use super::call::{Call, essence, is_json};
use super::{ApiError, ErrorKind, PassbaseClient};
use crate::model::{Fields, ResourceFile};
use crate::{DecodeError, IdentityAccessKey, ResourceFileId, ResourceId};

/// What came for a file.
#[derive(Debug)]
pub enum FileContent {
    /// The file itself.
    Bytes(FileStream),
    /// A description of the file with the file in it.
    Json(ResourceFile),
}

/// A file, read piece by piece, before the deadline of its call and up to
/// [`max_file_bytes`](super::PassbaseClientBuilder::max_file_bytes). `Debug` shows its type.
pub struct FileStream {
    body: Body,
    content_type: String,
}

impl FileStream {
    /// What it is, such as `image/png`.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ApiError`] when the file breaks off, is longer than allowed, or takes longer than the call
    /// may. What came before is then no file.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        self.body.chunk().await.map_err(broken)
    }

    /// Reads the rest.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn into_bytes(self) -> Result<Bytes, ApiError> {
        self.body.into_bytes().await.map_err(broken)
    }
}

fn broken(error: ExchangeError) -> ApiError {
    ApiError::of_exchange(error, 1)
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream")
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

impl PassbaseClient {
    /// One file of a resource. Needs a special permission of the vendor.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::FileNotAvailable`] when it is not there or not allowed; [`ApiError`] when there is
    /// no answer to rely on, also when its content type is none that a file has.
    pub async fn resource_file(
        &self,
        key: &IdentityAccessKey,
        resource: &ResourceId,
        file: &ResourceFileId,
    ) -> Result<FileContent, ApiError> {
        let (key, resource) = (key.expose(), resource.expose());
        let call = Call {
            name: "resource_file",
            route: "/identity/{id}/resources/{resource_id}/resource_files/{resource_file_id}",
            path: format!("/identity/{key}/resources/{resource}/resource_files/{}", file.expose()),
        };
        let clock = self.shared.exchange.clock.clone();
        self.open(call, |received, deadline| async move {
            let content_type = received.response.header("content-type").unwrap_or_default();
            let (described, plain) = (is_json(content_type), is_file(content_type));
            if !described && !plain {
                return Err(received.undecodable(DecodeError::ContentType));
            }
            let body = Body::new(received.response, clock, deadline);
            if plain {
                let content_type = essence(body.content_type());
                return Ok(FileContent::Bytes(FileStream { body, content_type }));
            }
            Ok(FileContent::Json(description(body, file).await?))
        })
        .await
    }
}

/// What a picture or a video can be called; a page of a proxy is neither. The list is ours: the one
/// published value is `image/png`.
fn is_file(content_type: &str) -> bool {
    let kind = essence(content_type);
    let prefixed = ["image/", "video/"].iter().any(|prefix| kind.starts_with(prefix));
    prefixed || ["application/octet-stream", "application/pdf"].contains(&&*kind)
}

async fn description(body: Body, file: &ResourceFileId) -> Result<ResourceFile, ApiError> {
    let body = body.into_bytes().await.map_err(broken)?;
    let undecodable = |e| ApiError::new(ErrorKind::Undecodable, 1).with_status(200).because(e);
    let object = json_object(&body).map_err(|_| undecodable(DecodeError::Malformed))?;
    let described = ResourceFile::read(Fields::new(object)).map_err(undecodable)?;
    match &described.id {
        Some(id) if id != file => Err(undecodable(DecodeError::Another { what: "resource file" })),
        _ => Ok(described),
    }
}
