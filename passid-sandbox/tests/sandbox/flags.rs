//! The program's flags and its subcommand.

use std::fs;

use passid_sandbox::{ASSUMPTIONS, demo};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::binary::{Running, program, refused};
use crate::receiver::Receiver;
use crate::support::client;

async fn get(running: &Running, path: &str) -> Value {
    let url = format!("{}{path}", running.ready["admin_url"].as_str().unwrap());
    client().get(url).send().await.unwrap().json().await.unwrap()
}

fn call(running: &Running, path: &str, body: &Value) -> RequestBuilder {
    client()
        .post(format!("{}{path}", running.ready["url"].as_str().unwrap()))
        .header("X-Institution-Key", demo::SANDBOX_KEY)
        .json(body)
}

#[tokio::test]
async fn the_jwts_of_the_ready_line_open_what_they_are_for() {
    let running = Running::start(program().args(["--listen", "127.0.0.1:0"]));
    let url = running.ready["url"].as_str().unwrap();
    for (jwt, path, status) in [
        ("institution_jwt", "/v1/outcome/cohort", 200),
        ("live_institution_jwt", "/v1/outcome/cohort", 200),
        ("user_jwt", "/v1/outcome/cohort", 403),
        ("user_jwt", "/api/v1/bridge/share/user/usr_demo", 200),
    ] {
        let jwt = running.ready[jwt].as_str().unwrap();
        let answer = client().get(format!("{url}{path}")).bearer_auth(jwt).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
}

#[tokio::test]
async fn time_numbers_and_seed_are_as_told() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.toml");
    fs::write(&seed, "[[codes]]\ncode = \"SEED-0000-0001\"\nrepeatable = true\n").unwrap();
    let tokens = async |number: &str| {
        let running = Running::start(
            program()
                .args(["--listen", "127.0.0.1:0", "--clock", "2026-03-29T10:22:14Z"])
                .args(["--freeze-clock", "--random-seed", number, "--seed"])
                .arg(&seed),
        );
        let clock = get(&running, "/clock").await;
        assert_eq!(clock, json!({"now": "2026-03-29T10:22:14Z", "frozen": true}));
        let redeemed =
            call(&running, "/api/bridge/code/redeem", &json!({"code": "SEED-0000-0001"}));
        redeemed.send().await.unwrap().text().await.unwrap()
    };
    let first = tokens("7").await;
    assert!(first.contains("\"status\":\"verified\""), "{first}");
    assert_eq!(tokens("7").await, first);
    assert_ne!(tokens("8").await, first, "another token is behind the code");
}

#[tokio::test]
async fn webhooks_go_where_the_flag_says_and_a_data_file_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    receiver.answer([500]);
    let command = || {
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--freeze-clock", "--webhook-url", &receiver.url()])
            .args(["--clock", "2026-03-29T10:22:14Z", "--data"])
            .arg(folder.path().join("state.db"));
        command
    };
    let settle = async |running: &Running| {
        let url = format!("{}/deliveries/settle", running.ready["admin_url"].as_str().unwrap());
        let settled = client().post(url).json(&json!({"wait_ms": 20_000})).send().await.unwrap();
        assert_eq!(settled.json::<Value>().await.unwrap(), json!({"settled": true}));
    };
    let first = Running::start(&mut command());
    call(&first, "/v1/verify", &json!({"token": demo::KENYA_TOKEN})).send().await.unwrap();
    settle(&first).await;
    assert_eq!(
        get(&first, "/deliveries?state=pending").await["deliveries"][0]["attempts"][0]["status"],
        500
    );
    assert_eq!(first.stop("TERM").0, Some(0));

    let second = Running::start(&mut command());
    let url = format!("{}/clock/advance", second.ready["admin_url"].as_str().unwrap());
    client().post(url).json(&json!({"seconds": 30})).send().await.unwrap();
    settle(&second).await;
    let delivered = get(&second, "/deliveries?state=delivered").await;
    assert_eq!(delivered["deliveries"][0]["attempts"][1]["status"], 200);
    let bodies = receiver.bodies();
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]));
}

#[tokio::test]
async fn a_control_token_is_asked_for() {
    let mut command = program();
    command.args(["--listen", "127.0.0.1:0"]).env("PASSID_SANDBOX_CONTROL_TOKEN", "open-sesame");
    let running = Running::start(&mut command);
    let url = format!("{}/calls", running.ready["admin_url"].as_str().unwrap());
    assert_eq!(client().get(&url).send().await.unwrap().status(), 401);
    let with = client().get(&url).bearer_auth("open-sesame");
    assert_eq!(with.send().await.unwrap().status(), 200);
}

#[test]
fn values_that_cannot_be_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let torn = write("torn.json", "{\"codes\": [");
    let unknown = write("unknown.toml", "houses = 1");
    let entry = write("entry.json", "{\"codes\": [{\"code\": \"x\"}]}");
    let letters = write("letters.db", "Dear Sir or Madam");
    let missing = folder.path().join("missing.json").to_str().unwrap().to_owned();
    for (name, value, said) in [
        ("seed", &*torn, "torn.json"),
        ("seed", &unknown, "unknown.toml"),
        ("seed", &entry, "codes entry 1"),
        ("seed", &missing, "missing.json"),
        ("data", &letters, "letters.db"),
        ("webhook-url", "nowhere", "webhook URL"),
        ("webhook-secret", " ", "webhook secret"),
        ("webhook-timeout", "0", "webhook-timeout"),
        ("passbase-key", "two words", "Passbase key"),
        ("passbase-webhook-url", "nowhere", "webhook URL"),
        ("passbase-webhook-secret", "short", "32 visible"),
        ("clock", "yesterday", "--clock"),
        ("clock", "1900-01-01T00:00:00Z", "time at the start"),
        ("random-seed", "-1", "random-seed"),
        ("max-records", "0", "greater than zero"),
        ("max-age-days", "0", "max-age-days"),
        ("control-token", "two words", "control token"),
    ] {
        let variable = format!("PASSID_SANDBOX_{}", name.to_uppercase().replace('-', "_"));
        let mut command = program();
        command.args(["--listen", "127.0.0.1:0"]).env(variable, value);
        let (message, _) = refused(&mut command);
        assert!(message.contains(said), "{name}: {message}");
    }
    assert_eq!(fs::read_to_string(&letters).unwrap(), "Dear Sir or Madam");
}

#[test]
fn the_assumptions_are_listed_for_people_and_for_programs() {
    let output = program().arg("assumptions").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    for assumption in ASSUMPTIONS {
        assert!(text.contains(&format!("{}: {}", assumption.id, assumption.decision)));
    }
    let output = program().args(["assumptions", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed, serde_json::to_value(ASSUMPTIONS).unwrap());
}
