use std::net::IpAddr;

use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use passid_core::{Passed, Rejection, RequestView, VerifiedCredential};

/// A request as core sees it.
pub(crate) struct View<'a> {
    pub(crate) request: &'a ServiceRequest,
    /// The token headers by their place, made ready: no request has them parsed again. `None` in the
    /// place of what is no name of a header.
    pub(crate) names: &'a [Option<HeaderName>],
    pub(crate) absent: Absent,
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

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    fn peer_address(&self) -> Option<IpAddr> {
        self.request.peer_addr().map(|address| address.ip())
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in self.request.headers().get_all(name) {
            visit(value.as_bytes());
        }
    }

    fn each_token_header<'a>(&'a self, place: usize, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        match self.names.get(place) {
            Some(_) if self.absent.has(place) => {}
            Some(Some(ours)) => {
                let values = self.request.headers().get_all(ours);
                values.for_each(|value| visit(value.as_bytes()));
            }
            Some(None) | None => self.each_header(name, visit),
        }
    }
}

/// Asks what a guard left among the extensions. The borrow ends here: one that lived on would make
/// a later mutable borrow panic.
pub(crate) fn passed<T>(
    request: &impl HttpMessage,
    ask: impl FnOnce(Passed<'_>) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let extensions = request.extensions();
    ask(Passed::from_extensions(
        extensions.get::<VerifiedCredential>(),
        extensions.get(),
        extensions.get(),
    ))
}
