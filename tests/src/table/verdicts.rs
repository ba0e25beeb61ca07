//! What the API says about a token. The caller learns that it is not valid, never why.

use passid_sandbox::demo;

use super::*;

pub(super) fn rows() -> Vec<Row> {
    let refused = [
        ("an unknown token is refused", "PASSID-NONE-NONE-NONE-NONE"),
        ("an expired token is refused", demo::EXPIRED_TOKEN),
        ("a revoked token is refused", demo::REVOKED_TOKEN),
        ("a badly signed token is refused", demo::BADLY_SIGNED_TOKEN),
        ("a sanctions denial looks like any other refusal", demo::SANCTIONS_DENIED_TOKEN),
        ("a token of the live environment is unknown in the sandbox", demo::LIVE_TOKEN),
        ("a share code is no token", demo::KENYA_CODE),
        ("an opaque unknown token is refused", "psid_sandbox_nobody"),
    ];
    let mut rows: Vec<Row> = refused
        .into_iter()
        .map(|(name, token)| Row::new(name, with_token(token), invalid()).calls(1))
        .collect();
    rows.push(
        Row::new(
            "a sanctions denial is refused where a valid credential is enough",
            with_token(demo::SANCTIONS_DENIED_TOKEN),
            invalid(),
        )
        .setup(Setup::VerifiedOnly),
    );
    rows.push(
        Row::new(
            "a sanctions denial is not explained where everything is told",
            with_token(demo::SANCTIONS_DENIED_TOKEN),
            invalid(),
        )
        .setup(Setup::Everything),
    );
    rows.push(Row::new(
        "another valid token is accepted with its own claims",
        with_token(demo::NIGERIA_TOKEN),
        accepted(Some("$2,000-3,000/mo")),
    ));
    rows.extend([
        Row::new("an optional route serves a caller without a token", greet(), greeted(false))
            .calls(0),
        Row::new(
            "an optional route counts a blank token as none",
            greet().header("X-PASSID-Token", " "),
            greeted(false),
        ),
        Row::new(
            "an optional route does not send an application's own token on",
            greet().header("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
            greeted(false),
        )
        .calls(0),
        Row::new(
            "an optional route knows a verified caller",
            greet().header("X-PASSID-Token", demo::KENYA_TOKEN),
            greeted(true),
        ),
        Row::new(
            "an optional route refuses an invalid token",
            greet().header("X-PASSID-Token", demo::REVOKED_TOKEN),
            invalid(),
        ),
        Row::new(
            "an optional route refuses a sanctions denial",
            greet().header("X-PASSID-Token", demo::SANCTIONS_DENIED_TOKEN),
            invalid(),
        ),
        Row::new(
            "an optional route refuses several tokens",
            greet()
                .header("X-PASSID-Token", demo::KENYA_TOKEN)
                .header("X-PASSID-Token", demo::NIGERIA_TOKEN),
            invalid(),
        ),
    ]);
    rows
}
