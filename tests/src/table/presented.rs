//! What is presented: nothing, something that is no token, a token in every accepted spelling.

use super::*;

fn bearer(value: &str) -> Request {
    apply().header("Authorization", value)
}

pub(super) fn rows(cast: &Cast) -> Vec<Row> {
    let (good, again) = (&cast.good, &cast.good_again);
    let as_bearer = cast.bearer(good);
    let served = || accepted(cast.good_income);
    let mut rows = vec![
        Row::new("nothing presented is missing", apply(), missing()).calls(0),
        Row::new("an empty header is missing", with_token(""), missing()).calls(0),
        Row::new("a blank header is missing", with_token(" \t "), missing()).calls(0),
        Row::new("bearer without a value is missing", bearer("Bearer"), missing()).calls(0),
        Row::new("bearer with a blank value is missing", bearer("Bearer   "), missing()).calls(0),
        Row::new("basic credentials are missing", bearer("Basic UEFTU0lELTo="), missing()).calls(0),
        Row::new(
            "an application's own bearer token is missing and never sent on",
            bearer("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
            missing(),
        )
        .calls(0),
        Row::new("a token without a scheme is missing", bearer(&good.to_string()), missing())
            .calls(0),
        Row::new(
            "a token under another scheme is missing",
            bearer(&format!("Token {good}")),
            missing(),
        )
        .calls(0),
        Row::new(
            "a scheme glued to its token is missing",
            bearer(&format!("Bearer{good}")),
            missing(),
        )
        .calls(0),
        Row::new(
            "a cookie is not a source unless asked for",
            apply().header("Cookie", format!("passid={good}; token={good}")),
            missing(),
        )
        .calls(0),
        Row::new(
            "the query is not a source unless asked for",
            Request::new("POST", format!("/api/apply?token={good}")),
            missing(),
        )
        .calls(0),
        Row::new(
            "the body is not a source unless asked for",
            apply().json(format!(r#"{{"token":"{good}"}}"#)),
            missing(),
        )
        .calls(0),
        Row::new("a broken body does not come before the refusal", apply().json("{"), missing()),
        Row::new("the header is accepted", with_token(good), served()).calls(1),
        Row::new("lower case is accepted", with_token(&cast.lower), served()),
        Row::new("spaces around are accepted", with_token(format!("  {good}\t ")), served()),
        Row::new("spaces for hyphens are accepted", with_token(&cast.spaced), served()),
        Row::new(
            "the header's name in any case is accepted",
            apply().header("x-PASSID-tOKEN", good.to_string()),
            served(),
        ),
        Row::new("bearer is accepted", bearer(&format!("Bearer {as_bearer}")), served()),
        Row::new(
            "bearer in lower case is accepted",
            bearer(&format!("bearer {as_bearer}")),
            served(),
        ),
        Row::new(
            "bearer in upper case is accepted",
            bearer(&format!("BEARER {}", cast.bearer(again))),
            served(),
        ),
        Row::new(
            "bearer with two spaces is accepted",
            bearer(&format!("Bearer  {as_bearer}")),
            served(),
        ),
        Row::new("a sandbox token is accepted", with_token(&cast.opaque), served()),
        Row::new(
            "a sandbox token as bearer is accepted",
            bearer(&format!("Bearer {}", cast.bearer(&cast.opaque))),
            served(),
        ),
        Row::new(
            "the same token in two places is accepted",
            bearer(&format!("Bearer {}", cast.bearer(again)))
                .header("X-PASSID-Token", good.to_string()),
            served(),
        )
        .calls(1),
        Row::new(
            "the same token in two headers is accepted",
            with_token(good).header("X-PASSID-Token", again.to_string()),
            served(),
        )
        .calls(1),
        Row::new(
            "basic credentials beside a token do not matter",
            with_token(good).header("Authorization", "Basic dTpw"),
            served(),
        ),
        Row::new(
            "an application's own bearer token beside a token does not matter",
            with_token(good).header("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
            served(),
        ),
    ];
    rows.extend(refusals(cast));
    rows
}

/// What is presented and is no token: never sent on.
fn refusals(cast: &Cast) -> Vec<Row> {
    let (good, other) = (&cast.good, &cast.other);
    vec![
        Row::new(
            "two tokens that differ are refused",
            with_token(good).header("Authorization", format!("Bearer {}", cast.bearer(other))),
            invalid(),
        ),
        Row::new(
            "two headers that differ are refused",
            with_token(good).header("X-PASSID-Token", other.to_string()),
            invalid(),
        ),
        Row::new(
            "two authorization headers are refused",
            bearer(&format!("Bearer {}", cast.bearer(good))).header("Authorization", "Basic dTpw"),
            invalid(),
        ),
        Row::new(
            "a list in one header is refused",
            with_token(format!("{good}, {other}")),
            invalid(),
        ),
        Row::new(
            "bytes outside ASCII are refused",
            apply().header("X-PASSID-Token", b"PASSID-\xff\xfe".to_vec()),
            invalid(),
        ),
        Row::new(
            "bytes outside ASCII after bearer are refused",
            apply().header("Authorization", b"Bearer PASSID-\xc3\xa9".to_vec()),
            invalid(),
        ),
        Row::new("4097 bytes are refused", with_token("a".repeat(4097)), invalid()),
    ]
    .into_iter()
    .map(|row| row.calls(0))
    .chain([Row::new("4096 bytes are asked about", with_token(&cast.longest), invalid()).calls(1)])
    .collect()
}
