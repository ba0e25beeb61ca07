//! The emulated API and the webhooks that it sends: the one place here that knows the sandbox.

use std::sync::Arc;
use std::time::Duration;

use passid_core::testing::ManualClock;
use passid_core::{Clock, Environment, Token};
use passid_passbase::webhook::{WebhookOpener, WebhookSecret};
use passid_passbase::{FlowMetadata, IdentityAccessKey, Nonce, PassbaseClient, SecretKey};
use passid_sandbox::Sandbox;
use passid_sandbox::passbase::{NewIdentity, Passbase};
use passid_tests::http::Request;

pub(crate) const PATH: &str = "/passbase/webhook";
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const NONCE: &str = "000102030405060708090a0b0c0d0e0f";

/// How the project's webhooks are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Encrypted,
    Plain,
}

impl Mode {
    pub(crate) fn opener(self) -> WebhookOpener {
        match self {
            Self::Encrypted => WebhookOpener::encrypted(WebhookSecret::parse(SECRET).unwrap()),
            Self::Plain => WebhookOpener::plain_and_forgeable(),
        }
    }
}

pub(crate) struct Upstream {
    sandbox: Sandbox,
    clock: ManualClock,
    pub(crate) client: PassbaseClient,
}

impl Upstream {
    pub(crate) async fn start(mode: Mode) -> Self {
        let clock = ManualClock::at(std::time::UNIX_EPOCH + Duration::from_secs(1_795_000_000));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let sandbox = Sandbox::builder().clock(shared.clone()).start().await.unwrap();
        let passbase = sandbox.passbase();
        if mode == Mode::Encrypted {
            let secret: [u8; 32] = SECRET.as_bytes().try_into().unwrap();
            passbase.set_webhook_secret(secret).unwrap();
        }
        let key = SecretKey::parse(passbase.key(), Environment::Sandbox).unwrap();
        let builder = PassbaseClient::builder(key).base_url(passbase.url()).clock(shared);
        Self { client: builder.build().unwrap(), sandbox, clock }
    }

    fn passbase(&self) -> Passbase<'_> {
        self.sandbox.passbase()
    }

    /// Somebody who was approved, with all that was sent about it.
    pub(crate) fn approved(&self) -> (IdentityAccessKey, Vec<Request>) {
        let metadata = FlowMetadata::new("user-42", &Nonce::parse(NONCE).unwrap()).unwrap();
        let metadata = serde_json::from_str(&metadata.to_json()).unwrap();
        let new = NewIdentity { metadata, ..NewIdentity::default() };
        let key = self.passbase().begin(new).unwrap();
        self.later();
        self.passbase().submit(&key).unwrap();
        self.passbase().process(&key).unwrap();
        self.later();
        self.passbase().review(&key, true).unwrap();
        (IdentityAccessKey::parse(&key).unwrap(), self.sent())
    }

    pub(crate) fn find(&self, key: &IdentityAccessKey, kind: &str) -> Vec<Request> {
        self.later();
        self.passbase().screen(key.expose(), &[kind]).unwrap();
        self.sent()
    }

    pub(crate) fn decline(&self, key: &IdentityAccessKey) -> Vec<Request> {
        self.later();
        self.passbase().review(key.expose(), false).unwrap();
        self.sent()
    }

    pub(crate) fn later(&self) {
        self.clock.advance(Duration::from_secs(60));
    }

    fn sent(&self) -> Vec<Request> {
        let webhooks = self.passbase().take_webhooks();
        webhooks.into_iter().map(|webhook| request(webhook.content_type, webhook.body)).collect()
    }
}

pub(crate) fn request(content_type: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", PATH).header("Content-Type", content_type).body(body)
}

/// What the caller whose identity it is presents.
pub(crate) fn token(key: &IdentityAccessKey) -> Token {
    Token::parse(&format!("{}.{NONCE}", key.expose())).unwrap()
}
