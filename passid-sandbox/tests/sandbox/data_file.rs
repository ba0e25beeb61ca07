use std::path::Path;
use std::time::Duration;

use passid_sandbox::{NewCredential, Sandbox, Seed, StartError, demo};
use serde_json::json;

use crate::support::{VERIFY, get, post, redeem, sample_clock, send, session, share, verify};

async fn sandbox(file: &Path) -> Sandbox {
    Sandbox::builder().clock(sample_clock()).data_file(file).start().await.unwrap()
}

async fn refused(file: &Path) -> StartError {
    Sandbox::builder().data_file(file).start().await.unwrap_err()
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let first = sandbox(&file).await;
    let code = first.mint_code(NewCredential::new()).unwrap();
    assert_eq!(redeem(&first, &code).await.status, 200);
    let token = first.mint_token(NewCredential::new()).unwrap();
    let call = || json!({"token": token});
    let keyed = send(post(&first, VERIFY, &call()).header("Idempotency-Key", "one")).await;
    let pending = session(&first, json!({})).await;
    let share = share(&first, json!({})).await;
    let outcome = json!({"token": token, "outcome": "repaid"});
    assert_eq!(send(post(&first, "/v1/outcome", &outcome)).await.status, 201);
    let revoked = first.mint_token(NewCredential::new()).unwrap();
    first.revoke_token(&revoked);
    let (customer, jwt) = first.add_customer(NewCredential::new()).unwrap();
    first.advance_clock(Duration::from_secs(500)).unwrap();
    first.freeze_clock(true);
    let exported = first.export();
    first.shutdown().await;

    let second = sandbox(&file).await;
    assert_eq!(second.export(), exported);
    assert_eq!(redeem(&second, &code).await.status, 410);
    let replayed = send(post(&second, VERIFY, &call()).header("Idempotency-Key", "one")).await;
    assert_eq!(replayed.text, keyed.text);
    let path = format!("/v1/sessions/{}", pending["requestId"].as_str().unwrap());
    assert_eq!(get(&second, &path).await.json()["status"], "pending");
    assert_eq!(send(post(&second, "/v1/outcome", &outcome)).await.status, 409);
    assert_eq!(verify(&second, &revoked).await.data()["reason_code"], "TOKEN_REVOKED");
    assert_eq!(redeem(&second, share["code"].as_str().unwrap()).await.status, 200);
    let path = format!("/api/v1/bridge/share/user/{customer}");
    let history = crate::support::bearer(&second, reqwest::Method::GET, &path, &jwt, None).await;
    assert_eq!(history.status, 200);
    let fresh = second.mint_token(NewCredential::new()).unwrap();
    assert!(![&token, &revoked].contains(&&fresh), "numbers go on");
    second.advance_clock(Duration::from_secs(200)).unwrap();
    assert_eq!(get(&second, &path_of(&pending)).await.json()["status"], "expired");
}

fn path_of(session: &serde_json::Value) -> String {
    format!("/v1/sessions/{}", session["requestId"].as_str().unwrap())
}

#[tokio::test]
async fn a_reset_and_an_import_are_kept_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let first = sandbox(&file).await;
    let token = first.mint_token(NewCredential::new()).unwrap();
    let exported = first.export();
    first.reset();
    first.shutdown().await;
    let second = sandbox(&file).await;
    assert_eq!(verify(&second, &token).await.data()["reason_code"], "TOKEN_NOT_FOUND");
    second.import(&exported).unwrap();
    second.shutdown().await;
    let third = sandbox(&file).await;
    assert_eq!(verify(&third, &token).await.data()["credential_valid"], true);
}

#[tokio::test]
async fn keys_and_seed_of_the_new_process_apply_and_used_codes_stay_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let seed = Seed::from_json(r#"{"codes": [{"code": "SEED-0000-0001"}]}"#).unwrap();
    let key = "pk_sandbox_new0000000000000000";
    for (round, status) in [200, 410].into_iter().enumerate() {
        let mut builder = Sandbox::builder().data_file(&file).seed(seed.clone());
        if round > 0 {
            builder = builder.sandbox_key(key);
        }
        let sandbox = builder.start().await.unwrap();
        assert_eq!(redeem(&sandbox, "SEED-0000-0001").await.status, status);
        assert_eq!(verify(&sandbox, demo::KENYA_TOKEN).await.status, 200);
        sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn a_file_in_use_is_refused_and_free_again_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let first = sandbox(&file).await;
    let error = refused(&file).await.to_string();
    assert!(error.contains("state.db") && error.contains("in use"), "{error}");
    first.shutdown().await;
    sandbox(&file).await;
}

#[tokio::test]
async fn a_sandbox_that_was_dropped_loses_nothing_and_gives_its_file_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let mut codes: Vec<String> = Vec::new();
    for _ in 0..5 {
        let sandbox = sandbox(&file).await;
        for (number, code) in codes.iter().enumerate() {
            let is_last = number + 1 == codes.len();
            assert_eq!(redeem(&sandbox, code).await.status, if is_last { 200 } else { 410 });
        }
        codes.push(sandbox.mint_code(NewCredential::new()).unwrap());
    }
}

#[tokio::test]
async fn a_seed_that_does_not_go_with_the_file_is_refused_and_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let bank = |id: &str| {
        let key = "pk_sandbox_bank0000000000000000";
        let seed = json!({"institutions": [{"id": id, "sandbox": {"key": key}}]});
        let seed = Seed::from_json(&seed.to_string()).unwrap();
        Sandbox::builder().data_file(&file).seed(seed)
    };
    bank("43").start().await.unwrap().shutdown().await;
    let before = std::fs::read(&file).unwrap();
    let stolen = bank("44").sandbox_key("pk_sandbox_new0000000000000000").start().await;
    assert!(matches!(stolen, Err(StartError::Seed(_))), "{stolen:?}");
    let usual = bank("43").start().await.unwrap();
    assert!(!usual.export().contains("pk_sandbox_new"));
    usual.shutdown().await;
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn files_that_are_not_ours_are_named_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letters.txt");
    std::fs::write(&file, "Dear Sir or Madam").unwrap();
    let error = refused(&file).await;
    assert!(matches!(error, StartError::DataFile(_)));
    assert!(error.to_string().contains("letters.txt"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), b"Dear Sir or Madam");
    let error = refused(folder.path()).await.to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[tokio::test]
async fn the_file_holds_secrets_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let _sandbox = sandbox(&file).await;
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_key_of_another_institution_is_not_taken_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.db");
    let key = "pk_sandbox_second00000000000000";
    let seed = json!({"institutions": [{"id": "43", "sandbox": {"key": key}}]});
    let seed = Seed::from_json(&seed.to_string()).unwrap();
    let first = Sandbox::builder().data_file(&file).seed(seed).start().await.unwrap();
    let exported = first.export();
    first.shutdown().await;
    let refused = Sandbox::builder().data_file(&file).sandbox_key(key).start().await.unwrap_err();
    assert!(refused.to_string().contains("state.db"), "{refused}");
    assert!(!format!("{refused:?}").contains(key));
    let other = Sandbox::builder().sandbox_key(key).start().await.unwrap();
    assert!(other.import(&exported).unwrap_err().to_string().contains("institution 43"));
    sandbox(&file).await;
}
