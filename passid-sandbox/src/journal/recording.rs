use axum::body::Body;
use axum::http::Response;

use super::{Journal, RecordedRequest, body};
use crate::fault::FaultKind;
use crate::state::Tenant;

/// A request on its way. It comes into the journal when its answer is known, and at the latest when
/// this is dropped: a client that leaves early is recorded too.
#[derive(Debug)]
pub(crate) struct Recording<'a> {
    journal: &'a Journal,
    entry: Option<RecordedRequest>,
}

impl<'a> Recording<'a> {
    pub(super) fn new(journal: &'a Journal, entry: RecordedRequest) -> Self {
        Self { journal, entry: Some(entry) }
    }

    pub(crate) fn body(&mut self, bytes: &[u8]) {
        if let Some(entry) = &mut self.entry {
            entry.body = body::redacted(bytes);
        }
    }

    /// Whose key or JWT the call has.
    pub(crate) fn caller(&mut self, tenant: Tenant) {
        if let Some(entry) = &mut self.entry {
            entry.environment = Some(tenant.environment);
            entry.institution_id = Some(tenant.institution);
        }
    }

    pub(crate) fn met(&mut self, kind: FaultKind) {
        if let Some(entry) = &mut self.entry {
            entry.fault = Some(kind.name());
        }
    }

    /// Records the request with this answer, unless it is recorded already.
    pub(crate) fn answered(&mut self, response: &Response<Body>) {
        if let Some(mut entry) = self.entry.take() {
            entry.status = Some(response.status().as_u16());
            self.journal.keep(entry);
        }
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.journal.keep(entry);
        }
    }
}
