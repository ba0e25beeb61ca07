//! The access token: one fetch for any number of calls, renewed early, replaced once when refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{ACCESS, Api, ID, SECRET, api, chain, credentials, session, status};
use passid_core::BoxFuture;
use passid_core::client::{ApiRequest, ApiResponse, Transport, TransportError};
use passid_docverify::{DocumentVerificationClient, ErrorKind, Region};
use serde_json::json;

async fn ask(api: &Api) -> Result<(), ErrorKind> {
    api.client.result(&session()).await.map(|_| ()).map_err(|error| error.kind())
}

fn fetches(api: &Api) -> usize {
    api.sent().iter().filter(|line| line.ends_with("/oidc/token")).count()
}

#[tokio::test]
async fn the_token_is_asked_for_beside_verify_with_its_resource_and_then_kept() {
    let api = api(Region::Eu);
    api.grant(ACCESS, 3600);
    for _ in 0..3 {
        api.answer(200, status("pending"));
        ask(&api).await.unwrap();
    }
    let requests = api.transport.requests();
    assert_eq!(api.sent()[0], "POST https://api.eu.transmitsecurity.io/oidc/token");
    assert_eq!(requests[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    let form = String::from_utf8(requests[0].body().to_vec()).unwrap();
    assert_eq!(
        form,
        format!(
            "client_id={ID}&client_secret={SECRET}&grant_type=client_credentials\
             &resource=https%3A%2F%2Fverify.identity.security"
        )
    );
    assert_eq!((fetches(&api), requests.len()), (1, 4));
    assert_eq!(api.bearer(3).unwrap(), format!("Bearer {ACCESS}"));
    let header = |request: &ApiRequest| {
        request.headers().iter().any(|header| header.name == "authorization" && header.sensitive)
    };
    assert!(header(&requests[1]), "the transport must keep it out of its logs");
}

#[tokio::test]
async fn a_token_is_renewed_a_minute_before_its_end() {
    let api = api(Region::Us);
    api.grant("first", 3600);
    api.answer(200, status("pending"));
    ask(&api).await.unwrap();
    api.clock.advance(Duration::from_secs(3539));
    api.answer(200, status("pending"));
    ask(&api).await.unwrap();
    assert_eq!(fetches(&api), 1);
    api.clock.advance(Duration::from_secs(1));
    api.grant("second", 3600);
    api.answer(200, status("pending"));
    ask(&api).await.unwrap();
    assert_eq!((fetches(&api), api.bearer(4).unwrap()), (2, "Bearer second".to_owned()));
}

#[tokio::test]
async fn an_early_renewal_that_fails_costs_nothing_while_the_token_is_good() {
    let api = api(Region::Us);
    api.grant("first", 3600);
    api.answer(200, status("pending"));
    ask(&api).await.unwrap();
    api.clock.advance(Duration::from_secs(3550));
    api.answer(401, "");
    for _ in 0..2 {
        api.answer(200, status("pending"));
        ask(&api).await.unwrap();
    }
    assert_eq!(fetches(&api), 2, "the next early renewal waits a little");
    api.clock.advance(Duration::from_secs(60));
    api.answer(401, "");
    assert_eq!(ask(&api).await, Err(ErrorKind::CredentialsRefused), "now it has ended");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let api = api(Region::Us);
    api.grant("first", 3600);
    api.answer(401, "");
    api.grant("second", 3600);
    api.answer(200, status("pending"));
    ask(&api).await.unwrap();
    assert_eq!(api.bearer(1).unwrap(), "Bearer first");
    assert_eq!(api.bearer(3).unwrap(), "Bearer second");

    api.answer(401, "");
    api.grant("third", 3600);
    api.answer(401, "");
    assert_eq!(ask(&api).await, Err(ErrorKind::CredentialsRefused));
    assert_eq!(api.sent().len(), 7, "and no more than once");
}

#[tokio::test]
async fn each_answer_of_the_token_endpoint_has_its_meaning() {
    for (code, kind, tries) in [
        (400, ErrorKind::CredentialsRefused, 1),
        (401, ErrorKind::CredentialsRefused, 1),
        (403, ErrorKind::CredentialsRefused, 1),
        (404, ErrorKind::UnexpectedStatus, 1),
        (301, ErrorKind::UnexpectedStatus, 1),
        (429, ErrorKind::RateLimited, 3),
        (500, ErrorKind::Failed, 3),
    ] {
        let api = api(Region::Us);
        for _ in 0..tries {
            api.answer(code, json!({"error": "invalid_client", "error_description": SECRET}));
        }
        let error = api.client.result(&session()).await.unwrap_err();
        assert_eq!((error.kind(), api.sent().len()), (kind, tries), "{code}");
        assert!(!format!("{error:?} {}", chain(&error)).contains(SECRET));
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_used_is_none() {
    for body in [
        json!({"access_token": "a", "token_type": "mac", "expires_in": 1}),
        json!({"access_token": "a b", "token_type": "Bearer", "expires_in": 1}),
        json!({"access_token": "a\r\nx: y", "token_type": "Bearer", "expires_in": 1}),
        json!({"access_token": "", "token_type": "Bearer", "expires_in": 1}),
        json!({"access_token": "a", "token_type": "Bearer", "expires_in": -1}),
        json!({"access_token": "a", "token_type": "Bearer", "expires_in": "3600"}),
        json!({"token_type": "Bearer", "expires_in": 1}),
        json!([]),
    ] {
        let api = api(Region::Us);
        api.answer(200, &body);
        assert_eq!(ask(&api).await, Err(ErrorKind::Undecodable), "{body}");
    }
    let lenient = api(Region::Us);
    lenient.answer(200, json!({"access_token": "a", "token_type": "bearer"}));
    lenient.answer(200, status("pending"));
    ask(&lenient).await.unwrap();
}

#[tokio::test]
async fn a_token_endpoint_that_never_answers_is_within_the_deadline_of_the_call() {
    let api = api(Region::Us);
    for _ in 0..3 {
        api.transport.hang();
    }
    let kind = ask(&api).await.unwrap_err();
    assert!(matches!(kind, ErrorKind::Timeout | ErrorKind::Interrupted), "{kind:?}");
    use passid_core::Clock;
    let deadline = passid_docverify::ClientBuilder::DEFAULT_OPERATION_TIMEOUT;
    assert!(api.clock.elapsed() <= deadline, "{:?}", api.clock.elapsed());
}

/// Grants or refuses tokens once it is told to, and answers everything else at once.
#[derive(Clone, Debug)]
struct Gate {
    open: tokio::sync::watch::Receiver<bool>,
    code: u16,
    seconds: u64,
    fetches: Arc<AtomicUsize>,
}

impl Transport for Gate {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let gate = self.clone();
        Box::pin(async move {
            if !request.url().ends_with("/oidc/token") {
                return Ok(ApiResponse::new(200, status("pending").to_string()));
            }
            gate.fetches.fetch_add(1, Ordering::SeqCst);
            gate.open.clone().wait_for(|open| *open).await.unwrap();
            let body =
                json!({"access_token": "a", "token_type": "Bearer", "expires_in": gate.seconds});
            Ok(ApiResponse::new(gate.code, body.to_string()))
        })
    }
}

#[tokio::test]
async fn any_number_of_callers_share_one_fetch_and_its_failure() {
    for (code, expected) in [(200, Ok(())), (401, Err(ErrorKind::CredentialsRefused))] {
        let (opener, open) = tokio::sync::watch::channel(false);
        let gate = Gate { open, code, seconds: 3600, fetches: Arc::default() };
        let client = DocumentVerificationClient::builder(Region::Us, credentials())
            .transport(gate.clone())
            .build()
            .unwrap();
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.result(&session()).await })
            })
            .collect();
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
        opener.send(true).unwrap();
        for call in calls {
            let result = call.await.unwrap().map(|_| ()).map_err(|error| error.kind());
            assert_eq!(result, expected);
        }
        assert_eq!(gate.fetches.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_fetch_to_the_next() {
    let (opener, open) = tokio::sync::watch::channel(false);
    let gate = Gate { open, code: 200, seconds: 3600, fetches: Arc::default() };
    let client = DocumentVerificationClient::builder(Region::Us, credentials())
        .transport(gate.clone())
        .build()
        .unwrap();
    let spawn = || {
        let client = client.clone();
        tokio::spawn(async move { client.result(&session()).await })
    };
    let (first, second) = (spawn(), spawn());
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
    first.abort();
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
    opener.send(true).unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(gate.fetches.load(Ordering::SeqCst), 2);
}

/// Grants a token after this long, by the client's own clock.
#[derive(Clone, Debug)]
struct Slow {
    clock: passid_core::testing::ManualClock,
    takes: Duration,
    seconds: u64,
    sent: passid_core::testing::MockTransport,
}

impl Transport for Slow {
    fn send(&self, request: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        if request.url().ends_with("/oidc/token") {
            self.clock.advance(self.takes);
            let body =
                json!({"access_token": "a", "token_type": "Bearer", "expires_in": self.seconds});
            self.sent.answer(ApiResponse::new(200, body.to_string()));
        } else {
            self.sent.answer(ApiResponse::new(200, status("pending").to_string()));
        }
        self.sent.send(request)
    }
}

fn slow(takes: Duration, seconds: u64) -> (DocumentVerificationClient, Slow) {
    let clock = passid_core::testing::ManualClock::at(common::start());
    let slow = Slow { clock: clock.clone(), takes, seconds, sent: Default::default() };
    let client = DocumentVerificationClient::builder(Region::Us, credentials())
        .transport(slow.clone())
        .clock(Arc::new(clock))
        .build()
        .unwrap();
    (client, slow)
}

#[tokio::test]
async fn what_cannot_be_answered_any_more_is_not_sent() {
    let (client, slow) = slow(Duration::from_secs(14), 3600);
    let asked = passid_docverify::NewSession::new();
    let error = client.create_session(&asked).await.unwrap_err();
    assert_eq!((error.kind(), slow.sent.requests().len()), (ErrorKind::Timeout, 1));
}

#[tokio::test]
async fn the_life_of_a_token_counts_from_before_it_was_asked_for() {
    let (client, slow) = slow(Duration::from_secs(5), 20);
    client.result(&session()).await.unwrap();
    slow.clock.advance(Duration::from_secs(12));
    client.result(&session()).await.unwrap();
    assert_eq!(slow.sent.requests().len(), 3, "nine tenths of its life are not over");
    slow.clock.advance(Duration::from_secs(1));
    client.result(&session()).await.unwrap();
    assert_eq!(slow.sent.requests().len(), 5, "now they are");
}

#[tokio::test]
async fn a_token_without_any_life_is_none_and_its_failure_is_shared() {
    let (opener, open) = tokio::sync::watch::channel(false);
    let gate = Gate { open, code: 200, seconds: 0, fetches: Arc::default() };
    let client = DocumentVerificationClient::builder(Region::Us, credentials())
        .transport(gate.clone())
        .build()
        .unwrap();
    let ask = || {
        let client = client.clone();
        tokio::spawn(async move { client.result(&session()).await })
    };
    let calls: Vec<_> = (0..20).map(|_| ask()).collect();
    for _ in 0..40 {
        tokio::task::yield_now().await;
    }
    opener.send(true).unwrap();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::Undecodable);
    }
    assert_eq!(gate.fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_caller_who_runs_out_of_time_fails_alone() {
    let (opener, open) = tokio::sync::watch::channel(false);
    let gate = Gate { open, code: 200, seconds: 3600, fetches: Arc::default() };
    let clock = passid_core::testing::ManualClock::at(common::start());
    let client = DocumentVerificationClient::builder(Region::Us, credentials())
        .transport(gate.clone())
        .clock(Arc::new(clock.clone()))
        .attempt_timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let settled = async || {
        for _ in 0..40 {
            tokio::task::yield_now().await;
        }
    };
    let ask = || {
        let client = client.clone();
        tokio::spawn(async move { client.result(&session()).await })
    };
    let early = ask();
    settled().await;
    clock.advance(Duration::from_secs(13));
    let late = ask();
    settled().await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(early.await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    opener.send(true).unwrap();
    late.await.unwrap().unwrap();
}
