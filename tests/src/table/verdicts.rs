//! What the API says about a token. The caller learns that it is not valid, never why.

use super::*;

pub(super) fn rows(cast: &Cast) -> Vec<Row> {
    let refused = [
        ("an unknown token is refused", &cast.unknown),
        ("an expired token is refused", &cast.expired),
        ("a revoked token is refused", &cast.revoked),
        ("a badly signed token is refused", &cast.badly_signed),
        ("a sanctions denial looks like any other refusal", &cast.denied),
        ("a token of the live environment is unknown in the sandbox", &cast.live),
        ("a share code is no token", &cast.share_code),
        ("an opaque unknown token is refused", &cast.opaque_unknown),
    ];
    let mut rows: Vec<Row> = refused
        .into_iter()
        .map(|(name, token)| Row::new(name, with_token(token), invalid()).calls(1))
        .collect();
    rows.push(
        Row::new(
            "a sanctions denial is refused where a valid credential is enough",
            with_token(&cast.denied),
            invalid(),
        )
        .setup(Setup::VerifiedOnly),
    );
    rows.push(
        Row::new(
            "a sanctions denial is not explained where everything is told",
            with_token(&cast.denied),
            invalid(),
        )
        .setup(Setup::Everything),
    );
    rows.push(Row::new(
        "another valid token is accepted with its own claims",
        with_token(&cast.other),
        accepted(cast.other_income),
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
            greet().header("X-PASSID-Token", cast.good.to_string()),
            greeted(true),
        ),
        Row::new(
            "an optional route refuses an invalid token",
            greet().header("X-PASSID-Token", cast.revoked.to_string()),
            invalid(),
        ),
        Row::new(
            "an optional route refuses a sanctions denial",
            greet().header("X-PASSID-Token", cast.denied.to_string()),
            invalid(),
        ),
        Row::new(
            "an optional route refuses several tokens",
            greet()
                .header("X-PASSID-Token", cast.good.to_string())
                .header("X-PASSID-Token", cast.other.to_string()),
            invalid(),
        ),
    ]);
    rows
}
