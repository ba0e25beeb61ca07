//! Failed redemptions counted by Redis, for all instances together.

use std::time::Duration;

use passid_core::attempts::Quota;
use passid_core::{ApiKey, AttemptLimiter, Clock, ShareCode, SystemClock};
use passid_tests::redis::RedisServer;
use passid_tests::until;
use proptest::prelude::*;

use super::{connected, connection};

fn code(number: usize) -> ShareCode {
    let letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
    let letter = |place: u32| letters[number / 8_usize.pow(place) % 8];
    let text = format!("WWWW-WWWW-{}{}{}{}", letter(3), letter(2), letter(1), letter(0));
    ShareCode::parse(&text).unwrap()
}

fn quota(attempts: u32, secs: u64) -> Quota {
    Quota::new(attempts, Duration::from_secs(secs)).unwrap()
}

async fn limiter(server: &RedisServer, key: &str) -> AttemptLimiter {
    limiter_with(server, key, quota(20, 600)).await
}

async fn limiter_with(server: &RedisServer, key: &str, per_client: Quota) -> AttemptLimiter {
    let redis = connected(connection(server)).await;
    AttemptLimiter::builder(&ApiKey::parse(key).unwrap())
        .per_client(per_client)
        .redis(redis)
        .build()
        .unwrap()
}

/// How many of so many guesses from one address go through.
async fn admitted(limiters: &[&AttemptLimiter], guesses: usize, first: usize) -> usize {
    let client = Some("192.0.2.1".parse().unwrap());
    let mut admitted = 0;
    for number in 0..guesses {
        let limiter = limiters[number % limiters.len()];
        admitted += usize::from(limiter.admit(client, &code(first + number)).await.is_ok());
    }
    admitted
}

#[tokio::test]
async fn guesses_at_two_instances_count_together() {
    let Some(server) = RedisServer::start().await else { return };
    let (one, two) =
        (limiter(&server, "pk_sandbox_1").await, limiter(&server, "pk_sandbox_1").await);
    assert_eq!(admitted(&[&one, &two], 100, 0).await, 20);
    let refused = one.admit(Some("192.0.2.1".parse().unwrap()), &code(200)).await.unwrap_err();
    let wait = refused.retry_after();
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
    // An instance that starts now knows of them too.
    let three = limiter(&server, "pk_sandbox_1").await;
    assert_eq!(admitted(&[&three], 5, 300).await, 0);
}

#[tokio::test]
async fn two_institutions_do_not_count_each_others_totals() {
    let Some(server) = RedisServer::start().await else { return };
    let build = async |key: &str| {
        let redis = connected(connection(&server)).await;
        let key = ApiKey::parse(key).unwrap();
        let few = AttemptLimiter::builder(&key).per_institution(quota(3, 600));
        few.redis(redis).build().unwrap()
    };
    let (one, two) = (build("pk_sandbox_1").await, build("pk_sandbox_2").await);
    for number in 0..3 {
        assert!(one.admit(None, &code(number)).await.is_ok());
    }
    assert!(one.admit(None, &code(3)).await.is_err());
    assert!(two.admit(None, &code(4)).await.is_ok());
}

#[tokio::test]
async fn what_did_not_fail_is_given_back_for_all() {
    let Some(server) = RedisServer::start().await else { return };
    let (one, two) =
        (limiter(&server, "pk_sandbox_1").await, limiter(&server, "pk_sandbox_1").await);
    let client = Some("192.0.2.1".parse().unwrap());
    for number in 0..20 {
        one.admit(client, &code(number)).await.unwrap().give_back();
    }
    until("all are back", async || {
        let Ok(attempt) = two.admit(client, &code(100)).await else { return false };
        attempt.give_back();
        true
    })
    .await;
}

#[tokio::test]
async fn without_redis_each_instance_counts_for_itself_and_with_it_again_all_together() {
    let Some(mut server) = RedisServer::start_own().await else { return };
    let (one, two) =
        (limiter(&server, "pk_sandbox_1").await, limiter(&server, "pk_sandbox_1").await);
    server.kill();
    // Never unbounded: what one instance alone admits is the bound of that instance.
    assert_eq!(admitted(&[&one], 50, 0).await, 20);
    assert_eq!(admitted(&[&two], 50, 0).await, 20);
    server.restart().await;
    let three = limiter(&server, "pk_sandbox_1").await;
    let four = limiter(&server, "pk_sandbox_1").await;
    assert_eq!(admitted(&[&three, &four], 100, 100).await, 20);
}

#[tokio::test]
async fn a_stolen_redis_names_no_code_and_no_address() {
    let Some(server) = RedisServer::start().await else { return };
    let one = limiter(&server, "pk_sandbox_marker").await;
    let address = "198.51.100.77".parse().unwrap();
    let _failed = one.admit(Some(address), &code(1)).await.unwrap();
    let client = redis::Client::open(&*server.url).unwrap();
    let mut thief = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("{}:*", server.prefix);
    let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut thief).await.unwrap();
    assert_eq!(keys.len(), 3);
    let shown = keys.join(" ").to_lowercase();
    for clear in ["wwww", "198.51", "marker", "c6336"] {
        assert!(!shown.contains(clear), "{shown}");
    }
    for key in keys {
        let life: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut thief).await.unwrap();
        assert!(life > 0, "{key} would stay for ever");
    }
}

/// What the script has to answer, by the definition of the algorithm.
fn model(used: u64, now: u64, interval: u64, period: u64) -> Result<u64, u64> {
    let next = used.max(now) + interval;
    if next > now + period { Err(next - now - period) } else { Ok(next) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// The time of Redis is not ours to set: it is read before and after, and where the model says the
    /// same of both moments, so must the script.
    #[test]
    fn the_script_counts_as_the_model_does(
        attempts in 1_u32..8,
        millis in 20_u64..120,
        pauses in prop::collection::vec(0_u64..25, 30),
    ) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let Some(server) = RedisServer::start().await else { return };
            let redis = connected(connection(&server)).await;
            let quota = Quota::new(attempts, Duration::from_millis(millis)).unwrap();
            let limiter = AttemptLimiter::builder(&ApiKey::parse("pk_sandbox_1").unwrap())
                .per_code(quota)
                .redis(redis)
                .build()
                .unwrap();
            let interval = millis * 1_000 / u64::from(attempts);
            let period = interval * u64::from(attempts);
            let client = redis::Client::open(&*server.url).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            let mut time = async || {
                let (secs, micros): (u64, u64) =
                    redis::cmd("TIME").query_async(&mut connection).await.unwrap();
                secs * 1_000_000 + micros
            };
            // The latest and the earliest that all may be used up until.
            let (mut least, mut most) = (0, 0);
            for pause in pauses {
                SystemClock.sleep(Duration::from_millis(pause)).await;
                let before = time().await;
                let verdict = limiter.admit(None, &code(1)).await;
                let after = time().await;
                let admits = model(most, before, interval, period).is_ok();
                let refuses = model(least, after, interval, period).is_err();
                match verdict {
                    Ok(_counted) => {
                        assert!(!refuses, "admitted too early");
                        least = least.max(before) + interval;
                        most = most.max(after) + interval;
                    }
                    Err(_) => assert!(!admits, "refused too long"),
                }
            }
        });
    }
}
