//! Share codes cannot be guessed: failed attempts are bounded, honest ones are not.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use passid_core::attempts::{AttemptBuildError, AttemptLimiterBuilder, Quota};
use passid_core::testing::{ManualClock, ScriptedVerifier, claims};
use passid_core::{
    ApiKey, AttemptLimiter, Decision, Guard, Policy, Rejection, RejectionCode, RequestView,
    ShareCode, TokenSources, UnavailableKind,
};

const GOOD: &str = "KE8V-3TXY-Z72L";

struct Request {
    code: String,
    peer: Option<IpAddr>,
    forwarded: Vec<&'static str>,
}

impl RequestView for Request {
    fn method(&self) -> &'static str {
        "POST"
    }

    fn query(&self) -> Option<&str> {
        None
    }

    fn peer_address(&self) -> Option<IpAddr> {
        self.peer
    }

    fn each_header<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        match name {
            "x-passid-code" => visit(self.code.as_bytes()),
            "x-forwarded-for" => {
                self.forwarded.iter().for_each(|value| visit(value.as_bytes()));
            }
            _ => {}
        }
    }
}

fn from(peer: &str, code: impl Into<String>) -> Request {
    Request { code: code.into(), peer: Some(peer.parse().unwrap()), forwarded: Vec::new() }
}

/// The codes of somebody who guesses.
fn guess(number: usize) -> String {
    let letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
    let letter = |place: u32| letters[number / 8_usize.pow(place) % 8];
    format!("WWWW-WWWW-{}{}{}{}", letter(3), letter(2), letter(1), letter(0))
}

fn builder(clock: &ManualClock) -> AttemptLimiterBuilder {
    let key = ApiKey::parse("pk_sandbox_attempts").unwrap();
    AttemptLimiter::builder(&key).clock(Arc::new(clock.clone()))
}

fn guard(verifier: &ScriptedVerifier, limiter: AttemptLimiter) -> Guard<ScriptedVerifier> {
    Guard::builder(verifier.clone(), Policy::verified_only())
        .token_sources(TokenSources::share_codes())
        .attempt_limiter(limiter)
        .build()
}

fn verifier() -> ScriptedVerifier {
    let verifier = ScriptedVerifier::new();
    verifier.accept(GOOD, claims::complete());
    verifier
}

async fn refused(guard: &Guard<ScriptedVerifier>, request: &Request) -> Rejection {
    match guard.check(request).await {
        Decision::Refused(rejection) => rejection,
        passed => panic!("passed: {passed:?}"),
    }
}

async fn passes(guard: &Guard<ScriptedVerifier>, request: &Request) -> bool {
    matches!(guard.check(request).await, Decision::Verified(_))
}

#[tokio::test]
async fn whoever_guesses_is_told_to_wait_and_nobody_is_asked() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let guard = guard(&verifier, builder(&clock).build().unwrap());
    for number in 0..20 {
        let rejection = refused(&guard, &from("192.0.2.1", guess(number))).await;
        assert_eq!(rejection.code(), RejectionCode::TokenInvalid);
    }
    let asked = verifier.asked().len();
    let rejection = refused(&guard, &from("192.0.2.1", guess(20))).await;
    assert_eq!((rejection.status(), rejection.code()), (429, RejectionCode::TooManyAttempts));
    assert_eq!(rejection.challenge(), None);
    // One of twenty comes back every thirty seconds.
    assert_eq!(rejection.retry_after(), Some(Duration::from_secs(30)));
    let headers = rejection.headers();
    assert!(headers.contains(&("retry-after", "30".to_owned())), "{headers:?}");
    assert_eq!(verifier.asked().len(), asked);

    // Not even a good code goes through then, and from elsewhere it does.
    assert!(!passes(&guard, &from("192.0.2.1", GOOD)).await);
    assert!(passes(&guard, &from("192.0.2.2", GOOD)).await);
    clock.advance(Duration::from_secs(30));
    assert!(passes(&guard, &from("192.0.2.1", GOOD)).await);
}

#[tokio::test]
async fn honest_customers_are_not_counted_however_many_share_an_address() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let guard = guard(&verifier, builder(&clock).build().unwrap());
    for _ in 0..500 {
        assert!(passes(&guard, &from("192.0.2.1", GOOD)).await);
    }
}

#[tokio::test]
async fn an_outage_counts_against_nobody() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    verifier.fail(GOOD, UnavailableKind::Unreachable);
    let guard = guard(&verifier, builder(&clock).build().unwrap());
    for _ in 0..100 {
        let rejection = refused(&guard, &from("192.0.2.1", GOOD)).await;
        assert_eq!(rejection.code(), RejectionCode::VerifierUnavailable);
    }
}

#[tokio::test]
async fn one_code_is_bounded_from_however_many_addresses() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let guard = guard(&verifier, builder(&clock).build().unwrap());
    for number in 0..5 {
        let request = from(&format!("192.0.2.{number}"), guess(1));
        assert_eq!(refused(&guard, &request).await.status(), 401);
    }
    assert_eq!(refused(&guard, &from("192.0.2.99", guess(1))).await.status(), 429);
    // In any spelling.
    let spelt = guess(1).to_lowercase().replace('-', " ");
    assert_eq!(refused(&guard, &from("192.0.2.98", spelt)).await.status(), 429);
}

#[tokio::test]
async fn an_institution_is_bounded_from_however_many_addresses_with_however_many_codes() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let few = Quota::new(50, Duration::from_secs(600)).unwrap();
    // Whoever fills the table pushes nothing out that matters.
    let limiter = builder(&clock).per_institution(few).capacity(10).build().unwrap();
    let guard = guard(&verifier, limiter);
    let mut asked = 0;
    for number in 0..500 {
        let address = format!("2001:db8:{number:x}::1");
        asked += usize::from(refused(&guard, &from(&address, guess(number))).await.status() == 401);
    }
    assert_eq!(asked, 50);
}

#[tokio::test]
async fn any_number_of_guesses_at_once_is_bounded_too() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let guard = guard(&verifier, builder(&clock).build().unwrap());
    let requests: Vec<_> = (0..200).map(|number| from("192.0.2.1", guess(number))).collect();
    futures_util::future::join_all(requests.iter().map(|request| guard.check(request))).await;
    assert_eq!(verifier.asked().len(), 20);
}

#[tokio::test]
async fn what_is_no_code_is_refused_and_not_counted() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let guard = guard(&verifier, builder(&clock).build().unwrap());
    for _ in 0..100 {
        assert_eq!(refused(&guard, &from("192.0.2.1", "no code")).await.status(), 401);
    }
    assert!(passes(&guard, &from("192.0.2.1", GOOD)).await);
}

#[tokio::test]
async fn a_forwarded_header_counts_only_where_it_is_named_and_then_its_last_address() {
    let (verifier, clock) = (verifier(), ManualClock::at(SystemTime::UNIX_EPOCH));
    let forwarded = |values: &[&'static str]| Request {
        forwarded: values.to_vec(),
        ..from("10.0.0.1", guess(values.len()))
    };
    // Not named: each caller could choose its address.
    let plain = guard(&verifier, builder(&clock).build().unwrap());
    let addresses = ["198.51.100.1", "198.51.100.2", "198.51.100.3"];
    for number in 0..20 {
        let mut request = forwarded(&addresses[number % 3..=number % 3]);
        request.code = guess(number);
        assert_eq!(refused(&plain, &request).await.status(), 401);
    }
    assert_eq!(refused(&plain, &forwarded(&["198.51.100.4"])).await.status(), 429);

    // Named: the last address of the last header, which the nearest proxy has added.
    let limiter = builder(&clock).client_header("X-Forwarded-For").build().unwrap();
    let named = guard(&verifier, limiter);
    for number in 0..20 {
        let mut request = forwarded(&["203.0.113.9", "spoofed, 198.51.100.1"]);
        request.code = guess(number);
        assert_eq!(refused(&named, &request).await.status(), 401);
    }
    let mut same = forwarded(&["198.51.100.7, 198.51.100.1"]);
    same.code = guess(30);
    assert_eq!(refused(&named, &same).await.status(), 429);
    let mut other = forwarded(&["198.51.100.1, 198.51.100.7"]);
    other.code = guess(31);
    assert_eq!(refused(&named, &other).await.status(), 401);
}

#[tokio::test]
async fn a_limiter_shows_no_code_and_needs_room() {
    let clock = ManualClock::at(SystemTime::UNIX_EPOCH);
    let limiter = builder(&clock).build().unwrap();
    let code = ShareCode::parse(GOOD).unwrap();
    let attempt = limiter.admit(None, &code).await.unwrap();
    let shown = format!("{limiter:?} {attempt:?} {:?}", builder(&clock));
    assert!(!shown.contains("KE8V") && !shown.contains("pk_"), "{shown}");
    let error = builder(&clock).capacity(2).build().unwrap_err();
    assert_eq!(error, AttemptBuildError::Capacity);
}
