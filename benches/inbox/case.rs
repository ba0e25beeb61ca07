//! The ways in, each of which ends with a row on the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use axum::Router;
use bytes::Bytes;
use passid_core::testing::webhook::sign;
use passid_core::{Clock, Environment, SystemClock, WebhookSecret, WebhookVerifier};
use passid_inbox::store::{Insertion, Kind, NewEntry, Store, StoredBody};
use passid_inbox::{Inbox, Receipt, Receiver};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::Failure;
use crate::database::{Bare, BareRow, Database};

const SECRET: &str = "whsec_bench_00000000000000000000";

#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// A bare `INSERT` of the same row into the same tables, without the store.
    Bare,
    /// `Store::insert`.
    Store,
    /// The signature, the event, the hashes, and `Store::insert`.
    Accept,
    /// All of it behind `POST /passid/webhook` on axum, over a kept-alive connection.
    Post,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Bare, Self::Store, Self::Accept, Self::Post];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare `INSERT`",
            Self::Store => "`Store::insert`",
            Self::Accept => "`verify` and `Inbox::accept`",
            Self::Post => "`POST` over a socket",
        }
    }
}

/// A webhook, and what each way in needs of it, made beforehand.
pub(crate) struct Webhook {
    body: Bytes,
    signature: String,
    row: BareRow,
    entry: NewEntry,
}

/// An inbox over a database, and a server before it.
pub(crate) struct Case {
    bare: Bare,
    ledger: Arc<dyn Store>,
    inbox: Inbox,
    verifier: WebhookVerifier,
    secret: WebhookSecret,
    address: std::net::SocketAddr,
    made: AtomicU64,
}

impl Case {
    pub(crate) async fn new(database: &Database) -> Result<Self, Failure> {
        let ledger = Arc::clone(&database.ledger);
        let secret = WebhookSecret::parse(SECRET)?;
        let verifier = WebhookVerifier::with_secret(secret.clone())?;
        let inbox = Inbox::builder(Arc::clone(&ledger), Environment::Sandbox).build()?;
        let receiver = Receiver::new(inbox.clone(), verifier.clone());
        let app = Router::new().route("/passid/webhook", passid_inbox::axum::webhook(receiver));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, app).await });
        let (bare, made) = (database.bare.clone(), AtomicU64::new(0));
        Ok(Self { bare, ledger, inbox, verifier, secret, address, made })
    }

    /// Webhooks that are different from all before, each of another token; about 600 bytes.
    pub(crate) fn webhooks(&self, count: usize) -> Vec<Webhook> {
        (0..count).map(|_| self.webhook()).collect()
    }

    fn webhook(&self) -> Webhook {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let token = format!("PASSID-{:032x}-{number:016x}", std::process::id());
        let body = json!({
            "event": "verification.completed", "institution_id": "42",
            "timestamp": "2026-03-29T10:22:14Z",
            "data": {
                "token": token, "verified_at": "2026-03-29T10:22:14Z",
                "verified_claims": {
                    "identity_verified": true, "income_verified": true,
                    "sanctions_screening_clear": true, "income_bracket": "1000-2000",
                    "identity_and_fraud_checks_passed": true,
                },
                "note": "x".repeat(200),
            },
        });
        let body = Bytes::from(body.to_string());
        let hash: [u8; 32] = Sha256::digest(&body).into();
        let now = SystemClock.now();
        let micros = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
        let row = BareRow {
            hash: hash.to_vec(),
            subject: hash.to_vec(),
            micros: i64::try_from(micros).unwrap_or_default(),
            body: body.to_vec(),
        };
        let entry = NewEntry {
            kind: Kind::Event,
            environment: Environment::Sandbox,
            body_sha256: hash,
            semantic_key: Some(hash),
            subject: Some(hash),
            name: "verification.completed".to_owned(),
            occurred_at: now,
            received_at: now,
            body: StoredBody { bytes: body.clone(), key_id: None },
            dead: None,
        };
        Webhook { signature: sign(&self.secret, &body), body, row, entry }
    }

    pub(crate) async fn sender(self: &Arc<Self>, way: Way) -> Result<Sender, Failure> {
        let connection = match way {
            Way::Post => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                Some(stream)
            }
            _ => None,
        };
        Ok(Sender { case: Arc::clone(self), way, connection })
    }
}

/// Sends one webhook after the other.
pub(crate) struct Sender {
    case: Arc<Case>,
    way: Way,
    connection: Option<TcpStream>,
}

impl Sender {
    /// Comes back when the webhook is on the disk.
    pub(crate) async fn send(&mut self, webhook: &Webhook) -> Result<(), Failure> {
        let is_new = match self.way {
            Way::Bare => {
                self.case.bare.insert(&webhook.row).await?;
                true
            }
            Way::Store => {
                let insertion = self.case.ledger.insert(webhook.entry.clone()).await?;
                matches!(insertion, Insertion::New(_))
            }
            Way::Accept => {
                let verified = self.case.verifier.verify([&webhook.signature], &webhook.body)?;
                matches!(self.case.inbox.accept(&verified).await?, Receipt::New(_))
            }
            Way::Post => self.post(webhook).await?,
        };
        if is_new { Ok(()) } else { Err("a new webhook was taken for a repetition".into()) }
    }

    async fn post(&mut self, webhook: &Webhook) -> Result<bool, Failure> {
        let connection = self.connection.as_mut().ok_or("there is no connection")?;
        let head = format!(
            "POST /passid/webhook HTTP/1.1\r\nHost: localhost\r\nX-PASSID-Signature: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            webhook.signature,
            webhook.body.len(),
        );
        connection.write_all(&[head.as_bytes(), &webhook.body].concat()).await?;
        let mut answer = Vec::with_capacity(512);
        while !answer.ends_with(b"}") {
            if connection.read_buf(&mut answer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        Ok(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"{\"received\":true}"))
    }
}
