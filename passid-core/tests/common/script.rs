//! What happens to requests, in words: the script of a [`MockTransport`](passid_core::testing::MockTransport).

use passid_core::client::{ApiResponse, TransportErrorKind};
use passid_core::{ApiError, Redemption, VerifiedCredential};

use crate::common::{self, Api, block_on, code, token};

/// What the API or the network does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Fail(TransportErrorKind),
    Hang,
    Status(u16),
    /// A status with `Retry-After` in seconds.
    Later(u16, u64),
    Body(u16, String),
}

pub(crate) const CONNECT: Step = Step::Fail(TransportErrorKind::Connect);
pub(crate) const INTERRUPTED: Step = Step::Fail(TransportErrorKind::Interrupted);
pub(crate) const TOO_LARGE: Step = Step::Fail(TransportErrorKind::TooLarge);

pub(crate) fn good() -> Step {
    Step::Body(200, common::valid_answer().to_string())
}

pub(crate) fn redeemed() -> Step {
    Step::Body(200, common::redeemed_answer().to_string())
}

pub(crate) fn play(api: &Api, script: &[Step]) {
    for step in script {
        match step {
            Step::Fail(kind) => api.transport.fail(*kind),
            Step::Hang => api.transport.hang(),
            Step::Status(status) => api.answer(*status, ""),
            Step::Later(status, seconds) => api.transport.answer(
                ApiResponse::new(*status, "").with_header("Retry-After", seconds.to_string()),
            ),
            Step::Body(status, body) => api.answer(*status, body.as_str()),
        }
    }
}

pub(crate) fn verify(api: &Api, script: &[Step]) -> Result<VerifiedCredential, ApiError> {
    play(api, script);
    block_on(api.client.verify_token(&token()))
}

pub(crate) fn redeem(api: &Api, script: &[Step]) -> Result<Redemption, ApiError> {
    play(api, script);
    block_on(api.client.redeem_code(&code()))
}
