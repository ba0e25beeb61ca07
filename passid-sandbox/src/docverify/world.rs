//! What the emulation knows: sessions, access tokens, what was called. No HTTP.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use super::session::Session;

/// The oldest leave first.
const MAX_SESSIONS: usize = 10_000;
const MAX_TOKENS: usize = 1_000;
const MAX_CALLS: usize = 10_000;

/// A call that arrived: its method and its route, never what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentCall {
    /// The method.
    pub method: String,
    /// The route as a template, such as `/verify/api/v1/verification/{sid}/result`.
    pub route: String,
    /// The status of its answer.
    pub status: u16,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) ends_at: SystemTime,
    pub(super) for_resource: bool,
}

#[derive(Debug, Default)]
pub(super) struct World {
    sessions: HashMap<String, Session>,
    order: VecDeque<String>,
    tokens: VecDeque<(String, Grant)>,
    calls: VecDeque<DocumentCall>,
    /// Statuses that the next calls are answered with.
    pub(super) failures: VecDeque<u16>,
    /// What is said of the next images.
    pub(super) feedback: VecDeque<String>,
}

impl World {
    pub(super) fn keep(&mut self, session: Session) {
        while self.order.len() >= MAX_SESSIONS {
            if let Some(oldest) = self.order.pop_front() {
                self.sessions.remove(&oldest);
            }
        }
        self.order.push_back(session.id.clone());
        self.sessions.insert(session.id.clone(), session);
    }

    /// A session that is neither deleted nor past its retention.
    pub(super) fn session(&mut self, id: &str, now: SystemTime) -> Option<&mut Session> {
        self.sessions.get_mut(id).filter(|session| now < session.kept_until)
    }

    /// The session of a start token, which is used up with it.
    pub(super) fn take_start_token(
        &mut self,
        token: &str,
        now: SystemTime,
    ) -> Option<&mut Session> {
        let session = self.sessions.values_mut().find(|session| {
            session.start_token.as_deref() == Some(token) && now < session.expires_at
        })?;
        session.start_token = None;
        Some(session)
    }

    pub(super) fn delete(&mut self, id: &str, now: SystemTime) -> bool {
        let known = self.session(id, now).is_some();
        self.sessions.remove(id);
        self.order.retain(|kept| kept != id);
        known
    }

    pub(super) fn grant(&mut self, token: String, grant: Grant) {
        if self.tokens.len() >= MAX_TOKENS {
            self.tokens.pop_front();
        }
        self.tokens.push_back((token, grant));
    }

    pub(super) fn granted(&self, token: &str) -> Option<Grant> {
        self.tokens.iter().find(|(known, _)| known == token).map(|(_, grant)| *grant)
    }

    pub(super) fn revoke_tokens(&mut self) {
        self.tokens.clear();
    }

    pub(super) fn note(&mut self, call: DocumentCall) {
        if self.calls.len() >= MAX_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(super) fn calls(&self) -> Vec<DocumentCall> {
        self.calls.iter().cloned().collect()
    }
}
