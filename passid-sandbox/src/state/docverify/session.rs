//! One session: its phases, and what it is missing. How one phase follows the other is not published:
//! ours, from their names (decision P110).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::DocumentImageType;
use super::ending::{DocumentEnding, is_own_status};
use crate::state::aged::Dated;
use crate::state::table::Row;
use crate::timestamp::last_second;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Pending,
    Capturing,
    Processing {
        since: Timestamp,
    },
    Recapture,
    Complete,
    /// Over, with a word of a test's choice, `error` or `expired` among them.
    Over {
        status: String,
    },
}

/// A session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DocumentSession {
    pub(crate) id: String,
    /// Its place in the order of creation: many are created in one second.
    pub(super) number: u64,
    pub(crate) created_at: Timestamp,
    /// When it ends unless it is finished.
    pub(crate) expires_at: Timestamp,
    /// When the vendor would delete it.
    pub(crate) kept_until: Timestamp,
    /// Until it is used.
    pub(crate) start_token: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) callback_url: Option<String>,
    pub(crate) consented_at: Option<Timestamp>,
    /// Whether a person used the hosted page.
    pub(crate) hosted: bool,
    pub(crate) ending: DocumentEnding,
    /// How many images came, refined ones left out.
    pub(super) uploads: u32,
    phase: Phase,
    missing: Vec<DocumentImageType>,
    retried: bool,
}

impl Row for DocumentSession {
    const TABLE: &'static str = "docverify_sessions";
}

impl Dated for DocumentSession {
    fn dated(&self) -> Timestamp {
        self.created_at
    }
}

/// Why an image is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageRefused {
    /// All required images are there.
    Complete,
    /// The session was not started, or is over.
    NotNow,
}

impl DocumentSession {
    pub(super) fn new(
        (id, number): (String, u64),
        created_at: Timestamp,
        window: SignedDuration,
        kept_for: SignedDuration,
        ending: DocumentEnding,
    ) -> Self {
        let after = |time| created_at.checked_add(time).unwrap_or_else(|_| last_second());
        Self {
            id,
            number,
            created_at,
            expires_at: after(window),
            kept_until: after(kept_for),
            start_token: None,
            state: None,
            callback_url: None,
            consented_at: None,
            hosted: false,
            ending,
            uploads: 0,
            phase: Phase::Pending,
            missing: DocumentImageType::ALL.to_vec(),
            retried: false,
        }
    }

    /// Somebody consents, or does not; without a word nothing changes. A session that nobody consents
    /// in goes on all the same (decision P110).
    pub(super) fn consent_to(&mut self, granted: Option<bool>, now: Timestamp) {
        if let Some(granted) = granted {
            self.consented_at = granted.then_some(now);
        }
    }

    /// Capturing begins, once.
    pub(super) fn start(&mut self) {
        if self.phase == Phase::Pending {
            self.phase = Phase::Capturing;
        }
    }

    /// Where it is at `now`: processing ends by itself, in `recapture` the first time where it has to.
    fn phase(&self, now: Timestamp) -> Phase {
        let Phase::Processing { since } = self.phase else { return self.phase.clone() };
        let ends_at = since.checked_add(self.ending.time()).unwrap_or_else(|_| last_second());
        if now < ends_at {
            return self.phase.clone();
        }
        if self.ending.retries() && !self.retried {
            return Phase::Recapture;
        }
        match self.ending.own_status() {
            Some(status) => Phase::Over { status: status.to_owned() },
            None => Phase::Complete,
        }
    }

    /// Makes what time has brought its own, before it is changed.
    fn settle(&mut self, now: Timestamp) {
        let phase = self.phase(now);
        if phase == Phase::Recapture && self.phase != phase {
            self.retried = true;
            self.missing = DocumentImageType::ALL.to_vec();
        }
        self.phase = phase;
    }

    /// The word for where it is at `now`.
    pub(crate) fn status(&self, now: Timestamp) -> String {
        let phase = self.phase(now);
        let unfinished = matches!(phase, Phase::Pending | Phase::Capturing | Phase::Recapture);
        if unfinished && now >= self.expires_at {
            return "expired".to_owned();
        }
        match phase {
            Phase::Pending => "pending".to_owned(),
            Phase::Capturing => "capturing".to_owned(),
            Phase::Processing { .. } => "processing".to_owned(),
            Phase::Recapture => "recapture".to_owned(),
            Phase::Complete => "complete".to_owned(),
            Phase::Over { status } => status,
        }
    }

    /// What is still to be captured.
    pub(crate) fn missing(&self, now: Timestamp) -> Vec<DocumentImageType> {
        match self.phase(now) {
            phase @ Phase::Recapture if phase != self.phase => DocumentImageType::ALL.to_vec(),
            _ => self.missing.clone(),
        }
    }

    /// Whether an image would be taken now.
    pub(super) fn takes_images(&self, now: Timestamp) -> Result<(), ImageRefused> {
        match &*self.status(now) {
            "capturing" | "recapture" => Ok(()),
            "processing" | "complete" => Err(ImageRefused::Complete),
            _ => Err(ImageRefused::NotNow),
        }
    }

    /// Takes an image in; a rejected one leaves its place empty. The last one starts the processing.
    pub(super) fn captured(&mut self, kind: DocumentImageType, rejected: bool, now: Timestamp) {
        self.settle(now);
        self.uploads = self.uploads.saturating_add(1);
        if !rejected {
            self.missing.retain(|missing| *missing != kind);
        }
        if self.missing.is_empty() {
            self.phase = Phase::Processing { since: now };
        }
    }

    /// Puts an unfinished session into a status that it does not come to by itself, or not now:
    /// `recapture`, `expired`, `error`, or a word of a test's choice.
    pub(super) fn force(
        &mut self,
        status: &str,
        now: Timestamp,
    ) -> Result<(), DocumentStatusError> {
        let own = is_own_status(status);
        if !own && !["recapture", "expired"].contains(&status) {
            return Err(DocumentStatusError::Status);
        }
        let known = ["pending", "capturing", "processing", "recapture"];
        if !known.contains(&self.status(now).as_str()) {
            return Err(DocumentStatusError::Over);
        }
        self.settle(now);
        self.phase = if status == "recapture" {
            self.missing = DocumentImageType::ALL.to_vec();
            Phase::Recapture
        } else {
            Phase::Over { status: status.to_owned() }
        };
        Ok(())
    }
}

/// Why a session does not take a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentStatusError {
    /// There is no such session.
    #[error("there is no such session; give the id of one that was created here")]
    NotFound,
    /// It is over.
    #[error("the session is over; create another one")]
    Over,
    /// No status to be put into.
    #[error(
        "a status is recapture, expired, error or a word of your own; a session comes to the others itself"
    )]
    Status,
}

impl fmt::Debug for DocumentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentSession").field("phase", &self.phase).finish_non_exhaustive()
    }
}
