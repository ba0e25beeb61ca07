//! `POST /api/bridge/code/redeem`: the one-time code a customer reads out.

use std::fmt;

use serde::Serialize;

use super::call::Received;
use super::operation::{Operation, Safety, json_body};
use super::verify::rejected;
use super::wire::{self, RedeemAnswer, Secrets};
use super::{ApiError, ErrorKind, PassidClient};
use crate::{
    CredentialStatus, FreshnessStatus, ShareCode, Token, VerificationClaims, VerifiedCredential,
};

const ROUTE: &str = "/api/bridge/code/redeem";
/// What to do when the answer to a redemption is lost: the code may be burnt.
const IF_LOST: &str = "do not send it again, ask the customer for a new code";

/// What a redeemed code stands for (guide, step 4).
///
/// Not every redemption is of a verified credential: the API may ask for a manual review. What a
/// policy can count on is in [`credential`](Self::credential).
#[derive(Clone)]
pub struct Redemption {
    record: VerifiedCredential,
    credential: Option<VerifiedCredential>,
}

impl Redemption {
    /// `record` need not be verified; it never leaves this type as a [`VerifiedCredential`].
    pub(super) fn new(record: VerifiedCredential, credential: Option<VerifiedCredential>) -> Self {
        Self { record, credential }
    }

    /// The credential, if it is verified (decision D16).
    pub fn credential(&self) -> Option<&VerifiedCredential> {
        self.credential.as_ref()
    }

    /// The state of the credential: `verified`, or something that is not.
    pub fn status(&self) -> &CredentialStatus {
        self.record.status()
    }

    /// What the API reports, whether the credential is verified or not: for a person who reviews it.
    /// Decisions belong on [`credential`](Self::credential).
    pub fn reported_claims(&self) -> &VerificationClaims {
        self.record.claims()
    }

    /// The reference for the audit trail.
    pub fn audit_id(&self) -> Option<&str> {
        self.record.audit_id()
    }

    /// The API's own judgement of freshness; advisory (decision D17).
    pub fn freshness_status(&self) -> Option<&FreshnessStatus> {
        self.record.freshness_status()
    }

    /// Hours between the issue of the credential and the answer.
    pub fn freshness_hours(&self) -> Option<u32> {
        self.record.freshness_hours()
    }

    /// The API's advisory note: the institution decides.
    pub fn decisioning_note(&self) -> Option<&str> {
        self.record.decisioning_note()
    }

    /// The token of the credential, needed to report an outcome later, if the API returned one
    /// (decision D21).
    pub fn token(&self) -> Option<&Token> {
        self.record.token()
    }
}

impl fmt::Debug for Redemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redemption")
            .field("status", self.status())
            .field("audit_id", &self.audit_id())
            .field("freshness_status", &self.freshness_status())
            .field("verified", &self.credential.is_some())
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
}

impl PassidClient {
    /// Redeems a one-time share code (guide, step 4).
    ///
    /// The first use burns a code, so the call is sent again by itself only when no byte of it can
    /// have left (decision D12). After that a failure is [`ErrorKind::OutcomeUnknown`]: the code may
    /// be burnt, and the customer has to be asked for a new one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyRedeemed`], [`ErrorKind::CodeNotFound`], [`ErrorKind::Refused`] when the
    /// credential behind the code is rejected, [`ErrorKind::OutcomeUnknown`], and the kinds of calls
    /// that were not carried out.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use passid_core::{ApiKey, ErrorKind, PassidClient, ShareCode};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    ///     .base_url(sandbox.url())
    ///     .build()?;
    ///
    /// let redemption = client.redeem_code(&ShareCode::parse("ke8v 3txy z72l")?).await?;
    /// let credential = redemption.credential().ok_or("not verified")?;
    /// assert_eq!(credential.claims().corridor.as_deref(), Some("KE->GB"));
    ///
    /// let unknown = client.redeem_code(&ShareCode::parse("AAAA-AAAA-AAAA")?).await;
    /// assert_eq!(*unknown.unwrap_err().kind(), ErrorKind::CodeNotFound);
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn redeem_code(&self, code: &ShareCode) -> Result<Redemption, ApiError> {
        let secrets = [self.shared.key.expose(), code.expose()];
        let secrets = Secrets(&secrets);
        let body = json_body(&Body { code: code.expose() });
        let operation = Operation {
            safety: Safety::Once { after_429: false, if_lost: IF_LOST },
            ..Operation::post("redeem_code", ROUTE, body, secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(refused(received, secrets));
            }
            let expected = self.expected(received, secrets);
            match wire::redeem(received.response.body(), expected) {
                Ok(RedeemAnswer::Redeemed(redemption)) => Ok(redemption),
                Ok(RedeemAnswer::Refused(reason)) => {
                    Err(received.error(ErrorKind::Refused(reason)))
                }
                Err(error) => Err(received.undecodable(error).into_outcome_unknown(IF_LOST)),
            }
        })
        .await
    }
}

fn refused(received: &Received, secrets: Secrets<'_>) -> ApiError {
    let error = rejected(received, secrets);
    match (received.response.status(), error.kind()) {
        (404, ErrorKind::RequestRefused) => error.into_kind(ErrorKind::CodeNotFound),
        (410, ErrorKind::RequestRefused) => error.into_kind(ErrorKind::AlreadyRedeemed),
        // A server that fails, redirects or gives up waiting may have burnt the code first.
        (408, _) | (_, ErrorKind::Failed | ErrorKind::UnexpectedStatus) => {
            error.into_outcome_unknown(IF_LOST)
        }
        _ => error,
    }
}
