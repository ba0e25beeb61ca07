//! The same small app on both frameworks, behind whatever guard a row asks for.
//!
//! `POST /api/apply` needs a credential and answers as the guide's example does; `GET /api/greeting`
//! can do without; `GET /healthz` is open.

pub mod actix;
pub mod axum;
mod service;

use passid_core::{
    Answers, Detail, Guard, GuardBuilder, JsonBody, Policy, TokenSources, VerificationClaims,
    Verify,
};
use serde_json::json;

pub use service::{Service, policy};

use crate::provider::passid;

/// What stands in front of the app: a guard of some form, for a service with its demands.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// How the app is guarded.
    pub setup: Setup,
    /// What it demands.
    pub service: Service,
}

/// The service of the loan examples, for PASSID's own tokens.
impl From<Setup> for App {
    fn from(setup: Setup) -> Self {
        Self { setup, service: passid::SERVICE }
    }
}

/// How the app is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// As in the loan examples: the guide's policy on `/api/apply` at the detailed level, an
    /// optional guard on `/api/greeting`.
    Loan,
    /// The same policy, terse.
    Terse,
    /// The same policy, everything told.
    Everything,
    /// The same policy, `application/problem+json` at the detailed level.
    Problem,
    /// A closure renders.
    OwnForm,
    /// A valid credential is enough.
    VerifiedOnly,
    /// Fraud and sanctions flags, everything told.
    Flags,
    /// Either of two policies, one of them about sanctions; detailed.
    Either,
    /// The token in a cookie only.
    Cookie,
    /// The token in the query only.
    Query,
    /// The token in a header of another name, with another realm.
    OtherHeader,
    /// The default sources and a JSON body field.
    Body,
    /// Behind the loan guard a stricter policy for the route.
    Stricter,
    /// Preflights need a token too.
    GuardPreflight,
    /// A one-time share code in the place of a token; for a verifier that redeems.
    ShareCode,
    /// No guard at all before extractors that need one.
    Unguarded,
}

impl App {
    /// The guard of `/api/apply`; `None` where there is none.
    pub fn guard<V: Verify + Clone>(&self, verifier: V) -> Option<Guard<V>> {
        let loan = || self.service.guard(verifier.clone(), (self.service.loan)());
        let everything = Answers::json().detail(Detail::Everything);
        let guard: GuardBuilder<V> = match self.setup {
            Setup::Unguarded => return None,
            Setup::Loan | Setup::Stricter => loan().answers(detailed()),
            Setup::Body => loan().answers(detailed()),
            Setup::Terse => loan(),
            Setup::Everything => loan().answers(everything),
            Setup::Problem => loan().answers(Answers::problem_json().detail(Detail::Detailed)),
            Setup::OwnForm => loan().answers(Answers::with(|rejection, _| passid_core::Answer {
                status: rejection.status(),
                headers: vec![("content-type", "text/plain".to_owned())],
                body: rejection.code().as_str().into(),
            })),
            Setup::VerifiedOnly => self.service.guard(verifier, Policy::verified_only()),
            Setup::Flags => {
                self.service.guard(verifier, (self.service.flags)()).answers(everything)
            }
            Setup::Either => {
                self.service.guard(verifier, (self.service.either)()).answers(detailed())
            }
            Setup::Cookie => loan().token_sources(TokenSources::none().and_cookie("passid")),
            Setup::Query => loan().token_sources(TokenSources::none().and_query("token")),
            Setup::OtherHeader => loan()
                .token_sources(TokenSources::none().and_header("X-Loan-Token"))
                .realm("lo\"an\r\n"),
            Setup::ShareCode => {
                loan().answers(detailed()).token_sources(TokenSources::share_codes())
            }
            Setup::GuardPreflight => loan().guard_preflight(),
        };
        Some(guard.build())
    }

    /// The body source of `/api/apply`.
    pub fn json_body(&self) -> Option<JsonBody> {
        (self.setup == Setup::Body).then(|| JsonBody::field("token").limit(256))
    }

    /// The stricter policy of `/api/apply`.
    pub fn stricter(&self) -> Option<Policy> {
        (self.setup == Setup::Stricter).then(self.service.stricter)
    }

    /// The guard of `/api/greeting`; `None` where there is none.
    pub fn optional_guard<V: Verify>(&self, verifier: V) -> Option<Guard<V>> {
        let guard = self.service.guard(verifier, Policy::verified_only()).optional().build();
        (self.setup != Setup::Unguarded).then_some(guard)
    }
}

fn detailed() -> Answers {
    Answers::json().detail(Detail::Detailed)
}

/// What `/api/apply` answers: the guide's example.
fn application(claims: &VerificationClaims, body_len: usize) -> Vec<u8> {
    let verified = claims.identity_verified == Some(true);
    let band = json!(claims.income_band);
    format!(r#"{{"verified":{verified},"income_band":{band},"body_len":{body_len}}}"#).into_bytes()
}

/// What `/api/greeting` answers.
fn greeting(verified: bool) -> Vec<u8> {
    format!(r#"{{"verified":{verified}}}"#).into_bytes()
}
