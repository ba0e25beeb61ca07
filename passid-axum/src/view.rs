use http::{HeaderName, Request};
use passid_core::{Passed, RequestView, VerifiedCredential};

/// A request as core sees it.
pub(crate) struct View<'a, B> {
    pub(crate) request: &'a Request<B>,
    /// Names that core asks for on every request: a look-up by name need not parse them again.
    pub(crate) names: &'a [HeaderName],
}

impl<B> RequestView for View<'_, B> {
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

/// What a guard left among the extensions.
pub(crate) fn passed(extensions: &http::Extensions) -> Passed<'_> {
    let credential = extensions.get::<VerifiedCredential>();
    Passed::from_extensions(credential, extensions.get(), extensions.get())
}
