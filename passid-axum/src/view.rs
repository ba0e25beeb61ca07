use http::Request;
use passid_core::{Passed, RequestView, VerifiedCredential};

/// A request as core sees it.
pub(crate) struct View<'a, B>(pub(crate) &'a Request<B>);

impl<B> RequestView for View<'_, B> {
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

/// What a guard left among the extensions.
pub(crate) fn passed(extensions: &http::Extensions) -> Passed<'_> {
    Passed::from_extensions(
        extensions.get::<VerifiedCredential>(),
        extensions.get(),
        extensions.get(),
    )
}
