//! Whose credentials an example takes. What each provider needs is in a file of its own.

mod docverify;
mod passbase;
mod passid;

use std::env;
use std::sync::Arc;

use passid_core::{PassidClient, Verify};
use tokio::runtime::Handle;

use crate::StartError;
use crate::inside::Inside;
use crate::page::{Site, not_known};
use crate::reply::Reply;
use crate::settings::Connected;
use docverify::Docverify;
use passbase::Passbase;

/// The providers that the examples know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderName {
    /// PASSID.
    Passid,
    /// Passbase.
    Passbase,
    /// Document Verification.
    Docverify,
}

impl ProviderName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Passid, Self::Passbase, Self::Docverify];

    /// The name in arguments, addresses and credentials.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passid => "passid",
            Self::Passbase => "passbase",
            Self::Docverify => "docverify",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// The variable that says where its API is.
    fn base_url_variable(self) -> &'static str {
        match self {
            Self::Passid => "PASSID_BASE_URL",
            Self::Passbase => passbase::BASE_URL,
            Self::Docverify => docverify::BASE_URL,
        }
    }

    /// The variable with the secret that all instances of a service have in common.
    pub(crate) fn secret_variable(self) -> &'static str {
        match self {
            Self::Passid => "PASSID_API_KEY",
            Self::Passbase => passbase::SECRET_KEY,
            Self::Docverify => docverify::CLIENT_SECRET,
        }
    }
}

/// A provider, ready to be asked. Clones are the same.
#[derive(Clone, Debug)]
pub struct Provider {
    name: ProviderName,
    api: Api,
    prepared: Vec<Prepared>,
}

#[derive(Clone, Debug)]
enum Api {
    Passid(Connected),
    Passbase(Passbase),
    Docverify(Docverify),
}

/// A credential to try the example with. There is none but in a sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// The token.
    pub(crate) token: String,
    /// What it is, in a few words.
    pub(crate) what: &'static str,
}

impl Provider {
    /// Connects as the environment says: to the API of the provider's base URL, or to a sandbox that
    /// is started inside this program. Connections are driven by `runtime`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`](crate::SettingsError) naming the variable at fault, never its value.
    pub async fn connect(name: ProviderName, runtime: &Handle) -> Result<Self, StartError> {
        Self::connect_beside(name, runtime, &mut Inside::default()).await
    }

    async fn connect_beside(
        name: ProviderName,
        runtime: &Handle,
        inside: &mut Inside,
    ) -> Result<Self, StartError> {
        let (api, prepared) = match name {
            ProviderName::Passid => {
                let (connected, prepared) = passid::connect(runtime, inside).await?;
                (Api::Passid(connected), prepared)
            }
            ProviderName::Passbase => {
                let (passbase, prepared) = Passbase::connect(runtime, inside).await?;
                (Api::Passbase(passbase), prepared)
            }
            ProviderName::Docverify => {
                let (docverify, prepared) = Docverify::connect(runtime, inside).await?;
                (Api::Docverify(docverify), prepared)
            }
        };
        Ok(Self { name, api, prepared })
    }

    /// Connects to every provider whose base URL is set. Where none is, all share a sandbox: there is
    /// never one beside a real API, because anybody gets credentials from it.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_all(runtime: &Handle) -> Result<Vec<Self>, StartError> {
        let is_set = |name: &ProviderName| env::var_os(name.base_url_variable()).is_some();
        let mut names: Vec<_> = ProviderName::ALL.into_iter().filter(is_set).collect();
        if names.is_empty() {
            names = ProviderName::ALL.to_vec();
        }
        let (mut providers, mut inside) = (Vec::new(), Inside::default());
        for name in names {
            providers.push(Self::connect_beside(name, runtime, &mut inside).await?);
        }
        Ok(providers)
    }

    /// Which it is.
    pub fn name(&self) -> ProviderName {
        self.name
    }

    /// What a guard asks.
    pub fn verifier(&self) -> Arc<dyn Verify> {
        match &self.api {
            Api::Passid(connected) => Arc::new(connected.client.clone()),
            Api::Passbase(passbase) => passbase.verifier(),
            Api::Docverify(docverify) => docverify.verifier(),
        }
    }

    /// PASSID's client, if that is who it is.
    pub fn passid(&self) -> Option<&PassidClient> {
        match &self.api {
            Api::Passid(connected) => Some(&connected.client),
            Api::Passbase(_) | Api::Docverify(_) => None,
        }
    }

    /// Where its sandbox is, if it runs inside this program.
    pub(crate) fn sandbox_url(&self) -> Option<&str> {
        match &self.api {
            Api::Passid(connected) => Some(connected.sandbox.as_ref()?.url()),
            Api::Passbase(passbase) => passbase.sandbox_url(),
            Api::Docverify(docverify) => docverify.sandbox_url(),
        }
    }

    /// Where its API is, in a line for the person who started the example.
    pub(crate) fn place(&self) -> String {
        let variable = self.name.base_url_variable();
        match self.sandbox_url() {
            Some(url) => format!(
                "{variable} is not set: a {} sandbox runs inside this program, at {url}",
                self.title()
            ),
            None => format!("{variable} is set: {} is asked there.", self.title()),
        }
    }

    fn title(&self) -> &'static str {
        match self.name {
            ProviderName::Passid => "PASSID",
            ProviderName::Passbase => "Passbase",
            ProviderName::Docverify => "Document Verification",
        }
    }

    pub(crate) fn prepared(&self) -> &[Prepared] {
        &self.prepared
    }

    pub(crate) fn invite(&self, site: &Site) -> Reply {
        match &self.api {
            Api::Passid(connected) => passid::invite(site, connected.sandbox.is_some()),
            Api::Passbase(_) | Api::Docverify(_) => site.invitation(self.name, self.title()),
        }
    }

    pub(crate) async fn begin(&self, site: &Site) -> Reply {
        match &self.api {
            Api::Passid(_) => Reply::not_offered("PASSID gives its tokens in its own app."),
            Api::Passbase(passbase) => passbase.begin(site),
            Api::Docverify(docverify) => docverify.begin(site).await,
        }
    }

    pub(crate) fn welcome_back(&self, site: &Site, query: &str, cookies: &[&[u8]]) -> Reply {
        match &self.api {
            Api::Docverify(docverify) => docverify.welcome_back(site, query, cookies),
            Api::Passid(_) | Api::Passbase(_) => not_known(),
        }
    }
}
