//! What it shares with the API beside it: faults, journal, counts, clock, log.

use std::time::Duration;

use passid_sandbox::passbase::NewIdentity;
use passid_sandbox::{FAULT_HEADER, Fault, FaultKind, RequestFilter, Route, Sandbox};
use serde_json::{Value, json};

use super::{get, identity, marked, processed, request, sandbox};
use crate::support::{redeem, send};

#[tokio::test]
async fn faults_meet_its_calls_by_route_and_all_together() {
    let sandbox = sandbox().await;
    let key = processed(&sandbox);
    let path = format!("/identities/{key}");
    let fault = |route, kind| sandbox.inject_fault(Fault::on(route, kind)).unwrap();
    fault(Route::PassbaseIdentity, FaultKind::status_with_retry_after(503, 7));
    assert_eq!(get(&sandbox, "/settings").await.status, 200);
    let failed = get(&sandbox, &path).await;
    assert_eq!(failed.error(), (503, "503".to_owned()));
    assert_eq!(failed.header("retry-after"), Some("7"));
    assert_eq!(get(&sandbox, &path).await.status, 200);

    fault(Route::AnyPassbase, FaultKind::rate_limit(1));
    assert_eq!(redeem(&sandbox, "KE8V-3TXY-Z72L").await.status, 200, "another vendor's");
    assert_eq!(get(&sandbox, "/settings").await.error().0, 429);
    fault(Route::Any, FaultKind::html());
    assert_eq!(get(&sandbox, &path).await.header("content-type"), Some("text/html; charset=utf-8"));
    fault(Route::PassbaseSettings, FaultKind::reset());
    assert!(request(&sandbox, "/settings").send().await.is_err());
    for (asked, status) in [("status; status=418", 418), ("nonsense", 400)] {
        let refused = send(request(&sandbox, &path).header(FAULT_HEADER, asked)).await;
        assert_eq!(refused.error(), (status, status.to_string()));
    }
    let read: Value = serde_json::from_value(json!("any_passbase")).unwrap();
    assert_eq!(serde_json::from_value::<Route>(read).unwrap(), Route::AnyPassbase);
}

#[tokio::test]
async fn calls_are_counted_and_recorded_without_anything_secret_or_personal() {
    let sandbox = sandbox().await;
    let key = sandbox.passbase().begin(marked()).unwrap();
    get(&sandbox, &format!("/identities/{key}?MARKED=1")).await;
    get(&sandbox, &format!("/identity/{key}/resources?cursor=MARKED")).await;
    get(&sandbox, "/MARKED").await;
    redeem(&sandbox, "KE8V-3TXY-Z72L").await;
    assert_eq!(sandbox.calls(Route::AnyPassbase), 3);
    assert_eq!(sandbox.calls(Route::PassbaseIdentity), 1);
    assert_eq!(sandbox.calls(Route::Any), 4);
    let filter = RequestFilter::new().route(Route::AnyPassbase);
    let recorded = sandbox.requests(&filter);
    let seen: Vec<_> = recorded.iter().map(|it| (it.route, it.template, it.status)).collect();
    assert_eq!(
        seen,
        [
            (Route::PassbaseIdentity, "/passbase/verification/v2/identities/{id}", Some(200)),
            (
                Route::PassbaseResources,
                "/passbase/verification/v2/identity/{id}/resources",
                Some(400)
            ),
            (Route::AnyPassbase, "*", Some(404)),
        ]
    );
    assert_eq!(recorded[0].headers["x-api-key"], "present");
    assert_eq!(recorded[0].environment, None);
    let journal = serde_json::to_string(&recorded).unwrap();
    for secret in [sandbox.passbase().key(), &key, "MARKED"] {
        assert!(!journal.contains(secret), "{journal}");
    }
}

#[tokio::test]
async fn its_times_are_the_sandboxs() {
    let sandbox = sandbox().await;
    let passbase = sandbox.passbase();
    let key = passbase.begin(NewIdentity::default()).unwrap();
    sandbox.advance_clock(Duration::from_secs(60)).unwrap();
    passbase.submit(&key).unwrap();
    let read = identity(&sandbox, &key).await;
    assert_eq!(read["updated"].as_i64().unwrap() - read["created"].as_i64().unwrap(), 60);
}

#[tokio::test]
async fn the_oldest_make_room_by_number_and_by_age() {
    let sandbox = Sandbox::builder()
        .max_records(3)
        .max_age(Duration::from_secs(100))
        .clock(crate::support::sample_clock())
        .start()
        .await
        .unwrap();
    let keys: Vec<_> = (0..4).map(|_| processed(&sandbox)).collect();
    let path = |key: &str| format!("/identities/{key}");
    assert_eq!(get(&sandbox, &path(&keys[0])).await.status, 404);
    assert_eq!(get(&sandbox, &path(&keys[1])).await.status, 200);
    assert!(sandbox.passbase().review(&keys[0], true).is_err());
    sandbox.advance_clock(Duration::from_secs(100)).unwrap();
    let young = processed(&sandbox);
    let page = get(&sandbox, "/identities").await.json();
    let listed: Vec<_> = page["data"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    assert_eq!(listed, [&young]);
}
