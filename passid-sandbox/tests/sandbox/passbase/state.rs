//! The data file, exports, resets and seeds.

use std::path::Path;

use passid_sandbox::passbase::{NewIdentity, PassbaseSettings, Thresholds};
use passid_sandbox::{Sandbox, Seed};
use serde_json::{Value, json};

use super::{SECRET, get, identity, processed, sandbox};
use crate::binary::{Running, program};
use crate::receiver::Receiver;
use crate::support::{client, sample_clock};

async fn filed(file: &Path) -> Sandbox {
    Sandbox::builder().clock(sample_clock()).data_file(file).start().await.unwrap()
}

/// Identities in every state, settings, and webhooks that wait.
fn fill(sandbox: &Sandbox) -> Vec<String> {
    let passbase = sandbox.passbase();
    let mut settings = PassbaseSettings::default();
    settings.thresholds = Some(Thresholds { approve: 0.99, decline: 0.1 });
    settings.webhook_secret = Some(SECRET.to_owned());
    settings.webhook_url = Some("http://127.0.0.1:9/".to_owned());
    passbase.set_settings(settings).unwrap();
    let begun = passbase.begin(NewIdentity::default()).unwrap();
    let approved = processed(sandbox);
    passbase.review(&approved, true).unwrap();
    let listed = processed(sandbox);
    passbase.screen(&listed, &["sanction"]).unwrap();
    passbase.edit(&listed, "sex", json!("F")).unwrap();
    vec![begun, approved, listed]
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let first = filed(&file).await;
    let keys = fill(&first);
    assert!(first.deliveries_settled(std::time::Duration::from_secs(20)).await);
    let exported = first.export();
    let read = get(&first, "/identities").await.text;
    first.shutdown().await;

    let second = filed(&file).await;
    assert_eq!(second.export(), exported);
    assert_eq!(get(&second, "/identities").await.text, read);
    let passbase = second.passbase();
    passbase.submit(&keys[0]).unwrap();
    let fresh = passbase.begin(NewIdentity::default()).unwrap();
    assert!(!keys.contains(&fresh), "numbers go on");
    assert!(passbase.take_webhooks().len() >= 5);
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let command = || {
        let mut command = program();
        command.args(["--listen", "127.0.0.1:0", "--passbase-key", "another-key"]);
        command.args(["--passbase-webhook-secret", SECRET, "--passbase-webhook-url"]);
        command.arg(receiver.url()).arg("--data").arg(folder.path().join("state.db"));
        command
    };
    let post = async |running: &Running, path: &str, body: Value| {
        let url = format!("{}{path}", running.ready["admin_url"].as_str().unwrap());
        client().post(url).json(&body).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let first = Running::start(&mut command());
    let begun = post(&first, "/passbase/identities", json!({})).await;
    let key = begun["key"].as_str().unwrap().to_owned();
    for step in ["submit", "process"] {
        post(&first, &format!("/passbase/identities/{key}/{step}"), json!({})).await;
    }
    assert_eq!(first.stop("KILL").0, None);

    let second = Running::start(&mut command());
    assert_eq!(second.ready["passbase_key"], "another-key");
    let url = format!("{}/identities/{key}", second.ready["passbase_url"].as_str().unwrap());
    let read = client().get(url).header("x-api-key", "another-key").send().await.unwrap();
    assert_eq!(read.json::<Value>().await.unwrap()["status"], "pending");
    let settled = post(&second, "/deliveries/settle", json!({"wait_ms": 20_000})).await;
    assert_eq!(settled, json!({"settled": true}));
    let received = receiver.received();
    assert!(!received.is_empty(), "sent before the kill or after it");
    assert!(received.iter().all(|it| it.content_type == "text/plain"));
}

#[tokio::test]
async fn an_export_is_taken_as_it_is_and_a_reset_forgets() {
    let one = sandbox().await;
    let keys = fill(&one);
    assert!(one.deliveries_settled(std::time::Duration::from_secs(20)).await);
    let exported = one.export();
    let other = sandbox().await;
    let fresh = other.export();
    other.import(&exported).unwrap();
    assert_eq!(other.export(), exported);
    let next = |sandbox: &Sandbox| sandbox.passbase().begin(NewIdentity::default()).unwrap();
    assert_eq!(next(&one), next(&other), "the same goes on from there");

    for (table, row, content) in [
        ("passbase_identities", "1", json!({})),
        ("passbase_settings", "only", json!({"webhook_secret": "short"})),
        ("passbase_settings", "other", json!({})),
        ("passbase_webhooks", "1", json!({"body": 1})),
    ] {
        let mut torn: Value = serde_json::from_str(&exported).unwrap();
        torn["tables"][table][row] = content;
        assert!(other.import(&torn.to_string()).is_err(), "{table}");
    }
    let mut torn: Value = serde_json::from_str(&exported).unwrap();
    let rows = torn["tables"]["passbase_identities"].as_object_mut().unwrap();
    let row = rows.values().next().unwrap().clone();
    rows.insert("elsewhere".to_owned(), row.clone());
    assert!(other.import(&torn.to_string()).is_err(), "a row under another key");
    let change = |name: &str, value: Value| {
        let mut torn: Value = serde_json::from_str(&exported).unwrap();
        let rows = torn["tables"]["passbase_identities"].as_object_mut().unwrap();
        rows.values_mut().next().unwrap()[name] = value;
        torn.to_string()
    };
    let second: Value = serde_json::from_str(&exported).unwrap();
    let second = second["tables"]["passbase_identities"].as_object().unwrap().values().nth(1);
    assert!(other.import(&change("key", second.unwrap()["key"].clone())).is_err(), "one key twice");
    assert!(other.import(&change("key", json!("x"))).is_err());
    assert!(other.import(&change("new", json!({"score": 2}))).is_err());

    let mut early: Value = serde_json::from_str(&exported).unwrap();
    early["tables"]["counters"] = json!({});
    other.import(&early.to_string()).unwrap();
    let begun = next(&other);
    assert_eq!(other.passbase().keys().len(), keys.len() + 1, "nobody was written over");
    other.passbase().submit(&begun).unwrap();

    other.reset();
    assert_eq!(other.export(), fresh);
    assert!(other.passbase().take_webhooks().is_empty());
}

#[tokio::test]
async fn a_seed_plants_identities_once() {
    let key = "a44c2593-e2ae-4ed9-b81b-c1330580338a";
    let other = "b76e244e-26a3-49ef-9c72-3e599bf0b5f2";
    let seed = Seed::from_toml(&format!(
        r#"
        [[passbase_identities]]
        key = "{key}"
        findings = []
        identity = {{ email = "amina@example.com", score = 0.8 }}

        [[passbase_identities]]
        key = "{other}"
        status = "processing"
        "#
    ))
    .unwrap();
    let sandbox =
        Sandbox::builder().clock(sample_clock()).seed(seed.clone()).start().await.unwrap();
    let read = identity(&sandbox, key).await;
    assert_eq!((&read["status"], &read["score"]), (&json!("approved"), &json!(0.8)));
    assert_eq!(read["watchlist"]["clean"], true);
    let passbase = sandbox.passbase();
    passbase.process(other).unwrap();
    assert_eq!(passbase.take_webhooks().len(), 1, "planting tells nobody");
    let before = sandbox.export();
    sandbox.seed(&seed).unwrap();
    assert_eq!(sandbox.export(), before, "what exists stays as it is");
    for wrong in [
        json!([{"key": "x"}]),
        json!([{"key": key.to_uppercase()}]),
        json!([{"key": key, "identity": {"score": 2}}]),
        json!([{"key": key, "identity": {"signed_metadata": "x"}}]),
    ] {
        let seed = json!({"passbase_identities": wrong}).to_string();
        let error = sandbox.seed(&Seed::from_json(&seed).unwrap()).unwrap_err();
        assert!(error.to_string().contains("passbase_identities entry 1"), "{error}");
    }
    assert!(Seed::from_json(r#"{"passbase_identities": [{"name": "x"}]}"#).is_err());
}
