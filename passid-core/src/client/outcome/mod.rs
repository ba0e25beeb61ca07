//! What became of a verification: `POST /v1/outcome` and the cohorts (guide, step 9).

mod answer;
mod new;
mod stored;

pub use answer::{CohortOutcome, Coverage, OutcomeCohort, OutcomeCohorts, OutcomeReceipt};
pub use new::{NewOutcome, NewOutcomeError, ReportedOutcome};
pub use stored::StoredOutcomeError;

use super::idempotency::IdempotencyKey;
use super::operation::{Credentials, Operation, json_body};
use super::verify::not_done;
use super::wire::{self, Secrets};
use super::{ApiError, ErrorKind, PassidClient};
use crate::InstitutionJwt;

impl PassidClient {
    /// Reports what became of a verified application (guide, step 9), once per token.
    ///
    /// Passing failures are tried again. One report per token is kept, so a try whose answer was lost
    /// makes the next one a 409: [`ErrorKind::OutcomeAlreadyReported`], where
    /// [`ApiError::earlier_try_may_have_landed`] then says that it was probably this call (decision
    /// D12).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutcomeAlreadyReported`], [`ErrorKind::TokenNotFound`], and the kinds of calls
    /// that were not carried out.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, PassidClient};
    /// use passid_core::{ErrorKind, NewOutcome, ReportedOutcome, Token};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let token = Token::parse(passid_sandbox::demo::KENYA_TOKEN)?;
    /// client.verify_token(&token).await?;
    /// let outcome = NewOutcome::new(&token, ReportedOutcome::Repaid)
    ///     .product_type("personal_loan")?
    ///     .amount_usd(5000.0)?
    ///     .observation_days(90);
    /// match client.report_outcome(&outcome).await {
    ///     Ok(receipt) => println!("{:?}", receipt.outcome_id),
    ///     Err(error) if *error.kind() == ErrorKind::OutcomeAlreadyReported => println!("{error}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn report_outcome(&self, outcome: &NewOutcome) -> Result<OutcomeReceipt, ApiError> {
        let secrets = [self.shared.key.expose(), outcome.token().expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation {
            idempotency_key: outcome.key().map(IdempotencyKey::as_str),
            ..Operation::post("report_outcome", "/v1/outcome", json_body(&outcome.body()), secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                let error = not_done(received, secrets, ErrorKind::KeyRefused);
                return Err(match (received.response.status(), error.kind()) {
                    (404, ErrorKind::RequestRefused) => error.into_kind(ErrorKind::TokenNotFound),
                    (409, ErrorKind::RequestRefused) => {
                        error.into_kind(ErrorKind::OutcomeAlreadyReported)
                    }
                    _ => error,
                });
            }
            if received.has_no_content() {
                return Ok(OutcomeReceipt::default());
            }
            wire::outcome_receipt(received.response.body(), outcome.token(), secrets)
                .map_err(|error| received.undecodable(error))
        })
        .await
    }

    /// The outcomes that the institution has reported, by how much the verifications covered (guide,
    /// step 9). Takes the institution JWT; the key is not sent.
    ///
    /// The guide prints no shape. Ours is read, and what else is there is kept.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::JwtRefused`], and the kinds of calls that were not carried out.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, PassidClient};
    /// use passid_core::{InstitutionJwt, ReportedOutcome};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let jwt = InstitutionJwt::parse(&sandbox.institution_jwt())?;
    /// for cohort in client.outcome_cohort(&jwt).await?.cohorts {
    ///     let repaid = cohort.outcome(ReportedOutcome::Repaid).and_then(|outcome| outcome.rate);
    ///     println!("{}: {repaid:?}", cohort.coverage);
    /// }
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn outcome_cohort(&self, jwt: &InstitutionJwt) -> Result<OutcomeCohorts, ApiError> {
        let route = "/v1/outcome/cohort";
        let secrets = [self.shared.key.expose(), jwt.expose()];
        let secrets = Secrets(&secrets);
        let operation = Operation {
            credentials: Credentials::Jwt(jwt),
            ..Operation::get("outcome_cohort", route, route, secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(not_done(received, secrets, ErrorKind::JwtRefused));
            }
            wire::outcome_cohort(received.response.body(), secrets)
                .map_err(|error| received.undecodable(error))
        })
        .await
    }
}
