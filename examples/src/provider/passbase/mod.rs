//! Passbase: a person is verified in the vendor's button, which hands their browser the key of an
//! identity. What binds it to them is a nonce.

mod inside;

use std::sync::Arc;

use passid_core::{Environment, Verify};
use passid_passbase::{
    BindingError, FlowMetadata, Nonce, PassbaseClient, PassbaseVerifier, SecretKey,
};
use passid_sandbox::Sandbox;
use tokio::runtime::Handle;

use super::Prepared;
use crate::StartError;
use crate::inside::Inside;
use crate::page::Site;
use crate::reply::Reply;
use crate::settings::{environment, needed, unusable, variable};

pub(super) const BASE_URL: &str = "PASSBASE_BASE_URL";
pub(super) const SECRET_KEY: &str = "PASSBASE_SECRET_KEY";
const ENVIRONMENT: &str = "PASSBASE_ENVIRONMENT";

/// Who begins, as this service knows them: a real one takes the reference of its own user.
const USER: &str = "applicant-1";

#[derive(Clone, Debug)]
pub(super) struct Passbase {
    client: PassbaseClient,
    sandbox: Option<Arc<Sandbox>>,
}

impl Passbase {
    pub(super) async fn connect(
        runtime: &Handle,
        inside: &mut Inside,
    ) -> Result<(Self, Vec<Prepared>), StartError> {
        let Some(base_url) = variable(BASE_URL)? else {
            let sandbox = inside.sandbox().await?;
            let key = SecretKey::parse(sandbox.passbase().key(), Environment::Sandbox)?;
            let client = client(key, sandbox.passbase().url(), runtime)?;
            let prepared = inside::prepared(&sandbox)?;
            return Ok((Self { client, sandbox: Some(sandbox) }, prepared));
        };
        let key = needed(SECRET_KEY, BASE_URL)?;
        let key =
            SecretKey::parse(&key, environment(ENVIRONMENT)?).map_err(unusable(SECRET_KEY))?;
        Ok((Self { client: client(key, &base_url, runtime)?, sandbox: None }, Vec::new()))
    }

    pub(super) fn verifier(&self) -> Arc<dyn Verify> {
        Arc::new(PassbaseVerifier::new(self.client.clone()))
    }

    pub(super) fn sandbox_url(&self) -> Option<&str> {
        self.sandbox.as_ref().map(|sandbox| sandbox.passbase().url())
    }

    /// A nonce for this person alone, and metadata with its hash for the button. The sandbox has no
    /// button: the person is through at once.
    pub(super) fn begin(&self, site: &Site) -> Reply {
        let Ok((nonce, metadata)) = bound() else {
            return Reply::failed(503, "NO_RANDOMNESS", "Try again later.");
        };
        match &self.sandbox {
            Some(sandbox) => match inside::approved(sandbox, &nonce, &metadata) {
                Ok(token) => site.page("You showed a passport, and were approved.", &token),
                Err(_) => Reply::failed(503, "SANDBOX_FULL", "Start the example again."),
            },
            None => {
                let told = format!(
                    "Sign this with the project's private key, and give it to the button as \
                     metaData: {}. Put the key that the button gives you before the full stop.",
                    metadata.to_json()
                );
                site.page(&told, &format!(".{}", nonce.expose()))
            }
        }
    }
}

fn client(
    key: SecretKey,
    base_url: &str,
    runtime: &Handle,
) -> Result<PassbaseClient, crate::SettingsError> {
    PassbaseClient::builder(key)
        .base_url(base_url)
        .runtime(runtime.clone())
        .build()
        .map_err(unusable(BASE_URL))
}

fn bound() -> Result<(Nonce, FlowMetadata), BindingError> {
    let nonce = Nonce::random()?;
    let metadata = FlowMetadata::new(USER, &nonce)?;
    Ok((nonce, metadata))
}
