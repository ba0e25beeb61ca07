#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use passid_core::client::{ApiRequest, ApiResponse, Transport, TransportError};
use passid_core::{ApiKey, BoxFuture, PassidClient, Token};

use crate::TOKEN;
use crate::app::ready;
use crate::net::ANSWER;

/// Makes so many verifications, without a network: what is counted is what the client itself does to
/// make a request and to read its answer.
///
/// # Panics
///
/// When one of them is no pass.
#[inline(never)] // So that a counting tool finds it by its name.
pub fn verify_many(count: usize) {
    let key = ApiKey::parse("pk_sandbox_measurements").expect("a key");
    let client = PassidClient::builder(key).transport(AnsweredAtOnce).build().expect("a client");
    let token = Token::parse(TOKEN).expect("the token is one");
    for _ in 0..count {
        ready(client.verify_token(&token)).expect("a credential");
    }
}

/// Stands for the network and the API.
#[derive(Debug)]
struct AnsweredAtOnce;

impl Transport for AnsweredAtOnce {
    fn send(&self, _: ApiRequest) -> BoxFuture<'static, Result<ApiResponse, TransportError>> {
        let answer = ApiResponse::new(200, ANSWER)
            .with_header("content-type", "application/json")
            .with_header("x-passid-api-version", "1");
        Box::pin(async { Ok(answer) })
    }
}
