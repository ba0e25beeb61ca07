//! What is told of a violation, as it stands in a body.

pub(crate) const TOO_OLD: &str = r#"{"rule":"maxCredentialAgeHours","claim":"freshness_hours","message":"The credential must not be older than 72 hours."}"#;
pub(crate) const UNKNOWN_AGE: &str = r#"{"rule":"maxCredentialAgeHours","claim":"freshness_hours","message":"The credential must not be older than 72 hours; it does not tell its age."}"#;
pub(crate) const NO_INCOME: &str = r#"{"rule":"requireClaims","claim":"income_verified","message":"The claim income_verified must be present and true; this credential does not have it."}"#;
pub(crate) const NO_SANCTIONS_CLAIM: &str = r#"{"rule":"requireClaims","claim":"sanctions_screening_clear","message":"The claim sanctions_screening_clear must be present and true."}"#;
pub(crate) const ABSENT_SANCTIONS_CLAIM: &str = r#"{"rule":"requireClaims","claim":"sanctions_screening_clear","message":"The claim sanctions_screening_clear must be present and true; this credential does not have it."}"#;
pub(crate) const FRAUD: &str = r#"{"rule":"requireFraudChecksPassed","claim":"identity_and_fraud_checks_passed","message":"Identity and fraud checks must be passed."}"#;
pub(crate) const ABSENT_FRAUD: &str = r#"{"rule":"requireFraudChecksPassed","claim":"identity_and_fraud_checks_passed","message":"Identity and fraud checks must be passed; this credential says nothing of them."}"#;
pub(crate) const SANCTIONS: &str = r#"{"rule":"requireSanctionsClear","claim":"sanctions_screening_clear","message":"Sanctions screening must be clear; this credential says nothing of it."}"#;
pub(crate) const OLDER_THAN_FOUR: &str = r#"{"rule":"maxCredentialAgeHours","claim":"freshness_hours","message":"The credential must not be older than 4 hours."}"#;
pub(crate) const NO_IDENTITY: &str = r#"{"rule":"requireClaims","claim":"identity_verified","message":"The claim identity_verified must be present and true; this credential does not have it."}"#;
pub(crate) const NO_FRAUD_CLAIM: &str = r#"{"rule":"requireClaims","claim":"identity_and_fraud_checks_passed","message":"The claim identity_and_fraud_checks_passed must be present and true; this credential does not have it."}"#;
