use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request};
use passid_core::{Guard, Verify};

use crate::view::View;

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
    /// The request as core sees it.
    pub(crate) fn view<'a, B>(&'a self, request: &'a Request<B>) -> View<'a, B> {
        View { request, names: &self.token_headers }
    }

    /// Keeps values that may be tokens out of every `Debug` from here on.
    pub(crate) fn mark_sensitive(&self, headers: &mut HeaderMap) {
        let some_repeat = headers.len() != headers.keys_len();
        for name in self.token_headers.iter() {
            if some_repeat {
                let same_name = headers.iter_mut().filter(|(other, _)| *other == name);
                same_name.for_each(|(_, value)| value.set_sensitive(true));
            } else if let Some(value) = headers.get_mut(name) {
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
