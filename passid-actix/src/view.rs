use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use passid_core::{Passed, Rejection, RequestView, VerifiedCredential};

/// A request as core sees it.
pub(crate) struct View<'a> {
    pub(crate) request: &'a ServiceRequest,
    /// Names that core asks for on every request: a look-up by name need not parse them again.
    pub(crate) names: &'a [HeaderName],
}

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let headers = self.request.headers();
        let values = match self.names.iter().find(|known| known.as_str() == name) {
            Some(known) => headers.get_all(known),
            None => headers.get_all(name),
        };
        for value in values {
            visit(value.as_bytes());
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
