use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use passid_core::{Guard, Verify};

/// What a layer shares with its services and their requests.
pub(crate) struct Settings<V> {
    pub(crate) guard: Guard<V>,
    token_headers: Arc<[HeaderName]>,
}

impl<V: Verify> Settings<V> {
    pub(crate) fn new(guard: Guard<V>) -> Self {
        let names = guard.token_sources().header_names();
        let token_headers =
            names.filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect();
        Self { guard, token_headers }
    }
}

impl<V> Settings<V> {
    /// Keeps values that may be tokens out of every `Debug` from here on.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        for (name, value) in headers {
            if self.token_headers.contains(name) {
                value.set_sensitive(true);
            }
        }
    }
}

impl<V> Clone for Settings<V> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), token_headers: self.token_headers.clone() }
    }
}
