//! Verified identity and income claims, before a handler runs.
//!
//! A caller presents a PASSID token. [`PassidClient`] has it verified by the PASSID API, a
//! [`Policy`] says what the verified claims must show, and a [`Guard`] decides: the handler gets a
//! [`VerifiedCredential`], or the caller gets a [`Rejection`].
//!
//! This crate knows no web framework. The adapters `passid-axum` (a tower layer) and `passid-actix`
//! (a middleware) do what a guard decides.
//!
//! | what happened | status | code |
//! |---|---|---|
//! | no token | 401 | `TOKEN_MISSING` |
//! | a token that is not valid | 401 | `TOKEN_INVALID` |
//! | a valid credential that does not meet the policy | 403 | `POLICY_VIOLATION` |
//! | no verdict to be had | 503 | `VERIFIER_UNAVAILABLE` |
//! | too many failed attempts with share codes | 429 | `TOO_MANY_ATTEMPTS` |
//! | our own key refused | 500 | `VERIFIER_MISCONFIGURED` |
//!
//! # Defaults
//!
//! Nothing passes because something failed. An answer that cannot be read beyond doubt is no pass; a
//! claim that is absent is not true; a code is never redeemed twice by ourselves; a refusal tells
//! its code and nothing more; nothing secret or personal reaches a log, an error or a `Debug`. Each
//! setting that loosens one of these is a call that says so.
//!
//! # What is published and what is ours
//!
//! The library follows PASSID's public integration guide ("guide, step n" in the documentation).
//! Where the guide is silent, the behaviour is a numbered decision of ours ("D5"), listed in
//! `docs/decisions.md` of the repository. The real API could not be reached while this was written:
//! nothing here has been tested against it.
//!
//! # Features
//!
//! `rustls` (default) and `native-tls` bring the HTTP transport; without either a client needs one
//! of its own. `qr` draws the QR codes of deep links. `metrics` hands the events of the [`cache`] to the
//! `metrics` facade. `redis` shares verdicts and attempts between instances ([`redis`]); `redis-tls` does so
//! over TLS. `test-util` brings [`testing`]. [`provider`] is for crates that stand another identity
//! provider behind [`Verify`].

pub mod attempts;
mod claims;
pub mod client;
mod clock;
mod credential;
mod future;
mod guard;
mod keyed;
mod policy;
pub mod provider;
mod rate_limit;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod value;
mod verify;
pub mod webhook;

pub use attempts::AttemptLimiter;
pub use claims::{ClaimName, Permission, VerificationClaims, WrongClaimType};
pub use client::{
    ApiError, DeepLink, ErrorKind, NewOutcome, NewSession, PassidClient, RedeemingVerifier,
    Redemption, ReportedOutcome, RequestId, Session, SessionState, SessionStatus,
};
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy};
pub use credential::{
    CredentialBuilder, CredentialError, CredentialStatus, DenyReason, FreshnessStatus,
    RevocationStatus, Served, SignatureStatus, VerifiedCredential,
};
pub use future::BoxFuture;
pub use guard::{
    Anonymous, Answer, Answers, CODE_HEADER, Decision, Detail, Guard, GuardBuilder, JsonBody,
    Passed, Preflight, PresentedError, Reason, Rejection, RejectionCode, RequestView, Requirement,
    Step, TOKEN_HEADER, TokenSources,
};
pub use policy::{
    Outcome, Policy, PolicyBuilder, PolicyError, PolicyViolation, Rule, RuleContext, Violation,
};
pub use value::{
    ApiKey, ApiKeyError, CodeError, Environment, InstitutionJwt, InstitutionJwtError, SessionCode,
    ShareCode, Subject, Token, TokenError, WebhookSecret, WebhookSecretError,
};
pub use verify::cache::{self, CachedVerifier};
#[cfg(feature = "redis")]
pub use verify::shared::{self, SharedVerifier};
pub use verify::{
    AnyOf, Health, LocalCache, Probe, Routed, SharedLevel, Unavailable, UnavailableKind, Verdict,
    VerifierScope, Verify,
};
pub use webhook::WebhookVerifier;
