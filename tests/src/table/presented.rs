//! What is presented: nothing, something that is no token, a token in every accepted spelling.

use passid_sandbox::demo;

use super::*;

const BAND: Option<&str> = Some("$3,000-4,000/mo");

fn bearer(value: &str) -> Request {
    apply().header("Authorization", value)
}

pub(super) fn rows() -> Vec<Row> {
    let good = demo::KENYA_TOKEN;
    let lower = good.to_ascii_lowercase();
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
        Row::new("a token without a scheme is missing", bearer(good), missing()).calls(0),
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
            Request::new("POST", "/api/apply?token=PASSID-KE8V-3TXY-Z72L-DEMO"),
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
        Row::new("the header is accepted", with_token(good), accepted(BAND)).calls(1),
        Row::new("lower case is accepted", with_token(&lower), accepted(BAND)),
        Row::new("spaces around are accepted", with_token(&format!("  {good}\t ")), accepted(BAND)),
        Row::new(
            "spaces for hyphens are accepted",
            with_token("passid ke8v 3txy z72l demo"),
            accepted(BAND),
        ),
        Row::new(
            "the header's name in any case is accepted",
            apply().header("x-PASSID-tOKEN", good),
            accepted(BAND),
        ),
        Row::new("bearer is accepted", bearer(&format!("Bearer {good}")), accepted(BAND)),
        Row::new(
            "bearer in lower case is accepted",
            bearer(&format!("bearer {good}")),
            accepted(BAND),
        ),
        Row::new(
            "bearer in upper case is accepted",
            bearer(&format!("BEARER {lower}")),
            accepted(BAND),
        ),
        Row::new(
            "bearer with two spaces is accepted",
            bearer(&format!("Bearer  {good}")),
            accepted(BAND),
        ),
        Row::new("a sandbox token is accepted", with_token(demo::SANDBOX_TOKEN), accepted(BAND)),
        Row::new(
            "a sandbox token as bearer is accepted",
            bearer(&format!("Bearer {}", demo::SANDBOX_TOKEN)),
            accepted(BAND),
        ),
        Row::new(
            "the same token in two places is accepted",
            bearer(&format!("Bearer {lower}")).header("X-PASSID-Token", good),
            accepted(BAND),
        )
        .calls(1),
        Row::new(
            "the same token in two headers is accepted",
            with_token(good).header("X-PASSID-Token", lower.clone()),
            accepted(BAND),
        )
        .calls(1),
        Row::new(
            "basic credentials beside a token do not matter",
            with_token(good).header("Authorization", "Basic dTpw"),
            accepted(BAND),
        ),
        Row::new(
            "an application's own bearer token beside a token does not matter",
            with_token(good).header("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
            accepted(BAND),
        ),
    ];
    rows.extend(refusals(good));
    rows
}

/// What is presented and is no token: never sent on.
fn refusals(good: &str) -> Vec<Row> {
    let other = demo::NIGERIA_TOKEN;
    vec![
        Row::new(
            "two tokens that differ are refused",
            with_token(good).header("Authorization", format!("Bearer {other}")),
            invalid(),
        ),
        Row::new(
            "two headers that differ are refused",
            with_token(good).header("X-PASSID-Token", other),
            invalid(),
        ),
        Row::new(
            "two authorization headers are refused",
            bearer(&format!("Bearer {good}")).header("Authorization", "Basic dTpw"),
            invalid(),
        ),
        Row::new(
            "a list in one header is refused",
            with_token(&format!("{good}, {other}")),
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
        Row::new("4097 bytes are refused", with_token(&"a".repeat(4097)), invalid()),
    ]
    .into_iter()
    .map(|row| row.calls(0))
    .chain([
        Row::new("4096 bytes are asked about", with_token(&"a".repeat(4096)), invalid()).calls(1)
    ])
    .collect()
}
