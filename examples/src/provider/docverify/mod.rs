//! Document Verification: a person is sent to the vendor's page and comes back. What binds the session
//! to them is its state, in a cookie meanwhile.

mod inside;

use std::sync::Arc;

use passid_core::{Environment, Verify};
use passid_docverify::{
    Callback, CallbackState, ClientCredentials, DocumentVerificationClient, DocumentVerifier,
    MemorySessionRecords, NewSession, Region, SessionFlow, SessionToken,
};
use passid_sandbox::Sandbox;
use tokio::runtime::Handle;

use super::{Prepared, ProviderName};
use crate::inside::Inside;
use crate::page::{Site, cookie};
use crate::reply::Reply;
use crate::settings::{environment, needed, unusable, variable};
use crate::{SettingsError, StartError};

pub(super) const BASE_URL: &str = "DOCVERIFY_BASE_URL";
pub(super) const CLIENT_SECRET: &str = "DOCVERIFY_CLIENT_SECRET";
const CLIENT_ID: &str = "DOCVERIFY_CLIENT_ID";
const ENVIRONMENT: &str = "DOCVERIFY_ENVIRONMENT";

const STATE_COOKIE: &str = "docverify_state";

/// Ours: as long as the vendor gives a person for a session, and no shorter.
const STATE_SECONDS: u32 = 3600;

#[derive(Clone, Debug)]
pub(super) struct Docverify {
    flow: SessionFlow,
    sandbox: Option<Arc<Sandbox>>,
}

impl Docverify {
    pub(super) async fn connect(
        runtime: &Handle,
        inside: &mut Inside,
    ) -> Result<(Self, Vec<Prepared>), StartError> {
        let Some(base_url) = variable(BASE_URL)? else {
            let sandbox = inside.sandbox().await?;
            let docverify = sandbox.docverify();
            let credentials =
                ClientCredentials::new(docverify.client_id(), docverify.client_secret())?;
            let client = client(Region::Sandbox, credentials, docverify.url(), runtime)?;
            let records = MemorySessionRecords::default();
            let prepared = inside::prepared(&sandbox, &client, &records).await?;
            let flow = SessionFlow::new(client, records);
            return Ok((Self { flow, sandbox: Some(sandbox) }, prepared));
        };
        let (id, secret) = (needed(CLIENT_ID, BASE_URL)?, needed(CLIENT_SECRET, BASE_URL)?);
        let credentials = ClientCredentials::new(&id, &secret).map_err(unusable(CLIENT_SECRET))?;
        let region = match environment(ENVIRONMENT)? {
            Environment::Sandbox => Region::Sandbox,
            // Its host is the base URL's: what is left of the region is that it is live.
            Environment::Live => Region::Us,
        };
        let client = client(region, credentials, &base_url, runtime)?;
        // In memory: a session that was begun before a restart is nobody's after it.
        let flow = SessionFlow::new(client, MemorySessionRecords::default());
        Ok((Self { flow, sandbox: None }, Vec::new()))
    }

    pub(super) fn verifier(&self) -> Arc<dyn Verify> {
        Arc::new(DocumentVerifier::new(self.flow.clone()))
    }

    pub(super) fn sandbox_url(&self) -> Option<&str> {
        self.sandbox.as_ref().map(|sandbox| sandbox.docverify().url())
    }

    /// Creates a session, and sends the person to the vendor's page.
    pub(super) async fn begin(&self, site: &Site) -> Reply {
        let asked = NewSession::new().callback_url(site.callback(ProviderName::Docverify));
        let begun = match self.flow.begin(&asked).await {
            Ok(session) => session.start_token.as_ref().and_then(|token| {
                Some((self.flow.client().start_url(token).ok()?, session.state.clone()))
            }),
            Err(_) => None,
        };
        match begun {
            Some((page, state)) => Reply::see_other(page)
                .header("set-cookie", site.set_cookie(STATE_COOKIE, state.expose(), STATE_SECONDS))
                .header("cache-control", "no-store"),
            None => Reply::failed(
                503,
                "VERIFIER_UNAVAILABLE",
                "You cannot be verified at the moment. Try again later.",
            ),
        }
    }

    /// Only the browser that began has the state: somebody else's callback is refused. That the person
    /// is through does not say that they passed: the guard asks.
    pub(super) fn welcome_back(&self, site: &Site, query: &str, cookies: &[&[u8]]) -> Reply {
        let Some(token) = returned(query, cookies) else {
            return Reply::failed(400, "CALLBACK_REFUSED", "Begin again, in one browser.");
        };
        site.page("You are back. Whether you passed is for the guard to find out.", token.expose())
            .header("set-cookie", site.set_cookie(STATE_COOKIE, "", 0))
    }
}

fn returned(query: &str, cookies: &[&[u8]]) -> Option<SessionToken> {
    let kept = CallbackState::parse(cookie(cookies, STATE_COOKIE)?).ok()?;
    Callback::parse(query).ok()?.verify(&kept).ok()
}

fn client(
    region: Region,
    credentials: ClientCredentials,
    base_url: &str,
    runtime: &Handle,
) -> Result<DocumentVerificationClient, SettingsError> {
    DocumentVerificationClient::builder(region, credentials)
        .host_url(base_url)
        .runtime(runtime.clone())
        .build()
        .map_err(unusable(BASE_URL))
}
