//! What the sandbox says of itself.

use std::collections::BTreeSet;

use passid_sandbox::Sandbox;
use passid_tests::http::{Request, send};
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `POST /v1/verify` and so on, from the sandbox's own description of itself.
pub(crate) async fn operations() -> BTreeSet<String> {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.url()["http://".len()..].parse().unwrap();
    let answer = send(address, &Request::new("GET", "/_passid/openapi.json")).await.unwrap();
    let document: Value = serde_json::from_str(&answer.body).unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let served = METHODS.iter().filter(|method| item.get(**method).is_some());
        operations.extend(served.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    operations
}
