//! The same small app on both frameworks, behind whatever guard a row asks for.
//!
//! `POST /api/apply` needs a credential and answers as the guide's example does; `GET /api/greeting`
//! can do without; `GET /healthz` is open.

pub mod actix;
pub mod axum;

use passid_core::{
    Answers, Detail, Guard, GuardBuilder, JsonBody, Policy, TokenSources, VerificationClaims,
    Verify,
};
use serde_json::{Value, json};

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

impl Setup {
    /// The guard of `/api/apply`; `None` where there is none.
    pub fn guard<V: Verify + Clone>(self, verifier: V) -> Option<Guard<V>> {
        let loan = || Guard::builder(verifier.clone(), loan_policy());
        let guard: GuardBuilder<V> = match self {
            Self::Unguarded => return None,
            Self::Loan | Self::Stricter => loan().answers(detailed()),
            Self::Body => loan().answers(detailed()),
            Self::Terse => loan(),
            Self::Everything => loan().answers(Answers::json().detail(Detail::Everything)),
            Self::Problem => loan().answers(Answers::problem_json().detail(Detail::Detailed)),
            Self::OwnForm => loan().answers(Answers::with(|rejection, _| passid_core::Answer {
                status: rejection.status(),
                headers: vec![("content-type", "text/plain".to_owned())],
                body: rejection.code().as_str().into(),
            })),
            Self::VerifiedOnly => Guard::builder(verifier, Policy::verified_only()),
            Self::Flags => Guard::builder(
                verifier,
                policy(json!({
                    "requireFraudChecksPassed": true, "requireSanctionsClear": true
                })),
            )
            .answers(Answers::json().detail(Detail::Everything)),
            Self::Either => Guard::builder(
                verifier,
                policy(json!({"anyOf": [
                    {"requireSanctionsClear": true}, {"requireClaims": ["dscr_above_1_2"]}
                ]})),
            )
            .answers(detailed()),
            Self::Cookie => loan().token_sources(TokenSources::none().and_cookie("passid")),
            Self::Query => loan().token_sources(TokenSources::none().and_query("token")),
            Self::OtherHeader => loan()
                .token_sources(TokenSources::none().and_header("X-Loan-Token"))
                .realm("lo\"an\r\n"),
            Self::ShareCode => {
                loan().answers(detailed()).token_sources(TokenSources::share_codes())
            }
            Self::GuardPreflight => loan().guard_preflight(),
        };
        Some(guard.build())
    }

    /// The body source of `/api/apply`.
    pub fn json_body(self) -> Option<JsonBody> {
        (self == Self::Body).then(|| JsonBody::field("token").limit(256))
    }

    /// The stricter policy of `/api/apply`.
    pub fn stricter(self) -> Option<Policy> {
        (self == Self::Stricter).then(|| {
            policy(
                json!({"requireClaims": ["corridor", "income_band"], "maxCredentialAgeHours": 4}),
            )
        })
    }

    /// The guard of `/api/greeting`; `None` where there is none.
    pub fn optional_guard<V: Verify>(self, verifier: V) -> Option<Guard<V>> {
        let guard = Guard::builder(verifier, Policy::verified_only()).optional().build();
        (self != Self::Unguarded).then_some(guard)
    }
}

fn detailed() -> Answers {
    Answers::json().detail(Detail::Detailed)
}

fn loan_policy() -> Policy {
    policy(json!({
        "requireClaims": ["income_verified", "sanctions_screening_clear"],
        "maxCredentialAgeHours": 72
    }))
}

#[expect(clippy::expect_used, reason = "a mistake in a test")]
fn policy(options: Value) -> Policy {
    serde_json::from_value(options).expect("a policy")
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
