//! What a policy makes of a valid credential, and how much of it is told.

use super::violations::*;
use super::*;

pub(super) fn rows(cast: &Cast) -> Vec<Row> {
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
            with_token(&cast.stale),
            breach_with(TOO_OLD),
        )
        .calls(1),
        Row::new(
            "sanctions not clear is not told in detail",
            with_token(&cast.not_clear),
            breach_with(""),
        ),
        Row::new(
            "sanctions not screened is not told in detail",
            with_token(&cast.unscreened),
            breach_with(""),
        ),
        Row::new(
            "of several violations only the harmless are told in detail",
            with_token(&cast.minimal),
            breach_with(&cast.minimal_is_told.join(",")),
        ),
        Row::new("too old a credential, terse", with_token(&cast.stale), breach())
            .setup(Setup::Terse),
        Row::new("sanctions not clear, terse", with_token(&cast.not_clear), breach())
            .setup(Setup::Terse),
        Row::new(
            "sanctions not clear, everything told",
            with_token(&cast.not_clear),
            breach_with(NO_SANCTIONS_CLAIM),
        )
        .setup(Setup::Everything),
        Row::new(
            "several violations, everything told in the guide's order",
            with_token(&cast.minimal),
            breach_with(&cast.minimal_breaks.join(",")),
        )
        .setup(Setup::Everything),
        Row::new("both flags are met", with_token(&cast.good), accepted(cast.good_income))
            .setup(Setup::Flags)
            .where_it_holds(cast.can_meet_flags),
        Row::new(
            "false and missing violate the flags alike",
            with_token(&cast.open),
            breach_with(&cast.open_breaks.join(",")),
        )
        .setup(Setup::Flags),
        Row::new(
            "one of two alternatives is enough",
            with_token(&cast.other),
            accepted(cast.other_income),
        )
        .setup(Setup::Either),
        Row::new(
            "alternatives that touch sanctions are not told in detail",
            with_token(&cast.open),
            breach_with(""),
        )
        .setup(Setup::Either),
        Row::new(
            "a valid credential is enough where that was said",
            with_token(&cast.open),
            answered(cast.open_is_verified, None, 0),
        )
        .setup(Setup::VerifiedOnly),
        Row::new(
            "a stricter policy for one route is met",
            with_token(&cast.good),
            accepted(cast.good_income),
        )
        .setup(Setup::Stricter),
        Row::new(
            "the guard's own policy comes first",
            with_token(&cast.stale),
            breach_with(TOO_OLD),
        )
        .setup(Setup::Stricter),
        Row::new(
            "a stricter policy refuses what the guard let pass, in the guard's form",
            with_token(&cast.other),
            breach_with(OLDER_THAN_FOUR),
        )
        .setup(Setup::Stricter),
        Row::new("a missing token comes before a stricter policy", apply(), missing())
            .setup(Setup::Stricter),
        Row::new(
            "a violation as a problem",
            with_token(&cast.stale),
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
            with_token(&cast.stale),
            own("POLICY_VIOLATION", breach()),
        )
        .setup(Setup::OwnForm),
    ]
}
