//! The real sandbox sends to the extractors: every event, and every fault that a receiver has to put
//! up with.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::time::Duration;

use passid_core::client::NewWebhook;
use passid_core::webhook::{EventData, ReceivedWebhook, WebhookVerifier};
use passid_core::{
    ApiKey, DenyReason, InstitutionJwt, NewOutcome, PassidClient, ReportedOutcome, Token,
    WebhookSecret,
};
use passid_sandbox::{Sandbox, WebhookFault, WebhookFaultKind, demo};
use passid_tests::webhook::{PATH, Received, on_actix, on_axum};
use passid_tests::{apps, soon};

#[derive(Clone, Copy, Debug)]
enum Framework {
    Axum,
    Actix,
}

/// The receiver, serving until it is dropped.
enum Running {
    Axum(apps::axum::Running),
    Actix(apps::actix::Running),
}

impl Running {
    async fn start(on: Framework, verifier: WebhookVerifier, received: &Received) -> Self {
        match on {
            Framework::Axum => Self::Axum(on_axum(verifier, received.clone()).await),
            Framework::Actix => Self::Actix(on_actix(verifier, received.clone()).await),
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Axum(running) => running.address,
            Self::Actix(running) => running.address,
        }
    }
}

const OLD: &str = demo::WEBHOOK_SECRET;
const NEW: &str = "whsec_new_000000000000000000000000";

fn secret(raw: &str) -> WebhookSecret {
    WebhookSecret::parse(raw).unwrap()
}

fn only(raw: &str) -> WebhookVerifier {
    WebhookVerifier::with_secret(secret(raw)).unwrap()
}

/// A sandbox, and the receiver that it sends to.
struct Pair {
    sandbox: Sandbox,
    received: Received,
    receiver: Running,
}

impl Pair {
    async fn start(on: Framework, verifier: WebhookVerifier) -> Self {
        let received = Received::default();
        let receiver = Running::start(on, verifier, &received).await;
        let url = format!("http://{}{PATH}", receiver.address());
        let sandbox = Sandbox::builder().webhook_url(url).freeze_clock(true).start().await.unwrap();
        Self { sandbox, received, receiver }
    }

    fn client(&self) -> PassidClient {
        let key = ApiKey::parse(self.sandbox.sandbox_key()).unwrap();
        PassidClient::builder(key).base_url(self.sandbox.url()).build().unwrap()
    }

    /// From now on the sandbox signs with [`NEW`].
    async fn change_secret(&self) {
        let jwt = InstitutionJwt::parse(&self.sandbox.institution_jwt()).unwrap();
        let url = format!("http://{}{PATH}", self.receiver.address());
        let webhook = NewWebhook::new(url).unwrap().secret(secret(NEW));
        self.client().set_webhook(&jwt, &webhook).await.unwrap();
    }

    async fn send_test(&self, fault: Option<WebhookFaultKind>) {
        if let Some(fault) = fault {
            self.sandbox.inject_webhook_fault(WebhookFault::on_any(fault)).unwrap();
        }
        self.sandbox.send_test_event("hello").unwrap();
        self.settle().await;
    }

    async fn settle(&self) {
        let settled = self.sandbox.deliveries_settled(Duration::from_secs(30));
        assert!(soon("every delivery", settled).await);
    }

    /// The answers to all attempts so far.
    fn statuses(&self) -> Vec<Option<u16>> {
        let deliveries = self.sandbox.deliveries();
        let attempts = deliveries.iter().flat_map(|delivery| &delivery.attempts);
        attempts.map(|attempt| attempt.status).collect()
    }
}

fn named<'a>(all: &'a [ReceivedWebhook], name: &str) -> &'a ReceivedWebhook {
    let mut found = all.iter().filter(|webhook| webhook.event.name() == name);
    let one = found.next().unwrap();
    assert!(found.next().is_none(), "{name} twice");
    one
}

async fn all_four_events_arrive(on: Framework) {
    let pair = Pair::start(on, only(OLD)).await;
    let client = pair.client();
    let token = Token::parse(demo::KENYA_TOKEN).unwrap();
    let verified = client.verify_token(&token).await.unwrap();
    let denied = Token::parse(demo::SANCTIONS_DENIED_TOKEN).unwrap();
    client.verify_token(&denied).await.unwrap_err();
    let outcome = NewOutcome::new(&token, ReportedOutcome::Repaid).amount_usd(5000.0).unwrap();
    client.report_outcome(&outcome).await.unwrap();
    pair.send_test(None).await;

    let all = pair.received.all();
    assert_eq!(all.len(), 4);
    for webhook in &all {
        assert_eq!((&*webhook.event.institution_id, webhook.body.secret_index()), ("42", 0));
    }
    let completed = named(&all, "verification.completed");
    let EventData::VerificationCompleted(data) = &completed.event.data else { panic!("{on:?}") };
    assert_eq!(data.token.as_ref(), Some(&token));
    assert_eq!(&data.claims, verified.claims());
    assert_eq!(data.verified_at, Some(completed.event.timestamp));
    assert!(completed.event.semantic_key().is_some());

    let failed = named(&all, "verification.failed");
    let EventData::VerificationFailed(data) = &failed.event.data else { panic!("{on:?}") };
    assert_eq!(data.token.as_ref(), Some(&denied));
    assert_eq!(data.reason, DenyReason::HardDenySanctionsMatch);
    assert!(data.is_final());

    let reported = named(&all, "outcome.reported");
    let EventData::OutcomeReported(data) = &reported.event.data else { panic!("{on:?}") };
    assert_eq!(data.known_outcome(), Some(ReportedOutcome::Repaid));
    assert_eq!(data.amount_usd, Some(5000.0));
    assert!(reported.event.semantic_key().is_some());

    let test = named(&all, "webhook.test");
    let EventData::Test(data) = &test.event.data else { panic!("{on:?}") };
    assert_eq!(data["message"], "hello");
    assert!(pair.sandbox.deliveries().iter().all(|delivery| delivery.state == "delivered"));
}

async fn a_wrong_signature_is_refused_and_redelivered_by_hand(on: Framework) {
    let pair = Pair::start(on, only(OLD)).await;
    pair.send_test(Some(WebhookFaultKind::wrong_signature())).await;
    assert_eq!(pair.statuses(), [Some(401)]);
    assert!(pair.received.all().is_empty());
    let delivery = &pair.sandbox.deliveries()[0];
    let answer = delivery.attempts[0].answer.as_deref().unwrap();
    assert_eq!(
        answer,
        r#"{"error":{"code":"SIGNATURE_INVALID","message":"The webhook signature is not valid."}}"#
    );
    // By hand it is sent as it should have been.
    assert!(pair.sandbox.redeliver(&delivery.id));
    pair.settle().await;
    assert_eq!(pair.statuses(), [Some(401), Some(200)]);
    assert_eq!(pair.received.all().len(), 1);
}

async fn an_old_secret_is_accepted_only_as_a_previous_one(on: Framework) {
    let rotating =
        WebhookVerifier::builder().secret(secret(NEW)).previous_secret(secret(OLD)).build();
    for (verifier, answers) in
        [(rotating.unwrap(), [Some(200), Some(200)]), (only(NEW), [Some(200), Some(401)])]
    {
        let pair = Pair::start(on, verifier).await;
        pair.change_secret().await;
        pair.send_test(None).await;
        pair.send_test(Some(WebhookFaultKind::old_secret())).await;
        assert_eq!(pair.statuses(), answers);
        let indices: Vec<_> =
            pair.received.all().iter().map(|webhook| webhook.body.secret_index()).collect();
        assert_eq!(indices, if answers[1] == Some(200) { vec![0, 1] } else { vec![0] });
    }
}

async fn a_change_of_the_secret_before_the_receiver_knows_it_is_refused(on: Framework) {
    let pair = Pair::start(on, only(OLD)).await;
    pair.change_secret().await;
    pair.send_test(None).await;
    assert_eq!(pair.statuses(), [Some(401)]);
}

async fn a_duplicate_has_the_same_bytes(on: Framework) {
    let pair = Pair::start(on, only(OLD)).await;
    pair.send_test(Some(WebhookFaultKind::duplicate())).await;
    assert_eq!(pair.statuses(), [Some(200), Some(200)]);
    let all = pair.received.all();
    assert_eq!(all[0].body.sha256(), all[1].body.sha256());
    assert_eq!(all[0].event, all[1].event);
}

async fn a_restamped_attempt_has_other_bytes_and_the_same_semantic_key(on: Framework) {
    // The first attempt is signed with a secret that the receiver does not know.
    let pair = Pair::start(on, only(NEW)).await;
    pair.sandbox.inject_webhook_fault(WebhookFault::on_any(WebhookFaultKind::restamp())).unwrap();
    let token = Token::parse(demo::KENYA_TOKEN).unwrap();
    pair.client().verify_token(&token).await.unwrap();
    pair.settle().await;
    pair.change_secret().await;
    pair.sandbox.advance_clock(Duration::from_secs(30)).unwrap();
    pair.settle().await;
    // By hand it carries the time of the event again.
    assert!(pair.sandbox.redeliver(&pair.sandbox.deliveries()[0].id));
    pair.settle().await;
    assert_eq!(pair.statuses(), [Some(401), Some(200), Some(200)]);
    let all = pair.received.all();
    assert_ne!(all[0].body.sha256(), all[1].body.sha256());
    let later = all[0].event.timestamp.duration_since(all[1].event.timestamp).unwrap();
    assert_eq!(later, Duration::from_secs(30));
    assert!(all[0].event.semantic_key().is_some());
    assert_eq!(all[0].event.semantic_key(), all[1].event.semantic_key());
}

macro_rules! on_both {
    ($($name:ident)*) => {
        mod axum {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::Framework::Axum).await;
                }
            )*
        }

        mod actix {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::Framework::Actix).await;
                }
            )*
        }
    };
}

on_both! {
    all_four_events_arrive
    a_wrong_signature_is_refused_and_redelivered_by_hand
    an_old_secret_is_accepted_only_as_a_previous_one
    a_change_of_the_secret_before_the_receiver_knows_it_is_refused
    a_duplicate_has_the_same_bytes
    a_restamped_attempt_has_other_bytes_and_the_same_semantic_key
}
