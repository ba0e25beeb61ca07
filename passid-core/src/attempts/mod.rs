//! Bounds on redemption attempts, so that share codes cannot be guessed: [`AttemptLimiter`].

mod builder;
mod local;
mod quota;
#[cfg(feature = "redis")]
mod shared;
mod subject;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use builder::{AttemptBuildError, AttemptLimiterBuilder};
pub use quota::{Quota, QuotaError};

use crate::guard::RequestView;
use crate::{ApiKey, Clock, ShareCode};
use local::Local;
use subject::{Subject, client};

/// Bounds failed redemptions per code, per client address and per institution. Clones share the counts.
///
/// An attempt is counted before the code is redeemed, and given back when it did not fail: when the
/// code was good, or nobody could say. So honest customers cost nothing, and any number of guesses at
/// once is bounded (decision P79).
///
/// Counts are kept in the memory of this instance and, with
/// [`AttemptLimiterBuilder::redis`], in Redis for all of them. While Redis is away each instance goes
/// on with its own.
///
/// Give it to the guard before a [`RedeemingVerifier`](crate::RedeemingVerifier), with
/// [`GuardBuilder::attempt_limiter`](crate::GuardBuilder::attempt_limiter): beyond a bound the answer
/// is 429 `TOO_MANY_ATTEMPTS` with `Retry-After`. Where you redeem codes yourself, ask
/// [`admit`](Self::admit).
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::net::IpAddr;
/// use passid_core::{ApiKey, AttemptLimiter, ShareCode};
///
/// let key = ApiKey::parse("pk_sandbox_your_key")?;
/// let limiter = AttemptLimiter::builder(&key).build()?;
///
/// let client: IpAddr = "192.0.2.7".parse()?;
/// let code = ShareCode::parse("KE8V-3TXY-Z72L")?;
/// for _ in 0..5 {
///     limiter.admit(Some(client), &code).await?;
/// }
/// let refused = limiter.admit(Some(client), &code).await.unwrap_err();
/// assert!(refused.retry_after().as_secs() > 0);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct AttemptLimiter {
    shared: Arc<Shared>,
}

struct Shared {
    key: [u8; 32],
    institution: Subject,
    per_client: Quota,
    per_code: Quota,
    client_header: Option<String>,
    local: Local,
    #[cfg(feature = "redis")]
    redis: Option<crate::redis::Redis>,
    clock: Arc<dyn Clock>,
}

/// An attempt that may be made, and has been counted.
#[must_use = "give it back unless the attempt failed"]
pub struct Attempt {
    limiter: AttemptLimiter,
    subjects: Vec<Subject>,
    /// Whether Redis has counted it too.
    shared: bool,
}

/// Too many attempts have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts have failed; try again later")]
pub struct TooManyAttempts {
    retry_after: Duration,
}

impl TooManyAttempts {
    /// How long to wait.
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

impl AttemptLimiter {
    /// Starts a limiter for the institution of this key.
    pub fn builder(key: &ApiKey) -> AttemptLimiterBuilder {
        AttemptLimiterBuilder::new(key)
    }

    /// Counts an attempt to redeem a code, if it may be made.
    ///
    /// Without an address only the code and the institution are bounded.
    ///
    /// # Errors
    ///
    /// [`TooManyAttempts`], and then nothing was counted.
    pub async fn admit(
        &self,
        address: Option<IpAddr>,
        code: &ShareCode,
    ) -> Result<Attempt, TooManyAttempts> {
        let shared = &*self.shared;
        let mut subjects = vec![
            Subject::new(&shared.key, "code", code.expose().as_bytes(), shared.per_code),
            shared.institution,
        ];
        if let Some(address) = address {
            let client = client(address);
            subjects.push(Subject::new(&shared.key, "client", &client, shared.per_client));
        }
        let now = u64::try_from(shared.clock.elapsed().as_micros()).unwrap_or(u64::MAX);
        let too_many = |micros| TooManyAttempts { retry_after: Duration::from_micros(micros) };
        // What this instance has counted alone is a part of what all have: its refusal is theirs.
        shared.local.attempt(&subjects, now).map_err(too_many)?;
        #[cfg(not(feature = "redis"))]
        let in_redis = false;
        #[cfg(feature = "redis")]
        let in_redis = match &shared.redis {
            Some(redis) => match shared::attempt(redis, &subjects).await {
                Ok(Ok(())) => true,
                Ok(Err(wait)) => {
                    shared.local.give_back(&subjects);
                    return Err(too_many(wait));
                }
                Err(crate::redis::NoAnswer) => false,
            },
            None => false,
        };
        Ok(Attempt { limiter: self.clone(), subjects, shared: in_redis })
    }

    /// The address that a request counts for: that of the connection, unless a header is trusted.
    pub(crate) fn address(&self, request: &(impl RequestView + ?Sized)) -> Option<IpAddr> {
        let Some(header) = &self.shared.client_header else { return request.peer_address() };
        let mut last = None;
        request.each_header(header, &mut |value| last = Some(value));
        // P79: what the nearest proxy has added stands last; what stands before it anybody can say.
        last.and_then(|value| std::str::from_utf8(value).ok())
            .and_then(|value| value.rsplit(',').next())
            .and_then(|address| address.trim().parse().ok())
            .or_else(|| request.peer_address())
    }
}

impl Attempt {
    /// Takes the attempt out of the count: it did not fail.
    pub fn give_back(self) {
        self.limiter.shared.local.give_back(&self.subjects);
        #[cfg(feature = "redis")]
        if let (true, Some(redis)) = (self.shared, &self.limiter.shared.redis) {
            shared::give_back(redis, &self.subjects);
        }
    }
}

impl fmt::Debug for AttemptLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptLimiter")
            .field("per_code", &self.shared.per_code)
            .field("per_client", &self.shared.per_client)
            .field("per_institution", &self.shared.institution.quota)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("shared", &self.shared).finish_non_exhaustive()
    }
}
