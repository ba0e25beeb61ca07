//! Request bodies that do what they are told and count who looks.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Poll;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::stream::poll_fn;

/// How a body ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Whole,
    BreaksOff,
    Never,
}

/// How often a body was polled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Polls(Rc<Cell<usize>>);

impl Polls {
    pub(crate) fn count(&self) -> usize {
        self.0.get()
    }

    /// A body in frames of `size` bytes, with a pause before each.
    pub(crate) fn payload(&self, data: &str, size: usize, end: End) -> Payload {
        let mut frames: VecDeque<_> =
            data.as_bytes().chunks(size).map(Bytes::copy_from_slice).collect();
        let (polls, mut halted) = (self.0.clone(), false);
        let stream = poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            halted = !halted;
            if halted {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match (frames.pop_front(), end) {
                (Some(data), _) => Poll::Ready(Some(Ok::<_, PayloadError>(data))),
                (None, End::Whole) => Poll::Ready(None),
                (None, End::BreaksOff) => Poll::Ready(Some(Err(PayloadError::Incomplete(None)))),
                (None, End::Never) => Poll::Pending,
            }
        });
        Payload::Stream { payload: Box::pin(stream) }
    }
}
