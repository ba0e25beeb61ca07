use super::*;
use crate::{Environment, VerificationClaims};

const HOUR: u64 = 3600;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn wall(at: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(1_000_000 + at)
}

/// Both clocks run alike.
fn moment(at: u64) -> Moment {
    Moment { elapsed: seconds(at), wall: wall(at) }
}

fn settings() -> Settings {
    Settings {
        ttl: seconds(60),
        capacity: 10,
        max_bytes: 1_000_000,
        negative_ttl: seconds(5),
        negative_capacity: 10,
        refresh_ahead: Duration::ZERO,
        stale: Duration::ZERO,
        max_age_hours: None,
        deadline: seconds(5),
        flight_timeout: seconds(15),
        max_in_flight: 8,
        breaker: None,
    }
}

fn credential(freshness_hours: Option<u32>, expires: Option<u64>) -> VerifiedCredential {
    let claims = VerificationClaims { freshness_hours, ..Default::default() };
    let builder = VerifiedCredential::builder("passid", Environment::Sandbox, claims, wall(0));
    let builder = match expires {
        Some(at) => builder.expires_at(wall(at)),
        None => builder,
    };
    builder.build().unwrap()
}

fn entry(settings: &Settings, credential: VerifiedCredential) -> Entry {
    Entry::new(credential, settings, moment(0), 0).unwrap()
}

/// The first second of `0..most` in which the entry is not fresh.
fn fresh_for(entry: &Entry, most: u64) -> u64 {
    (0..most).find(|at| entry.life(&moment(*at)) != Life::Fresh).unwrap()
}

#[test]
fn an_entry_is_fresh_for_its_time_to_live() {
    assert_eq!(fresh_for(&entry(&settings(), credential(None, None)), 100), 60);
}

#[test]
fn it_ends_with_the_credential() {
    let settings = Settings { stale: seconds(600), ..settings() };
    let entry = entry(&settings, credential(None, Some(30)));
    assert_eq!(fresh_for(&entry, 100), 30);
    assert_eq!(entry.life(&moment(30)), Life::Over);
    assert!(Entry::new(credential(None, Some(0)), &settings, moment(0), 0).is_none());
}

#[test]
fn it_may_be_stale_for_a_bounded_time_and_never_beyond_the_credential() {
    let settings = Settings { stale: seconds(600), ..settings() };
    for (expires, over) in [(None, 660), (Some(400), 400), (Some(10_000), 660)] {
        let entry = entry(&settings, credential(None, expires));
        assert_eq!(entry.life(&moment(60)), Life::Stale);
        assert_eq!(entry.life(&moment(over - 1)), Life::Stale);
        assert_eq!(entry.life(&moment(over)), Life::Over);
    }
}

#[test]
fn it_ends_when_the_policy_would_refuse() {
    let settings = Settings { ttl: seconds(3600), max_age_hours: Some(72), ..settings() };
    // Refused from the first whole hour beyond 72 on: an equal age passes (D17).
    for (freshness, fresh) in [(70, 3600), (72, HOUR), (73, 5), (u32::MAX, 5)] {
        let entry = entry(&settings, credential(Some(freshness), None));
        assert_eq!(fresh_for(&entry, 20_000), fresh, "{freshness}");
    }
    assert_eq!(fresh_for(&entry(&settings, credential(None, None)), 100), 5);

    let late = Entry::new(credential(Some(72), None), &settings, moment(HOUR - 10), 0).unwrap();
    assert_eq!(late.life(&moment(HOUR - 1)), Life::Fresh);
    assert_eq!(late.life(&moment(HOUR)), Life::Over);
}

#[test]
fn jitter_shortens_by_a_tenth_at_most() {
    let life = |jitter| {
        let entry = Entry::new(credential(None, None), &settings(), moment(0), jitter).unwrap();
        entry.fresh_until.elapsed
    };
    assert_eq!(life(0), seconds(60));
    assert!(life(u64::MAX) >= seconds(54) && life(u64::MAX) < Duration::from_millis(54_001));
    assert_eq!(life(u64::MAX / 2).as_secs(), 57);
}

#[test]
fn neither_clock_alone_prolongs_an_entry() {
    let entry = entry(&settings(), credential(None, None));
    // The wall clock was set back; the machine slept.
    assert_eq!(entry.life(&Moment { elapsed: seconds(60), wall: wall(0) }), Life::Over);
    assert_eq!(entry.life(&Moment { elapsed: seconds(1), wall: wall(60) }), Life::Over);
}

#[test]
fn time_spent_in_a_cache_beneath_counts() {
    let cached = credential(None, None).served_as(Served::Cached);
    let entry = Entry::new(cached.clone(), &settings(), moment(40), 0).unwrap();
    assert_eq!(entry.life(&moment(59)), Life::Fresh);
    assert_eq!(entry.life(&moment(60)), Life::Over);
    assert!(Entry::new(cached, &settings(), moment(60), 0).is_none());
}

#[test]
fn a_refresh_is_wanted_only_where_the_time_to_live_is_the_bound() {
    let settings = Settings { refresh_ahead: seconds(20), ..settings() };
    let plain = entry(&settings, credential(None, None));
    assert!(!plain.wants_refresh(&moment(39)) && plain.wants_refresh(&moment(40)));
    let later = plain.refreshed_later(&moment(40), seconds(5));
    assert!(!later.wants_refresh(&moment(44)) && later.wants_refresh(&moment(45)));
    let ending = entry(&settings, credential(None, Some(30)));
    assert!(!ending.wants_refresh(&moment(29)));
}

#[test]
fn an_entry_keeps_no_token_and_says_that_it_is_cached() {
    let token = crate::Token::parse("psid_1").unwrap();
    let details = credential(None, None);
    let claims = details.claims().clone();
    let with_token = VerifiedCredential::builder("passid", Environment::Sandbox, claims, wall(0))
        .token(token.clone())
        .build()
        .unwrap();
    let entry = entry(&settings(), with_token.withhold(&token).unwrap());
    assert_eq!(entry.credential.token(), None);
    assert_eq!(entry.credential.served(), Served::Cached);
    assert_eq!(entry.credential.clone().presented_with(token.clone()).token(), Some(&token));
}

#[test]
fn a_credential_of_another_token_is_not_taken_apart() {
    let (one, two) =
        (crate::Token::parse("psid_1").unwrap(), crate::Token::parse("psid_2").unwrap());
    let claims = VerificationClaims::default();
    let builder = VerifiedCredential::builder("passid", Environment::Sandbox, claims, wall(0));
    let credential = builder.token(one.clone()).build().unwrap();
    assert_eq!(credential.withhold(&two).unwrap_err().token(), Some(&one));
}

#[test]
fn refusals_are_kept_for_their_own_time_and_not_with_endless_words() {
    let settings = settings();
    let refusal = Refusal::new(&DenyReason::TokenNotFound, &settings, moment(0)).unwrap();
    assert!(refusal.holds(&moment(4)) && !refusal.holds(&moment(5)));
    let long = DenyReason::Other("x".repeat(65));
    assert!(Refusal::new(&long, &settings, moment(0)).is_none());
    let off = Settings { negative_ttl: Duration::ZERO, ..settings };
    assert!(Refusal::new(&DenyReason::TokenNotFound, &off, moment(0)).is_none());
}

#[test]
fn sixteen_claims_of_their_own_weigh_more_than_none() {
    let mut claims = VerificationClaims::default();
    let none = credential(None, None).footprint();
    for number in 0..16 {
        claims.extra.insert(format!("claim {number}"), vec!["x".repeat(100)].into());
    }
    let builder = VerifiedCredential::builder("passid", Environment::Sandbox, claims, wall(0));
    assert!(builder.build().unwrap().footprint() > none + 1600);
}
