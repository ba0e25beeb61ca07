//! Is the API reachable, and does it take our credentials?

use passid_core::{BoxFuture, Health, Probe};

use super::{DocumentVerificationClient, ErrorKind};
use crate::SessionId;

/// A session that cannot exist: ids of the API have no hyphen.
const NO_SESSION: &str = "readiness-probe";

impl Probe for DocumentVerificationClient {
    /// Asks for a session that cannot exist: nothing is created or billed. 404 says that the API is
    /// there and has taken our credentials, as decision P16 has it for PASSID.
    fn probe(&self) -> BoxFuture<'static, Health> {
        let client = self.clone();
        Box::pin(async move {
            let error = match SessionId::parse(NO_SESSION) {
                Ok(id) => match client.result(&id).await {
                    Ok(_) => super::ApiError::new(ErrorKind::UnexpectedStatus),
                    Err(error) => error,
                },
                Err(_) => super::ApiError::new(ErrorKind::Unsendable),
            };
            match error.kind() {
                ErrorKind::SessionNotFound => Health::Accepted,
                ErrorKind::CredentialsRefused => Health::KeyRefused,
                _ => Health::Unreachable(error.into_unavailable()),
            }
        })
    }
}
