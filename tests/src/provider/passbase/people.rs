//! Who is known to the Passbase API: an identity for each part of the table, and for each state that a
//! guard may meet.

use std::time::Duration;

use passid_passbase::{FlowMetadata, Nonce};
use passid_sandbox::Sandbox;
use passid_sandbox::passbase::{NewIdentity, Thresholds};
use serde_json::Value;

use super::SERVICE;
use crate::table::violations::{
    ABSENT_SANCTIONS_CLAIM, FRAUD, NO_IDENTITY, SANCTIONS, UNKNOWN_AGE,
};
use crate::table::{Cast, Part};

/// How long ago the first of them were verified: longer than any policy allows.
pub(super) const OLDEST: Duration = Duration::from_secs(100 * 3600);
/// Longer ago than the stricter policy allows, and not than the others.
const OLDER: Duration = Duration::from_secs(10 * 3600);
/// An identity that no API knows.
const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

/// The people of the table, and others in states that only this provider has.
#[derive(Debug)]
pub(super) struct People {
    pub(super) cast: Cast,
    pub(super) created: String,
    pub(super) processing: String,
    pub(super) pending: String,
    pub(super) declined: String,
    pub(super) found_later: String,
    pub(super) trapped: String,
    pub(super) unbound: String,
    pub(super) with_anothers_nonce: String,
    pub(super) without_a_nonce: String,
}

/// Somebody who has begun, with the nonce that was given to them.
struct Person<'a> {
    sandbox: &'a Sandbox,
    key: String,
    nonce: Nonce,
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
impl<'a> Person<'a> {
    fn begun(sandbox: &'a Sandbox, change: impl FnOnce(&mut NewIdentity)) -> Self {
        let nonce = Nonce::random().expect("randomness");
        let bound = FlowMetadata::new("user-42", &nonce).expect("metadata").to_json();
        let metadata = serde_json::from_str(&bound).expect("JSON");
        let mut identity = NewIdentity { metadata, ..NewIdentity::default() };
        change(&mut identity);
        let key = sandbox.passbase().begin(identity).expect("an identity");
        Self { sandbox, key, nonce }
    }

    fn submitted(self) -> Self {
        self.sandbox.passbase().submit(&self.key).expect("handed in");
        self
    }

    fn processed(self) -> Self {
        self.sandbox.passbase().process(&self.key).expect("processed");
        self
    }

    fn reviewed(self, approve: bool) -> Self {
        self.sandbox.passbase().review(&self.key, approve).expect("reviewed");
        self
    }

    fn screened(self, findings: &[&str]) -> Self {
        self.sandbox.passbase().screen(&self.key, findings).expect("screened");
        self
    }

    /// What the person presents.
    fn token(&self) -> String {
        format!("{}.{}", self.key, self.nonce.expose())
    }
}

/// Approved, and not screened.
fn approved(sandbox: &Sandbox, change: impl FnOnce(&mut NewIdentity)) -> Person<'_> {
    Person::begun(sandbox, change).submitted().processed().reviewed(true)
}

/// Meets every policy as long as it is young.
fn good(sandbox: &Sandbox) -> Person<'_> {
    approved(sandbox, |_| {}).screened(&[])
}

/// The key and the token of somebody who meets every policy.
pub(super) fn newcomer(sandbox: &Sandbox) -> (String, String) {
    let person = good(sandbox);
    let token = person.token();
    (person.key, token)
}

/// COMPLETED says that they are approved, and they are pending.
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
fn trapped(sandbox: &Sandbox) -> Person<'_> {
    let set = |thresholds: Option<Thresholds>| {
        sandbox.passbase().set_thresholds(thresholds).expect("thresholds");
    };
    set(Some(Thresholds { approve: 0.85, decline: 0.7 }));
    let person = Person::begun(sandbox, |_| {}).submitted().screened(&["pep-class-1"]).processed();
    set(None);
    person
}

impl People {
    /// Lets everybody be verified, by the clock of a sandbox that began [`OLDEST`] ago and is then in
    /// the present.
    #[expect(clippy::expect_used, reason = "a test cannot go on without it")]
    pub(super) fn verified_in(sandbox: &Sandbox) -> Self {
        let stale = good(sandbox).token();
        sandbox.advance_clock(OLDEST - OLDER).expect("a time");
        let other = good(sandbox).token();
        sandbox.advance_clock(OLDER).expect("a time");
        let person = good(sandbox);
        let stranger = Person::begun(sandbox, |_| {});
        Self {
            cast: cast(sandbox, &person.token(), other, stale),
            processing: Person::begun(sandbox, |_| {}).submitted().token(),
            pending: Person::begun(sandbox, |_| {}).submitted().processed().token(),
            declined: Person::begun(sandbox, |_| {})
                .submitted()
                .processed()
                .reviewed(false)
                .token(),
            found_later: good(sandbox).screened(&["pep-class-1"]).token(),
            trapped: trapped(sandbox).token(),
            unbound: approved(sandbox, |new| new.metadata = Value::Null).token(),
            with_anothers_nonce: format!("{}.{}", person.key, stranger.nonce.expose()),
            without_a_nonce: person.key.clone(),
            created: stranger.token(),
        }
    }
}

fn cast(sandbox: &Sandbox, good_token: &str, other: String, stale: String) -> Cast {
    let token = |person: Person<'_>| Part::from(person.token());
    // In capitals, as some of the vendor's pages print ids.
    let printed = good_token.to_ascii_uppercase();
    Cast {
        service: SERVICE,
        takes_bearer: false,
        good: Part::from(&*printed),
        good_income: None,
        good_again: Part::from(&*printed),
        lower: good_token.into(),
        spaced: Part::nobody(),
        encoded: printed.replace('.', "%2E").into(),
        other: other.into(),
        other_income: None,
        opaque: Part::nobody(),
        unknown: format!("{UNKNOWN}.{}", "0".repeat(Nonce::LEN)).into(),
        opaque_unknown: Part::nobody(),
        longest: Part::nobody(),
        expired: Part::nobody(),
        revoked: token(good(sandbox).reviewed(false)),
        badly_signed: Part::nobody(),
        denied: token(approved(sandbox, |_| {}).screened(&["sanction"]).reviewed(true)),
        live: Part::nobody(),
        share_code: Part::nobody(),
        stale: stale.into(),
        not_clear: token(approved(sandbox, |_| {}).screened(&["pep-class-1"]).reviewed(true)),
        unscreened: token(approved(sandbox, |_| {})),
        open: token(approved(sandbox, |new| new.score = 0.5)),
        open_is_verified: true,
        open_breaks: vec![FRAUD, SANCTIONS],
        minimal: token(approved(sandbox, |new| new.document = None)),
        minimal_breaks: vec![NO_IDENTITY, ABSENT_SANCTIONS_CLAIM, UNKNOWN_AGE],
        minimal_is_told: vec![NO_IDENTITY, UNKNOWN_AGE],
        can_meet_flags: true,
        not_found_is_an_outage: false,
        calls_until_401_counts: 1,
        calls_with_unknown_key: 1,
    }
}
