//! Token sources other than the default ones.

use super::*;

/// Without `Authorization: Bearer` among the sources the challenge has a scheme of its own.
const OWN_SCHEME: &str = r#"PASSID realm="passid""#;
const OWN_SCHEME_INVALID: &str = r#"PASSID realm="passid", error="invalid_token""#;

pub(super) fn rows(cast: &Cast) -> Vec<Row> {
    let mut rows = cookie_and_query(cast);
    rows.extend(other_header(cast));
    rows.extend(body(cast));
    rows
}

fn cookie_and_query(cast: &Cast) -> Vec<Row> {
    let served = || accepted(cast.good_income);
    let cookie = |value: &str| apply().header("Cookie", value);
    let good = &cast.good;
    let of_cookie = |expected: Expected| expected.header("vary", Some("cookie"));
    let of_query = |expected: Expected| expected.header("vary", None);
    let own = |expected: Expected| expected.header("www-authenticate", Some(OWN_SCHEME));
    let own_invalid =
        |expected: Expected| expected.header("www-authenticate", Some(OWN_SCHEME_INVALID));
    let cookies = [
        Row::new(
            "a cookie is read where asked for",
            cookie(&format!("a=b; passid={good}; c=d")),
            served(),
        ),
        Row::new("a quoted cookie is read", cookie(&format!("passid=\"{good}\"")), served()),
        Row::new("no cookie is missing", apply(), of_cookie(own(missing()))),
        Row::new(
            "another cookie is missing",
            cookie(&format!("xpassid={good}; passidx={good}")),
            of_cookie(own(missing())),
        ),
        Row::new("an empty cookie is missing", cookie("passid="), of_cookie(own(missing()))),
        Row::new("a header is no cookie", with_token(good), of_cookie(own(missing()))).calls(0),
        Row::new(
            "two cookies that differ are refused",
            cookie(&format!("passid={good}; passid={}", cast.other)),
            of_cookie(own_invalid(invalid())),
        )
        .calls(0),
    ];
    let query = |target: String| Request::new("POST", target);
    let queries = [
        Row::new(
            "the query is read where asked for",
            query(format!("/api/apply?a=b&token={good}")),
            served(),
        ),
        Row::new(
            "the query is decoded",
            query(format!("/api/apply?token={}", cast.encoded)),
            served(),
        ),
        Row::new(
            "no parameter is missing",
            query("/api/apply?tokens=PASSID-KE8V".to_owned()),
            of_query(own(missing())),
        ),
        Row::new(
            "a parameter that is no text is refused",
            query("/api/apply?token=%ff%fe".to_owned()),
            of_query(own_invalid(invalid())),
        )
        .calls(0),
        Row::new(
            "two parameters that differ are refused",
            query(format!("/api/apply?token={good}&token=PASSID-AAAA")),
            of_query(own_invalid(invalid())),
        )
        .calls(0),
    ];
    let cookies = cookies.into_iter().map(|row| row.setup(Setup::Cookie));
    let queries = queries.into_iter().map(|row| row.setup(Setup::Query));
    cookies.chain(queries).collect()
}

fn other_header(cast: &Cast) -> Vec<Row> {
    let own = |expected: Expected, challenge| {
        expected.header("www-authenticate", Some(challenge)).header("vary", Some("x-loan-token"))
    };
    let good = &cast.good;
    [
        Row::new(
            "a header of another name is read",
            apply().header("x-loan-token", good.to_string()),
            accepted(cast.good_income),
        ),
        Row::new(
            "the usual header is then no source, and the realm is cleaned",
            with_token(good),
            own(missing(), r#"PASSID realm="loan""#),
        ),
        Row::new(
            "bearer is then no source",
            apply().header("Authorization", format!("Bearer {good}")),
            own(missing(), r#"PASSID realm="loan""#),
        )
        .calls(0),
        Row::new(
            "an invalid token in a header of another name is refused",
            apply().header("X-Loan-Token", cast.unknown.to_string()),
            own(invalid(), r#"PASSID realm="loan", error="invalid_token""#),
        ),
    ]
    .map(|row| row.setup(Setup::OtherHeader))
    .into()
}

fn body(cast: &Cast) -> Vec<Row> {
    let good = &cast.good;
    let band = cast.good_income;
    let form = format!(r#"{{"amount": 5000, "token": "{good}"}}"#);
    let whole = form.len();
    let padded = format!(r#"{{"token": "{good}", "pad": "{}"}}"#, "x".repeat(256));
    let too_large = refused(413, "BODY_TOO_LARGE", "The request body is too large.", None);
    [
        Row::new(
            "a body field is read and the body handed on whole",
            apply().json(form.clone()),
            answered(true, band, whole),
        )
        .calls(1),
        Row::new(
            "a body of a +json type with parameters is read",
            apply()
                .header("Content-Type", "application/vnd.loan+json; charset=utf-8")
                .body(form.clone()),
            answered(true, band, whole),
        ),
        Row::new(
            "the same token in header and body is accepted",
            with_token(good).json(form.clone()),
            answered(true, band, whole),
        ),
        Row::new(
            "a token in the header alone is accepted",
            with_token(good).json("{}"),
            answered(true, band, 2),
        ),
        Row::new(
            "header and body that differ are refused",
            with_token(&cast.other).json(form.clone()),
            invalid(),
        )
        .calls(0),
        Row::new(
            "a body of another type holds no token",
            apply().header("Content-Type", "text/plain").body(form.clone()),
            missing(),
        )
        .calls(0),
        Row::new("a body without a type holds no token", apply().body(form), missing()).calls(0),
        Row::new(
            "a body without the field is missing",
            apply().json(r#"{"a":{"token":"PASSID-A"}}"#),
            missing(),
        )
        .calls(0),
        Row::new("an empty body is missing", apply().json(""), missing()),
        Row::new("a broken body is missing", apply().json(r#"{"token": "PASSID-A""#), missing()),
        Row::new("a null field is missing", apply().json(r#"{"token": null}"#), missing()),
        Row::new("a field that is no text is refused", apply().json(r#"{"token": 1}"#), invalid())
            .calls(0),
        Row::new(
            "a repeated field that differs is refused",
            apply().json(r#"{"token":"PASSID-A","token":"PASSID-B"}"#),
            invalid(),
        )
        .calls(0),
        Row::new(
            "a body over the limit is refused",
            apply().json(padded.clone()),
            too_large.clone(),
        )
        .calls(0),
        Row::new(
            "a body over the limit is refused beside a good header too",
            with_token(good).json(padded),
            too_large,
        )
        .calls(0),
        Row::new("a blank field is missing", apply().json(r#"{"token": "  "}"#), missing()),
    ]
    .map(|row| row.setup(Setup::Body))
    .into()
}
