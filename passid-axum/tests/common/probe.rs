//! A service that watches how it is treated: clones, readiness, calls.

use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::http::{Request, Response};
use tower::Service;

/// An error that is neither `std::error::Error` nor made from anything.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) &'static str);

/// Answers 200 `inner`. A clone has never been ready, whatever the original was; an instance is
/// ready for one call only.
pub(crate) struct Probe {
    seen: Arc<Seen>,
    readied: bool,
}

#[derive(Default)]
pub(crate) struct Seen {
    clones: AtomicUsize,
    readiness_polls: AtomicUsize,
    calls: AtomicUsize,
    violations: AtomicUsize,
    gate: Mutex<Gate>,
    failing: AtomicUsize,
}

#[derive(Default)]
enum Gate {
    #[default]
    Open,
    Closed(Vec<Waker>),
    Broken,
}

impl Probe {
    pub(crate) fn new() -> (Self, Arc<Seen>) {
        let seen = Arc::<Seen>::default();
        (Self { seen: seen.clone(), readied: false }, seen)
    }
}

impl Seen {
    pub(crate) fn clones(&self) -> usize {
        self.clones.load(Ordering::SeqCst)
    }

    pub(crate) fn readiness_polls(&self) -> usize {
        self.readiness_polls.load(Ordering::SeqCst)
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Calls on an instance that was not made ready.
    pub(crate) fn violations(&self) -> usize {
        self.violations.load(Ordering::SeqCst)
    }

    /// Not ready from now on.
    pub(crate) fn close(&self) {
        *self.gate.lock().unwrap() = Gate::Closed(Vec::new());
    }

    /// Ready again; wakes whoever waits.
    pub(crate) fn open(&self) {
        let gate = std::mem::take(&mut *self.gate.lock().unwrap());
        if let Gate::Closed(waiting) = gate {
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// Readiness fails from now on.
    pub(crate) fn break_readiness(&self) {
        *self.gate.lock().unwrap() = Gate::Broken;
    }

    /// Calls fail from now on.
    pub(crate) fn break_calls(&self) {
        self.failing.store(1, Ordering::SeqCst);
    }
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        self.seen.clones.fetch_add(1, Ordering::SeqCst);
        Self { seen: self.seen.clone(), readied: false }
    }
}

impl<B> Service<Request<B>> for Probe {
    type Response = Response<Body>;
    type Error = Fault;
    type Future = Ready<Result<Response<Body>, Fault>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.seen.readiness_polls.fetch_add(1, Ordering::SeqCst);
        match &mut *self.seen.gate.lock().unwrap() {
            Gate::Open => {
                self.readied = true;
                Poll::Ready(Ok(()))
            }
            Gate::Closed(waiting) => {
                waiting.push(cx.waker().clone());
                Poll::Pending
            }
            Gate::Broken => Poll::Ready(Err(Fault("not ready"))),
        }
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        if !std::mem::take(&mut self.readied) {
            self.seen.violations.fetch_add(1, Ordering::SeqCst);
        }
        self.seen.calls.fetch_add(1, Ordering::SeqCst);
        if self.seen.failing.load(Ordering::SeqCst) > 0 {
            return ready(Err(Fault("call failed")));
        }
        ready(Ok(Response::new(Body::from("inner"))))
    }
}
