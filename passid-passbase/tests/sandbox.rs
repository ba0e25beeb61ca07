//! The client and the verifier against the emulated API, over HTTP: each transition as a guard sees it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{NONCE, metadata, now, shows_nothing};
use passid_core::client::RetrySettings;
use passid_core::testing::ManualClock;
use passid_core::{Clock, Environment, Health, Probe, Token, Verdict, Verify};
use passid_passbase::model::{FileType, ResourceStatus};
use passid_passbase::webhook::{Event, EventName, WebhookOpener, WebhookSecret};
use passid_passbase::{
    ErrorKind, FileContent, IdentityAccessKey, IdentityStatus, PageRequest, PassbaseClient,
    PassbaseVerifier, RecentProcessedTimes, SecretKey, reason,
};
use passid_sandbox::passbase::{
    Files, NewIdentity, OlderWebhook, Passbase, SECRET_KEY, Thresholds, TransitionError,
};
use passid_sandbox::{Fault, FaultKind, Route, Sandbox};
use serde_json::json;

const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

struct Bench {
    sandbox: Sandbox,
    client: PassbaseClient,
    clock: ManualClock,
}

async fn bench() -> Bench {
    let clock = ManualClock::at(now());
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let sandbox = Sandbox::builder().clock(shared.clone()).start().await.unwrap();
    let client = PassbaseClient::builder(key(SECRET_KEY))
        .base_url(sandbox.passbase().url())
        .clock(shared)
        .retry(RetrySettings::never())
        .build()
        .unwrap();
    Bench { sandbox, client, clock }
}

fn key(raw: &str) -> SecretKey {
    SecretKey::parse(raw, Environment::Sandbox).unwrap()
}

impl Bench {
    fn passbase(&self) -> Passbase<'_> {
        self.sandbox.passbase()
    }

    fn begin(&self) -> IdentityAccessKey {
        let new = NewIdentity { metadata: metadata(), ..NewIdentity::default() };
        IdentityAccessKey::parse(&self.passbase().begin(new).unwrap()).unwrap()
    }

    /// Handed in and processed.
    fn processed(&self) -> IdentityAccessKey {
        let key = self.begin();
        self.passbase().submit(key.expose()).unwrap();
        self.passbase().process(key.expose()).unwrap();
        key
    }

    async fn verdict(&self, key: &IdentityAccessKey) -> Verdict {
        self.verdict_by(key, PassbaseVerifier::new(self.client.clone())).await
    }

    async fn verdict_by(&self, key: &IdentityAccessKey, verifier: PassbaseVerifier) -> Verdict {
        verifier.verify(Token::parse(&format!("{}.{NONCE}", key.expose())).unwrap()).await
    }

    fn events(&self) -> Vec<Event> {
        let webhooks = self.passbase().take_webhooks();
        let secret = WebhookSecret::parse(std::str::from_utf8(SECRET).unwrap()).unwrap();
        let openers = [WebhookOpener::encrypted(secret), WebhookOpener::plain_and_forgeable()];
        let open = |kind: &str, body: &str| {
            openers.iter().find_map(|opener| opener.open(Some(kind), body.as_bytes()).ok())
        };
        webhooks.iter().map(|w| open(w.content_type, &w.body).unwrap()).collect()
    }

    fn event_names(&self) -> Vec<EventName> {
        self.events().into_iter().map(|event| event.event).collect()
    }
}

#[tokio::test]
async fn only_an_approval_makes_a_credential() {
    let bench = bench().await;
    let key = bench.begin();
    assert_eq!(common::denial(bench.verdict(&key).await), reason::NOT_APPROVED);
    bench.passbase().submit(key.expose()).unwrap();
    assert_eq!(common::denial(bench.verdict(&key).await), reason::NOT_APPROVED);
    bench.passbase().process(key.expose()).unwrap();
    assert_eq!(common::denial(bench.verdict(&key).await), reason::NOT_APPROVED);
    bench.passbase().review(key.expose(), true).unwrap();
    let claims = common::credential(bench.verdict(&key).await).claims().clone();
    assert_eq!(claims.identity_verified, Some(true));
    assert_eq!(claims.identity_and_fraud_checks_passed, Some(true));
    assert_eq!(claims.sanctions_screening_clear, None, "nobody has looked");
    bench.passbase().screen(key.expose(), &[]).unwrap();
    let claims = common::credential(bench.verdict(&key).await).claims().clone();
    assert_eq!(claims.sanctions_screening_clear, Some(true));
    bench.passbase().review(key.expose(), false).unwrap();
    assert_eq!(common::denial(bench.verdict(&key).await), reason::DECLINED);
    assert_eq!(
        bench.event_names(),
        [
            EventName::VerificationCompleted,
            EventName::VerificationReviewed,
            EventName::VerificationReviewed
        ]
    );
}

#[tokio::test]
async fn the_trap_completed_says_approved_and_the_identity_is_pending() {
    let bench = bench().await;
    bench.passbase().set_thresholds(Thresholds { approve: 0.85, decline: 0.7 }).unwrap();
    bench.passbase().set_webhook_secret(*SECRET).unwrap();
    let key = bench.begin();
    bench.passbase().submit(key.expose()).unwrap();
    bench.passbase().screen(key.expose(), &["pep-class-1"]).unwrap();
    bench.passbase().process(key.expose()).unwrap();
    let events = bench.events();
    assert_eq!(events[0].event, EventName::VerificationCompleted);
    assert_eq!(events[0].status, Some(IdentityStatus::Approved));
    assert_eq!(events[1].event, EventName::WatchlistMonitoring);
    assert!(events[1].may_revoke());
    let identity = bench.client.identity_of(&events[0]).await.unwrap();
    assert_eq!(identity.status, Some(IdentityStatus::Pending));
    assert_eq!(common::denial(bench.verdict(&key).await), reason::NOT_APPROVED);
}

#[tokio::test]
async fn a_finding_takes_an_approval_back_and_a_sanction_outweighs_the_next_one() {
    let bench = bench().await;
    bench.passbase().set_thresholds(Thresholds { approve: 0.85, decline: 0.7 }).unwrap();
    let key = bench.processed();
    common::credential(bench.verdict(&key).await);
    bench.passbase().screen(key.expose(), &["sanction"]).unwrap();
    assert_eq!(common::denial(bench.verdict(&key).await), reason::NOT_APPROVED);
    bench.passbase().review(key.expose(), true).unwrap();
    assert_eq!(common::denial(bench.verdict(&key).await), "HARD_DENY_SANCTIONS_MATCH");
}

#[tokio::test]
async fn the_age_counts_from_processed_of_the_webhook() {
    let bench = bench().await;
    let key = bench.begin();
    bench.clock.advance(Duration::from_secs(10 * 3600));
    bench.passbase().submit(key.expose()).unwrap();
    bench.passbase().process(key.expose()).unwrap();
    bench.clock.advance(Duration::from_secs(5 * 3600));
    bench.passbase().review(key.expose(), true).unwrap();
    let times = RecentProcessedTimes::with_capacity(10);
    bench.events().iter().for_each(|event| times.note(event));
    let plain = common::credential(bench.verdict(&key).await);
    assert_eq!(plain.claims().freshness_hours, Some(15), "from the document");
    let verifier = PassbaseVerifier::new(bench.client.clone()).processed_times(Arc::new(times));
    let noted = common::credential(bench.verdict_by(&key, verifier).await);
    assert_eq!(noted.claims().freshness_hours, Some(5));
}

#[tokio::test]
async fn an_edit_and_an_authentication_are_told_and_change_what_they_say() {
    let bench = bench().await;
    let key = bench.processed();
    assert_eq!(
        bench.passbase().authenticate(key.expose()).unwrap_err(),
        TransitionError::State { status: "pending" }
    );
    bench.passbase().review(key.expose(), true).unwrap();
    bench.passbase().authenticate(key.expose()).unwrap();
    bench.passbase().edit(key.expose(), "date_of_expiry", json!("2019-01-01")).unwrap();
    let events = bench.events();
    let names: Vec<_> = events.iter().skip(2).map(|event| event.event.clone()).collect();
    assert_eq!(names, [EventName::IdentityAuthenticated, EventName::DatapointUpdated]);
    let edited = events.last().unwrap();
    assert_eq!(edited.data_point.as_deref(), Some("DATE_OF_EXPIRY"));
    let claims = common::credential(bench.verdict(&key).await).claims().clone();
    assert_eq!(claims.identity_and_fraud_checks_passed, Some(false));
}

#[tokio::test]
async fn every_webhook_is_opened_plain_and_encrypted() {
    for secret in [None, Some(*SECRET)] {
        let bench = bench().await;
        bench.passbase().set_webhook_secret(secret).unwrap();
        let key = bench.processed();
        let key = key.expose();
        bench.passbase().review(key, true).unwrap();
        bench.passbase().authenticate(key).unwrap();
        bench.passbase().screen(key, &["sanction"]).unwrap();
        bench.passbase().edit(key, "sex", json!("F")).unwrap();
        bench.passbase().send_older(key, OlderWebhook::Processed2020).unwrap();
        let events = bench.events();
        assert!(events.iter().all(|event| event.key.expose() == key));
        let names: Vec<_> = events.into_iter().map(|event| event.event).collect();
        assert_eq!(
            names,
            [
                EventName::VerificationCompleted,
                EventName::VerificationReviewed,
                EventName::IdentityAuthenticated,
                EventName::WatchlistMonitoring,
                EventName::DatapointUpdated,
                EventName::AuthenticationProcessed,
            ]
        );
    }
}

#[tokio::test]
async fn the_webhooks_of_2019_are_read() {
    let bench = bench().await;
    let key = bench.processed();
    bench.passbase().take_webhooks();
    for (older, name) in [
        (OlderWebhook::Created2019, EventName::AuthenticationCreated),
        (OlderWebhook::Finished2019, EventName::AuthenticationFinished),
        (OlderWebhook::Processed2019, EventName::AuthenticationProcessed),
        (OlderWebhook::ReviewStatusChanged2019, EventName::AuthenticationReviewStatusChanged),
    ] {
        bench.passbase().send_older(key.expose(), older).unwrap();
        let event = bench.events().remove(0);
        assert_eq!((event.event, event.key.expose()), (name, key.expose()));
        assert!(!event.extra.contains_key("api_key"));
    }
}

#[cfg(feature = "metadata-signing")]
#[tokio::test]
async fn metadata_that_the_service_signed_binds_the_identity() {
    use passid_passbase::{FlowMetadata, MetadataKey};

    let bench = bench().await;
    let private = MetadataKey::from_pem(include_str!("vectors/metadata_key.pem")).unwrap();
    let mut settings = bench.passbase().settings();
    settings.thresholds = Some(Thresholds { approve: 0.85, decline: 0.7 });
    settings.metadata_key = Some(include_str!("vectors/metadata_public_key.pem").to_owned());
    bench.passbase().set_settings(settings).unwrap();
    let metadata = FlowMetadata::new("user-42", &common::nonce()).unwrap();
    let signed = private.sign(&metadata).unwrap();
    let keys = [signed.clone(), signed.replacen(&signed[..1], "A", 1)].map(|signed| {
        let new = NewIdentity { signed_metadata: Some(signed), ..NewIdentity::default() };
        let key = bench.passbase().begin(new).unwrap();
        bench.passbase().submit(&key).unwrap();
        bench.passbase().process(&key).unwrap();
        IdentityAccessKey::parse(&key).unwrap()
    });
    common::credential(bench.verdict(&keys[0]).await);
    assert_eq!(common::denial(bench.verdict(&keys[1]).await), reason::ANOTHER_CALLER);
}

#[tokio::test]
async fn thresholds_decide_and_tell_so() {
    let bench = bench().await;
    bench.passbase().set_thresholds(Thresholds { approve: 0.99, decline: 0.97 }).unwrap();
    let key = bench.processed();
    assert_eq!(common::denial(bench.verdict(&key).await), reason::DECLINED);
    let statuses: Vec<_> = bench.events().into_iter().map(|event| event.status).collect();
    assert_eq!(statuses, [Some(IdentityStatus::Declined), Some(IdentityStatus::Declined)]);
}

#[tokio::test]
async fn every_read_is_served() {
    let bench = bench().await;
    assert!(matches!(bench.client.probe().await, Health::Accepted));
    let keys: Vec<_> = (0..5).map(|_| bench.processed()).collect();
    let mut listed = Vec::new();
    let mut identities = bench.client.all_identities(Some(2));
    while let Some(identity) = identities.try_next().await.unwrap() {
        listed.push(identity.id.unwrap());
    }
    assert_eq!(listed, keys, "in order of creation");

    let page = bench.client.resources(&keys[0], &PageRequest::first()).await.unwrap();
    assert!(page.next.is_none());
    let resource = &page.data[0];
    assert!(resource.datapoints.is_none(), "inside an identity only");
    let id = resource.id.clone().unwrap();
    let resource = bench.client.resource(&keys[0], &id).await.unwrap();
    assert_eq!(resource.status, Some(ResourceStatus::Processed));
    let entry = &resource.resource_files[0];
    assert_eq!(entry.file_type, Some(FileType::DocumentImage));
    let file = entry.id.clone().unwrap();

    let fetch = || bench.client.resource_file(&keys[0], &id, &file);
    let FileContent::Bytes(bytes) = fetch().await.unwrap() else { panic!() };
    assert_eq!(bytes.content_type(), "image/png");
    assert!(bytes.into_bytes().await.unwrap().starts_with(b"\x89PNG"));
    bench.passbase().set_files(Files::Json);
    assert!(matches!(fetch().await.unwrap(), FileContent::Json(_)));
    for files in [Files::Missing, Files::Forbidden] {
        bench.passbase().set_files(files);
        assert_eq!(fetch().await.unwrap_err().kind(), ErrorKind::FileNotAvailable);
    }
    let another = bench.client.resource(&keys[1], &id).await.unwrap_err();
    assert_eq!(another.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn refusals_are_served_too() {
    let bench = bench().await;
    let unknown = IdentityAccessKey::parse(common::KEY).unwrap();
    assert_eq!(bench.client.identity(&unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(common::denial(bench.verdict(&unknown).await), "TOKEN_NOT_FOUND");
    let cursor = PageRequest::first().after(passid_passbase::model::Cursor::new("?"));
    let error = bench.client.identities(&cursor).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RequestRefused);

    let fault = Fault::on(Route::AnyPassbase, FaultKind::status(503));
    bench.sandbox.inject_fault(fault).unwrap();
    assert_eq!(bench.client.settings().await.unwrap_err().kind(), ErrorKind::Failed);
    bench.client.settings().await.unwrap();

    let stranger = PassbaseClient::builder(key("another-key")).base_url(bench.passbase().url());
    let error = stranger.build().unwrap().settings().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyRefused);
    assert_eq!(bench.passbase().review("x", true).unwrap_err(), TransitionError::Unknown);
    shows_nothing(&format!("{error:?} {:?}", bench.passbase()));
}
