use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Shared;
use super::ending::EndingSlot;
use super::service::serve_call;

const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Also how long an idle connection is kept: longer than the 90 seconds of common clients, so that
/// none reuses a connection while it is being closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(120);

/// Serves one connection until one side has enough, or `hang_up` changes and no call is in progress.
pub(super) async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    mut hang_up: watch::Receiver<()>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small answers may be late");
    }
    let slot = EndingSlot::default();
    let service = {
        let slot = slot.clone();
        service_fn(move |request| Box::pin(serve_call(Arc::clone(&shared), slot.clone(), request)))
    };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut told_to_stop = false;
    let served = loop {
        tokio::select! {
            served = poll_fn(|context| connection.poll_without_shutdown(context)) => break served,
            _ = hang_up.changed(), if !told_to_stop => {
                told_to_stop = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let mut stream = connection.into_parts().io.into_inner();
    if let Some(ending) = slot.take() {
        ending.carry_out(stream).await;
        return;
    }
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
    // The client may be gone already.
    let _ = stream.shutdown().await;
}
