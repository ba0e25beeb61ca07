use super::RecordedRequest;
use crate::method;
use crate::route::Route;

/// Which recorded requests are wanted: those that meet everything it was told. By default all.
///
/// ```
/// use passid_sandbox::{RequestFilter, Route};
///
/// let refused = RequestFilter::new().route(Route::Verify).method("POST").status(401);
/// # let _ = refused;
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    route: Route,
    method: Option<&'static str>,
    status: Option<u16>,
    after: u64,
    limit: Option<usize>,
}

impl RequestFilter {
    /// All of them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only calls of this route; [`Route::Any`] for all, and its like for all of one API.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.route = route;
        self
    }

    /// Only calls of this method, such as `POST`, in any case. A method that HTTP APIs do not use is
    /// recorded as `OTHER`, and asked for so.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method::known(method).unwrap_or(method::OTHER));
        self
    }

    /// Only calls that were answered with this status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Only what came after this [`RecordedRequest::seq`].
    #[must_use]
    pub fn after(mut self, seq: u64) -> Self {
        self.after = seq;
        self
    }

    /// At most so many, the oldest of them.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(super) fn matches(&self, request: &RecordedRequest) -> bool {
        request.seq > self.after
            && self.route.covers(request.route)
            && self.method.is_none_or(|method| method == request.method)
            && self.status.is_none_or(|status| Some(status) == request.status)
    }

    pub(super) fn most(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }
}
