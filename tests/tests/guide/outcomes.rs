//! Step 9: what became of a verification.

use passid_core::client::Coverage;
use passid_core::{ErrorKind, InstitutionJwt, NewOutcome, ReportedOutcome, Token};
use passid_sandbox::NewCredential;
use serde_json::{Value, json};

use crate::stage::{Stage, TOKEN, bearer, data, error, keyed};

const OUTCOME: &str = "/v1/outcome";
const COHORT: &str = "/v1/outcome/cohort";
/// The guide's table.
const OUTCOMES: [&str; 7] = [
    "repaid",
    "no_default",
    "delinquent",
    "defaulted",
    "fraud_confirmed",
    "account_closed",
    "other",
];

fn example() -> Value {
    json!({
        "token": TOKEN,
        "outcome": "repaid",
        "productType": "personal_loan",
        "amountUsd": 5000,
        "observationDays": 90,
        "notes": "Early repayment",
    })
}

fn report(outcome: ReportedOutcome) -> NewOutcome {
    NewOutcome::new(&Token::parse(TOKEN).unwrap(), outcome)
}

async fn minted(stage: &Stage) -> String {
    stage.sandbox.mint_token(NewCredential::new()).unwrap()
}

#[tokio::test]
async fn the_outcome_example_is_taken() {
    let stage = Stage::with_token().await;
    let receipt = data(&stage.post(OUTCOME, &example()).await, 201);
    assert_eq!((&receipt["token"], &receipt["outcome"]), (&json!(TOKEN), &json!("repaid")));
}

#[tokio::test]
async fn the_client_reports_the_same_example() {
    let stage = Stage::with_token().await;
    let outcome = report(ReportedOutcome::Repaid)
        .product_type("personal_loan")
        .unwrap()
        .amount_usd(5000.0)
        .unwrap()
        .observation_days(90)
        .notes("Early repayment")
        .unwrap();
    let receipt = stage.client.report_outcome(&outcome).await.unwrap();
    assert!(receipt.outcome_id.is_some());
    assert_eq!(stage.only_event().await["data"]["amount_usd"], 5000.0);
}

#[tokio::test]
async fn all_seven_outcome_values_are_taken() {
    let stage = Stage::set().await;
    for outcome in OUTCOMES {
        let body = json!({"token": minted(&stage).await, "outcome": outcome});
        assert_eq!(data(&stage.post(OUTCOME, &body).await, 201)["outcome"], outcome);
    }
    let known: Vec<_> = ReportedOutcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
    assert_eq!(known, OUTCOMES);
    for outcome in ReportedOutcome::ALL {
        let token = Token::parse(&minted(&stage).await).unwrap();
        stage.client.report_outcome(&NewOutcome::new(&token, outcome)).await.unwrap();
    }
    let unknown = json!({"token": minted(&stage).await, "outcome": "paid"});
    assert_eq!(stage.post(OUTCOME, &unknown).await.status, 422);
}

#[tokio::test]
async fn a_duplicate_report_is_a_409_for_each_institution_alone() {
    let stage = Stage::with_token().await;
    data(&stage.post(OUTCOME, &example()).await, 201);
    let again = stage.post(OUTCOME, &example()).await;
    assert_eq!(error(&again), (409, "OUTCOME_ALREADY_REPORTED".to_owned()));
    let again = stage.client.report_outcome(&report(ReportedOutcome::Other)).await.unwrap_err();
    assert_eq!(*again.kind(), ErrorKind::OutcomeAlreadyReported);
    assert!(!again.earlier_try_may_have_landed(), "the first try was answered");

    let seed = json!({"institutions": [{"id": "43", "sandbox": {"key": "pk_sandbox_second"}}]});
    let seed = passid_sandbox::Seed::from_json(&seed.to_string()).unwrap();
    stage.sandbox.seed(&seed).unwrap();
    let other = keyed("POST", OUTCOME, "pk_sandbox_second").json(example().to_string());
    assert_eq!(stage.send(other).await.status, 201);
}

#[tokio::test]
async fn the_cohort_has_outcome_rates_by_coverage_for_the_institution_jwt() {
    let stage = Stage::with_token().await;
    data(&stage.post(OUTCOME, &example()).await, 201);
    for outcome in ["repaid", "defaulted"] {
        let body = json!({"token": minted(&stage).await, "outcome": outcome});
        data(&stage.post(OUTCOME, &body).await, 201);
    }
    let jwt = stage.sandbox.institution_jwt();
    let cohorts = data(&stage.send(bearer("GET", COHORT, &jwt)).await, 200);
    assert_eq!(cohorts["total"], 3);
    let high = &cohorts["cohorts"][0];
    assert_eq!((&high["coverage"], &high["total"]), (&json!("high"), &json!(2)));
    assert_eq!(high["outcomes"]["repaid"], json!({"count": 1, "rate": 0.5}));

    let cohorts = stage.client.outcome_cohort(&stage.institution_jwt()).await.unwrap();
    assert_eq!(cohorts.total, Some(3));
    let partial = cohorts.cohorts.iter().find(|cohort| cohort.coverage == Coverage::Partial);
    let repaid = partial.unwrap().outcome(ReportedOutcome::Repaid).unwrap();
    assert_eq!(repaid.rate, Some(1.0));
}

#[tokio::test]
async fn the_cohort_does_not_take_the_institution_key() {
    let stage = Stage::set().await;
    let refused = stage.get(COHORT).await;
    assert_eq!(error(&refused), (403, "WRONG_KIND_OF_CREDENTIAL".to_owned()));
    let nobody = InstitutionJwt::parse("a.b.c").unwrap();
    let refused = stage.client.outcome_cohort(&nobody).await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::JwtRefused);
}
