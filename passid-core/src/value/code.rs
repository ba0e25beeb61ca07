use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

const GROUP: usize = 4;

/// A one-time share code, such as `KE8V-3TXY-Z72L`, that a customer reads out of the PASSID app
/// (guide, step 4).
///
/// Codes are read aloud and typed, so case, spaces and hyphens are free on input and the printed
/// form is restored (decision D10). The first use burns a code and shows the customer's claims, so
/// it is treated as a secret until then.
///
/// ```
/// use passid_core::ShareCode;
///
/// let code = ShareCode::parse("ke8v 3txy z72l")?;
/// assert_eq!(code.expose(), "KE8V-3TXY-Z72L");
/// assert_eq!(format!("{code:?}"), "ShareCode(redacted)");
/// # Ok::<(), passid_core::CodeError>(())
/// ```
#[derive(Clone)]
pub struct ShareCode(SecretString);

impl ShareCode {
    /// Letters and digits in a code, without its hyphens.
    pub const LEN: usize = 12;

    /// Reads a code in any spelling.
    ///
    /// # Errors
    ///
    /// [`CodeError`] when what is left without spaces and hyphens is not 12 letters and digits.
    pub fn parse(raw: &str) -> Result<Self, CodeError> {
        printed_form(raw, Self::LEN).map(|printed| Self(printed.into()))
    }

    /// The code in its printed form, for the one place that puts it on the wire.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for ShareCode {
    type Err = CodeError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl PartialEq for ShareCode {
    fn eq(&self, other: &Self) -> bool {
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Eq for ShareCode {}

impl fmt::Debug for ShareCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShareCode(redacted)")
    }
}

/// The fallback code of a QR session, such as `AB3X-7YQM` (guide, step 3).
///
/// It is shown on a screen for anyone to type, so it is no secret: it has a `Display`.
///
/// ```
/// use passid_core::SessionCode;
///
/// assert_eq!(SessionCode::parse("ab3x7yqm")?.to_string(), "AB3X-7YQM");
/// # Ok::<(), passid_core::CodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionCode(String);

impl SessionCode {
    /// Letters and digits in a code, without its hyphen.
    pub const LEN: usize = 8;

    /// Reads a code in any spelling.
    ///
    /// # Errors
    ///
    /// [`CodeError`] when what is left without spaces and hyphens is not 8 letters and digits.
    pub fn parse(raw: &str) -> Result<Self, CodeError> {
        printed_form(raw, Self::LEN).map(Self)
    }

    /// The code in its printed form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionCode {
    type Err = CodeError;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl fmt::Display for SessionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a code. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// Too few or too many letters and digits.
    #[error(
        "a code of {expected} letters and digits is expected; spaces, hyphens and case do not matter"
    )]
    WrongLength {
        /// How many this kind of code has.
        expected: usize,
    },
    /// A character that is neither letter, digit, space nor hyphen.
    #[error("a code has only the letters A to Z, digits, spaces and hyphens")]
    WrongCharacter,
}

/// Checked first and written once into a buffer of the right size: no failed attempt and no buffer
/// that moved leaves a copy of the code behind.
fn printed_form(raw: &str, length: usize) -> Result<String, CodeError> {
    let significant = || raw.chars().filter(|&c| !is_space(c) && !is_hyphen(c));
    if !significant().all(|character| character.is_ascii_alphanumeric()) {
        return Err(CodeError::WrongCharacter);
    }
    if significant().take(length + 1).count() != length {
        return Err(CodeError::WrongLength { expected: length });
    }
    let hyphens = length.saturating_sub(1) / GROUP;
    let mut printed = String::with_capacity(length + hyphens);
    for (index, character) in significant().enumerate() {
        if index > 0 && index % GROUP == 0 {
            printed.push('-');
        }
        printed.push(character.to_ascii_uppercase());
    }
    Ok(printed)
}

/// The hyphens that keyboards, word processors and phones put in a hyphen's place.
pub(super) fn is_hyphen(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{ad}' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// White space in the sense of a person who copies a line: line breaks and no-break spaces too.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200b}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_spelt_in_many_ways() {
        for spelling in [
            "KE8V-3TXY-Z72L",
            "ke8v3txyz72l",
            " K E 8 V 3 T X Y Z 7 2 L ",
            "KE8V\u{2013}3TXY\u{2011}Z72L\n",
            "\u{feff}KE8V\u{a0}3TXY\u{200b}Z72L",
        ] {
            assert_eq!(
                ShareCode::parse(spelling).unwrap().expose(),
                "KE8V-3TXY-Z72L",
                "{spelling:?}"
            );
        }
    }

    #[test]
    fn a_code_of_another_length_is_refused() {
        for spelling in ["", "----", "KE8V-3TXY-Z72", "KE8V-3TXY-Z72LX", "KE8V-3TXY-Z72L-AAAA"] {
            assert_eq!(
                ShareCode::parse(spelling).unwrap_err(),
                CodeError::WrongLength { expected: 12 },
                "{spelling:?}"
            );
        }
    }

    #[test]
    fn look_alikes_outside_ascii_are_refused_and_not_folded() {
        // U+017F folds to S under Unicode upper-casing.
        for spelling in
            ["KE8V-3TXY-Z72\u{17f}", "KE8V·3TXY·Z72L", "KE8V-3TXY-Z72\u{c9}", "KE8V_3TXY_Z72L"]
        {
            assert_eq!(
                ShareCode::parse(spelling).unwrap_err(),
                CodeError::WrongCharacter,
                "{spelling:?}"
            );
        }
    }

    #[test]
    fn a_session_code_prints_itself() {
        let code: SessionCode = "AB3X7YQM".parse().unwrap();
        assert_eq!(code.to_string(), "AB3X-7YQM");
        assert_eq!(SessionCode::parse("AB3X-7YQM-").unwrap(), code);
    }
}
