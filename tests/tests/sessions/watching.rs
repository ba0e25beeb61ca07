//! `watch_session`, waits that are dropped, and two that wait for one session.

use futures_util::{FutureExt, StreamExt};
use passid_core::{RequestId, SessionStatus};
use passid_sandbox::{Fault, FaultKind, Route};
use passid_tests::soon;
use passid_tests::standing::Standing;

use super::{INTERVAL, create, single, word};

#[tokio::test]
async fn a_watch_yields_each_change_once_with_faults_in_between() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let session = create(&client, 600).await;
    let sandbox = &standing.sandbox;
    let faults = Fault::on(Route::Session, FaultKind::reset()).nth(3).times(2);
    sandbox.inject_fault(faults).unwrap();
    let mut changes = client.watch_session(&session);
    let all = standing.pass(changes.by_ref().map(word).collect::<Vec<_>>(), |pause, _| {
        if pause == 6 {
            sandbox.approve_session(session.request_id.as_str()).unwrap();
        }
    });
    assert_eq!(soon("the end of the watch", all).await, ["pending", "completed"]);
    let polls = sandbox.calls(Route::Session);
    for _ in 0..3 {
        assert!(changes.next().await.is_none(), "the end is the end");
    }
    assert_eq!(sandbox.calls(Route::Session), polls, "no poll after the end");
}

#[tokio::test]
async fn a_watch_of_a_session_that_is_not_known_is_one_error() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let unknown = RequestId::parse("req_nobody").unwrap();
    let all = soon("the error", client.watch_session(&unknown).map(word).collect::<Vec<_>>()).await;
    assert_eq!(all, ["error: session_not_found"]);
}

#[tokio::test]
async fn a_dropped_wait_stops_polling_and_another_takes_over() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let session = create(&client, 600).await;
    for round in 1..=3 {
        let mut waiting = Box::pin(client.wait_for_session(&session));
        let pauses = standing.pauses().len();
        let begun = async {
            while standing.pauses().len() == pauses {
                assert!((&mut waiting).now_or_never().is_none());
                tokio::task::yield_now().await;
            }
        };
        soon("the first pause", begun).await;
        drop(waiting);
        standing.advance(INTERVAL * 2);
        assert_eq!(standing.sandbox.calls(Route::Session), round, "a dropped wait goes on");
    }
    standing.sandbox.decline_session(session.request_id.as_str()).unwrap();
    let state = soon("the end", client.wait_for_session(&session.request_id)).await.unwrap();
    assert!(matches!(state.status, SessionStatus::Declined));
}

#[tokio::test]
async fn two_that_wait_for_one_session_both_get_its_credential() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let other = single(&standing);
    let session = create(&client, 600).await;
    let both = async {
        let watched = other.watch_session(&session.request_id).map(word).collect::<Vec<_>>();
        tokio::join!(client.wait_for_session(&session), watched)
    };
    let sandbox = &standing.sandbox;
    let (waited, watched) = soon(
        "both ends",
        standing.pass(both, |pause, _| {
            if pause == 3 {
                sandbox.approve_session(session.request_id.as_str()).unwrap();
            }
        }),
    )
    .await;
    assert!(waited.unwrap().credential().is_some());
    assert_eq!(watched, ["pending", "completed"]);
}
