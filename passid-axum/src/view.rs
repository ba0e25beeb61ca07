use std::net::IpAddr;

use http::{HeaderName, Request};
use passid_core::{Passed, RequestView, VerifiedCredential};

use crate::settings::is_few;

/// A request as core sees it.
pub(crate) struct View<'a, B> {
    pub(crate) request: &'a Request<B>,
    /// The token headers by their place, made ready: no request has them parsed again. `None` in the
    /// place of what is no name of a header.
    pub(crate) names: &'a [Option<HeaderName>],
    pub(crate) absent: Absent,
    pub(crate) peer_address: Option<&'a PeerAddress>,
}

/// Which of the token headers a request does not have, by their place: a look-up that found nothing
/// need not be made again. Of the places beyond 63 nothing is known.
#[derive(Clone, Copy)]
pub(crate) struct Absent(u64);

impl Absent {
    /// Of none is it known that it is absent.
    pub(crate) fn unknown() -> Self {
        Self(0)
    }

    /// All are, but for those that are then [removed](Self::remove).
    pub(crate) fn all() -> Self {
        Self(u64::MAX)
    }

    pub(crate) fn remove(&mut self, place: usize) {
        self.0 &= !bit(place);
    }

    fn has(self, place: usize) -> bool {
        self.0 & bit(place) != 0
    }
}

fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or(0)
}

/// Where the application keeps the address of the connection among the extensions.
pub(crate) type PeerAddress = dyn Fn(&http::Extensions) -> Option<IpAddr> + Send + Sync;

impl<B> RequestView for View<'_, B> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    fn peer_address(&self) -> Option<IpAddr> {
        self.peer_address.and_then(|find| find(self.request.extensions()))
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in self.request.headers().get_all(name) {
            visit(value.as_bytes());
        }
    }

    fn each_token_header<'a>(&'a self, place: usize, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let headers = self.request.headers();
        match self.names.get(place) {
            Some(_) if self.absent.has(place) => {}
            Some(Some(ours)) if is_few(headers) => {
                let values = headers.iter().filter(|(name, _)| *name == ours);
                values.for_each(|(_, value)| visit(value.as_bytes()));
            }
            Some(Some(ours)) => {
                headers.get_all(ours).iter().for_each(|value| visit(value.as_bytes()));
            }
            Some(None) | None => self.each_header(name, visit),
        }
    }
}

/// What a guard left among the extensions.
pub(crate) fn passed(extensions: &http::Extensions) -> Passed<'_> {
    let credential = extensions.get::<VerifiedCredential>();
    Passed::from_extensions(credential, extensions.get(), extensions.get())
}
