use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use passid_core::{Guard, JsonBody, Verify};

use crate::render::Render;
use crate::view::{Absent, View};

/// What a middleware shares with its services and their requests.
pub(crate) struct Settings<V> {
    pub(crate) guard: Guard<V>,
    pub(crate) render: Render,
    pub(crate) body: Option<JsonBody>,
    pub(crate) mark_token_headers: bool,
    token_headers: Vec<Option<HeaderName>>,
}

impl<V: Verify> Settings<V> {
    pub(crate) fn new(guard: Guard<V>) -> Self {
        let names = guard.token_sources().header_names();
        let token_headers =
            names.map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect();
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
    pub(crate) fn view<'a>(&'a self, request: &'a ServiceRequest, absent: Absent) -> View<'a> {
        View { request, names: &self.token_headers, absent }
    }

    /// Keeps values that may be tokens out of every `Debug` from here on, and says which of these
    /// headers are not there.
    pub(crate) fn mark_sensitive(&self, request: &mut ServiceRequest) -> Absent {
        if !self.mark_token_headers {
            return Absent::unknown();
        }
        let mut absent = Absent::all();
        for (place, name) in self.token_headers.iter().enumerate() {
            let Some(name) = name else { continue };
            // Mutable only where there is something to change: see `leave_token_headers`.
            let count = request.headers().get_all(name).count();
            if count > 0 {
                absent.remove(place);
            }
            match count {
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
        absent
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
