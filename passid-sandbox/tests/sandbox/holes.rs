//! States and seeds that a tester could hand in by mistake, and what must not come of them.

use std::time::Instant;

use passid_sandbox::{NewCredential, Sandbox, demo};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::receiver::Receiver;
use crate::support::{
    VERIFY, admin, bearer, connect, get, post, post_with_key, redeem, send, session, share, verify,
};

async fn imported(change: impl FnOnce(&mut Value)) -> (Sandbox, u16) {
    let sandbox = Sandbox::start().await.unwrap();
    let mut state: Value = serde_json::from_str(&sandbox.export()).unwrap();
    change(&mut state["tables"]);
    let answer = admin(&sandbox, Method::PUT, "/state", Some(state)).await;
    (sandbox, answer.status)
}

async fn seeded(sandbox: &Sandbox, seed: Value) -> (u16, String) {
    let answer = admin(sandbox, Method::POST, "/seed", Some(seed)).await;
    (answer.status, answer.text)
}

#[tokio::test]
async fn counters_at_their_end_go_round() {
    let receiver = Receiver::start().await;
    let (sandbox, status) = imported(|tables| {
        let names =
            ["verifications", "audits", "outcomes", "shares", "customers", "deliveries", "spelt"];
        let end: Map<_, _> =
            names.map(|name| (name.to_owned(), json!(u64::MAX))).into_iter().collect();
        tables["counters"]["only"] = end.into();
        tables["institutions"]["42"]["sandbox"]["webhook"]["url"] = json!(receiver.url());
    })
    .await;
    assert_eq!(status, 200);
    session(&sandbox, json!({})).await;
    share(&sandbox, json!({})).await;
    sandbox.add_customer(NewCredential::new()).unwrap();
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
    assert_eq!(redeem(&sandbox, demo::KENYA_CODE).await.status, 200);
    let outcome = json!({"token": demo::KENYA_TOKEN, "outcome": "repaid"});
    assert_eq!(send(post(&sandbox, "/v1/outcome", &outcome)).await.status, 201);
    assert_eq!(sandbox.deliveries().len(), 3);
}

#[tokio::test]
async fn an_event_is_not_lost_to_a_delivery_that_has_its_number() {
    let receiver = Receiver::start().await;
    let sandbox = Sandbox::builder().webhook_url(receiver.url()).start().await.unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    let mut state: Value = serde_json::from_str(&sandbox.export()).unwrap();
    state["tables"]["counters"]["only"] = json!({});
    sandbox.import(&state.to_string()).unwrap();
    verify(&sandbox, demo::NIGERIA_TOKEN).await;
    assert_eq!(sandbox.deliveries().len(), 2);
}

#[tokio::test]
async fn ids_that_no_institution_or_customer_can_have_are_refused() {
    for table in ["institutions", "customers"] {
        for id in ["42/sandbox/x", "", "a b"] {
            let (sandbox, status) = imported(|tables| {
                let row = tables[table].as_object().unwrap().values().next().unwrap().clone();
                tables[table][id] = row;
            })
            .await;
            assert_eq!(status, 400, "{table} {id}");
            assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_session_under_another_id_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = session(&sandbox, json!({})).await["requestId"].as_str().unwrap().to_owned();
    let mut state: Value = serde_json::from_str(&sandbox.export()).unwrap();
    state["tables"]["sessions"]["req_other"] = state["tables"]["sessions"][&id].clone();
    assert!(sandbox.import(&state.to_string()).is_err());
}

#[tokio::test]
async fn a_clock_beyond_the_calendar_shows_its_ends() {
    for (clock, shown) in [
        (
            json!({"offset": "PT0S", "stopped_at": "-009000-01-01T00:00:00Z"}),
            "1970-01-01T00:00:00Z",
        ),
        (json!({"offset": "-PT9999999H", "stopped_at": null}), "1970-01-01T00:00:00Z"),
        (json!({"offset": "PT2562047788015215H", "stopped_at": null}), "9999-12-30T22:00:00Z"),
    ] {
        let (sandbox, status) = imported(|tables| tables["clock"]["only"] = clock.clone()).await;
        assert_eq!(status, 200, "{clock}");
        let now = admin(&sandbox, Method::GET, "/clock", None).await.json();
        assert_eq!(now["now"], shown);
        let made = session(&sandbox, json!({})).await;
        assert!(!made["expiresAt"].as_str().unwrap().contains('.'), "{made}");
        let path = format!("/v1/sessions/{}", made["requestId"].as_str().unwrap());
        assert_eq!(get(&sandbox, &path).await.status, 200);
        assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
    }
}

#[tokio::test]
async fn the_keys_of_the_process_are_the_demo_institutions_whatever_a_state_says() {
    let (sandbox, status) = imported(|tables| {
        let mut thief = tables["institutions"]["42"].clone();
        thief["sandbox"]["jwt"] = json!("thief.1");
        thief["live"]["jwt"] = json!("thief.2");
        tables["institutions"]["99"] = thief;
    })
    .await;
    assert_eq!(status, 200);
    let outcome = json!({"token": demo::KENYA_TOKEN, "outcome": "repaid"});
    assert_eq!(send(post(&sandbox, "/v1/outcome", &outcome)).await.status, 201);
    let jwt = sandbox.institution_jwt();
    let cohort = bearer(&sandbox, Method::GET, "/v1/outcome/cohort", &jwt, None).await.data();
    assert_eq!((&cohort["institutionId"], &cohort["total"]), (&json!("42"), &json!(1)));
}

#[tokio::test]
async fn one_jwt_is_not_given_to_two() {
    let sandbox = Sandbox::start().await.unwrap();
    for seed in [
        json!({"customers": [{"id": "a", "jwt": "one.jwt.x"}, {"id": "b", "jwt": "one.jwt.x"}]}),
        json!({"customers": [{"id": "a", "jwt": sandbox.institution_jwt()}]}),
        json!({
            "institutions": [{"id": "9", "live": {"key": "pk_live_nine", "jwt": "one.jwt.x"}}],
            "customers": [{"id": "a", "jwt": "one.jwt.x"}],
        }),
        json!({"institutions": [
            {"id": "9", "live": {"key": "pk_live_nine", "jwt": sandbox.user_jwt()}},
        ]}),
    ] {
        let (status, text) = seeded(&sandbox, seed.clone()).await;
        assert!(status == 400 && text.contains("another's already"), "{seed}: {text}");
    }
}

#[tokio::test]
async fn seeds_cannot_fill_the_sandbox_beyond_its_bound() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = |round: u32| {
        let tokens: Vec<_> = (0..10_000)
            .map(|number| json!({"token": format!("PASSID-{round}-{number}")}))
            .collect();
        json!({"tokens": tokens})
    };
    for round in 0..9 {
        assert_eq!(seeded(&sandbox, seed(round)).await.0, 200);
    }
    let (status, text) = seeded(&sandbox, seed(9)).await;
    assert!(status == 400 && text.contains("100000"), "{text}");
    assert_eq!(seeded(&sandbox, seed(0)).await.0, 200, "what is there needs no room");
}

#[tokio::test]
async fn a_seed_of_many_institutions_does_not_stop_the_sandbox() {
    let sandbox = Sandbox::start().await.unwrap();
    let institutions: Vec<_> = (0..2_000)
        .map(|number| json!({"id": number.to_string() + "x", "sandbox": {"key": format!("pk_sandbox_{number}")}}))
        .collect();
    #[allow(clippy::disallowed_methods, reason = "the machine's time is what is measured")]
    let start = Instant::now();
    assert_eq!(seeded(&sandbox, json!({"institutions": institutions})).await.0, 200);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    let body = json!({"token": demo::KENYA_TOKEN});
    for key in ["pk_sandbox_0", "pk_sandbox_1999", demo::SANDBOX_KEY] {
        assert_eq!(send(post_with_key(&sandbox, key, VERIFY, &body)).await.status, 200);
    }
}

/// A state of 64 MB is for those who may put it in.
#[tokio::test]
async fn who_may_not_use_the_control_api_cannot_fill_the_memory() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let sandbox = Sandbox::builder().control_token("secret").start().await.unwrap();
    let mut stream = connect(&sandbox).await;
    let head = "PUT /_passid/state HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\nContent-Length: 60000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    // Far less than was announced, and more than is read of somebody who is refused.
    stream.write_all(&vec![b' '; 4 << 20]).await.unwrap_or_default();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
}

#[tokio::test]
async fn as_many_records_as_there_are_numbers_can_be_kept() {
    let sandbox = Sandbox::builder().max_records(usize::MAX).start().await.unwrap();
    session(&sandbox, json!({})).await;
    assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
}

#[tokio::test]
async fn an_expiry_is_printed_in_whole_seconds() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = json!({"expires_at": "2090-01-31T12:00:00.75Z"});
    let token = admin(&sandbox, Method::POST, "/tokens", Some(body)).await.json();
    let verified = verify(&sandbox, token["token"].as_str().unwrap()).await.data();
    assert_eq!(verified["expires_at"], "2090-01-31T12:00:00Z");
}
