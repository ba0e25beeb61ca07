//! A subscription that is made again when it was lost, and says so.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use futures_core::Stream;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Msg, RedisResult};

use super::link::Link;
use crate::BoxFuture;
use crate::clock::within;

/// Hears what other instances say.
pub(crate) trait Listener: Send + Sync + 'static {
    /// A message came.
    fn heard(&self, message: &[u8]);

    /// From now on messages come. Those that were sent since the last one did not.
    fn began(&self);
}

/// Listens for as long as the link is there.
pub(super) async fn listen(link: Weak<Link>, channel: String, listener: impl Listener) {
    let mut tries: u32 = 0;
    loop {
        let Some(strong) = link.upgrade() else { return };
        let limit = strong.settings.connect_timeout;
        let subscription = within(&*strong.clock, limit, subscribe(&strong, &channel)).await;
        if let Some(Ok((sink, stream))) = subscription {
            tries = 0;
            listener.began();
            // Held weakly while waiting: the link may go.
            let (clock, heartbeat) = (strong.clock.clone(), strong.settings.heartbeat);
            drop(strong);
            let mut live = Live { sink, stream };
            while let Some(beat) = live.heard_until(clock.sleep(heartbeat), &listener).await {
                if within(&*clock, heartbeat, beat).await != Some(true) {
                    break;
                }
            }
            tracing::warn!(target: "passid::redis", "the subscription was lost");
        } else {
            drop(strong);
            tries = tries.saturating_add(1);
        }
        let Some(strong) = link.upgrade() else { return };
        let (clock, pause) = (strong.clock.clone(), strong.pause(tries));
        drop(strong);
        clock.sleep(pause).await;
    }
}

async fn subscribe(link: &Arc<Link>, channel: &str) -> RedisResult<(PubSubSink, PubSubStream)> {
    let (mut sink, stream) = link.client.get_async_pubsub().await?.split();
    sink.subscribe(channel).await?;
    Ok((sink, stream))
}

struct Live {
    sink: PubSubSink,
    stream: PubSubStream,
}

impl Live {
    /// Hands on messages until it is time for a sign of life, which is to be awaited; `None` when the
    /// stream has ended.
    async fn heard_until(
        &mut self,
        mut time: BoxFuture<'static, ()>,
        listener: &impl Listener,
    ) -> Option<BoxFuture<'static, bool>> {
        let stream = &mut self.stream;
        let ended = poll_fn(|cx| {
            use std::task::Poll;
            loop {
                match Pin::new(&mut *stream).poll_next(cx) {
                    Poll::Ready(Some(message)) => listener.heard(Msg::get_payload_bytes(&message)),
                    Poll::Ready(None) => return Poll::Ready(true),
                    Poll::Pending => return time.as_mut().poll(cx).map(|()| false),
                }
            }
        })
        .await;
        if ended {
            return None;
        }
        let mut sink = self.sink.clone();
        Some(Box::pin(async move { sink.ping::<redis::Value>().await.is_ok() }))
    }
}
