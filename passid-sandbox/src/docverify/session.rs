//! One session: its phases, its images, what it comes to. No HTTP.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::duration;

/// What every session needs, in the order in which it is asked for.
pub(super) const REQUIRED: [&str; 3] = ["document_front", "document_back", "selfie"];

/// Where a session is. How one phase follows the other is not published; ours, from their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Pending,
    Capturing,
    Processing { since: SystemTime },
    Recapture,
    Complete,
}

/// An image as it came.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) jpeg: Vec<u8>,
    pub(super) rejected: bool,
}

/// How a session ends: what its mock says, or what the sandbox does with all that have none.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) recommendation: String,
    processing_time: Duration,
    force_retry: bool,
    pub(super) info: Map<String, Value>,
}

impl Ending {
    /// Of a mock, with its newer or its deprecated name of the recommendation. `None` when a duration
    /// cannot be read.
    pub(super) fn read(mock: Option<&Value>, usual: &str) -> Option<Self> {
        let field = |name| mock.and_then(|mock| mock.get(name)).filter(|value| !value.is_null());
        let named = field("recommendation").or_else(|| field("mock_recommendation"));
        let recommendation = named.and_then(Value::as_str).unwrap_or(usual).to_owned();
        if !["ALLOW", "CHALLENGE", "DENY"].contains(&recommendation.as_str()) {
            return None;
        }
        let processing_time = match field("processing_time") {
            Some(time) => duration::read(time.as_str()?)?,
            None => Duration::ZERO,
        };
        let force_retry = field("force_retry").and_then(Value::as_bool).unwrap_or_default();
        let info = field("info").and_then(Value::as_object).cloned().unwrap_or_default();
        Some(Self { recommendation, processing_time, force_retry, info })
    }
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) start_token: Option<String>,
    pub(super) state: Option<String>,
    pub(super) callback_url: Option<String>,
    pub(super) expires_at: SystemTime,
    pub(super) kept_until: SystemTime,
    pub(super) consented_at: Option<SystemTime>,
    pub(super) ending: Ending,
    /// Whether a person used the hosted page: only then there is a risk check.
    pub(super) hosted: bool,
    pub(super) images: Vec<Image>,
    phase: Phase,
    missing: Vec<&'static str>,
    retried: bool,
}

/// What an image that was offered came to.
pub(super) enum Added {
    Taken,
    /// All required images are there.
    TooMany,
    /// The session was not started, or is over.
    NotNow,
}

impl Session {
    pub(super) fn new(
        id: String,
        created_at: SystemTime,
        window: Duration,
        kept_for: Duration,
        ending: Ending,
    ) -> Self {
        Self {
            id,
            start_token: None,
            state: None,
            callback_url: None,
            expires_at: created_at.checked_add(window).unwrap_or(created_at),
            kept_until: created_at.checked_add(kept_for).unwrap_or(created_at),
            consented_at: None,
            ending,
            hosted: false,
            images: Vec::new(),
            phase: Phase::Pending,
            missing: REQUIRED.to_vec(),
            retried: false,
        }
    }

    pub(super) fn start(&mut self, now: SystemTime) {
        self.consented_at = Some(now);
        if self.phase == Phase::Pending {
            self.phase = Phase::Capturing;
        }
    }

    pub(super) fn missing(&self) -> &[&'static str] {
        &self.missing
    }

    /// The word for where it is at `now`.
    pub(super) fn status(&mut self, now: SystemTime) -> &'static str {
        self.settle(now);
        let unfinished = matches!(self.phase, Phase::Pending | Phase::Capturing | Phase::Recapture);
        if unfinished && now >= self.expires_at {
            return "expired";
        }
        match self.phase {
            Phase::Pending => "pending",
            Phase::Capturing => "capturing",
            Phase::Processing { .. } => "processing",
            Phase::Recapture => "recapture",
            Phase::Complete => "complete",
        }
    }

    /// Processing ends by itself, in `recapture` the first time where the mock says so.
    fn settle(&mut self, now: SystemTime) {
        let Phase::Processing { since } = self.phase else { return };
        if now < since + self.ending.processing_time {
            return;
        }
        if self.ending.force_retry && !self.retried {
            self.retried = true;
            self.missing = REQUIRED.to_vec();
            self.phase = Phase::Recapture;
        } else {
            self.phase = Phase::Complete;
        }
    }

    /// Takes an image in; a rejected one stays, and its place stays empty. The last one starts the
    /// processing.
    pub(super) fn add(&mut self, image: Image, now: SystemTime) -> Added {
        match self.status(now) {
            "capturing" | "recapture" => {}
            "processing" | "complete" => return Added::TooMany,
            _ => return Added::NotNow,
        }
        if !image.rejected {
            self.missing.retain(|kind| *kind != image.kind);
        }
        self.images.push(image);
        if self.missing.is_empty() {
            self.phase = Phase::Processing { since: now };
        }
        Added::Taken
    }
}
