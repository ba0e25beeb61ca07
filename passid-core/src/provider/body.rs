use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::{ExchangeError, within};
use crate::Clock;
use crate::client::StreamedResponse;

/// The body of an answer, read piece by piece before the deadline of its call and up to the limit of
/// its request: for files. `Debug` shows the status.
pub struct Body {
    response: StreamedResponse,
    clock: Arc<dyn Clock>,
    deadline: Duration,
}

impl Body {
    /// What is left of an answer, and until when it may be read:
    /// [`Exchanged::deadline`](super::Exchanged::deadline).
    pub fn new(response: StreamedResponse, clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        Self { response, clock, deadline }
    }

    /// The media type with its parameters; empty where the answer does not say.
    pub fn content_type(&self) -> &str {
        self.response.header("content-type").unwrap_or_default()
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] when the body breaks off, is longer than allowed, or takes longer than the call
    /// may. What came before is then not the whole of it.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ExchangeError> {
        let left = self.deadline.saturating_sub(self.clock.elapsed());
        match within(&*self.clock, left, self.response.chunk()).await {
            Some(piece) => Ok(piece?),
            None => Err(ExchangeError::timeout()),
        }
    }

    /// Reads the rest.
    ///
    /// # Errors
    ///
    /// As [`chunk`](Self::chunk).
    pub async fn into_bytes(mut self) -> Result<Bytes, ExchangeError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("status", &self.response.status()).finish_non_exhaustive()
    }
}
