use std::sync::Arc;

use crate::page::{Site, not_known};
use crate::provider::Provider;
use crate::reply::Reply;

/// Where people are verified, at `/verify/{provider}`. Not guarded: they have no token yet.
#[derive(Clone, Debug)]
pub struct Desk {
    providers: Arc<[Provider]>,
    site: Site,
}

impl Desk {
    /// For people whom these providers verify.
    pub fn new(providers: impl Into<Arc<[Provider]>>, site: Site) -> Self {
        Self { providers: providers.into(), site }
    }

    /// `GET /verify/{provider}`: what a person sees who wants to be verified.
    pub fn invite(&self, provider: &str) -> Reply {
        match self.provider(provider) {
            Some(provider) => provider.invite(&self.site),
            None => not_known(),
        }
    }

    /// `POST /verify/{provider}`: the person begins. A real service knows who they are, and how often
    /// they did.
    pub async fn begin(&self, provider: &str) -> Reply {
        match self.provider(provider) {
            Some(provider) => provider.begin(&self.site).await,
            None => not_known(),
        }
    }

    /// `GET /verify/{provider}/callback`: the person comes back, with the query and the `Cookie` headers
    /// of the request.
    pub fn welcome_back(&self, provider: &str, query: &str, cookies: &[&[u8]]) -> Reply {
        match self.provider(provider) {
            Some(provider) => provider.welcome_back(&self.site, query, cookies),
            None => not_known(),
        }
    }

    fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name().as_str() == name)
    }
}
