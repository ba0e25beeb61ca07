use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request};
use passid_core::{Guard, Verify};

use crate::view::{Absent, PeerAddress, View};

/// So many headers are looked through sooner than two of them are found by their hashes.
const FEW: usize = 8;

/// Whether to look through all of them for a name.
pub(crate) fn is_few(headers: &HeaderMap) -> bool {
    headers.len() <= FEW
}

/// What a layer shares with its services and their requests.
pub(crate) struct Settings<V> {
    pub(crate) guard: Guard<V>,
    pub(crate) peer_address: Option<Arc<PeerAddress>>,
    token_headers: Arc<[Option<HeaderName>]>,
}

impl<V: Verify> Settings<V> {
    pub(crate) fn new(guard: Guard<V>) -> Self {
        let names = guard.token_sources().header_names();
        let token_headers =
            names.map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect();
        Self { guard, peer_address: None, token_headers }
    }
}

impl<V> Settings<V> {
    /// The request as core sees it.
    pub(crate) fn view<'a, B>(&'a self, request: &'a Request<B>, absent: Absent) -> View<'a, B> {
        let peer_address = self.peer_address.as_deref();
        View { request, names: &self.token_headers, absent, peer_address }
    }

    /// Keeps values that may be tokens out of every `Debug` from here on, and says which of these
    /// headers are not there.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) -> Absent {
        let mut absent = Absent::all();
        if is_few(headers) || headers.len() != headers.keys_len() {
            for (name, value) in headers.iter_mut() {
                for (place, ours) in self.token_headers.iter().enumerate() {
                    if ours.as_ref() == Some(name) {
                        value.set_sensitive(true);
                        absent.remove(place);
                    }
                }
            }
        } else {
            for (place, name) in self.token_headers.iter().enumerate() {
                if let Some(value) = name.as_ref().and_then(|name| headers.get_mut(name)) {
                    value.set_sensitive(true);
                    absent.remove(place);
                }
            }
        }
        absent
    }
}

impl<V> Clone for Settings<V> {
    fn clone(&self) -> Self {
        Self {
            guard: self.guard.clone(),
            peer_address: self.peer_address.clone(),
            token_headers: self.token_headers.clone(),
        }
    }
}
