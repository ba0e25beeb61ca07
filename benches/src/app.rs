#![allow(clippy::panic, reason = "a wrong answer must end the measurement")]

use std::fmt;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use passid_core::{Clock, SystemClock};

/// Requests made ahead of the clock. Few, so that they stay in the cache near the core.
const BATCH: u32 = 32;

/// An application and the request that it is asked, over and over. `Request` is the framework's.
pub struct App<Request> {
    make_request: Box<dyn Fn() -> Request>,
    serve: Box<dyn FnMut(Request) -> u16>,
    expected_status: u16,
}

impl<Request> App<Request> {
    pub(crate) fn new(
        expected_status: u16,
        make_request: impl Fn() -> Request + 'static,
        serve: impl FnMut(Request) -> u16 + 'static,
    ) -> Self {
        let (make_request, serve) = (Box::new(make_request), Box::new(serve));
        let mut app = Self { make_request, serve, expected_status };
        app.serve(app.request());
        app
    }

    /// A fresh request.
    pub fn request(&self) -> Request {
        (self.make_request)()
    }

    /// Serves a request and drops the response.
    ///
    /// # Panics
    ///
    /// When the status is not the expected one.
    pub fn serve(&mut self, request: Request) {
        let status = (self.serve)(request);
        if status != self.expected_status {
            panic!("expected the status {}, got {status}", self.expected_status);
        }
    }
}

/// What can be measured of an application without naming its framework.
pub trait Measurable {
    /// Makes and serves this many requests.
    fn serve_many(&mut self, requests: u32);

    /// Serves at least this many requests: the time per request in nanoseconds, without making it.
    fn time(&mut self, requests: u32) -> f64;

    /// Makes a request, and hands `around` the serving of it.
    fn serve_within(&mut self, around: &mut dyn FnMut(&mut dyn FnMut()));
}

impl<Request> Measurable for App<Request> {
    fn serve_many(&mut self, requests: u32) {
        for _ in 0..requests {
            self.serve(self.request());
        }
    }

    fn time(&mut self, requests: u32) -> f64 {
        let batches = requests.div_ceil(BATCH);
        let mut spent = Duration::ZERO;
        let mut batch = Vec::new();
        for _ in 0..batches {
            batch.extend((0..BATCH).map(|_| self.request()));
            let begun = SystemClock.elapsed();
            batch.drain(..).for_each(|request| self.serve(request));
            spent += SystemClock.elapsed() - begun;
        }
        spent.as_secs_f64() * 1e9 / f64::from(batches * BATCH)
    }

    fn serve_within(&mut self, around: &mut dyn FnMut(&mut dyn FnMut())) {
        let mut request = Some(self.request());
        around(&mut || {
            if let Some(request) = request.take() {
                self.serve(request);
            }
        });
    }
}

impl<Request> fmt::Debug for App<Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("expected_status", &self.expected_status)
            .finish_non_exhaustive()
    }
}

/// What a future gives that has nothing to wait for.
///
/// # Panics
///
/// When it waits.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a case that waits measures the waiting"),
    }
}
