//! The calls beside verify and redeem, each ready to be made against a sandbox.

use std::fmt;

use passid_core::client::{IdempotencyKey, NewWebhook};
use passid_core::{
    ApiError, InstitutionJwt, NewOutcome, NewSession, PassidClient, ReportedOutcome, RequestId,
    SessionCode, Token, WebhookSecret,
};
use passid_sandbox::{Route, Sandbox, demo};
use passid_tests::standing::Standing;
use serde_json::Value;

pub(crate) const HOOK: &str = "https://bank.example/hook";
pub(crate) const SECRET: &str = "whsec_new_secret_of_the_matrix";

/// A call of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Create,
    Poll,
    PublicById,
    PublicByCode,
    Report,
    Cohort,
    SetWebhook,
    Stored,
}

impl Call {
    pub(crate) const ALL: [Self; 8] = [
        Self::Create,
        Self::Poll,
        Self::PublicById,
        Self::PublicByCode,
        Self::Report,
        Self::Cohort,
        Self::SetWebhook,
        Self::Stored,
    ];

    pub(crate) fn route(self) -> Route {
        match self {
            Self::Create => Route::Sessions,
            Self::Poll => Route::Session,
            Self::PublicById => Route::SessionPublic,
            Self::PublicByCode => Route::SessionByCode,
            Self::Report => Route::Outcome,
            Self::Cohort => Route::Cohort,
            Self::SetWebhook => Route::WebhookSettings,
            Self::Stored => Route::StoredVerification,
        }
    }

    /// Whether it changes something.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Report | Self::SetWebhook)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What the calls are about: a pending session, and a token that was verified.
pub(crate) struct Subject {
    id: RequestId,
    code: SessionCode,
    token: Token,
    jwt: InstitutionJwt,
    sessions: usize,
}

impl Subject {
    /// Puts a sandbox back to its start and makes what the calls are about.
    pub(crate) async fn fresh(standing: &Standing, client: &PassidClient) -> Self {
        let sandbox = &standing.sandbox;
        sandbox.reset();
        let session = client.create_session(&NewSession::new()).await.unwrap();
        let token = Token::parse(demo::KENYA_TOKEN).unwrap();
        client.verify_token(&token).await.unwrap();
        Self {
            id: session.request_id,
            code: session.code,
            token,
            jwt: InstitutionJwt::parse(&sandbox.institution_jwt()).unwrap(),
            sessions: kept(sandbox, "sessions"),
        }
    }

    /// Makes a call.
    pub(crate) async fn call(&self, call: Call, client: &PassidClient) -> Result<(), ApiError> {
        match call {
            Call::Create => client.create_session(&NewSession::new()).await.map(drop),
            Call::Poll => client.session(&self.id).await.map(drop),
            Call::PublicById => client.public_session(&self.id).await.map(drop),
            Call::PublicByCode => client.public_session_by_code(&self.code).await.map(drop),
            Call::Report => client.report_outcome(&self.outcome()).await.map(drop),
            Call::Cohort => client.outcome_cohort(&self.jwt).await.map(drop),
            Call::SetWebhook => client.set_webhook(&self.jwt, &webhook()).await.map(drop),
            Call::Stored => client.stored_verification(&self.token).await.map(drop),
        }
    }

    fn outcome(&self) -> NewOutcome {
        NewOutcome::new(&self.token, ReportedOutcome::Repaid)
            .idempotency_key(IdempotencyKey::parse("loan-10482-outcome").unwrap())
    }

    /// Whether a call that writes took effect, exactly once.
    pub(crate) fn took_effect(&self, call: Call, sandbox: &Sandbox) -> bool {
        match call {
            Call::Create => match kept(sandbox, "sessions") - self.sessions {
                0 => false,
                1 => true,
                more => panic!("{more} sessions"),
            },
            Call::Report => kept(sandbox, "outcomes") == 1,
            Call::SetWebhook => sandbox.webhook_secret() == SECRET,
            _ => false,
        }
    }

    /// What no error may show.
    pub(crate) fn secrets(&self) -> [&str; 4] {
        [demo::SANDBOX_KEY, self.token.expose(), self.jwt.expose(), SECRET]
    }
}

fn webhook() -> NewWebhook {
    NewWebhook::new(HOOK).unwrap().secret(WebhookSecret::parse(SECRET).unwrap())
}

/// How many rows the sandbox keeps of a kind.
fn kept(sandbox: &Sandbox, table: &str) -> usize {
    let state: Value = serde_json::from_str(&sandbox.export()).unwrap();
    match &state["tables"][table] {
        Value::Array(rows) => rows.len(),
        Value::Object(rows) => rows.len(),
        other => panic!("{table} is {other}"),
    }
}
