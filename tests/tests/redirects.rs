//! A redirect takes nothing along: neither key nor JWT, token or code reaches the place that it names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use passid_core::client::NewWebhook;
use passid_core::{
    ApiError, ErrorKind, InstitutionJwt, NewOutcome, NewSession, PassidClient, ReportedOutcome,
    RequestId, SessionCode, ShareCode, Token,
};
use passid_sandbox::{Route, demo};
use passid_tests::soon;
use passid_tests::standing::Standing;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Sends every request on to `target`, with this status.
async fn redirecting(status: u16, target: &str) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 {status} Elsewhere\r\nLocation: {target}/v1/verify\r\nRefresh: 0; url={target}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

async fn every_call(client: &PassidClient, jwt: &InstitutionJwt) -> Vec<Result<(), ApiError>> {
    let id = RequestId::parse("req_1").unwrap();
    let token = Token::parse(demo::KENYA_TOKEN).unwrap();
    let outcome = NewOutcome::new(&token, ReportedOutcome::Repaid);
    let webhook = NewWebhook::new("https://bank.example/hook").unwrap();
    let session_code = SessionCode::parse("AB3X7YQM").unwrap();
    vec![
        client.verify_token(&token).await.map(drop),
        client.redeem_code(&ShareCode::parse(demo::KENYA_CODE).unwrap()).await.map(drop),
        client.create_session(&NewSession::new()).await.map(drop),
        client.session(&id).await.map(drop),
        client.public_session(&id).await.map(drop),
        client.public_session_by_code(&session_code).await.map(drop),
        client.report_outcome(&outcome).await.map(drop),
        client.outcome_cohort(jwt).await.map(drop),
        client.set_webhook(jwt, &webhook).await.map(drop),
        client.stored_verification(&token).await.map(drop),
    ]
}

#[tokio::test]
async fn no_call_follows_a_redirect() {
    let standing = Standing::start().await;
    let jwt = InstitutionJwt::parse(&standing.sandbox.institution_jwt()).unwrap();
    for status in [300, 301, 302, 303, 307, 308] {
        let address = redirecting(status, standing.sandbox.url()).await;
        let client = standing.builder().base_url(format!("http://{address}")).build().unwrap();
        for result in soon("every call", every_call(&client, &jwt)).await {
            let error = result.unwrap_err();
            let kinds = [ErrorKind::UnexpectedStatus, ErrorKind::OutcomeUnknown];
            assert!(kinds.contains(error.kind()), "{status}: {error:?}");
            assert_eq!((error.status(), error.attempts()), (Some(status), 1), "{error:?}");
        }
        assert_eq!(standing.sandbox.calls(Route::Any), 0, "{status} was followed");
    }
}
