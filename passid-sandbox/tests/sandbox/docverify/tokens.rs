use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use passid_sandbox::Sandbox;
use passid_sandbox::docverify::{CLIENT_ID, CLIENT_SECRET, DocumentSettings};
use serde_json::{Value, json};

use super::{Backend, RESOURCE, UNAUTHORIZED, access_token, ask_for_token, form, refusal, refused};
use crate::support::{client, send};

#[tokio::test]
async fn a_token_has_the_published_claims_and_an_hour() {
    let backend = Backend::start().await;
    let answer = ask_for_token(&backend.client, &backend.sandbox, &form(&backend.sandbox)).await;
    let body = answer.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    let token = body["access_token"].as_str().unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!(RESOURCE), &json!(CLIENT_ID)));
    assert_eq!(claims["exp"], 1_773_756_131 + 3_600);
    assert_ne!(token, backend.token, "each is another one");

    backend.pass(3_599);
    assert_eq!(backend.get("/x/result").await.status, 404);
    backend.pass(1);
    assert_eq!(refusal(&backend.get("/x/result").await), refused(401, UNAUTHORIZED));
}

#[tokio::test]
async fn only_one_whole_token_of_the_right_kind_opens_anything() {
    let backend = Backend::start().await;
    let url = format!("{}/verify/api/v1/verification/x/result", backend.sandbox.docverify().url());
    let get = || backend.client.get(&url);
    let good = format!("Bearer {}", backend.token);
    assert_eq!(
        send(get().header("Authorization", format!("bearer {}", backend.token))).await.status,
        404
    );
    for request in [
        get(),
        get().header("Authorization", &backend.token),
        get().header("Authorization", format!("{good}x")),
        get().header("Authorization", "Bearer "),
        get().header("Authorization", &good).header("Authorization", &good),
        get().bearer_auth(backend.sandbox.institution_jwt()),
        get().header("X-Institution-Key", backend.sandbox.sandbox_key()),
    ] {
        assert_eq!(refusal(&send(request).await), refused(401, UNAUTHORIZED));
    }
    let other = format!("{}/v1/outcome/cohort", backend.sandbox.url());
    let strange = send(backend.client.get(other).bearer_auth(&backend.token)).await;
    assert_eq!(strange.status, 401, "nor does it open anything of PASSID's");
}

#[tokio::test]
async fn a_token_for_nothing_counts_only_where_that_is_set() {
    for (settings, status) in [
        (DocumentSettings::new(), 401),
        (DocumentSettings::new().allow_tokens_without_resource(), 404),
    ] {
        let mut backend = Backend::with(settings).await;
        let fields = &form(&backend.sandbox)[..3];
        let answer = ask_for_token(&backend.client, &backend.sandbox, fields).await;
        backend.token = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(backend.get("/x/result").await.status, status);
    }
}

#[tokio::test]
async fn a_token_is_given_to_the_known_client_only() {
    let sandbox =
        Sandbox::builder().docverify_client("own-id", "own-secret").start().await.unwrap();
    let client = client();
    assert_eq!(ask_for_token(&client, &sandbox, &form(&sandbox)).await.status, 200);
    let with = |name: &str, value: &str| {
        let mut fields = form(&sandbox);
        fields.retain(|(known, _)| *known != name);
        let name = ["client_id", "client_secret", "grant_type", "resource"]
            .into_iter()
            .find(|known| *known == name);
        fields.push((name.unwrap(), value.to_owned()));
        fields
    };
    let mut twice = form(&sandbox);
    twice.push(("client_id", "own-id".to_owned()));
    for (fields, status, error) in [
        (with("client_id", CLIENT_ID), 401, "invalid_client"),
        (with("client_secret", CLIENT_SECRET), 401, "invalid_client"),
        (with("client_secret", ""), 401, "invalid_client"),
        (with("grant_type", "password"), 400, "unsupported_grant_type"),
        (form(&sandbox)[..2].to_vec(), 400, "invalid_request"),
        (twice, 400, "invalid_request"),
    ] {
        let answer = ask_for_token(&client, &sandbox, &fields).await;
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{fields:?}");
    }
    let url = format!("{}/oidc/token", sandbox.docverify().url());
    let json = send(client.post(url).json(&json!({"grant_type": "client_credentials"}))).await;
    assert_eq!((json.status, &json.json()["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn revoked_tokens_count_no_more() {
    let mut backend = Backend::start().await;
    backend.sandbox.docverify().revoke_tokens();
    assert_eq!(refusal(&backend.get("/x/result").await), refused(401, UNAUTHORIZED));
    backend.token = access_token(&backend.client, &backend.sandbox).await;
    assert_eq!(backend.get("/x/result").await.status, 404);
}
