use super::*;

struct Request(Vec<(&'static str, &'static [u8])>, Option<&'static str>);

impl RequestView for Request {
    fn method(&self) -> &str {
        "GET"
    }

    fn query(&self) -> Option<&str> {
        self.1
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        for (header, value) in &self.0 {
            if *header == name {
                visit(value);
            }
        }
    }
}

const A: &[u8] = b"PASSID-AAAA-BBBB";

fn headers(headers: &[(&'static str, &'static [u8])]) -> Result<Option<String>, PresentedError> {
    found(&TokenSources::default(), &Request(headers.to_vec(), None), None)
}

fn found(
    sources: &TokenSources,
    request: &Request,
    body: Option<(&JsonBody, &[u8])>,
) -> Result<Option<String>, PresentedError> {
    Ok(sources.extract(request, body)?.map(|token| token.expose().to_owned()))
}

fn is(token: &str) -> Result<Option<String>, PresentedError> {
    Ok(Some(token.to_owned()))
}

#[test]
fn the_header_and_the_bearer_scheme_are_read() {
    assert_eq!(headers(&[("x-passid-token", b" passid-aaaa-bbbb ")]), is("PASSID-AAAA-BBBB"));
    for value in
        [&b"Bearer PASSID-AAAA-BBBB"[..], b"bearer  PASSID-AAAA-BBBB", b"BEARER\tpassid-aaaa-bbbb"]
    {
        assert_eq!(headers(&[("authorization", value)]), is("PASSID-AAAA-BBBB"));
    }
    assert_eq!(
        headers(&[("authorization", b"Bearer psid_sandbox_demo_001")]),
        is("psid_sandbox_demo_001")
    );
}

#[test]
fn what_is_not_ours_or_blank_counts_as_missing() {
    for value in [
        &b"Basic UEFTU0lELTox"[..],
        b"Bearer",
        b"Bearer ",
        b"BearerPASSID-AAAA",
        b"Bearer eyJhbGciOiJIUzI1NiJ9.e30.sig",
        b"PASSID-AAAA-BBBB",
        b"Token Bearer PASSID-AAAA",
        b"",
    ] {
        assert_eq!(headers(&[("authorization", value)]), Ok(None));
    }
    assert_eq!(headers(&[("x-passid-token", b"  ")]), Ok(None));
    assert_eq!(headers(&[]), Ok(None));
}

#[test]
fn tokens_that_differ_are_refused_and_the_same_twice_is_not() {
    assert_eq!(
        headers(&[("x-passid-token", A), ("authorization", b"Bearer passid-aaaa-bbbb")]),
        is("PASSID-AAAA-BBBB")
    );
    assert_eq!(
        headers(&[("x-passid-token", A), ("authorization", b"Bearer PASSID-CCCC")]),
        Err(PresentedError::Ambiguous)
    );
    assert_eq!(
        headers(&[("x-passid-token", A), ("x-passid-token", b"PASSID-CCCC")]),
        Err(PresentedError::Ambiguous)
    );
    assert_eq!(
        headers(&[("authorization", b"Bearer PASSID-AAAA"), ("authorization", b"Basic x")]),
        Err(PresentedError::Ambiguous)
    );
}

#[test]
fn what_is_no_token_is_refused_even_beside_a_good_one() {
    assert_eq!(
        headers(&[("x-passid-token", b"\xff\xfe"), ("authorization", b"Bearer PASSID-AAAA")]),
        Err(PresentedError::Malformed(TokenError::NotPrintable))
    );
    assert_eq!(
        headers(&[("x-passid-token", b"one, two")]),
        Err(PresentedError::Malformed(TokenError::NotPrintable))
    );
}

#[test]
fn cookie_and_query_are_read_only_when_asked_for() {
    let request =
        Request(vec![("cookie", b"a=1; passid=\"PASSID-AAAA\"; b=2")], Some("t=PASSID%2DAAAA"));
    assert_eq!(found(&TokenSources::default(), &request, None), Ok(None));
    let cookie = TokenSources::none().and_cookie("passid");
    assert_eq!(found(&cookie, &request, None), is("PASSID-AAAA"));
    let query = TokenSources::none().and_query("t");
    assert_eq!(found(&query, &request, None), is("PASSID-AAAA"));
    assert_eq!(found(&cookie.and_query("t"), &request, None), is("PASSID-AAAA"));
}

#[test]
fn share_codes_are_read_in_any_spelling_from_every_source() {
    let sources = TokenSources::share_codes().and_query("code");
    let body = JsonBody::field("code");
    let spelt = |header: &'static [u8]| Request(vec![("x-passid-code", header)], None);
    for code in [&b"KE8V-3TXY-Z72L"[..], b"ke8v3txyz72l", " ke8v 3txy\u{2013}z72l".as_bytes()] {
        assert_eq!(found(&sources, &spelt(code), None), is("KE8V-3TXY-Z72L"));
    }
    let mut everywhere = spelt(b"ke8v 3txy z72l");
    everywhere.1 = Some("code=KE8V3TXYZ72L");
    let in_body = (&body, &br#"{"code": "ke8v-3txy-z72l"}"#[..]);
    assert_eq!(found(&sources, &everywhere, Some(in_body)), is("KE8V-3TXY-Z72L"));
    let other = (&body, &br#"{"code": "NG4M-XQRS-T88W"}"#[..]);
    assert_eq!(found(&sources, &everywhere, Some(other)), Err(PresentedError::Ambiguous));
    assert_eq!(found(&sources, &spelt(b"PASSID-AAAA"), None), is("PASSID-AAAA"));
    let no_code = Request(vec![("x-passid-token", A)], None);
    assert_eq!(found(&sources, &no_code, None), Ok(None));
}

#[test]
fn a_body_field_is_read_and_repeated_fields_must_agree() {
    let (sources, source) = (TokenSources::default(), JsonBody::field("token"));
    let body =
        |body: &str| found(&sources, &Request(vec![], None), Some((&source, body.as_bytes())));
    assert_eq!(body(r#"{"x": {"token": "PASSID-X"}, "token": "passid-aaaa"}"#), is("PASSID-AAAA"));
    assert_eq!(body(r#"{"\u0074oken": "PASSID-AAAA"}"#), is("PASSID-AAAA"));
    assert_eq!(
        body(r#"{"token": "PASSID-A", "token": "PASSID-B"}"#),
        Err(PresentedError::Ambiguous)
    );
    assert_eq!(body(r#"{"token": 1}"#), Err(PresentedError::NotText));
    for nothing in ["", "{", "[]", "{}", r#"{"token": null}"#, r#"{"token": "PASSID-A"} x"#] {
        assert_eq!(body(nothing), Ok(None), "{nothing}");
    }
}
