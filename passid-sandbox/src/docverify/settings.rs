//! How the emulation is set up.

use std::sync::Arc;
use std::time::Duration;

use passid_core::{Clock, Entropy, SystemClock, SystemEntropy};

use super::{DocumentSandbox, DocumentStartError};

/// How error bodies look. None is published for this API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorBodies {
    /// As sibling services answer: `message` and `error_code`.
    #[default]
    Sibling,
    /// As the framework answers that the names of the API suggest: `statusCode`, `message`, `error`.
    Framework,
    /// Nothing.
    Empty,
}

/// Sets a [`DocumentSandbox`] up. Each setting is something that the vendor's reference leaves open.
#[derive(Clone, Debug)]
#[must_use]
pub struct DocumentSandboxBuilder {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) created_status: u16,
    pub(super) require_resource: bool,
    pub(super) detailed_by_default: bool,
    pub(super) expired_is_not_found: bool,
    pub(super) session_window: Duration,
    pub(super) token_life: Duration,
    pub(super) usual_recommendation: String,
    pub(super) error_bodies: ErrorBodies,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl DocumentSandboxBuilder {
    pub(super) fn new() -> Self {
        Self {
            client_id: "docverify-demo".to_owned(),
            client_secret: "docverify-demo-secret".to_owned(),
            created_status: 200,
            require_resource: true,
            detailed_by_default: true,
            expired_is_not_found: false,
            session_window: Duration::from_secs(1800),
            token_life: Duration::from_secs(3600),
            usual_recommendation: "ALLOW".to_owned(),
            error_bodies: ErrorBodies::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// Answers a creation with 201, as one edition of the reference says, in place of 200.
    pub fn created_is_201(mut self) -> Self {
        self.created_status = 201;
        self
    }

    /// Takes access tokens that were not asked for with the API's resource too.
    pub fn allow_tokens_without_resource(mut self) -> Self {
        self.require_resource = false;
        self
    }

    /// Answers in the older shape when `detailed` is left out.
    pub fn older_results_by_default(mut self) -> Self {
        self.detailed_by_default = false;
        self
    }

    /// Answers 404 for a session that was not finished in time, in place of the status `expired`.
    pub fn expired_is_not_found(mut self) -> Self {
        self.expired_is_not_found = true;
        self
    }

    /// How long a session may take; half an hour unless set.
    pub fn session_window(mut self, window: Duration) -> Self {
        self.session_window = window;
        self
    }

    /// How long an access token lives; an hour unless set.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.token_life = life;
        self
    }

    /// What sessions without a mock end in: `ALLOW` unless set, `CHALLENGE` or `DENY`. Nothing is
    /// checked here, whatever the images show.
    pub fn usual_recommendation(mut self, recommendation: impl Into<String>) -> Self {
        self.usual_recommendation = recommendation.into();
        self
    }

    /// How error bodies look.
    pub fn error_bodies(mut self, bodies: ErrorBodies) -> Self {
        self.error_bodies = bodies;
        self
    }

    /// The clock that expiry and processing read.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The random numbers of ids and tokens.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// [`DocumentStartError`] when no port can be had.
    pub async fn start(self) -> Result<DocumentSandbox, DocumentStartError> {
        DocumentSandbox::serve(self).await
    }
}
