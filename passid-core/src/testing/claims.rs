//! Claims to start from. Each is a plain [`VerificationClaims`]: change the fields that a test is
//! about.
//!
//! ```
//! use passid_core::VerificationClaims;
//! use passid_core::testing::claims;
//!
//! let poor = VerificationClaims { income_verified: Some(false), ..claims::complete() };
//! # let _ = poor;
//! ```

use crate::VerificationClaims;

/// The guide's full example (step 5), which is also what the demo code `KE8V-3TXY-Z72L` stands for.
pub fn complete() -> VerificationClaims {
    VerificationClaims {
        identity_verified: Some(true),
        income_verified: Some(true),
        income_band: Some("$3,000-4,000/mo".to_owned()),
        sanctions_screening_clear: Some(true),
        identity_and_fraud_checks_passed: Some(true),
        payment_behavior_verified: Some(true),
        savings_behavior_verified: Some(true),
        data_window_days: Some(180),
        freshness_hours: Some(2),
        linked_accounts: Some(3),
        corridor: Some("KE->GB".to_owned()),
        ..VerificationClaims::default()
    }
}

/// Partial coverage, as the demo code `GH2P-ABCD-56KL` has it (guide, step 10; decision D16):
/// income verified, identity not, fraud checks not passed, nothing said about sanctions.
pub fn partial() -> VerificationClaims {
    VerificationClaims {
        identity_verified: Some(false),
        income_verified: Some(true),
        identity_and_fraud_checks_passed: Some(false),
        freshness_hours: Some(2),
        corridor: Some("GH->EU".to_owned()),
        ..VerificationClaims::default()
    }
}

/// Nothing at all.
pub fn none() -> VerificationClaims {
    VerificationClaims::default()
}
