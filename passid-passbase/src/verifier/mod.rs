//! An identity behind the guard: [`PassbaseVerifier`].

mod durable;
mod floors;
mod mapping;
mod presented;
mod processed;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use passid_core::{
    BoxFuture, CredentialStatus, DenyReason, Subject, Token, Unavailable, UnavailableKind, Verdict,
    VerifiedCredential, VerifierScope, Verify,
};
use serde_json::{Map, Value, json};

pub use durable::DurableProcessedTimes;
pub use floors::{ScoreFloorError, ScoreFloors};
pub use presented::PresentedIdentity;
pub use processed::{ProcessedTimes, RecentProcessedTimes};

use crate::binding::user_of;
use crate::client::{ErrorKind, PROVIDER};
use crate::model::{Identity, IdentityStatus, Watchlist};
use crate::{Caller, IdentityAccessKey, PassbaseClient};

/// Why an identity is refused, as [`DenyReason::Other`].
pub mod reason {
    /// The token names no identity of this provider.
    pub const NOT_AN_IDENTITY: &str = "PASSBASE_NOT_AN_IDENTITY";
    /// The identity access key was presented without a nonce.
    pub const NOT_BOUND: &str = "PASSBASE_NOT_BOUND";
    /// The identity is not the caller's.
    pub const ANOTHER_CALLER: &str = "PASSBASE_ANOTHER_CALLER";
    /// The identity was declined.
    pub const DECLINED: &str = "PASSBASE_DECLINED";
    /// The identity is not approved yet, or no longer: also after a watchlist finding.
    pub const NOT_APPROVED: &str = "PASSBASE_NOT_APPROVED";
}

/// Verifies identity access keys with the Passbase API: a [`Verify`] for passid's guard.
///
/// The caller presents `KEY.NONCE`: the key of an identity, and the [`Nonce`](crate::Nonce) that was
/// given to them when they began, whose hash stands in the identity's signed metadata. A key alone is
/// refused: it has been in a browser, and proves nothing. Where the application knows the caller from
/// elsewhere, [`for_caller`](Self::for_caller) binds to that instead.
///
/// Every verification is one read of the identity; a webhook is never believed. `income_verified` and
/// what belongs to it is absent: this provider does not know.
///
/// | claim | true | false |
/// |---|---|---|
/// | `identity_verified` | approved, the caller's own, with an identity document | – (refused) |
/// | `sanctions_screening_clear` | screened and clean | any finding |
/// | `identity_and_fraud_checks_passed` | all scores over their floors, no document expired, no finding | a score under its floor, an expired document |
///
/// Everything else is absent, and refuses where a policy asks for it. A finding on a sanctions list is
/// [`DenyReason::HardDenySanctionsMatch`], also where somebody approved the identity all the same,
/// unless [`leaving_sanctions_to_the_policy`](Self::leaving_sanctions_to_the_policy) is said (decision
/// P89).
///
/// ```no_run
/// use passid_core::{Environment, Guard, Policy};
/// use passid_passbase::{PassbaseClient, PassbaseVerifier, SecretKey};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let key = SecretKey::parse(&std::env::var("PASSBASE_SECRET_KEY")?, Environment::Live)?;
/// let client = PassbaseClient::builder(key).base_url("https://passbase.example.com/v2").build()?;
/// let policy = Policy::builder().require_claims(["identity_verified"]).build()?;
/// let guard = Guard::new(PassbaseVerifier::new(client), policy);
/// # let _ = guard;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PassbaseVerifier {
    client: PassbaseClient,
    floors: ScoreFloors,
    processed: Option<Arc<dyn ProcessedTimes>>,
    demand: Demand,
    sanctions_to_the_policy: bool,
}

/// What an identity is held against.
#[derive(Clone)]
enum Demand {
    /// The nonce that is presented with it.
    PresentedNonce,
    Caller(Caller),
    Nothing,
}

impl PassbaseVerifier {
    /// A verifier that demands a nonce.
    pub fn new(client: PassbaseClient) -> Self {
        let floors = ScoreFloors::default();
        Self {
            client,
            floors,
            processed: None,
            demand: Demand::PresentedNonce,
            sanctions_to_the_policy: false,
        }
    }

    /// Other floors for scores.
    #[must_use]
    pub fn floors(mut self, floors: ScoreFloors) -> Self {
        self.floors = floors;
        self
    }

    /// Who knows when processing ended, from webhooks. Without it the age of the evidence counts from
    /// when the newest identity document was received.
    #[must_use]
    pub fn processed_times(mut self, times: Arc<dyn ProcessedTimes>) -> Self {
        self.processed = Some(times);
        self
    }

    /// A verifier for this caller alone, who presents the bare key: for a handler that knows who asks.
    #[must_use]
    pub fn for_caller(&self, caller: Caller) -> Self {
        Self { demand: Demand::Caller(caller), ..self.clone() }
    }

    /// Takes the bare key from whoever has it. **A stolen key then passes for its owner**: only where
    /// something else proves whose it is.
    #[must_use]
    pub fn accepting_keys_from_anyone(mut self) -> Self {
        self.demand = Demand::Nothing;
        self
    }

    /// An approved identity with a finding on a sanctions list becomes a credential, whose
    /// `sanctions_screening_clear` is false and whose [`VerifiedCredential::extra`] says
    /// `sanctions_match`. **A policy that does not ask for it then lets it pass**: only where a person
    /// looks at each finding before the identity is approved.
    #[must_use]
    pub fn leaving_sanctions_to_the_policy(mut self) -> Self {
        self.sanctions_to_the_policy = true;
        self
    }

    /// What is demanded of this presentation.
    fn caller_of(&self, presented: &PresentedIdentity) -> Result<Option<Caller>, DenyReason> {
        match &self.demand {
            Demand::PresentedNonce => match presented.nonce() {
                Some(nonce) => Ok(Some(Caller::Nonce(nonce.clone()))),
                None => Err(denied(reason::NOT_BOUND)),
            },
            Demand::Caller(caller) => Ok(Some(caller.clone())),
            Demand::Nothing => Ok(None),
        }
    }

    async fn judge(&self, token: Token) -> Verdict {
        let Some(presented) = PresentedIdentity::of(&token) else {
            return Verdict::Invalid(denied(reason::NOT_AN_IDENTITY));
        };
        let caller = match self.caller_of(&presented) {
            Ok(caller) => caller,
            Err(reason) => return Verdict::Invalid(reason),
        };
        let identity = match self.client.identity(presented.key()).await {
            Ok(identity) => identity,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Verdict::Invalid(DenyReason::TokenNotFound);
            }
            Err(error) => return Verdict::Unavailable(error.into_unavailable()),
        };
        if caller.as_ref().is_some_and(|caller| !caller.owns(&identity)) {
            return Verdict::Invalid(denied(reason::ANOTHER_CALLER));
        }
        // P87: only `approved` is verified; a status that is not known is no verdict.
        match &identity.status {
            // P89: an approval does not outweigh a finding on a sanctions list.
            Some(IdentityStatus::Approved)
                if has_sanction(&identity) && !self.sanctions_to_the_policy =>
            {
                return Verdict::Invalid(DenyReason::HardDenySanctionsMatch);
            }
            Some(IdentityStatus::Approved) => {}
            Some(IdentityStatus::Declined) => return Verdict::Invalid(denied(reason::DECLINED)),
            Some(
                IdentityStatus::Created | IdentityStatus::Processing | IdentityStatus::Pending,
            ) => return Verdict::Invalid(denied(reason::NOT_APPROVED)),
            Some(IdentityStatus::Other(_)) | None => return no_verdict(),
        }
        let processed = self.processed_at(presented.key()).await;
        let subject = presented.key().subject();
        self.credential(token, subject, &identity, caller.as_ref(), processed)
    }

    async fn processed_at(&self, key: &IdentityAccessKey) -> Option<SystemTime> {
        match &self.processed {
            Some(times) => times.processed_at(key).await,
            None => None,
        }
    }

    fn credential(
        &self,
        token: Token,
        subject: Subject,
        identity: &Identity,
        caller: Option<&Caller>,
        processed: Option<SystemTime>,
    ) -> Verdict {
        let now = self.client.clock().now();
        let mapped = mapping::map(identity, &self.floors, processed, now);
        let environment = self.client.environment();
        let mut builder = VerifiedCredential::builder(PROVIDER, environment, mapped.claims, now)
            .status(CredentialStatus::Verified)
            .issuer(PROVIDER)
            .subject(subject)
            .token(token)
            .extra(facts(identity, caller));
        if let Some(evidence) = mapped.evidence {
            builder = builder.verified_at(evidence);
        }
        match builder.build() {
            Ok(credential) => Verdict::Valid(credential),
            Err(_) => no_verdict(),
        }
    }

    /// What else a verdict depends on: the floors, and how an identity is bound. `None` where that is
    /// a caller, of whom nothing may be told by a key.
    fn settings(&self) -> Option<String> {
        let demand = match self.demand {
            Demand::PresentedNonce => "nonce",
            Demand::Nothing => "nothing",
            Demand::Caller(_) => return None,
        };
        let floors = &self.floors;
        let floors = [floors.of_score(), floors.of_authenticity(), floors.of_face_match()];
        let (processed, sanctions) = (self.processed.is_some(), self.sanctions_to_the_policy);
        Some(format!("{demand} {floors:?} {processed} {sanctions}"))
    }
}

/// What a handler may want to know beyond the claims.
fn facts(identity: &Identity, caller: Option<&Caller>) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("bound_by".to_owned(), json!(caller.map_or("nothing", Caller::word)));
    if let Some(score) = identity.score {
        facts.insert("score".to_owned(), json!(score));
    }
    // Only of metadata that this verification relied on.
    if let Some(user) = user_of(identity)
        && matches!(caller, Some(Caller::Nonce(_) | Caller::User(_)))
    {
        facts.insert("user".to_owned(), json!(user));
    }
    if has_sanction(identity) {
        facts.insert("sanctions_match".to_owned(), json!(true));
    }
    facts
}

fn has_sanction(identity: &Identity) -> bool {
    identity.watchlist.as_ref().is_some_and(Watchlist::has_sanction)
}

fn denied(reason: &str) -> DenyReason {
    DenyReason::Other(reason.to_owned())
}

fn no_verdict() -> Verdict {
    Verdict::Unavailable(Unavailable::new(UnavailableKind::Undecodable).because(NoVerdict))
}

#[derive(Debug, thiserror::Error)]
#[error("the identity has no status that this version knows")]
struct NoVerdict;

impl Verify for PassbaseVerifier {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let verifier = self.clone();
        Box::pin(async move { verifier.judge(token).await })
    }

    /// A key, alone or with its nonce.
    fn recognises(&self, token: &Token) -> bool {
        PresentedIdentity::of(token).is_some()
    }

    fn scope(&self) -> Option<VerifierScope> {
        let settings = self.settings()?;
        let endpoint = self.client.address_of("/identities/{id}");
        let secret = format!("{settings} {}", self.client.key().expose());
        Some(VerifierScope::of_secret(PROVIDER, endpoint, self.client.environment(), &secret))
    }
}

impl fmt::Debug for PassbaseVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassbaseVerifier")
            .field("client", &self.client)
            .field("floors", &self.floors)
            .finish_non_exhaustive()
    }
}
