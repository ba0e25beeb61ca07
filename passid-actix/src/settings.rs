use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use passid_core::{Guard, JsonBody, Verify};

use crate::render::Render;
use crate::view::View;

/// What a middleware shares with its services and their requests.
pub(crate) struct Settings<V> {
    pub(crate) guard: Guard<V>,
    pub(crate) render: Render,
    pub(crate) body: Option<JsonBody>,
    pub(crate) mark_token_headers: bool,
    token_headers: Vec<HeaderName>,
}

impl<V: Verify> Settings<V> {
    pub(crate) fn new(guard: Guard<V>) -> Self {
        let names = guard.token_sources().header_names();
        let token_headers =
            names.filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect();
        Self {
            guard,
            render: Render::default(),
            body: None,
            mark_token_headers: true,
            token_headers,
        }
    }
}

impl<V> Settings<V> {
    /// The request as core sees it.
    pub(crate) fn view<'a>(&'a self, request: &'a ServiceRequest) -> View<'a> {
        View { request, names: &self.token_headers }
    }

    /// Keeps values that may be tokens out of every `Debug` from here on.
    pub(crate) fn mark_sensitive(&self, request: &mut ServiceRequest) {
        if !self.mark_token_headers {
            return;
        }
        for name in &self.token_headers {
            // Mutable only where there is something to change: see `leave_token_headers`.
            match request.headers().get_all(name).count() {
                0 => {}
                1 => {
                    if let Some(value) = request.headers_mut().get_mut(name) {
                        value.set_sensitive(true);
                    }
                }
                // A mutable look at all values of a name is not to be had.
                _ => {
                    let headers = request.headers_mut();
                    let values: Vec<_> = headers.remove(name).collect();
                    for mut value in values {
                        value.set_sensitive(true);
                        headers.append(name.clone(), value);
                    }
                }
            }
        }
    }
}

impl<V> Clone for Settings<V> {
    fn clone(&self) -> Self {
        Self {
            guard: self.guard.clone(),
            render: self.render.clone(),
            body: self.body.clone(),
            mark_token_headers: self.mark_token_headers,
            token_headers: self.token_headers.clone(),
        }
    }
}
