//! QR sessions (guide, step 3): a request that a customer's wallet approves or declines.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use passid_core::{Environment, SessionCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access::Tenant;
use super::aged::Dated;
use super::issued::{PROOF_TYPE, Verdict};
use super::table::Row;
use super::world::World;
use crate::credential::environment_name;
use crate::timestamp::last_second;
use crate::webhook::EventData;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) request_id: String,
    institution: String,
    #[serde(with = "environment_name")]
    environment: Environment,
    pub(crate) institution_name: String,
    pub(crate) permissions: Vec<String>,
    pub(crate) code: String,
    created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    end: Option<End>,
}

/// How a session ended, other than by its time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
enum End {
    Completed(Completion),
    Declined,
    /// Before its time, because a test said so.
    Expired,
}

/// What the wallet's approval gave.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Completion {
    pub(crate) claims: Map<String, Value>,
    pub(crate) token: String,
    pub(crate) verified_at: Timestamp,
    pub(crate) audit_id: String,
}

/// Where a session stands (guide, step 6).
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Status<'a> {
    Pending,
    Completed(&'a Completion),
    Declined,
    Expired,
}

/// What an institution asks for.
pub(crate) struct NewSession {
    pub(crate) institution_name: Option<String>,
    pub(crate) permissions: Vec<String>,
    pub(crate) ttl: SignedDuration,
}

/// Why a session gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SessionRefused {
    /// D22: also for a session of somebody else.
    NotFound,
    /// 410 in the guide: expired, fulfilled or declined.
    Over,
}

/// Why a wallet cannot approve a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FulfilRefused {
    Session(SessionRefused),
    /// The share token approved a session before.
    TokenUsed,
    /// The share token is unknown, another customer's, or not valid.
    TokenRefused,
}

impl From<SessionRefused> for FulfilRefused {
    fn from(refused: SessionRefused) -> Self {
        Self::Session(refused)
    }
}

impl Row for Session {
    const TABLE: &'static str = "sessions";
}

impl Dated for Session {
    fn dated(&self) -> Timestamp {
        self.created_at
    }
}

impl Session {
    /// A session ends at the second of its expiry, unless it has ended before.
    pub(crate) fn status(&self, now: Timestamp) -> Status<'_> {
        match &self.end {
            Some(End::Completed(completion)) => Status::Completed(completion),
            Some(End::Declined) => Status::Declined,
            Some(End::Expired) => Status::Expired,
            None if now >= self.expires_at => Status::Expired,
            None => Status::Pending,
        }
    }

    /// What the QR code holds (guide, step 3); `r` and `i` are the request and the institution.
    pub(crate) fn deep_link(&self) -> String {
        format!("passid://verify-request?r={}&i={}", self.request_id, self.institution)
    }

    pub(super) fn environment(&self) -> Environment {
        self.environment
    }

    fn tenant(&self) -> Tenant {
        Tenant { institution: self.institution.clone(), environment: self.environment }
    }

    fn belongs_to(&self, tenant: &Tenant) -> bool {
        self.institution == tenant.institution && self.environment == tenant.environment
    }
}

impl Status<'_> {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed(_) => "completed",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }
}

impl World {
    pub(crate) fn create_session(
        &mut self,
        tenant: &Tenant,
        new: NewSession,
        now: Timestamp,
    ) -> Session {
        let request_id = loop {
            let number = self.counters_mut().spelt();
            let candidate = self.speller.request_id(number);
            if !self.sessions.contains(&candidate) {
                break candidate;
            }
        };
        let code = loop {
            let number = self.counters_mut().spelt();
            let candidate = self.speller.session_code(number);
            if !self.session_codes.contains_key(&candidate) {
                break candidate;
            }
        };
        let name = self.institutions.get(&tenant.institution).map(|known| known.name.clone());
        let session = Session {
            institution: tenant.institution.clone(),
            environment: tenant.environment,
            institution_name: new.institution_name.or(name).unwrap_or_default(),
            permissions: new.permissions,
            created_at: now,
            expires_at: now.checked_add(new.ttl).unwrap_or_else(|_| last_second()),
            end: None,
            request_id,
            code,
        };
        self.session_codes.insert(session.code.clone(), session.request_id.clone());
        let mut gone = self.sessions.forget_what_is_over(now);
        gone.extend(self.sessions.insert(session.request_id.clone(), session.clone()));
        for session in gone {
            self.session_codes.remove(&session.code);
        }
        session
    }

    /// The session, for the institution that made it.
    pub(crate) fn session(
        &self,
        tenant: &Tenant,
        request_id: &str,
    ) -> Result<&Session, SessionRefused> {
        self.sessions
            .get(request_id)
            .filter(|session| session.belongs_to(tenant))
            .ok_or(SessionRefused::NotFound)
    }

    /// The session while it can be approved, for everyone who knows its id.
    pub(crate) fn pending_session(
        &self,
        request_id: &str,
        now: Timestamp,
    ) -> Result<&Session, SessionRefused> {
        let session = self.sessions.get(request_id).ok_or(SessionRefused::NotFound)?;
        match session.status(now) {
            Status::Pending => Ok(session),
            _ => Err(SessionRefused::Over),
        }
    }

    /// The same for a customer, for whom the sessions of the other environment do not exist, be they
    /// over or not (D22).
    fn pending_session_of_customer(
        &self,
        customer: &str,
        request_id: &str,
        now: Timestamp,
    ) -> Result<&Session, SessionRefused> {
        let environment = self.environment_of_customer(customer);
        let known = self.sessions.get(request_id);
        known
            .filter(|session| Some(session.environment) == environment)
            .ok_or(SessionRefused::NotFound)?;
        self.pending_session(request_id, now)
    }

    /// The same, by the code that is shown under the QR code.
    pub(crate) fn pending_session_by_code(
        &self,
        code: &SessionCode,
        now: Timestamp,
    ) -> Result<&Session, SessionRefused> {
        let id = self.session_codes.get(&code.to_string()).ok_or(SessionRefused::NotFound)?;
        self.pending_session(id, now)
    }

    /// A customer approves a session with a one-time share token; P23 is about what that token must
    /// be.
    pub(crate) fn fulfil_session(
        &mut self,
        customer: &str,
        request_id: &str,
        token: &str,
        now: Timestamp,
    ) -> Result<Timestamp, FulfilRefused> {
        let environment = self.environment_of_customer(customer);
        let session = self.pending_session_of_customer(customer, request_id, now)?;
        let permissions = session.permissions.clone();
        let credential = self
            .tokens
            .get(token)
            .filter(|credential| Some(credential.environment) == environment)
            .ok_or(FulfilRefused::TokenRefused)?;
        let share = credential
            .share
            .as_ref()
            .filter(|share| share.customer == customer)
            .ok_or(FulfilRefused::TokenRefused)?;
        if share.fulfilled {
            return Err(FulfilRefused::TokenUsed);
        }
        if credential.verdict(now) != Verdict::Valid {
            return Err(FulfilRefused::TokenRefused);
        }
        if let Some(credential) = self.tokens.get_mut(token) {
            // The token itself, so that verifying it later gives no more than was asked for.
            credential.narrow(&permissions);
            if let Some(share) = &mut credential.share {
                share.fulfilled = true;
            }
        }
        self.complete_session(request_id, token, now);
        Ok(now)
    }

    /// Completes a session that is pending with what its token gives, and tells its institution.
    pub(super) fn complete_session(&mut self, request_id: &str, token: &str, now: Timestamp) {
        let audit_id = self.counters_mut().audit_id();
        let Some(credential) = self.tokens.get(token).cloned() else { return };
        let Some(session) = self.sessions.get_mut(request_id) else { return };
        let claims = credential.disclosed(now).claims;
        session.end = Some(End::Completed(Completion {
            claims: claims.clone(),
            token: token.to_owned(),
            verified_at: now,
            audit_id,
        }));
        let tenant = session.tenant();
        self.keep(&tenant, token, &credential, None, now);
        let data = EventData::VerificationCompleted {
            token,
            verified_at: now,
            proof_type: PROOF_TYPE,
            verified_claims: &claims,
        };
        self.emit(&tenant, data, now);
    }

    /// D22: a customer declines. `customer` is none when a test says so.
    pub(crate) fn decline_session(
        &mut self,
        customer: Option<&str>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), SessionRefused> {
        match customer {
            Some(customer) => self.pending_session_of_customer(customer, request_id, now)?,
            None => self.pending_session(request_id, now)?,
        };
        self.end_session(request_id, End::Declined);
        Ok(())
    }

    /// Ends a session as if its time had passed.
    pub(crate) fn expire_session(
        &mut self,
        request_id: &str,
        now: Timestamp,
    ) -> Result<(), SessionRefused> {
        self.pending_session(request_id, now)?;
        self.end_session(request_id, End::Expired);
        Ok(())
    }

    fn end_session(&mut self, request_id: &str, end: End) {
        if let Some(session) = self.sessions.get_mut(request_id) {
            session.end = Some(end);
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("environment", &self.environment).finish_non_exhaustive()
    }
}
