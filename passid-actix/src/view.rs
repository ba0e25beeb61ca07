use actix_web::HttpMessage;
use actix_web::dev::ServiceRequest;
use passid_core::{Passed, Rejection, RequestView, VerifiedCredential};

/// A request as core sees it.
pub(crate) struct View<'a>(pub(crate) &'a ServiceRequest);

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn query(&self) -> Option<&str> {
        self.0.uri().query()
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for value in self.0.headers().get_all(name) {
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
