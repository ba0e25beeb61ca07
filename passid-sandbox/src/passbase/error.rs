/// Why a transition is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// No identity has this key.
    #[error("no identity has this key; begin one")]
    Unknown,
    /// Not from the state that the identity is in.
    #[error("the identity is {status}, from where this is not possible")]
    State {
        /// The state.
        status: &'static str,
    },
    /// A score that is no number from 0 to 1.
    #[error("a score is a number from 0 to 1")]
    Score,
    /// More than the sandbox keeps of one identity.
    #[error("an identity has at most {limit} bytes as JSON; leave something out")]
    TooLarge {
        /// How many it keeps.
        limit: usize,
    },
    /// Metadata that cannot be opened, and the sandbox was told to refuse it.
    #[error("the metadata cannot be opened, and the settings say that it is refused")]
    Metadata,
}

/// Why settings cannot be put in force. Never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// Thresholds that are no numbers from 0 to 1, or the wrong way round.
    #[error("thresholds are numbers from 0 to 1, and that for declining is not above the other")]
    Thresholds,
    /// A webhook secret that is not 32 visible ASCII characters.
    #[error("a webhook secret of Passbase has exactly 32 visible ASCII characters")]
    WebhookSecret,
    /// A key for metadata that is none.
    #[error(
        "the key for metadata is a public RSA key of 4096 bits as PEM; openssl rsa -pubout makes it"
    )]
    MetadataKey,
    /// A webhook URL that is none.
    #[error("the webhook URL cannot be used: {0}")]
    WebhookUrl(String),
    /// More attempts, or longer pauses between them, than the sandbox takes.
    #[error("a webhook is retried at most {most} times, after at most {longest} seconds each")]
    Retries {
        /// How many it takes.
        most: usize,
        /// The longest pause, in seconds.
        longest: u32,
    },
}
