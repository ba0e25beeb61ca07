//! What a session shows to whom: the credential of a completed one, the public views, and ids of tricks.

use std::time::Duration;

use passid_core::{Clock, ErrorKind, NewSession, Permission, Policy, RequestId, SessionCode};
use passid_sandbox::{NewCredential, Route};
use passid_tests::standing::Standing;

use super::{create, single};

#[tokio::test]
async fn what_a_completed_session_shares_passes_or_fails_a_policy() {
    let strict = Policy::builder()
        .require_claims(["income_verified", "identity_verified"])
        .require_sanctions_clear()
        .max_credential_age_hours(24)
        .build()
        .unwrap();
    let good = NewCredential::new;
    for (shared, passes) in [
        (good(), true),
        (good().without_claim("sanctions_screening_clear"), false),
        (good().claim("sanctions_screening_clear", false), false),
        (good().claim("income_verified", false), false),
        (good().without_claim("identity_verified"), false),
        (good().freshness_hours(25), false),
        (good().freshness_hours(24), true),
    ] {
        let standing = Standing::start().await;
        let client = single(&standing);
        let session = create(&client, 600).await;
        let id = session.request_id.as_str();
        let token = standing.sandbox.approve_session_with(id, shared.clone()).unwrap();
        let state = client.session(&session.request_id).await.unwrap();
        let credential = state.credential().unwrap();
        assert_eq!(credential.token().unwrap().expose(), token);
        assert!(credential.verified_at().is_some() && credential.audit_id().is_some());
        let now = standing.clock.now();
        assert_eq!(strict.evaluate(credential, now).is_ok(), passes, "{shared:?}");
        standing.advance(Duration::from_secs(25 * 3600));
        let later = client.session(&session.request_id).await.unwrap();
        let old = strict.evaluate(later.credential().unwrap(), standing.clock.now());
        assert!(old.is_err(), "a poll a day later makes nothing young");
    }
}

#[tokio::test]
async fn the_public_views_show_a_pending_session_by_id_and_by_code_and_nothing_after_its_end() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let asked = NewSession::new()
        .institution_name("B\u{e4}nk & S\u{f6}hne \"<b>\"")
        .and_then(|new| new.permissions([Permission::IncomeVerified]))
        .unwrap();
    for end in ["approve", "decline", "expire", "time"] {
        let session = client.create_session(&asked).await.unwrap();
        let id = session.request_id.as_str();
        let typed = session.code.as_str().replace('-', " ").to_lowercase();
        let typed = SessionCode::parse(&typed).unwrap();
        let by_id = client.public_session(&session.request_id).await.unwrap();
        let by_code = client.public_session_by_code(&typed).await.unwrap();
        assert_eq!(by_id, by_code);
        assert_eq!(by_id.request_id.as_ref(), Some(&session.request_id));
        assert_eq!(by_id.institution_name.as_deref(), Some("B\u{e4}nk & S\u{f6}hne \"<b>\""));
        assert_eq!(by_id.permissions, [Permission::IncomeVerified]);
        assert_eq!(by_id.expires_at, Some(session.expires_at));
        match end {
            "approve" => drop(standing.sandbox.approve_session(id).unwrap()),
            "decline" => standing.sandbox.decline_session(id).unwrap(),
            "expire" => standing.sandbox.expire_session(id).unwrap(),
            _ => standing.advance(Duration::from_secs(600)),
        }
        for error in [
            client.public_session(&session.request_id).await.unwrap_err(),
            client.public_session_by_code(&typed).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.status()), (&ErrorKind::SessionOver, Some(410)));
        }
    }
    let nobody = SessionCode::parse("AAAA-AAAA").unwrap();
    let error = client.public_session_by_code(&nobody).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::SessionNotFound);
}

#[tokio::test]
async fn an_id_of_tricks_is_a_session_that_is_not_known_and_reaches_no_other_route() {
    let standing = Standing::start().await;
    let client = single(&standing);
    let longest = "x".repeat(RequestId::MAX_LEN);
    for id in
        ["../outcome", "..%2f..%2foutcome", "%2e%2e", "a?b", "a#b", "a;b", "a//b", "%00", &longest]
    {
        standing.sandbox.reset();
        let id = RequestId::parse(id).unwrap();
        for error in
            [client.session(&id).await.unwrap_err(), client.public_session(&id).await.unwrap_err()]
        {
            assert_eq!(*error.kind(), ErrorKind::SessionNotFound, "{id}");
        }
        let (poll, view) = (Route::Session, Route::SessionPublic);
        let calls = (standing.sandbox.calls(poll), standing.sandbox.calls(view));
        assert_eq!((calls, standing.sandbox.calls(Route::Any)), ((1, 1), 2), "{id}");
    }
}
