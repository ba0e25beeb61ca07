//! What can happen once happens once, however many ask for it at the same time; with and without a
//! data file.

use std::sync::Arc;

use passid_sandbox::{NewCredential, Sandbox};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{client, session, share};

const AT_ONCE: usize = 24;

/// The statuses of many equal calls at once, sorted.
async fn at_once(sandbox: &Arc<Sandbox>, client: &Client, path: &str, body: &Value) -> Vec<u16> {
    let is_users = path.contains("/v1/sessions/");
    let mut calls = JoinSet::new();
    for _ in 0..AT_ONCE {
        let request = client.post(format!("{}{path}", sandbox.url())).json(body);
        let request = if is_users {
            request.bearer_auth(sandbox.user_jwt())
        } else {
            request.header("X-Institution-Key", sandbox.sandbox_key())
        };
        calls.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    let mut statuses = calls.join_all().await;
    statuses.sort_unstable();
    statuses
}

fn one(good: u16, refused: u16) -> Vec<u16> {
    let mut statuses = vec![refused; AT_ONCE - 1];
    statuses.insert(0, good);
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_can_happen_once_happens_once_whoever_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Sandbox::builder().data_file(folder.path().join("state.db")).start().await.unwrap();
    let forgetful = Sandbox::start().await.unwrap();
    let client = client();
    for sandbox in [Arc::new(forgetful), Arc::new(kept)] {
        let call = async |path: &str, body: &Value| at_once(&sandbox, &client, path, body).await;
        for _ in 0..3 {
            let code = sandbox.mint_code(NewCredential::new()).unwrap();
            let redeemed = call("/api/bridge/code/redeem", &json!({"code": code})).await;
            assert_eq!(redeemed, one(200, 410));
            let token = sandbox.mint_token(NewCredential::new()).unwrap();
            let outcome = json!({"token": token, "outcome": "repaid"});
            assert_eq!(call("/v1/outcome", &outcome).await, one(201, 409));
            let session = session(&sandbox, json!({})).await;
            let path = format!("/v1/sessions/{}", session["requestId"].as_str().unwrap());
            let share = share(&sandbox, json!({})).await;
            let body = json!({"token": share["token"]});
            assert_eq!(call(&format!("{path}/fulfill"), &body).await, one(200, 410));
            assert_eq!(call(&format!("{path}/decline"), &body).await, vec![410; AT_ONCE]);
        }
    }
}
