//! What only a session can be, and what the token endpoint does to all of them.

use std::time::Duration;

use passid_sandbox::{FaultKind, Route, demo};

use super::SERVICE;
use super::people::People;
use crate::apps::Setup;
use crate::http::Request;
use crate::provider::passid;
use crate::table::violations::{ABSENT_SANCTIONS_CLAIM, NO_INCOME};
use crate::table::{
    Row, accepted, apply, breach, breach_with, invalid, misconfigured, missing, unavailable,
    with_token,
};
use crate::upstream::Upstream;

pub(super) fn rows(people: &People) -> Vec<Row> {
    let asked = [
        ("a session that was begun is refused", &people.begun),
        ("a session that is being captured is refused", &people.capturing),
        ("a session that is being processed is refused", &people.processing),
        ("a session that is to be captured again is refused", &people.recaptured),
        ("a session in which something failed is refused", &people.failed),
        ("a session that was challenged is refused", &people.challenged),
        ("a session that was denied is refused", &people.denied),
    ];
    let asked = asked.map(|(name, token)| Row::new(name, with_token(token), invalid()).calls(1));
    let not_sent = [
        ("a session of the live world is refused", &*people.of_the_live_world),
        ("a session that the service does not remember is refused", &people.of_another_service),
        ("a session with the state of another is refused", &people.with_anothers_state),
        ("the id of a session alone is refused", &people.without_a_state),
        ("a PASSID token is not sent to document verification", demo::KENYA_TOKEN),
        ("a sandbox token is not sent to document verification", demo::SANDBOX_TOKEN),
        ("a share code is not sent to document verification", demo::KENYA_CODE),
        (
            "an identity of Passbase is not sent to document verification",
            "00000000-0000-4000-8000-000000000000.00000000000000000000000000000000",
        ),
    ];
    let not_sent =
        not_sent.map(|(name, token)| Row::new(name, with_token(token), invalid()).calls(0));
    let own = asked.into_iter().chain(not_sent).chain(presented(people));
    let own = own.chain(answers(people)).chain(access_tokens(people));
    own.map(|row| row.service(SERVICE)).chain(loan(people)).collect()
}

fn presented(people: &People) -> [Row; 3] {
    let capitals = people.cast.good.to_string().to_ascii_uppercase();
    let bearer =
        |value: &str| -> Request { apply().header("Authorization", format!("Bearer {value}")) };
    [
        Row::new("capitals make it another session", with_token(capitals), invalid()).calls(0),
        Row::new(
            "a PASSID token as bearer is not sent to document verification",
            bearer(demo::KENYA_TOKEN),
            invalid(),
        )
        .calls(0),
        Row::new(
            "an identity of Passbase as bearer is the application's own",
            bearer("00000000-0000-4000-8000-000000000000.00000000000000000000000000000000"),
            missing(),
        )
        .calls(0),
    ]
}

/// Answers that are read in another way than PASSID's.
fn answers(people: &People) -> [Row; 4] {
    let good = || with_token(&people.cast.good);
    [
        Row::new(
            "a session of a status that is not known is an outage",
            with_token(&people.of_a_new_status),
            unavailable(),
        )
        .calls(1),
        Row::new("the content type of an answer does not matter", good(), accepted(None))
            .upstream(Upstream::Fault(FaultKind::wrong_content_type(), 0))
            .calls(1),
        Row::new("404 is an unknown session", good(), invalid())
            .upstream(Upstream::Fault(FaultKind::status(404), 0))
            .calls(1),
        Row::new("one 401 is got over with another access token", good(), accepted(None))
            .upstream(Upstream::Fault(FaultKind::status(401), 1))
            .calls(2),
    ]
}

/// Without an access token nothing is asked: an outage, or our own fault, and never the caller's.
fn access_tokens(people: &People) -> Vec<Row> {
    let row = |name, kind, expected| {
        Row::new(name, with_token(&people.cast.good), expected)
            .upstream(Upstream::FaultAt(Route::DocverifyToken, kind, 0))
            .calls(0)
    };
    let waits = FaultKind::status_with_retry_after(429, 30);
    let outages = [
        ("no access token for a 500 is an outage", FaultKind::status(500)),
        ("no access token for a 404 is an outage", FaultKind::status(404)),
        ("no access token for a redirect is an outage", FaultKind::status(302)),
        ("no access token for a reset is an outage", FaultKind::reset()),
        ("no access token for garbage is an outage", FaultKind::garbage()),
        ("no access token for a page of HTML is an outage", FaultKind::html()),
        ("no access token for a truncated answer is an outage", FaultKind::truncate()),
        ("no access token for an oversized answer is an outage", FaultKind::oversize()),
        (
            "no access token for an answer that never comes is an outage",
            FaultKind::delay(Duration::from_secs(60)),
        ),
    ];
    let refused = [
        ("an access token that is refused with 400 is our own fault", FaultKind::status(400)),
        ("an access token that is refused with 401 is our own fault", FaultKind::status(401)),
        ("an access token that is refused with 403 is our own fault", FaultKind::status(403)),
    ];
    let outages = outages.map(|(name, kind)| row(name, kind, unavailable()));
    let refused = refused.map(|(name, kind)| row(name, kind, misconfigured()));
    let others = [
        row(
            "no access token for a 429 hands its delay on",
            waits,
            unavailable().header("retry-after", Some("30")),
        ),
        Row::new(
            "one 503 for the access token is got over",
            with_token(&people.cast.good),
            accepted(None),
        )
        .upstream(Upstream::FaultAt(Route::DocverifyToken, FaultKind::status(503), 1))
        .calls(1),
    ];
    outages.into_iter().chain(refused).chain(others).collect()
}

/// Under PASSID's own policy nobody passes, and is told what the credential does not say.
fn loan(people: &People) -> Vec<Row> {
    let good = || with_token(&people.cast.good);
    let both = format!("{NO_INCOME},{ABSENT_SANCTIONS_CLAIM}");
    [
        Row::new("nothing is known of income or sanctions, terse", good(), breach())
            .setup(Setup::Terse),
        Row::new(
            "nothing is known of income or sanctions, told in detail",
            good(),
            breach_with(NO_INCOME),
        ),
        Row::new(
            "nothing is known of income or sanctions, everything told",
            good(),
            breach_with(&both),
        )
        .setup(Setup::Everything),
    ]
    .map(|row| row.service(passid::SERVICE).calls(1))
    .into()
}
