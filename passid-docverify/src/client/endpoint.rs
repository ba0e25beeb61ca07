//! Where the API is.

use passid_core::Environment;
use passid_core::client::BaseUrlError;
use passid_core::provider::{BaseUrl, ClientSettings};

/// A region of the API; each has a host of its own (reference of the API, servers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// `api.sbx.transmitsecurity.io`: test data.
    Sandbox,
    /// `api.transmitsecurity.io`: the United States, and everywhere else.
    Us,
    /// `api.eu.transmitsecurity.io`
    Eu,
    /// `api.ca.transmitsecurity.io`
    Ca,
    /// `api.au.transmitsecurity.io`
    Au,
}

impl Region {
    /// Every region.
    pub const ALL: [Self; 5] = [Self::Sandbox, Self::Us, Self::Eu, Self::Ca, Self::Au];

    /// The address of its host.
    pub fn host_url(self) -> &'static str {
        match self {
            Self::Sandbox => "https://api.sbx.transmitsecurity.io",
            Self::Us => "https://api.transmitsecurity.io",
            Self::Eu => "https://api.eu.transmitsecurity.io",
            Self::Ca => "https://api.ca.transmitsecurity.io",
            Self::Au => "https://api.au.transmitsecurity.io",
        }
    }

    /// The world that its sessions belong to.
    pub fn environment(self) -> Environment {
        match self {
            Self::Sandbox => Environment::Sandbox,
            Self::Us | Self::Eu | Self::Ca | Self::Au => Environment::Live,
        }
    }
}

/// The three addresses of a host: the API and the hosted page under `/verify`, the token endpoint not.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    host: BaseUrl,
}

impl Endpoint {
    /// Some pages print the base with `/verify`, with or without a slash behind it: it is dropped.
    pub(crate) fn parse(raw: &str, settings: &ClientSettings) -> Result<Self, BaseUrlError> {
        let raw = raw.trim().trim_end_matches('/');
        let host = raw.strip_suffix("/verify").unwrap_or(raw);
        Ok(Self { host: settings.base_url(host)? })
    }

    /// Whether its host is one of the vendor's that belongs to the other world than this region's.
    pub(crate) fn is_of_another_world_than(&self, region: Region) -> bool {
        let host = self.host.host().trim_end_matches('.');
        let known = Region::ALL
            .into_iter()
            .find(|known| known.host_url().strip_prefix("https://") == Some(host));
        known.is_some_and(|known| known.environment() != region.environment())
    }

    pub(crate) fn host(&self) -> &BaseUrl {
        &self.host
    }

    pub(crate) fn token(&self) -> String {
        self.host.join("/oidc/token")
    }

    pub(crate) fn api(&self, path: &str) -> String {
        self.host.join(&format!("/verify{path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_endpoint_stands_beside_verify_not_under_it() {
        let settings = ClientSettings::new("test");
        for raw in ["https://a.io", "https://a.io/", "https://a.io/verify", "https://a.io/verify/"]
        {
            let endpoint = Endpoint::parse(raw, &settings).unwrap();
            assert_eq!(endpoint.token(), "https://a.io/oidc/token", "{raw}");
            assert_eq!(endpoint.api("/api/v1/x"), "https://a.io/verify/api/v1/x", "{raw}");
        }
        for region in Region::ALL {
            assert!(Endpoint::parse(region.host_url(), &settings).is_ok());
        }
        assert!(Endpoint::parse("http://api.transmitsecurity.io", &settings).is_err());
    }

    #[test]
    fn one_region_is_for_tests() {
        let sandboxes = Region::ALL.map(Region::environment);
        assert_eq!(sandboxes.iter().filter(|e| **e == Environment::Sandbox).count(), 1);
    }
}
