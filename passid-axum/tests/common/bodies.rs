//! Bodies that do what they are told and count who looks.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How a body ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Whole,
    BreaksOff,
    Never,
}

/// Why a body broke off.
#[derive(Debug)]
pub(crate) struct BrokeOff;

impl std::fmt::Display for BrokeOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was reset")
    }
}

impl std::error::Error for BrokeOff {}

/// A body with a script.
#[derive(Debug)]
pub(crate) struct Scripted {
    frames: VecDeque<Bytes>,
    end: End,
    hint: SizeHint,
    polls: Arc<AtomicUsize>,
    /// Every other poll is pending, and wakes at once.
    halting: bool,
    halted: bool,
}

/// How often a body was polled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Polls(Arc<AtomicUsize>);

impl Polls {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Scripted {
    pub(crate) fn new(data: impl Into<Bytes>) -> Self {
        Self {
            frames: VecDeque::from([data.into()]),
            end: End::Whole,
            hint: SizeHint::default(),
            polls: Arc::default(),
            halting: false,
            halted: false,
        }
    }

    /// The data in frames of `size` bytes, with a pause before each.
    pub(crate) fn in_frames_of(mut self, size: usize) -> Self {
        let data: Vec<u8> = self.frames.iter().flatten().copied().collect();
        self.frames = data.chunks(size).map(Bytes::copy_from_slice).collect();
        self.halting = true;
        self
    }

    pub(crate) fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Claims to be exactly so long.
    pub(crate) fn announcing(mut self, length: u64) -> Self {
        self.hint = SizeHint::with_exact(length);
        self
    }

    pub(crate) fn counted_by(mut self, polls: &Polls) -> Self {
        self.polls = polls.0.clone();
        self
    }
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        if self.halting && !self.halted {
            self.halted = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.halted = false;
        match (self.frames.pop_front(), self.end) {
            (Some(data), _) => Poll::Ready(Some(Ok(Frame::data(data)))),
            (None, End::Whole) => Poll::Ready(None),
            (None, End::BreaksOff) => Poll::Ready(Some(Err(BrokeOff))),
            (None, End::Never) => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
