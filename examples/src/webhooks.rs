//! What the two webhook examples share: everything but the web server.

use std::env;
use std::net::SocketAddr;
use std::time::Duration;

use passid_core::client::NewWebhook;
use passid_core::webhook::{Event, VerificationFailed, WebhookVerifier, WebhookVerifierError};
use passid_core::{Environment, InstitutionJwt, PassidClient, WebhookSecret};
use passid_inbox::{Context, HandlerError, Inbox, Receiver, Running, store};
use passid_sandbox::{Sandbox, demo};

use crate::StartError;
use crate::settings::{Connected, SettingsError, connect_to_receive, reachable};

/// The path at which both examples receive.
pub const WEBHOOK_PATH: &str = "/passid/webhook";

const SECRET: &str = "PASSID_WEBHOOK_SECRET";
const PREVIOUS_SECRET: &str = "PASSID_WEBHOOK_SECRET_PREVIOUS";

/// How long what is being handled may still take once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// An inbox with a worker that tells what it handles.
#[derive(Debug)]
pub struct Webhooks {
    receiver: Receiver,
    worker: Running,
    secret: WebhookSecret,
    connected: Option<Connected>,
    kept_in: String,
}

impl Webhooks {
    /// Opens the inbox as the environment says, and starts its worker on the caller's runtime.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] naming the variable at fault, never its value.
    pub async fn start(name: &str) -> Result<Self, StartError> {
        let secret = secret(SECRET)?;
        let previous = self::secret(PREVIOUS_SECRET)?;
        let connected = connect_to_receive().await?;
        let has_sandbox = connected.as_ref().is_some_and(|connected| connected.sandbox.is_some());
        let secret = match secret {
            Some(secret) => secret,
            None if has_sandbox => WebhookSecret::parse(demo::WEBHOOK_SECRET)?,
            None => return Err(SettingsError::NoWebhookSecret.into()),
        };
        let mut verifier = WebhookVerifier::builder().secret(secret.clone());
        if let Some(previous) = previous {
            verifier = verifier.previous_secret(previous);
        }

        let (url, kept_in) = inbox_url(name);
        let store = store::open(&url).await.map_err(SettingsError::Inbox)?;
        // A webhook does not say which environment it is of; a key does.
        let environment = connected
            .as_ref()
            .map_or(Environment::Live, |connected| connected.client.environment());
        let inbox = Inbox::builder(store, environment).build()?;
        // After a crash its events wait no longer than a lease; printing takes much less.
        let worker = inbox.worker().lease(Duration::from_secs(5));
        let worker = worker.on(print_failed).on(print).start()?;
        let receiver = Receiver::new(inbox, verifier.build()?);
        Ok(Self { receiver, worker, secret, connected, kept_in })
    }

    /// What receives into the inbox.
    pub fn receiver(&self) -> Receiver {
        self.receiver.clone()
    }

    /// The first words of an example.
    pub fn welcome(&self, name: &str, address: SocketAddr) -> String {
        let sent_by = match self.sandbox() {
            Some((_, sandbox)) => format!(
                "PASSID_BASE_URL is not set: a PASSID sandbox runs inside this program, at {}",
                sandbox.url()
            ),
            None => "Have PASSID send its webhooks to the address below.".to_owned(),
        };
        let kept_in = &self.kept_in;
        format!(
            "{sent_by}\nThe inbox is {kept_in}\n{name} listens on http://{address}{WEBHOOK_PATH}\n"
        )
    }

    /// Has the sandbox, if it runs inside this program, send its webhooks to this address, and a test
    /// event at once. A real PASSID is told in its dashboard, or by the same call.
    ///
    /// # Errors
    ///
    /// When the sandbox refuses.
    pub async fn register(&self, address: SocketAddr) -> Result<(), StartError> {
        let Some((client, sandbox)) = self.sandbox() else { return Ok(()) };
        let jwt = InstitutionJwt::parse(&sandbox.institution_jwt())?;
        let webhook = NewWebhook::new(format!("http://{}{WEBHOOK_PATH}", reachable(address)))?;
        let webhook = webhook.secret(self.secret.clone());
        client.set_webhook(&jwt, &webhook).await?;
        sandbox
            .send_test_event("Hello from the sandbox.")
            .ok_or("the sandbox sends no test event")?;
        Ok(())
    }

    fn sandbox(&self) -> Option<(&PassidClient, &Sandbox)> {
        let connected = self.connected.as_ref()?;
        Some((&connected.client, connected.sandbox.as_deref()?))
    }

    /// Ends the worker: once nothing is received any more.
    pub async fn stop(self) {
        self.worker.shutdown(GRACE).await;
    }
}

/// The secret of a variable, if it is set and good enough to check signatures with.
fn secret(variable: &'static str) -> Result<Option<WebhookSecret>, SettingsError> {
    let Ok(raw) = env::var(variable) else { return Ok(None) };
    let secret = WebhookSecret::parse(&raw);
    let secret = secret.map_err(|source| SettingsError::WebhookSecret { variable, source })?;
    WebhookVerifier::with_secret(secret.clone()).map_err(|error| too_weak(variable, error))?;
    Ok(Some(secret))
}

fn too_weak(variable: &'static str, source: WebhookVerifierError) -> SettingsError {
    SettingsError::WeakWebhookSecret { variable, source }
}

/// Where the inbox is, and what may be said of it: an address may hold a password.
fn inbox_url(name: &str) -> (String, String) {
    env::var("PASSID_INBOX_URL").map_or_else(
        |_| {
            let file = env::temp_dir().join(format!("passid-{name}.sqlite"));
            let url = format!("sqlite:{}", file.display());
            (url.clone(), url)
        },
        |url| (url, "that of PASSID_INBOX_URL".to_owned()),
    )
}

/// A refusal: whether it is for good is what an application has to know.
async fn print_failed(failed: VerificationFailed, context: Context) -> Result<(), HandlerError> {
    let end = if failed.is_final() { "final" } else { "not final" };
    say(&format!("verification.failed ({end})"), &context);
    Ok(())
}

async fn print(event: Event, context: Context) -> Result<(), HandlerError> {
    // The name of an event that is not known is whatever its sender wrote.
    let name: String = event.name().escape_debug().take(100).collect();
    say(&name, &context);
    Ok(())
}

/// Nothing of the event's content: it is about a person.
#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
fn say(name: &str, context: &Context) {
    println!("handled {name}, entry {}, attempt {}", context.id, context.attempt);
}
