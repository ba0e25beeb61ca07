//! The verifier: from what a caller presents to a credential, or to the reason why there is none.

mod mapping;

use std::fmt;
use std::time::Duration;

use passid_core::provider::Secrets;
use passid_core::{
    BoxFuture, DenyReason, Environment, Token, Unavailable, UnavailableKind, Verdict,
    VerifiedCredential, VerifierScope, Verify,
};
use serde_json::{Map, Value};

pub use mapping::{Assessment, Finding, Mapping};

use crate::client::AccessToken;
use crate::result::{ResultBody, SessionResult};
use crate::session::{FlowError, SessionFlow, SessionRecord};
use crate::{ErrorKind, SessionId, SessionToken};

/// The provider's name in credentials.
pub const PROVIDER: &str = "docverify";

/// The vendor keeps results for 90 days; the evidence is gone by then.
const RETENTION: Duration = Duration::from_secs(90 * 24 * 3600);

/// Turns the token of a session into a credential (decision P92).
///
/// A token is the pair of a session and its state, [`SessionToken`], and must belong to a session that
/// your service created and remembers. What the result must show is a [`Mapping`]'s.
///
/// | what the API says | verdict |
/// |---|---|
/// | `complete`, `ALLOW`, every required check `ALLOW` | valid |
/// | `complete`, `CHALLENGE`; or `ALLOW` that lacks something | invalid, `manual_review_required` |
/// | `complete`, `DENY` | invalid, `DENY` |
/// | not complete | invalid, `session_not_complete` |
/// | 404 | invalid, `TOKEN_NOT_FOUND` |
/// | anything that is not known or cannot be read | unavailable |
///
/// A session that was mocked gives no credential outside the sandbox. Sanctions and income are not this
/// API's to know: a policy that asks for them refuses.
///
/// ```
/// use passid_core::{Guard, Policy};
/// use passid_docverify::{
///     ClientCredentials, DocumentVerificationClient, DocumentVerifier, MemorySessionRecords, Region,
///     SessionFlow,
/// };
///
/// let credentials = ClientCredentials::new("my-application", "its-secret")?;
/// let client = DocumentVerificationClient::builder(Region::Sandbox, credentials).build()?;
/// let flow = SessionFlow::new(client, MemorySessionRecords::default());
/// let policy = Policy::builder()
///     .require_claims(["identity_verified"])
///     .max_credential_age_hours(72)
///     .build()?;
/// let guard = Guard::new(DocumentVerifier::new(flow), policy);
/// # let _ = guard;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DocumentVerifier {
    flow: SessionFlow,
    mapping: Mapping,
    session_id_alone: bool,
}

impl DocumentVerifier {
    /// Sessions of this flow, by the mapping that waives nothing.
    pub fn new(flow: SessionFlow) -> Self {
        Self { flow, mapping: Mapping::new(), session_id_alone: false }
    }

    /// Another mapping.
    #[must_use]
    pub fn mapping(mut self, mapping: Mapping) -> Self {
        self.mapping = mapping;
        self
    }

    /// Takes the id of a session **without its state** too, as long as your service created it. The id
    /// stands in addresses and logs, and whoever has read it passes for the person: only where
    /// something else binds the session to the caller.
    #[must_use]
    pub fn accept_session_id_without_binding(mut self) -> Self {
        self.session_id_alone = true;
        self
    }

    async fn judge(&self, presented: &Token) -> Result<Verdict, FlowError> {
        let Some((session_id, state)) = self.read(presented) else {
            return Ok(Verdict::Invalid(DenyReason::TokenNotFound));
        };
        let Some(record) = self.flow.record(&session_id).await? else {
            return Ok(not_bound());
        };
        let bound = match &state {
            Some(token) => *token.state() == record.state,
            None => self.session_id_alone,
        };
        let environment = self.flow.client().environment();
        if !bound || record.environment != environment {
            return Ok(not_bound());
        }
        // The API does not say that a session was mocked: the record does (decision P93).
        if record.mocked && environment == Environment::Live {
            return Ok(Verdict::Invalid(DenyReason::from("MOCKED_SESSION")));
        }
        if self.end_of(&record) <= self.flow.client().clock().now() {
            return Ok(Verdict::Invalid(DenyReason::TokenExpired));
        }
        let (result, record) = self.flow.result(&session_id).await?;
        let Some(record) = record else { return Ok(not_bound()) };
        Ok(self.verdict(presented, &result, &record))
    }

    /// What was presented; `None` for what is no session's token.
    fn read(&self, presented: &Token) -> Option<(SessionId, Option<SessionToken>)> {
        let text = presented.expose();
        if !text.starts_with(SessionToken::PREFIX) && self.session_id_alone {
            return Some((SessionId::parse(text).ok()?, None));
        }
        let token = SessionToken::parse(text).ok()?;
        Some((token.session_id().clone(), Some(token)))
    }

    fn end_of(&self, record: &SessionRecord) -> std::time::SystemTime {
        record.created_at.checked_add(RETENTION).unwrap_or(record.created_at)
    }

    fn verdict(
        &self,
        presented: &Token,
        result: &SessionResult,
        record: &SessionRecord,
    ) -> Verdict {
        let now = self.flow.client().clock().now();
        let assessment = self.mapping.assess(result, record, now);
        match assessment.finding {
            Finding::Verified => {}
            Finding::Denied => return Verdict::Invalid(DenyReason::from("DENY")),
            Finding::Unreadable => {
                return Verdict::Unavailable(
                    Unavailable::new(UnavailableKind::Undecodable).because(UnknownWord),
                );
            }
            // Not the provider's failure: told as an outage, anybody could make the guard believe in
            // one by presenting sessions that they never finish (decision P99).
            other => return Verdict::Invalid(DenyReason::from(other.status().as_str())),
        }
        let client = self.flow.client();
        let access_token = client.last_access_token();
        let secrets = [
            client.credentials().expose_secret(),
            record.state.expose(),
            access_token.as_deref().map_or("", AccessToken::expose),
        ];
        let secrets = Secrets::new(&secrets);
        let environment = record.environment;
        let builder =
            VerifiedCredential::builder(PROVIDER, environment, assessment.claims.clone(), now)
                .status(assessment.finding.status())
                .verified_at(record.completed_no_earlier_than())
                .expires_at(self.end_of(record))
                .token(presented.clone())
                .extra(audit(result, &assessment, secrets));
        let builder = match secrets.printable(record.session_id.as_str()) {
            Some(id) => builder.audit_id(id),
            None => builder,
        };
        match builder.build() {
            Ok(credential) => Verdict::Valid(credential),
            Err(error) => {
                Verdict::Unavailable(Unavailable::new(UnavailableKind::Undecodable).because(error))
            }
        }
    }
}

/// For the audit: the reasons of the checks and the vendor's name for its risk verdict. Nothing that was
/// read from the document.
fn audit(result: &SessionResult, found: &Assessment, secrets: Secrets<'_>) -> Map<String, Value> {
    let mut extra = Map::new();
    if !found.reasons.is_empty() {
        extra.insert("reasons".to_owned(), Value::from(found.reasons.clone()));
    }
    if let ResultBody::Complete(complete) = &result.body
        && let Some(risk) = &complete.risk_details
        && let Some(general) = &risk.general
        && let Some(id) = general.correlation_id.as_deref().and_then(|id| secrets.printable(id))
    {
        extra.insert("correlation_id".to_owned(), Value::from(id));
    }
    extra
}

/// One reason for every way in which a session is not the caller's: nobody learns which ids exist.
fn not_bound() -> Verdict {
    Verdict::Invalid(DenyReason::from("SESSION_NOT_BOUND"))
}

#[derive(Debug, thiserror::Error)]
#[error("the result has a status or a recommendation that is not known, or none")]
struct UnknownWord;

impl Verify for DocumentVerifier {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let verifier = self.clone();
        Box::pin(async move {
            match verifier.judge(&token).await {
                Ok(verdict) => verdict,
                Err(FlowError::Api(error)) if error.kind() == ErrorKind::SessionNotFound => {
                    Verdict::Invalid(DenyReason::TokenNotFound)
                }
                Err(FlowError::Api(error)) => Verdict::Unavailable(error.into_unavailable()),
                Err(FlowError::Records(error)) => {
                    Verdict::Unavailable(Unavailable::new(UnavailableKind::Failed).because(error))
                }
            }
        })
    }

    /// What begins like a [`SessionToken`]. The id alone has no form of its own, also where it is taken:
    /// [`AnyOf::or_when`](passid_core::AnyOf::or_when) can say which ids are.
    fn recognises(&self, token: &Token) -> bool {
        token.expose().starts_with(SessionToken::PREFIX)
    }

    /// The address, the world, the application, and how results are read.
    fn scope(&self) -> Option<VerifierScope> {
        let client = self.flow.client();
        let credentials = client.credentials();
        let depends_on = format!(
            "{}\n{}\n{:?}\n{}",
            credentials.id(),
            credentials.expose_secret(),
            self.mapping,
            self.session_id_alone
        );
        let endpoint = client.result_endpoint();
        Some(VerifierScope::of_secret(PROVIDER, endpoint, client.environment(), &depends_on))
    }
}

impl fmt::Debug for DocumentVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentVerifier")
            .field("flow", &self.flow)
            .field("mapping", &self.mapping)
            .field("session_id_alone", &self.session_id_alone)
            .finish()
    }
}
