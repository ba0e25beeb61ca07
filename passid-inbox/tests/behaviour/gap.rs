//! The alert for webhooks that do not come.

use std::sync::Arc;

use passid_core::client::RetrySettings;
use passid_core::testing::MockTransport;
use passid_core::{ApiKey, PassidClient, Token};
use passid_inbox::GapAlert;

use crate::faulty::FaultyStore;
use crate::stage::{MINUTE, SECOND, Stage, beginning, test_event};

fn alert(stage: &Stage) -> GapAlert<passid_inbox::store::MemoryStore> {
    GapAlert::new(stage.inbox.clone(), 15 * MINUTE)
}

#[tokio::test]
async fn nothing_is_missing_while_nothing_is_verified() {
    let stage = Stage::new();
    let alert = alert(&stage);
    stage.clock.advance(500 * MINUTE);
    assert_eq!(alert.check().await.unwrap(), None);
}

#[tokio::test]
async fn verifications_without_a_webhook_in_time_are_a_gap_until_one_comes() {
    let stage = Stage::new();
    let alert = alert(&stage);
    alert.verified();
    stage.clock.advance(10 * MINUTE);
    alert.verified();
    stage.clock.advance(5 * MINUTE);
    assert_eq!(alert.check().await.unwrap(), None);
    stage.clock.advance(SECOND);
    let gap = alert.check().await.unwrap().unwrap();
    assert_eq!(
        (gap.lasting, gap.verifications, gap.last_received),
        (15 * MINUTE + SECOND, 2, None)
    );
    stage.deliver(&test_event("a")).await;
    assert_eq!(alert.check().await.unwrap(), None);
    stage.clock.advance(500 * MINUTE);
    assert_eq!(alert.check().await.unwrap(), None);
}

#[tokio::test]
async fn a_webhook_before_a_verification_does_not_speak_for_it() {
    let stage = Stage::new();
    let alert = alert(&stage);
    stage.deliver(&test_event("a")).await;
    stage.clock.advance(MINUTE);
    alert.verified();
    stage.clock.advance(16 * MINUTE);
    let gap = alert.check().await.unwrap().unwrap();
    assert_eq!((gap.lasting, gap.last_received), (16 * MINUTE, Some(beginning())));
}

#[tokio::test]
async fn a_webhook_between_two_verifications_leaves_the_second_to_be_waited_for() {
    let stage = Stage::new();
    let alert = alert(&stage);
    alert.verified();
    stage.clock.advance(MINUTE);
    stage.deliver(&test_event("a")).await;
    stage.clock.advance(MINUTE);
    alert.verified();
    assert_eq!(alert.check().await.unwrap(), None);
    stage.clock.advance(16 * MINUTE);
    let gap = alert.check().await.unwrap().unwrap();
    assert_eq!((gap.lasting, gap.verifications), (16 * MINUTE, 1));
}

#[tokio::test]
async fn a_client_that_it_observes_counts_what_passid_sends_events_for_and_nothing_else() {
    let stage = Stage::new();
    let alert = Arc::new(alert(&stage));
    let transport = MockTransport::new();
    let client = PassidClient::builder(ApiKey::parse("pk_sandbox_gap").unwrap())
        .transport(transport.clone())
        .clock(Arc::new(stage.clock.clone()))
        .retry(RetrySettings::never())
        .observer(Arc::<GapAlert<_>>::clone(&alert))
        .build()
        .unwrap();
    let token = Token::parse("PASSID-AB3X").unwrap();
    assert!(client.verify_token(&token).await.is_err());
    stage.clock.advance(16 * MINUTE);
    assert_eq!(alert.check().await.unwrap(), None, "a call that failed is no verification");
    let answer = r#"{"credential_valid": true, "claims": {"income_verified": true}}"#;
    transport.answer(passid_core::client::ApiResponse::new(200, answer));
    client.verify_token(&token).await.unwrap();
    stage.clock.advance(16 * MINUTE);
    assert_eq!(alert.check().await.unwrap().unwrap().verifications, 1);
}

#[tokio::test]
async fn it_works_over_any_store() {
    let stage = Stage::over(FaultyStore::new());
    let alert = GapAlert::new(stage.inbox.clone(), MINUTE);
    alert.verified();
    stage.clock.advance(2 * MINUTE);
    assert!(alert.check().await.unwrap().is_some());
}
