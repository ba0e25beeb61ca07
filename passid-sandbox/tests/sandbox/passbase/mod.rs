//! The Passbase API beside PASSID's: its reads, its webhooks, its settings, and what it shares.

mod control;
mod model;
mod reads;
mod shared;
mod state;
mod webhooks;

use passid_sandbox::Sandbox;
use passid_sandbox::passbase::NewIdentity;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::support::{Answer, client, sample_clock, send};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn sandbox() -> Sandbox {
    Sandbox::builder().clock(sample_clock()).start().await.unwrap()
}

/// A person whose every text can be told from others.
fn marked() -> NewIdentity {
    NewIdentity {
        email: "MARKED-EMAIL@example.com".to_owned(),
        first_name: "MARKED-FIRST".to_owned(),
        last_name: "MARKED-LAST".to_owned(),
        metadata: json!({"note": "MARKED-METADATA"}),
        ..NewIdentity::default()
    }
}

/// An identity that was handed in and processed.
fn processed(sandbox: &Sandbox) -> String {
    let passbase = sandbox.passbase();
    let key = passbase.begin(NewIdentity::default()).unwrap();
    passbase.submit(&key).unwrap();
    passbase.process(&key).unwrap();
    key
}

fn request(sandbox: &Sandbox, path: &str) -> RequestBuilder {
    let passbase = sandbox.passbase();
    client().get(format!("{}{path}", passbase.url())).header("x-api-key", passbase.key())
}

async fn get(sandbox: &Sandbox, path: &str) -> Answer {
    send(request(sandbox, path)).await
}

async fn identity(sandbox: &Sandbox, key: &str) -> Value {
    let answer = get(sandbox, &format!("/identities/{key}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}
