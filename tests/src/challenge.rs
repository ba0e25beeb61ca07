//! A strict reader of `WWW-Authenticate` (RFC 9110, 11.6.1): one challenge, parameters parted by
//! commas, values quoted.

/// A challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme.
    pub scheme: String,
    /// The parameters, in order.
    pub parameters: Vec<(String, String)>,
}

/// Reads one challenge; `None` for anything that is not exactly one.
pub fn parse(value: &str) -> Option<Challenge> {
    let (scheme, mut rest) = value.split_once(' ')?;
    is_token(scheme).then_some(())?;
    let mut parameters: Vec<(String, String)> = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"")?;
        is_token(name).then_some(())?;
        let (text, after) = quoted(after)?;
        if parameters.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return None;
        }
        parameters.push((name.to_owned(), text));
        match after.strip_prefix(", ") {
            Some(next) => rest = next,
            None if after.is_empty() => {
                return Some(Challenge { scheme: scheme.to_owned(), parameters });
            }
            None => return None,
        }
    }
}

fn is_token(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((content, text.get(at + 1..)?)),
            '\\' => content.push(characters.next()?.1),
            ' '..='~' => content.push(character),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_challenge_is_read() {
        let challenge = parse(r#"Bearer realm="a \"b\"", error="invalid_token""#).unwrap();
        assert_eq!(challenge.scheme, "Bearer");
        assert_eq!(challenge.parameters[0], ("realm".into(), "a \"b\"".into()));
        for bad in [
            "Bearer",
            r#"Bearer realm=passid"#,
            r#"Bearer realm="a" error="b""#,
            r#"Bearer realm="a", realm="b""#,
            r#"Bearer realm="a","#,
            r#"Bearer realm="a"#,
            "Bearer realm=\"a\r\nb\"",
            r#"Be arer realm="a""#,
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
