#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use passid_core::client::{PassidClientBuilder, Transport};
use passid_core::{ApiKey, Clock, PassidClient, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::Listening;

/// A verification as PASSID publishes it. No token is repeated, so it is right for each.
pub(crate) const ANSWER: &str = r#"{"credential_valid":true,"verification_id":"vrf_01hzk3vw0kg9","verified_at":"2026-03-17T14:02:11Z","credential_status":"active","issuer":"passid","claims":{"identity_verified":true,"income_verified":true,"income_band":"$3,000-4,000/mo","sanctions_screening_clear":true,"payment_behavior_verified":true,"savings_behavior_verified":true,"identity_and_fraud_checks_passed":true,"data_window_days":180,"freshness_hours":2,"linked_accounts":3,"corridor":"KE->GB"},"signature":{"algorithm":"ed25519","status":"verified"},"revocation_status":"not_revoked","raw_transactions_included":false,"expires_at":"2099-06-08T12:00:00Z","policy_version":"verifier_policy_v1","model_version":"passid_fsi_v1_0"}"#;

/// The least that stands for the PASSID API: every call is answered alike and counted. The sandbox
/// would do, and be measured along.
#[derive(Debug)]
pub struct Upstream {
    listening: Listening,
    calls: Arc<AtomicU64>,
}

impl Upstream {
    /// Starts it; each answer takes `delay`.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start(delay: Duration) -> io::Result<Self> {
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        let listening = Listening::start(move |listener, stop| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                accept(listener, stop, delay, counted).await;
            });
        })?;
        Ok(Self { listening, calls })
    }

    /// Its address, as clients want it.
    pub fn url(&self) -> String {
        format!("http://{}", self.listening.address())
    }

    /// How many calls came so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn accept(
    listener: TcpListener,
    mut stop: oneshot::Receiver<()>,
    delay: Duration,
    calls: Arc<AtomicU64>,
) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.expect("a connection").0,
            _ = &mut stop => return,
        };
        stream.set_nodelay(true).expect("an option that every socket has");
        let calls = calls.clone();
        let answering = service_fn(move |request| answer(request, delay, calls.clone()));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answering);
        tokio::spawn(async move {
            // A client that goes away is no fault.
            let _ = connection.await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    delay: Duration,
    calls: Arc<AtomicU64>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    calls.fetch_add(1, Ordering::SeqCst);
    // What breaks off while it is sent was a call all the same.
    let _ = request.into_body().collect().await;
    if !delay.is_zero() {
        SystemClock.sleep(delay).await;
    }
    let answer = Response::builder()
        .header("content-type", "application/json")
        .header("x-passid-api-version", "1")
        .body(Full::from(ANSWER));
    Ok(answer.expect("the answer is well formed"))
}

/// Our client for this upstream, over the transport that it brings.
///
/// # Panics
///
/// When it cannot be built.
pub fn client(upstream: &Upstream) -> PassidClient {
    builder(upstream).build().expect("a client")
}

/// Our client for this upstream, over another transport.
///
/// # Panics
///
/// When it cannot be built.
pub fn client_over(upstream: &Upstream, transport: impl Transport) -> PassidClient {
    builder(upstream).transport(transport).build().expect("a client")
}

fn builder(upstream: &Upstream) -> PassidClientBuilder {
    let key = ApiKey::parse("pk_sandbox_measurements").expect("a key");
    PassidClient::builder(key).base_url(upstream.url())
}
