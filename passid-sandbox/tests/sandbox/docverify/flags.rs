//! The program's flags for Document Verification, and its data file.

use std::fs;

use passid_sandbox::docverify::CLIENT_ID;
use reqwest::Method;
use serde_json::{Value, json};

use super::RESOURCE;
use crate::binary::{Running, program, refused};
use crate::support::{client, send};

fn text(running: &Running, name: &str) -> String {
    running.ready[name].as_str().unwrap().to_owned()
}

async fn token(running: &Running) -> String {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &text(running, "docverify_client_id"))
        .append_pair("client_secret", &text(running, "docverify_client_secret"))
        .append_pair("grant_type", "client_credentials")
        .append_pair("resource", RESOURCE)
        .finish();
    let url = format!("{}/oidc/token", text(running, "docverify_url"));
    let kind = "application/x-www-form-urlencoded";
    let answer = send(client().post(url).header("Content-Type", kind).body(body)).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn call(running: &Running, method: Method, path: &str, token: &str) -> (u16, Value) {
    let url = format!("{}/verify/api/v1/verification{path}", text(running, "docverify_url"));
    let answer = send(client().request(method, url).bearer_auth(token)).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn client_settings_and_sessions_are_as_told_over_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.json");
    fs::write(&settings, r#"{"created_is_201": true}"#).unwrap();
    let start = || {
        let mut command = program();
        command
            .args(["--listen", "127.0.0.1:0", "--docverify-client-id", "own-id"])
            .env("PASSID_SANDBOX_DOCVERIFY_CLIENT_SECRET", "own-secret")
            .env("PASSID_SANDBOX_DOCVERIFY_SETTINGS", &settings)
            .arg("--data")
            .arg(folder.path().join("state.db"));
        Running::start(&mut command)
    };
    let first = start();
    assert_eq!(text(&first, "docverify_client_secret"), "own-secret");
    let access = token(&first).await;
    let (status, session) = call(&first, Method::POST, "", &access).await;
    assert_eq!(status, 201);
    let id = session["session_id"].as_str().unwrap().to_owned();
    first.stop("KILL");

    let second = start();
    let (status, result) = call(&second, Method::GET, &format!("/{id}/result"), &access).await;
    assert_eq!((status, &result["status"]), (200, &json!("pending")));
    let (code, _, log) = second.stop("TERM");
    assert_eq!(code, Some(0));
    for secret in ["own-secret", &access, &id, session["start_token"].as_str().unwrap()] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn without_flags_the_known_client_is_told() {
    let running = Running::start(program().args(["--listen", "127.0.0.1:0"]));
    assert_eq!(text(&running, "docverify_client_id"), CLIENT_ID);
    let url = text(&running, "url");
    assert_eq!(text(&running, "docverify_url"), format!("{url}/docverify"));
    assert_eq!(call(&running, Method::POST, "", &token(&running).await).await.0, 200);
}

#[test]
fn values_that_cannot_be_stop_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let torn = write("torn.json", "{\"created_is_201\":");
    let unknown = write("unknown.json", "{\"speed\": 1}");
    let odd = write("odd.json", "{\"token_life_secs\": 0}");
    let missing = folder.path().join("missing.json").to_str().unwrap().to_owned();
    for (name, value, said) in [
        ("CLIENT_ID", "two words", "client of Document Verification"),
        ("CLIENT_SECRET", "", "client of Document Verification"),
        ("SETTINGS", &*torn, "torn.json"),
        ("SETTINGS", &unknown, "unknown.json"),
        ("SETTINGS", &odd, "settings of Document Verification"),
        ("SETTINGS", &missing, "missing.json"),
    ] {
        let mut command = program();
        let variable = format!("PASSID_SANDBOX_DOCVERIFY_{name}");
        command.args(["--listen", "127.0.0.1:0"]).env(variable, value);
        let (message, _) = refused(&mut command);
        assert!(message.contains(said), "{name}: {message}");
    }
}
