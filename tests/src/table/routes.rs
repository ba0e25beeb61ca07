//! Where a guard stands: what is open, what is not, and what happens without one.

use super::*;

pub(super) fn rows(cast: &Cast) -> Vec<Row> {
    let preflight = || {
        Request::new("OPTIONS", "/api/apply")
            .header("Origin", "https://bank.example")
            .header("Access-Control-Request-Method", "POST")
    };
    let unguarded = || misconfigured().header("vary", None);
    vec![
        Row::new("an open route is open", Request::new("GET", "/healthz"), status(200).body("ok")),
        Row::new(
            "an open route does not look at tokens",
            Request::new("GET", "/healthz").header("X-PASSID-Token", "\u{e9}"),
            status(200),
        )
        .calls(0),
        Row::new("an unknown path stays 404", Request::new("POST", "/api/unknown"), status(404)),
        Row::new(
            "an unknown path stays 404 with a token",
            Request::new("POST", "/api/unknown").header("X-PASSID-Token", cast.good.to_string()),
            status(404),
        )
        .calls(0),
        Row::new("another method stays 405", Request::new("GET", "/api/apply"), status(405))
            .calls(0),
        Row::new("a preflight is not asked for a token", preflight(), status(405))
            .setup(Setup::VerifiedOnly)
            .calls(0),
        Row::new(
            "a bare OPTIONS is asked for a token",
            Request::new("OPTIONS", "/api/apply"),
            missing(),
        )
        .setup(Setup::VerifiedOnly),
        Row::new(
            "an OPTIONS with an origin alone is asked for a token",
            Request::new("OPTIONS", "/api/apply").header("Origin", "https://bank.example"),
            missing(),
        )
        .setup(Setup::VerifiedOnly),
        Row::new(
            "a POST in the dress of a preflight is asked for a token",
            apply()
                .header("Origin", "https://bank.example")
                .header("Access-Control-Request-Method", "POST"),
            missing(),
        )
        .setup(Setup::VerifiedOnly),
        Row::new(
            "another method behind a guard around the route is asked for a token",
            Request::new("GET", "/api/apply"),
            missing(),
        )
        .setup(Setup::VerifiedOnly),
        Row::new("a preflight is asked for a token where that was said", preflight(), missing())
            .setup(Setup::GuardPreflight),
        Row::new(
            "an extractor without a guard is our own fault",
            with_token(&cast.good),
            unguarded(),
        )
        .setup(Setup::Unguarded)
        .calls(0),
        Row::new("an optional extractor without a guard is our own fault", greet(), unguarded())
            .setup(Setup::Unguarded)
            .calls(0),
        Row::new(
            "a large body does not come before the refusal",
            apply().json("x".repeat(100_000)),
            missing(),
        ),
    ]
}
