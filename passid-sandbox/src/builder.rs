use std::error::Error;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use passid_core::{ApiKey, ApiKeyError, Clock, Environment, SystemClock};
use tokio::net::TcpListener;

use crate::control::ControlToken;
use crate::demo;
use crate::docverify::{self, DocumentSettings, DocumentSettingsError};
use crate::limits::{check_secret_key, check_webhook_secret, check_webhook_url};
use crate::passbase::{self, PassbaseSettings, SettingError};
use crate::sandbox::{Sandbox, Sender};
use crate::seed::{Seed, SeedError};
use crate::server::Server;
use crate::state::{BadRow, ClockError, Initial, Limits, NotResumed, State};
use crate::store::{Store, StoreLimits, StoredRow};
use crate::timestamp::exact;
use crate::webhook;

const DEFAULT_MAX_RECORDS: usize = 100_000;
const DEFAULT_MAX_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a sandbox can be told before it starts. See [`Sandbox::builder`].
pub struct SandboxBuilder {
    listen: SocketAddr,
    sandbox_key: String,
    live_key: String,
    passbase_key: String,
    passbase_webhook_url: Option<String>,
    passbase_webhook_secret: Option<String>,
    docverify_client: (String, String),
    docverify: Option<DocumentSettings>,
    webhook_secret: Option<String>,
    webhook_url: Option<String>,
    strict_demo_codes: bool,
    seed: Seed,
    random_seed: u64,
    limits: Limits,
    start_time: Option<SystemTime>,
    freeze_clock: bool,
    webhook_timeout: Duration,
    control_token: Option<String>,
    data_file: Option<PathBuf>,
    clock: Arc<dyn Clock>,
}

impl SandboxBuilder {
    pub(crate) fn new() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            sandbox_key: demo::SANDBOX_KEY.to_owned(),
            live_key: demo::LIVE_KEY.to_owned(),
            passbase_key: passbase::SECRET_KEY.to_owned(),
            passbase_webhook_url: None,
            passbase_webhook_secret: None,
            docverify_client: (
                docverify::CLIENT_ID.to_owned(),
                docverify::CLIENT_SECRET.to_owned(),
            ),
            docverify: None,
            webhook_secret: None,
            webhook_url: None,
            strict_demo_codes: false,
            seed: Seed::default(),
            random_seed: 0,
            limits: Limits { records: DEFAULT_MAX_RECORDS, age: DEFAULT_MAX_AGE },
            start_time: None,
            freeze_clock: false,
            webhook_timeout: webhook::ANSWER_LIMIT,
            control_token: None,
            data_file: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Where to listen. By default a free port of 127.0.0.1. Beyond loopback the control API answers
    /// only with a [`control_token`](Self::control_token).
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The institution key of the sandbox environment, in place of [`demo::SANDBOX_KEY`].
    #[must_use]
    pub fn sandbox_key(mut self, key: impl Into<String>) -> Self {
        self.sandbox_key = key.into();
        self
    }

    /// The institution key of the live environment, in place of [`demo::LIVE_KEY`].
    #[must_use]
    pub fn live_key(mut self, key: impl Into<String>) -> Self {
        self.live_key = key.into();
        self
    }

    /// The secret key of the Passbase API, in place of [`passbase::SECRET_KEY`].
    #[must_use]
    pub fn passbase_key(mut self, key: impl Into<String>) -> Self {
        self.passbase_key = key.into();
        self
    }

    /// Where the webhooks of the Passbase API go from the start. By default nowhere, until
    /// [`Passbase::set_settings`](passbase::Passbase::set_settings) says so.
    #[must_use]
    pub fn passbase_webhook_url(mut self, url: impl Into<String>) -> Self {
        self.passbase_webhook_url = Some(url.into());
        self
    }

    /// What they are encrypted with: 32 visible ASCII characters. By default nothing.
    #[must_use]
    pub fn passbase_webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.passbase_webhook_secret = Some(secret.into());
        self
    }

    /// The client id and the client secret of Document Verification, in place of
    /// [`docverify::CLIENT_ID`] and [`docverify::CLIENT_SECRET`].
    #[must_use]
    pub fn docverify_client(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.docverify_client = (id.into(), secret.into());
        self
    }

    /// How Document Verification is set up at the start and after a reset, whatever a data file says.
    #[must_use]
    pub fn docverify(mut self, settings: DocumentSettings) -> Self {
        self.docverify = Some(settings);
        self
    }

    /// The webhook secret, in place of [`demo::WEBHOOK_SECRET`].
    #[must_use]
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.webhook_secret = Some(secret.into());
        self
    }

    /// Where the events of the sandbox environment go from the start. By default nowhere, until
    /// `PATCH /api/institution/webhook` says so.
    #[must_use]
    pub fn webhook_url(mut self, url: impl Into<String>) -> Self {
        self.webhook_url = Some(url.into());
        self
    }

    /// What there is from the start, besides [`demo`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// The number from which codes, tokens and whatever is left to chance are derived; 0 unless
    /// set. With the same number, the same calls get the same answers.
    #[must_use]
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.random_seed = seed;
        self
    }

    /// How many sessions, verifications, outcomes and Passbase identities are kept each; 100,000 unless
    /// set. The oldest make room.
    #[must_use]
    pub fn max_records(mut self, records: usize) -> Self {
        self.limits.records = records;
        self
    }

    /// How long they are kept, by the sandbox's clock; 30 days unless set.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.limits.age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
        self
    }

    /// Whether the three demo codes can be redeemed once only, like minted ones (decision D15).
    #[must_use]
    pub fn strict_demo_codes(mut self, strict: bool) -> Self {
        self.strict_demo_codes = strict;
        self
    }

    /// What the clock shows at the start, in place of the machine's time or the time in the data
    /// file.
    #[must_use]
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Whether the clock stands from the start, until it is moved or let go.
    #[must_use]
    pub fn freeze_clock(mut self, frozen: bool) -> Self {
        self.freeze_clock = frozen;
        self
    }

    /// How long a receiver of webhooks may take for its answer, in real time; 10 seconds unless set
    /// (guide, step 7).
    #[must_use]
    pub fn webhook_timeout(mut self, timeout: Duration) -> Self {
        self.webhook_timeout = timeout;
        self
    }

    /// A token that every request to the control API must then carry as `Authorization: Bearer`, all
    /// but `GET /_passid/health`. It opens the control API beyond loopback too.
    #[must_use]
    pub fn control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into());
        self
    }

    /// Keeps the state in a file, which is made when it is absent. By default nothing is kept.
    #[must_use]
    pub fn data_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.data_file = Some(file.into());
        self
    }

    /// Where the time comes from, in place of the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Starts the sandbox on the current tokio runtime. It is ready when this returns.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the address cannot be listened on, or a key or the secret is unusable.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled, as everything of tokio does.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let initial = self.initial()?;
        let control_token = self.checked_control_token()?;
        let failed = |source| StartError::Bind { address: self.listen, source };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (store, rows) = match &self.data_file {
            None => (None, Vec::new()),
            Some(path) => {
                let opened = Store::open(path, StoreLimits::default()).await;
                let opened = opened.map_err(|error| StartError::DataFile(Box::new(error)));
                opened.map(|(store, rows)| (Some(store), rows))?
            }
        };
        let state = Arc::new(State::new(initial, Arc::clone(&self.clock), store));
        if let Err(error) = self.begin(&state, &rows).await {
            // So that the file is free again when this returns.
            state.close().await;
            return Err(error);
        }
        let server = Server::start(listener, address, Arc::clone(&state), control_token);
        let sender = Sender::start(&state, self.webhook_timeout);
        Ok(Sandbox::new(address, state, server, sender))
    }

    async fn begin(&self, state: &State, rows: &[StoredRow]) -> Result<(), StartError> {
        // A data file of sound SQLite can still hold rows that are not ours.
        let path = || self.data_file.clone().unwrap_or_default();
        let kept = state.begin(rows).map_err(|error| match error {
            NotResumed::Row(row) => {
                StartError::DataFile(Box::new(UnreadableDataFile { path: path(), row }))
            }
            NotResumed::Seed(error) => error.into(),
        })?;
        kept.wait().await.map_err(|_| StartError::NotKept)
    }

    fn checked_control_token(&self) -> Result<Option<ControlToken>, StartError> {
        let parse = |token: &String| ControlToken::parse(token).ok_or(StartError::ControlToken);
        self.control_token.as_ref().map(parse).transpose()
    }

    fn initial(&self) -> Result<Initial, StartError> {
        // D31: a key of another prefix is taken as it is, since its environment is stated here.
        let key = |raw: &str, environment| {
            ApiKey::in_environment(raw, environment)
                .map(|key| key.expose().to_owned())
                .map_err(|source| StartError::Key { environment, source })
        };
        let sandbox_key = key(&self.sandbox_key, Environment::Sandbox)?;
        let live_key = key(&self.live_key, Environment::Live)?;
        if sandbox_key == live_key {
            return Err(StartError::SameKey);
        }
        check_secret_key(&self.passbase_key).map_err(StartError::PassbaseKey)?;
        let passbase = PassbaseSettings {
            webhook_url: self.passbase_webhook_url.clone(),
            webhook_secret: self.passbase_webhook_secret.clone(),
            ..PassbaseSettings::default()
        };
        passbase.check().map_err(StartError::PassbaseSettings)?;
        for part in [&self.docverify_client.0, &self.docverify_client.1] {
            check_secret_key(part).map_err(StartError::DocverifyClient)?;
        }
        let docverify = self.docverify.clone().map(DocumentSettings::checked).transpose()?;
        if let Some(secret) = &self.webhook_secret {
            check_webhook_secret(secret).map_err(StartError::WebhookSecret)?;
        }
        if let Some(url) = &self.webhook_url {
            check_webhook_url(url).map_err(StartError::WebhookUrl)?;
        }
        if self.limits.records == 0 || self.limits.age <= SignedDuration::ZERO {
            return Err(StartError::Limits);
        }
        if self.webhook_timeout.is_zero() {
            return Err(StartError::WebhookTimeout);
        }
        if self.start_time.is_some_and(|time| time < SystemTime::UNIX_EPOCH) {
            return Err(StartError::Clock(ClockError));
        }
        let initial = Initial {
            sandbox_key,
            live_key,
            passbase_key: self.passbase_key.clone(),
            passbase_webhook_url: passbase.webhook_url,
            passbase_webhook_secret: passbase.webhook_secret,
            docverify_client: self.docverify_client.clone(),
            docverify,
            webhook_secret: self.webhook_secret.clone(),
            webhook_url: self.webhook_url.clone(),
            strict_demo_codes: self.strict_demo_codes,
            random_seed: self.random_seed,
            limits: self.limits,
            start_time: self.start_time.map(exact),
            freeze_clock: self.freeze_clock,
            seed: self.seed.clone(),
        };
        initial.check()?;
        Ok(initial)
    }
}

impl fmt::Debug for SandboxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxBuilder")
            .field("listen", &self.listen)
            .field("strict_demo_codes", &self.strict_demo_codes)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox does not start. Never repeats a key or secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// A key that cannot be one.
    #[error("the {environment} key cannot be used")]
    Key {
        /// Which of the two keys.
        environment: Environment,
        /// What is wrong with it.
        source: ApiKeyError,
    },
    /// A secret key of Passbase that no request can carry.
    #[error("the Passbase key cannot be used: {0}")]
    PassbaseKey(String),
    /// A webhook URL or secret of Passbase that is none.
    #[error("the Passbase settings cannot be used")]
    PassbaseSettings(#[source] SettingError),
    /// A client id or secret of Document Verification that is none.
    #[error("the client of Document Verification cannot be used: {0}")]
    DocverifyClient(String),
    /// Settings of Document Verification that cannot be.
    #[error("the settings of Document Verification cannot be used")]
    DocverifySettings(#[from] DocumentSettingsError),
    /// One key for both environments.
    #[error("the sandbox key and the live key are the same; they keep the environments apart")]
    SameKey,
    /// A webhook secret of white space or nothing, or one that is too long.
    #[error("the webhook secret cannot be used: {0}")]
    WebhookSecret(String),
    /// A webhook URL that is none.
    #[error("the webhook URL cannot be used: {0}")]
    WebhookUrl(String),
    /// No receiver could answer in time.
    #[error("the webhook timeout must be greater than zero")]
    WebhookTimeout,
    /// Nothing would be kept.
    #[error("the number of records and their age must be greater than zero")]
    Limits,
    /// A time at the start beyond the calendar.
    #[error("the time at the start cannot be used")]
    Clock(#[source] ClockError),
    /// The data file cannot be used. It was left as it is; the text names it.
    #[error(transparent)]
    DataFile(Box<dyn Error + Send + Sync>),
    /// The data file cannot be written.
    #[error("the data file cannot be written; see that there is room on the disk")]
    NotKept,
    /// The seed cannot be planted.
    #[error("the seed cannot be used")]
    Seed(#[from] SeedError),
    /// A control token that is empty or cannot stand in a header.
    #[error("the control token is not made of visible ASCII characters alone")]
    ControlToken,
}

#[derive(Debug, thiserror::Error)]
#[error("the data file {} does not fit this sandbox; name another file or other keys", path.display())]
struct UnreadableDataFile {
    path: PathBuf,
    #[source]
    row: BadRow,
}
