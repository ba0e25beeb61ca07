//! What a policy makes of a valid credential, and how much of it is told.

use passid_sandbox::demo;

use super::*;

const TOO_OLD: &str = r#"{"rule":"maxCredentialAgeHours","claim":"freshness_hours","message":"The credential must not be older than 72 hours."}"#;
const NO_INCOME: &str = r#"{"rule":"requireClaims","claim":"income_verified","message":"The claim income_verified must be present and true; this credential does not have it."}"#;
const NO_SANCTIONS_CLAIM: &str = r#"{"rule":"requireClaims","claim":"sanctions_screening_clear","message":"The claim sanctions_screening_clear must be present and true."}"#;
const ABSENT_SANCTIONS_CLAIM: &str = r#"{"rule":"requireClaims","claim":"sanctions_screening_clear","message":"The claim sanctions_screening_clear must be present and true; this credential does not have it."}"#;
const FRAUD: &str = r#"{"rule":"requireFraudChecksPassed","claim":"identity_and_fraud_checks_passed","message":"Identity and fraud checks must be passed."}"#;
const SANCTIONS: &str = r#"{"rule":"requireSanctionsClear","claim":"sanctions_screening_clear","message":"Sanctions screening must be clear; this credential says nothing of it."}"#;

const OLDER_THAN_FOUR: &str = r#"{"rule":"maxCredentialAgeHours","claim":"freshness_hours","message":"The credential must not be older than 4 hours."}"#;

pub(super) fn rows() -> Vec<Row> {
    let problem = |status: u16, title: &str, code: &str, detail: &str, rest: &str| {
        format!(
            r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","code":"{code}"{rest}}}"#
        )
    };
    let own = |code: &str, expected: Expected| {
        expected.body(code).header("content-type", Some("text/plain"))
    };
    let as_problem =
        |expected: Expected| expected.header("content-type", Some("application/problem+json"));
    vec![
        Row::new(
            "too old a credential is told in detail",
            with_token(demo::STALE_TOKEN),
            breach_with(TOO_OLD),
        )
        .calls(1),
        Row::new(
            "sanctions not clear is not told in detail",
            with_token(demo::SANCTIONS_NOT_CLEAR_TOKEN),
            breach_with(""),
        ),
        Row::new(
            "sanctions not screened is not told in detail",
            with_token(demo::GHANA_TOKEN),
            breach_with(""),
        ),
        Row::new(
            "of several violations only the harmless are told in detail",
            with_token(demo::MINIMAL_TOKEN),
            breach_with(NO_INCOME),
        ),
        Row::new("too old a credential, terse", with_token(demo::STALE_TOKEN), breach())
            .setup(Setup::Terse),
        Row::new(
            "sanctions not clear, terse",
            with_token(demo::SANCTIONS_NOT_CLEAR_TOKEN),
            breach(),
        )
        .setup(Setup::Terse),
        Row::new(
            "sanctions not clear, everything told",
            with_token(demo::SANCTIONS_NOT_CLEAR_TOKEN),
            breach_with(NO_SANCTIONS_CLAIM),
        )
        .setup(Setup::Everything),
        Row::new(
            "several violations, everything told in the guide's order",
            with_token(demo::MINIMAL_TOKEN),
            breach_with(&format!("{NO_INCOME},{ABSENT_SANCTIONS_CLAIM}")),
        )
        .setup(Setup::Everything),
        Row::new(
            "both flags are met",
            with_token(demo::KENYA_TOKEN),
            accepted(Some("$3,000-4,000/mo")),
        )
        .setup(Setup::Flags),
        Row::new(
            "false and missing violate the flags alike",
            with_token(demo::GHANA_TOKEN),
            breach_with(&format!("{FRAUD},{SANCTIONS}")),
        )
        .setup(Setup::Flags),
        Row::new(
            "one of two alternatives is enough",
            with_token(demo::NIGERIA_TOKEN),
            accepted(Some("$2,000-3,000/mo")),
        )
        .setup(Setup::Either),
        Row::new(
            "alternatives that touch sanctions are not told in detail",
            with_token(demo::GHANA_TOKEN),
            breach_with(""),
        )
        .setup(Setup::Either),
        Row::new(
            "a valid credential is enough where that was said",
            with_token(demo::GHANA_TOKEN),
            answered(false, None, 0),
        )
        .setup(Setup::VerifiedOnly),
        Row::new(
            "a stricter policy for one route is met",
            with_token(demo::KENYA_TOKEN),
            accepted(Some("$3,000-4,000/mo")),
        )
        .setup(Setup::Stricter),
        Row::new(
            "the guard's own policy comes first",
            with_token(demo::STALE_TOKEN),
            breach_with(TOO_OLD),
        )
        .setup(Setup::Stricter),
        Row::new(
            "a stricter policy refuses what the guard let pass, in the guard's form",
            with_token(demo::NIGERIA_TOKEN),
            breach_with(OLDER_THAN_FOUR),
        )
        .setup(Setup::Stricter),
        Row::new("a missing token comes before a stricter policy", apply(), missing())
            .setup(Setup::Stricter),
        Row::new(
            "a violation as a problem",
            with_token(demo::STALE_TOKEN),
            as_problem(breach().body(problem(
                403,
                "Forbidden",
                "POLICY_VIOLATION",
                POLICY_MESSAGE,
                &format!(r#","violations":[{TOO_OLD}]"#),
            ))),
        )
        .setup(Setup::Problem),
        Row::new(
            "a missing token as a problem",
            apply(),
            as_problem(missing().body(problem(
                401,
                "Unauthorized",
                "TOKEN_MISSING",
                "A PASSID token is required.",
                "",
            ))),
        )
        .setup(Setup::Problem),
        Row::new(
            "a form of one's own keeps the headers of a refusal",
            apply(),
            own("TOKEN_MISSING", missing()),
        )
        .setup(Setup::OwnForm),
        Row::new(
            "a violation in a form of one's own",
            with_token(demo::STALE_TOKEN),
            own("POLICY_VIOLATION", breach()),
        )
        .setup(Setup::OwnForm),
    ]
}
