use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::clock::pause;

/// How a connection ends when a fault has taken it away from HTTP.
#[derive(Debug)]
pub(super) enum Ending {
    /// TCP RST.
    Reset,
    /// These bytes, a pause between one piece and the next, then a close in good order.
    Write {
        /// What goes out, piece by piece.
        pieces: Vec<Bytes>,
        /// Between two pieces.
        pause: Duration,
    },
}

impl Ending {
    pub(super) fn write(bytes: Bytes) -> Self {
        Self::Write { pieces: vec![bytes], pause: Duration::ZERO }
    }

    /// A failure to write means that the client has left; there is nobody to tell.
    pub(super) async fn carry_out(self, mut stream: TcpStream) {
        match self {
            Self::Reset => {
                if let Err(error) = stream.set_zero_linger() {
                    tracing::warn!(%error, "the connection cannot be reset, it is closed");
                }
            }
            Self::Write { pieces, pause } => {
                let _ = write(&mut stream, pieces, pause).await;
                let _ = stream.shutdown().await;
            }
        }
    }
}

async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    pieces: Vec<Bytes>,
    between: Duration,
) -> std::io::Result<()> {
    for (number, piece) in pieces.into_iter().enumerate() {
        if number > 0 && !between.is_zero() {
            pause(between).await;
        }
        stream.write_all(&piece).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// Where the service of a connection leaves the ending it wants; the connection looks there when
/// hyper has let go of the socket.
#[derive(Clone, Debug, Default)]
pub(super) struct EndingSlot(Arc<Mutex<Option<Ending>>>);

impl EndingSlot {
    pub(super) fn put(&self, ending: Ending) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
    }

    pub(super) fn take(&self) -> Option<Ending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
