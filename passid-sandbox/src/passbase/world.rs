//! What the sandbox knows of identities, and the rules by which they change; no HTTP.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::identity::NewIdentity;
use super::webhook::{self, PassbaseWebhook};

/// How many identities there can be.
const MOST: usize = 10_000;
/// How many webhooks wait to be taken.
const MOST_WEBHOOKS: usize = 10_000;

/// The states of an identity. `created → processing → pending → approved` or `declined`; a finding
/// makes `approved` `pending` again, and a reviewer can change a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Created,
    Processing,
    Pending,
    Approved,
    Declined,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Processing => "processing",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Declined => "declined",
        }
    }
}

pub(super) struct Record {
    pub(super) key: String,
    pub(super) status: Status,
    pub(super) new: NewIdentity,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) processed: Option<u64>,
    pub(super) resource_id: String,
    pub(super) file_id: String,
    /// The kinds of findings; `None` where nobody has looked.
    pub(super) findings: Option<Vec<String>>,
}

/// Scores at which processing decides by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// At or above it an identity is approved.
    pub approve: f64,
    /// Under it an identity is declined. In between somebody decides.
    pub decline: f64,
}

/// How files are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Files {
    /// As raw bytes, `image/png`, as the vendor's own test has it.
    #[default]
    Bytes,
    /// As JSON, as the published description has it.
    Json,
    /// 404: without the permission.
    Missing,
    /// 403: without the permission.
    Forbidden,
}

/// Why a transition is not possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// No identity has this key.
    #[error("no identity has this key; begin one")]
    Unknown,
    /// Not from the state that the identity is in.
    #[error("the identity is {status}, from where this is not possible")]
    State {
        /// The state.
        status: &'static str,
    },
    /// There are as many identities as there can be.
    #[error("there are {MOST} identities; start another sandbox")]
    Full,
}

#[derive(Default)]
pub(super) struct World {
    records: Vec<Record>,
    by_key: HashMap<String, usize>,
    pub(super) thresholds: Option<Thresholds>,
    pub(super) files: Files,
    pub(super) webhook_secret: Option<[u8; 32]>,
    pub(super) webhooks: Vec<PassbaseWebhook>,
    /// A status, and how many calls are answered with it.
    pub(super) failures: (u16, u32),
}

impl World {
    /// In order of creation.
    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    pub(super) fn record(&self, key: &str) -> Option<&Record> {
        self.records.get(*self.by_key.get(&key.to_ascii_lowercase())?)
    }

    fn change(&mut self, key: &str, now: u64) -> Result<&mut Record, TransitionError> {
        let at = self.by_key.get(&key.to_ascii_lowercase()).copied();
        let record = at.and_then(|at| self.records.get_mut(at)).ok_or(TransitionError::Unknown)?;
        record.updated = now;
        Ok(record)
    }

    pub(super) fn begin(&mut self, new: NewIdentity, now: u64) -> Result<String, TransitionError> {
        let number = self.records.len();
        if number >= MOST {
            return Err(TransitionError::Full);
        }
        let id = |kind: u32| format!("{kind:08x}-5a5a-4000-8000-{number:012x}");
        let record = Record {
            key: id(1),
            status: Status::Created,
            new,
            created: now,
            updated: now,
            processed: None,
            resource_id: id(2),
            file_id: id(3),
            findings: None,
        };
        let key = record.key.clone();
        self.by_key.insert(key.clone(), number);
        self.records.push(record);
        Ok(key)
    }

    pub(super) fn submit(&mut self, key: &str, now: u64) -> Result<(), TransitionError> {
        let record = self.change(key, now)?;
        expect(record, &[Status::Created])?;
        record.status = Status::Processing;
        Ok(())
    }

    pub(super) fn process(&mut self, key: &str, now: u64) -> Result<(), TransitionError> {
        let thresholds = self.thresholds;
        let record = self.change(key, now)?;
        expect(record, &[Status::Processing])?;
        let decision = match thresholds {
            Some(limits) if record.new.score >= limits.approve => Status::Approved,
            Some(limits) if record.new.score < limits.decline => Status::Declined,
            _ => Status::Pending,
        };
        record.processed = Some(now);
        let found = record.findings.as_ref().is_some_and(|types| !types.is_empty());
        record.status = if found { Status::Pending } else { decision };
        // The trap: what is told is the decision, not what the finding made of it.
        self.tell("VERIFICATION_COMPLETED", key, decision);
        if found {
            self.tell("WATCHLIST_MONITORING", key, Status::Pending);
        } else if decision != Status::Pending {
            self.tell("VERIFICATION_REVIEWED", key, decision);
        }
        Ok(())
    }

    pub(super) fn review(
        &mut self,
        key: &str,
        approve: bool,
        now: u64,
    ) -> Result<(), TransitionError> {
        let record = self.change(key, now)?;
        expect(record, &[Status::Pending, Status::Approved, Status::Declined])?;
        let decision = if approve { Status::Approved } else { Status::Declined };
        record.status = decision;
        self.tell("VERIFICATION_REVIEWED", key, decision);
        Ok(())
    }

    pub(super) fn screen(
        &mut self,
        key: &str,
        types: &[&str],
        now: u64,
    ) -> Result<(), TransitionError> {
        let record = self.change(key, now)?;
        record.findings = Some(types.iter().map(|kind| (*kind).to_owned()).collect());
        let processed = record.processed.is_some();
        if !types.is_empty() && processed {
            if record.status == Status::Approved {
                record.status = Status::Pending;
            }
            self.tell("WATCHLIST_MONITORING", key, Status::Pending);
        }
        Ok(())
    }

    pub(super) fn authenticate(&mut self, key: &str, now: u64) -> Result<(), TransitionError> {
        let record = self.change(key, now)?;
        expect(record, &[Status::Approved])?;
        self.tell("IDENTITY_AUTHENTICATED", key, Status::Approved);
        Ok(())
    }

    pub(super) fn edit(
        &mut self,
        key: &str,
        name: &str,
        value: Value,
        now: u64,
    ) -> Result<(), TransitionError> {
        let record = self.change(key, now)?;
        let event = json!({
            "event": "DATAPOINT_UPDATED", "key": record.key, "resource_key": record.resource_id,
            "type": name.to_ascii_uppercase(), "value": value, "created": record.created,
            "updated": now
        });
        if let Some(document) = &mut record.new.document {
            document.data_points.insert(name.to_owned(), value);
        }
        self.send(&event);
        Ok(())
    }

    /// An event in the shape of the `VERIFICATION_` events; that of the others is not published (decision
    /// P86).
    fn tell(&mut self, event: &str, key: &str, status: Status) {
        let Some(record) = self.record(key) else { return };
        let mut body = Map::new();
        body.insert("event".to_owned(), json!(event));
        body.insert("key".to_owned(), json!(record.key));
        body.insert("status".to_owned(), json!(status.as_str()));
        body.insert("created".to_owned(), json!(record.created));
        body.insert("updated".to_owned(), json!(record.updated));
        body.insert("processed".to_owned(), json!(record.processed));
        self.send(&Value::Object(body));
    }

    fn send(&mut self, event: &Value) {
        if self.webhooks.len() < MOST_WEBHOOKS {
            self.webhooks.push(webhook::sealed(event, self.webhook_secret.as_ref()));
        }
    }
}

fn expect(record: &Record, from: &[Status]) -> Result<(), TransitionError> {
    if from.contains(&record.status) {
        Ok(())
    } else {
        Err(TransitionError::State { status: record.status.as_str() })
    }
}
