use std::fmt;

use passid_core::{ApiKey, Environment};
use subtle::ConstantTimeEq;

/// The one institution of the sandbox, with its key for each environment.
pub(crate) struct Institution {
    sandbox_key: ApiKey,
    live_key: ApiKey,
    webhook_secret: String,
}

impl Institution {
    pub(crate) fn new(sandbox_key: ApiKey, live_key: ApiKey, webhook_secret: String) -> Self {
        Self { sandbox_key, live_key, webhook_secret }
    }

    pub(crate) fn sandbox_key(&self) -> &str {
        self.sandbox_key.expose()
    }

    pub(crate) fn live_key(&self) -> &str {
        self.live_key.expose()
    }

    pub(crate) fn webhook_secret(&self) -> &str {
        &self.webhook_secret
    }

    /// The environment that a presented key opens; `None` for a key that was never issued.
    pub(crate) fn environment_of(&self, presented: &[u8]) -> Option<Environment> {
        [&self.sandbox_key, &self.live_key]
            .into_iter()
            .find(|key| key.expose().as_bytes().ct_eq(presented).into())
            .map(ApiKey::environment)
    }
}

impl fmt::Debug for Institution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Institution").finish_non_exhaustive()
    }
}
