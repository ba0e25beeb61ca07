//! Properties of the values that travel: whatever is typed, a value is read to one form or refused,
//! and what was typed comes back in no message.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fmt::{Debug, Display};

use common::cases;
use passid_core::{
    ApiKey, ApiKeyError, CodeError, Environment, SessionCode, ShareCode, Token, TokenError,
};
use proptest::prelude::*;
use proptest::sample::select;

/// Every hyphen, dash and space that a keyboard or a word processor produces.
const PARTINGS: [&str; 14] = [
    "-", " ", "\t", "\n", "\u{a0}", "\u{ad}", "\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}",
    "\u{2212}", "\u{200b}", "\u{feff}", "\u{3000}",
];

/// Letters and digits that form no part of any of our messages.
const MARK: &str = "[QZJ79]{4,40}";

/// Arbitrary text, and text that is nearly a value.
fn any_text() -> impl Strategy<Value = String> {
    let nearly = prop::collection::vec(
        prop_oneof![
            4 => "[A-Za-z0-9]{1,5}",
            2 => select(&PARTINGS[..]).prop_map(str::to_owned),
            1 => "\\PC{1,3}",
        ],
        0..8,
    );
    let prefix =
        select(vec!["", "PASSID-", "passid ", "PASSID", "psid_", "pk_live_", "pk_sandbox_"]);
    prop_oneof![
        any::<String>(),
        (prefix, nearly).prop_map(|(prefix, parts)| format!("{prefix}{}", parts.concat())),
    ]
}

/// One spelling of these letters and digits: cases and partings at random.
fn spelling(letters: String) -> impl Strategy<Value = String> {
    let partings = prop::collection::vec(prop::collection::vec(select(&PARTINGS[..]), 0..3), 40);
    (partings, any::<u64>()).prop_map(move |(partings, cases)| {
        let mut text = partings[0].concat();
        for (index, letter) in letters.chars().enumerate() {
            let lower = cases >> (index % 64) & 1 == 1;
            text.push(if lower { letter.to_ascii_lowercase() } else { letter });
            text.push_str(&partings[index + 1].concat());
        }
        text
    })
}

fn grouped(letters: &str) -> String {
    let groups: Vec<&str> =
        letters.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join("-")
}

fn share_code(text: &str) -> String {
    ShareCode::parse(text).unwrap().expose().to_owned()
}

fn token(text: &str) -> String {
    Token::parse(text).unwrap().expose().to_owned()
}

fn shown(error: &(impl Debug + Display)) -> String {
    format!("{error} {error:?} {error:#?}").to_uppercase()
}

fn code_and_spelling(length: usize) -> impl Strategy<Value = (String, String)> {
    let letters = prop::collection::vec(select(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), length);
    letters
        .prop_map(|letters| String::from_utf8(letters).unwrap())
        .prop_flat_map(|letters| (Just(letters.clone()), spelling(letters)))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn whatever_is_read_reads_again_to_the_same(text in any_text()) {
        if let Ok(token) = Token::parse(&text) {
            prop_assert!(token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            let again = Token::parse(token.expose()).unwrap();
            prop_assert_eq!(again.expose(), token.expose());
            prop_assert_eq!(again, token);
        }
        if let Ok(code) = ShareCode::parse(&text) {
            prop_assert_eq!(code.expose().len(), 14);
            prop_assert_eq!(share_code(code.expose()), code.expose());
        }
        if let Ok(code) = SessionCode::parse(&text) {
            prop_assert_eq!(code.as_str().len(), 9);
            prop_assert_eq!(SessionCode::parse(&code.to_string()).unwrap(), code);
        }
        if let Ok(key) = ApiKey::parse(&text) {
            prop_assert_eq!(key.expose(), text.as_str());
            let again = ApiKey::in_environment(key.expose(), key.environment()).unwrap();
            prop_assert_eq!(again.expose(), text.as_str());
        }
    }

    #[test]
    fn every_spelling_of_a_share_code_reads_to_the_printed_form(
        (letters, spelling) in code_and_spelling(ShareCode::LEN),
    ) {
        prop_assert_eq!(share_code(&spelling), grouped(&letters));
        prop_assert_eq!(ShareCode::parse(&letters).unwrap(), ShareCode::parse(&spelling).unwrap());
    }

    #[test]
    fn every_spelling_of_a_session_code_reads_to_the_printed_form(
        (letters, spelling) in code_and_spelling(SessionCode::LEN),
    ) {
        prop_assert_eq!(SessionCode::parse(&spelling).unwrap().to_string(), grouped(&letters));
    }

    #[test]
    fn a_token_keeps_its_groups_in_every_spelling(
        groups in prop::collection::vec("[A-Z0-9]{1,6}", 1..6),
        parting in select(&PARTINGS[..]),
        lower in any::<bool>(),
    ) {
        let printed = format!("PASSID-{}", groups.join("-"));
        let spelt = printed.replace('-', parting);
        let spelt = if lower { spelt.to_lowercase() } else { spelt };
        prop_assert_eq!(token(&format!(" {spelt}\n")), printed);
    }

    #[test]
    fn an_opaque_token_is_kept_byte_for_byte(text in "psid_[!-~]{1,60}") {
        prop_assert_eq!(token(&format!("\t{text} ")), text);
    }

    #[test]
    fn codes_of_another_length_are_refused(letters in "[A-Za-z0-9]{0,40}") {
        for (expected, error) in [
            (ShareCode::LEN, ShareCode::parse(&letters).err()),
            (SessionCode::LEN, SessionCode::parse(&letters).err()),
        ] {
            let wrong = CodeError::WrongLength { expected };
            prop_assert_eq!(error, (letters.len() != expected).then_some(wrong));
        }
    }

    #[test]
    fn no_error_repeats_what_was_typed(mark in MARK, junk in "[^A-Za-z0-9 \\-]{1,3}", at in 0..40_usize) {
        let mut typed = mark.clone();
        typed.insert_str(at % mark.len(), &junk);
        for text in [mark.clone(), typed, format!("pk_live_{mark}\n"), mark.repeat(1100)] {
            let errors = [
                Token::parse(&text).err().map(|error| shown(&error)),
                ShareCode::parse(&text).err().map(|error| shown(&error)),
                SessionCode::parse(&text).err().map(|error| shown(&error)),
                ApiKey::parse(&text).err().map(|error| shown(&error)),
                ApiKey::in_environment(&text, Environment::Sandbox).err().map(|e| shown(&e)),
            ];
            for error in errors.into_iter().flatten() {
                prop_assert!(!error.contains(&mark[..4]), "{error}");
            }
        }
    }

    #[test]
    fn no_debug_shows_a_secret(mark in "[QZJ79]{12}") {
        let shown = format!(
            "{:?} {:#?} {:?} {:?}",
            Token::parse(&format!("PASSID-{mark}")).unwrap(),
            Token::parse(&mark).unwrap(),
            ShareCode::parse(&mark).unwrap(),
            ApiKey::parse(&format!("pk_live_{mark}")).unwrap(),
        );
        prop_assert!(!shown.contains(&mark[..4]), "{shown}");
    }

    #[test]
    fn tokens_are_equal_when_their_printed_forms_are(one in any_text(), other in any_text()) {
        if let (Ok(one), Ok(other)) = (Token::parse(&one), Token::parse(&other)) {
            prop_assert_eq!(one == other, one.expose() == other.expose());
        }
    }
}

#[test]
fn a_token_of_4096_bytes_is_read_and_one_more_is_not() {
    for letter in ["a", "PASSID-A"] {
        let longest = format!("{letter}{}", "A".repeat(Token::MAX_LEN - letter.len()));
        assert_eq!(Token::parse(&longest).unwrap().expose().len(), 4096);
        assert_eq!(Token::parse(&format!("{longest}A")).unwrap_err(), TokenError::TooLong);
    }
    // The bound is on what is given, white space included.
    let padded = format!("{}PASSID-A", " ".repeat(Token::MAX_LEN));
    assert_eq!(Token::parse(&padded).unwrap_err(), TokenError::TooLong);
}

#[test]
fn a_key_of_256_bytes_is_read_and_one_more_is_not() {
    let longest = format!("pk_live_{}", "a".repeat(ApiKey::MAX_LEN - 8));
    assert_eq!(ApiKey::parse(&longest).unwrap().environment(), Environment::Live);
    assert_eq!(ApiKey::parse(&format!("{longest}a")).unwrap_err(), ApiKeyError::TooLong);
}
