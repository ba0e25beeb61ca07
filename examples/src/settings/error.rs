use std::error::Error;

use passid_core::cache::CacheBuildError;
use passid_core::client::BuildError;
use passid_core::webhook::WebhookVerifierError;
use passid_core::{ApiKeyError, WebhookSecretError};
use passid_inbox::store::StoreError;
use passid_sandbox::StartError;

/// The cause of an error.
pub(crate) type Source = Box<dyn Error + Send + Sync>;

/// Why the environment does not say how to connect.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A base URL without a key.
    #[error("PASSID_BASE_URL is set, so PASSID_API_KEY must be set too")]
    NoKey,
    /// The key is none.
    #[error("PASSID_API_KEY cannot be used")]
    Key(#[from] ApiKeyError),
    /// The client cannot be built.
    #[error("PASSID_BASE_URL cannot be used")]
    Client(#[from] BuildError),
    /// The sandbox inside cannot start.
    #[error("the sandbox inside this program cannot start")]
    Sandbox(#[from] StartError),
    /// There is a real PASSID, and nothing to check its webhooks against.
    #[error("PASSID_BASE_URL is set, so PASSID_WEBHOOK_SECRET must be set too")]
    NoWebhookSecret,
    /// The secret is none.
    #[error("{variable} cannot be used")]
    WebhookSecret {
        /// Which of the two.
        variable: &'static str,
        /// Why.
        source: WebhookSecretError,
    },
    /// The secret is too short to trust.
    #[error("{variable} cannot be used")]
    WeakWebhookSecret {
        /// Which of the two.
        variable: &'static str,
        /// Why.
        source: WebhookVerifierError,
    },
    /// The inbox cannot be opened.
    #[error("PASSID_INBOX_URL cannot be used")]
    Inbox(#[from] StoreError),
    /// The time to live of the cache is none.
    #[error("PASSID_CACHE_TTL_SECS must be a whole number of seconds from 1 to 3600")]
    CacheTtl {
        /// What the cache says of it, where it was a number.
        source: Option<CacheBuildError>,
    },
    /// Redis cannot be used: one of three settings is none, or the cache is off.
    #[error(
        "PASSID_REDIS_URL must be the address of a Redis, with PASSID_CACHE_TTL_SECS set; \
         PASSID_DEPLOYMENT_SECRET, if set, 32 random bytes in any spelling"
    )]
    Redis {
        /// What is wrong with one of them, without its value.
        source: Option<Source>,
    },
    /// Another variable calls for this one.
    #[error("{given} is set, so {variable} must be set too")]
    Missing {
        /// Which is set.
        given: &'static str,
        /// Which is not.
        variable: &'static str,
    },
    /// A variable of another provider is not what it should be.
    #[error("{variable} cannot be used")]
    Unusable {
        /// Which.
        variable: &'static str,
        /// Why, without the value.
        source: Source,
    },
    /// The policy cannot be read, or is none.
    #[error("the policy of {from} cannot be used")]
    Policy {
        /// What named the file.
        from: &'static str,
        /// Why, without the name of the file.
        source: Source,
    },
    /// The arguments are not understood.
    #[error("{wrong}\n\n{usage}")]
    Usage {
        /// What is wrong.
        wrong: &'static str,
        /// How it is done.
        usage: String,
    },
    /// The address is none.
    #[error("LISTEN_ADDR must be an address and a port, such as 127.0.0.1:3000")]
    ListenAddr,
}
