//! What only an identity can be. The caller learns that it is not valid, never why.

use passid_sandbox::{FaultKind, demo};

use super::SERVICE;
use super::people::People;
use crate::apps::Setup;
use crate::provider::passid;
use crate::table::violations::{ABSENT_SANCTIONS_CLAIM, NO_INCOME};
use crate::table::{Row, breach, breach_with, invalid, unavailable, with_token};
use crate::upstream::Upstream;

pub(super) fn rows(people: &People) -> Vec<Row> {
    let asked = [
        ("an identity that was begun is refused", &people.created),
        ("an identity that is being processed is refused", &people.processing),
        ("an identity that is pending is refused", &people.pending),
        ("an identity that was declined is refused", &people.declined),
        ("an approved identity with a later finding is refused", &people.found_later),
        ("an identity that only its webhook calls approved is refused", &people.trapped),
        ("an identity without metadata is refused", &people.unbound),
        ("an identity with the nonce of another is refused", &people.with_anothers_nonce),
    ];
    let asked = asked.map(|(name, token)| Row::new(name, with_token(token), invalid()).calls(1));
    let not_sent = [
        ("an identity access key alone is refused", people.without_a_nonce.clone()),
        ("a nonce of another form is refused", format!("{}.short", people.without_a_nonce)),
        ("a nonce after a nonce is refused", format!("{}.{}", people.pending, "0".repeat(32))),
        ("a PASSID token is not sent to Passbase", demo::KENYA_TOKEN.to_owned()),
        ("a sandbox token is not sent to Passbase", demo::SANDBOX_TOKEN.to_owned()),
        ("a share code is not sent to Passbase", demo::KENYA_CODE.to_owned()),
        (
            "a token of document verification is not sent to Passbase",
            format!("docverify.{}.H1I12oskjzsdhskj4", "0".repeat(32)),
        ),
        ("4096 bytes are not sent to Passbase", "a".repeat(4096)),
    ];
    let not_sent =
        not_sent.map(|(name, token)| Row::new(name, with_token(token), invalid()).calls(0));
    let own = asked.into_iter().chain(not_sent).chain(answers(people));
    own.map(|row| row.service(SERVICE)).chain(loan(people)).collect()
}

/// Answers that cannot be relied on, besides those of every provider.
fn answers(people: &People) -> [Row; 2] {
    let good = || with_token(&people.cast.good);
    [
        Row::new("an answer of another content type is an outage", good(), unavailable())
            .upstream(Upstream::Fault(FaultKind::wrong_content_type(), 0))
            .calls(1),
        Row::new("404 is an unknown identity", good(), invalid())
            .upstream(Upstream::Fault(FaultKind::status(404), 0))
            .calls(1),
    ]
}

/// Under PASSID's own policy nobody passes, and is told what the credential does not say.
fn loan(people: &People) -> Vec<Row> {
    let cast = &people.cast;
    let both = format!("{NO_INCOME},{ABSENT_SANCTIONS_CLAIM}");
    [
        Row::new("nothing is known of income", with_token(&cast.good), breach_with(NO_INCOME)),
        Row::new("nothing is known of income, terse", with_token(&cast.good), breach())
            .setup(Setup::Terse),
        Row::new(
            "nothing is known of income or sanctions, told in detail",
            with_token(&cast.unscreened),
            breach_with(NO_INCOME),
        ),
        Row::new(
            "nothing is known of income or sanctions, everything told",
            with_token(&cast.unscreened),
            breach_with(&both),
        )
        .setup(Setup::Everything),
    ]
    .map(|row| row.service(passid::SERVICE).calls(1))
    .into()
}
