//! What the layer costs a request in allocations and clones of the inner service: exact counts, over
//! the same service without it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::get;
use bytes::Bytes;
use http_body_util::Full;
use passid_axum::{PassidLayer, RequirePolicy};
use passid_core::testing::claims;
use passid_core::{
    BoxFuture, Clock, DenyReason, Environment, Guard, Policy, Token, Verdict, VerifiedCredential,
    Verify,
};
use tower::{Layer, Service};

/// A verifier that allocates nothing but the future that its signature asks for.
#[derive(Clone)]
struct Fixed {
    verdict: Verdict,
    when: When,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// As from a cache.
    AtOnce,
    /// In a future that is ready when first polled.
    Asked,
    /// In a future that has to wait, so that the guard sets its deadline.
    Later,
}

impl Verify for Fixed {
    fn peek(&self, _: &Token) -> Option<Verdict> {
        (self.when == When::AtOnce).then(|| self.verdict.clone())
    }

    fn verify(&self, _: Token) -> BoxFuture<'static, Verdict> {
        let (mut waits, verdict) = (self.when == When::Later, self.verdict.clone());
        Box::pin(poll_fn(move |_| match std::mem::take(&mut waits) {
            true => Poll::Pending,
            false => Poll::Ready(verdict.clone()),
        }))
    }
}

/// One allocation per timer, as with the real clock.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(poll_fn(move |_| {
            assert!(!duration.is_zero());
            Poll::Pending
        }))
    }
}

/// A service that allocates nothing and counts its clones.
#[derive(Default)]
struct Bare(Arc<AtomicUsize>);

impl Clone for Bare {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(self.0.clone())
    }
}

impl Service<Request<Full<Bytes>>> for Bare {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        ready(Ok(Response::new(Full::default())))
    }
}

const TOKEN: &str = "psid_sandbox_demo_001";

fn credential() -> VerifiedCredential {
    let (claims, received) = (claims::complete(), SystemTime::UNIX_EPOCH);
    VerifiedCredential::builder("passid", Environment::Sandbox, claims, received).build().unwrap()
}

fn layer(when: When, verdict: Verdict) -> PassidLayer<Fixed> {
    let guard = Guard::builder(Fixed { verdict, when }, Policy::verified_only());
    PassidLayer::new(guard.clock(Arc::new(Still)).build())
}

fn valid() -> Verdict {
    Verdict::Valid(credential())
}

fn invalid() -> Verdict {
    Verdict::Invalid(DenyReason::Unspecified)
}

/// Allocations of one request from its call to its response, the same each time once warm.
fn allocations<S, B: Default, R>(service: &mut S, token: &str, status: u16) -> u64
where
    S: Service<Request<B>, Response = Response<R>>,
{
    let mut once = || {
        let mut request = Request::new(B::default());
        if !token.is_empty() {
            request.headers_mut().insert("x-passid-token", token.parse().unwrap());
        }
        let mut response = None;
        let info = measure(|| {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(service.poll_ready(&mut cx).is_ready());
            let mut future = pin!(service.call(request));
            while response.is_none() {
                if let Poll::Ready(ready) = future.as_mut().poll(&mut cx) {
                    response = ready.ok();
                    assert!(response.is_some());
                }
            }
        });
        assert_eq!(response.unwrap().status(), status);
        info.count_total
    };
    let _warm = (once(), once());
    let counts = [once(), once(), once()];
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    counts[0]
}

/// One test for all, so that nothing else runs on the thread.
#[test]
fn a_request_costs_no_more_allocations_than_its_budget() {
    let mut report = String::new();
    let mut over = Vec::new();
    let mut check = |name: &str, count: u64, clones: usize, budget: (u64, usize)| {
        report.push_str(&format!("{name:<44} {count:>3} allocations {clones:>3} clones\n"));
        if count > budget.0 || clones != budget.1 {
            over.push(format!("{name}: {count} and {clones}, allowed {budget:?}"));
        }
    };

    let bare = allocations(&mut Bare::default(), TOKEN, 200);
    check("bare service", bare, 0, (0, 0));
    let rows = [
        ("verdict at once", When::AtOnce, valid(), TOKEN, 200, (4, 0)),
        ("verdict asked for", When::Asked, valid(), TOKEN, 200, (6, 1)),
        ("verdict waited for", When::Later, valid(), TOKEN, 200, (7, 1)),
        ("refused: no token", When::AtOnce, valid(), "", 401, (15, 0)),
        ("refused: not a token", When::AtOnce, valid(), "one, two", 401, (14, 0)),
        ("refused: denied at once", When::AtOnce, invalid(), TOKEN, 401, (15, 0)),
        ("refused: denied after a wait", When::Later, invalid(), TOKEN, 401, (18, 1)),
    ];
    for (name, when, verdict, token, status, budget) in rows {
        let inner = Bare::default();
        let clones = inner.0.clone();
        let mut service = layer(when, verdict).layer(inner);
        let count = allocations(&mut service, token, status);
        // Five requests were sent: two to warm up, three to count.
        check(name, count, clones.load(Ordering::SeqCst) / 5, budget);
    }

    let require = || RequirePolicy::new(Policy::verified_only()).clock(Arc::new(Still));
    let inner = Bare::default();
    let clones = inner.0.clone();
    let mut service = layer(When::AtOnce, valid()).layer(require().layer(inner));
    let count = allocations(&mut service, TOKEN, 200);
    check(
        "verdict at once, and a stricter policy",
        count,
        clones.load(Ordering::SeqCst) / 5,
        (4, 0),
    );

    let router = || Router::<()>::new().route("/", get(|| async {}));
    let alone = allocations::<_, Body, _>(&mut router(), TOKEN, 200);
    for (name, when, budget) in [
        ("over a router: verdict at once", When::AtOnce, 6),
        ("over a router: verdict asked for", When::Asked, 8),
        ("over a router: verdict waited for", When::Later, 9),
    ] {
        let mut app = router().route_layer(layer(when, valid()));
        let count = allocations::<_, Body, _>(&mut app, TOKEN, 200);
        check(name, count - alone, 0, (budget, 0));
    }
    println!("{report}");
    assert!(over.is_empty(), "{over:#?}\n{report}");
}
