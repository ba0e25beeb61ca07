use passid_sandbox::{NewCredential, Sandbox, demo};
use serde_json::json;

use crate::support::{
    VERIFY, get, get_with_key, post, post_with_key, send, two_institutions, verify,
};

fn stored(token: &str) -> String {
    format!("/api/v1/bridge/verify/{token}")
}

#[tokio::test]
async fn the_last_answer_of_this_institution_comes_back_unchanged() {
    let sandbox = Sandbox::start().await.unwrap();
    let token = sandbox.mint_token(NewCredential::new()).unwrap();
    let missing = get(&sandbox, &stored(&token)).await;
    assert_eq!(missing.error(), (404, "VERIFICATION_NOT_FOUND".to_owned()));
    verify(&sandbox, &token).await;
    let body = json!({"token": token, "institution_reference": "loan_app_10482"});
    let second = send(post(&sandbox, VERIFY, &body)).await;
    let answer = get(&sandbox, &stored(&token)).await;
    assert_eq!((answer.status, &answer.text), (200, &second.text));
    assert_eq!(answer.header("x-passid-api-version"), Some("1"));
    sandbox.revoke_token(&token);
    assert_eq!(get(&sandbox, &stored(&token)).await.text, second.text, "it is a record");
    let rejected = verify(&sandbox, &token).await;
    assert_eq!(get(&sandbox, &stored(&token)).await.text, rejected.text);
}

#[tokio::test]
async fn spelling_is_free_in_the_path_too() {
    let sandbox = Sandbox::start().await.unwrap();
    verify(&sandbox, demo::KENYA_TOKEN).await;
    assert_eq!(get(&sandbox, &stored(&demo::KENYA_TOKEN.to_lowercase())).await.status, 200);
}

#[tokio::test]
async fn verifications_of_others_do_not_exist() {
    let (sandbox, [own, other]) = two_institutions().await;
    verify(&sandbox, demo::KENYA_TOKEN).await;
    let path = stored(demo::KENYA_TOKEN);
    assert_eq!(get_with_key(&sandbox, &own, &path).await.status, 200);
    for key in [&*other, sandbox.live_key()] {
        assert_eq!(get_with_key(&sandbox, key, &path).await.error().0, 404);
    }
    assert_eq!(get_with_key(&sandbox, "pk_sandbox_nobody", &path).await.error().0, 401);
    send(post_with_key(&sandbox, &other, VERIFY, &json!({"token": demo::KENYA_TOKEN}))).await;
    assert_eq!(get_with_key(&sandbox, &other, &path).await.status, 200);
}

#[tokio::test]
async fn a_redemption_leaves_no_verify_answer() {
    let sandbox = Sandbox::start().await.unwrap();
    let code = sandbox.mint_code(NewCredential::new()).unwrap();
    let token = crate::support::redeem(&sandbox, &code).await.data()["token"].clone();
    assert_eq!(get(&sandbox, &stored(token.as_str().unwrap())).await.error().0, 404);
}
