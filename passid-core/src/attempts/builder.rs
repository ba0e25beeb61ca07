//! The settings of a limiter.

use std::fmt;
use std::sync::Arc;

use super::local::Local;
use super::subject::Subject;
use super::{AttemptLimiter, Quota, Shared};
use crate::keyed::mac;
#[cfg(feature = "redis")]
use crate::redis::Redis;
use crate::{ApiKey, Clock, SystemClock};

/// Sets an [`AttemptLimiter`] up; made by [`AttemptLimiter::builder`]. The defaults are ours (decision
/// P79).
#[must_use]
pub struct AttemptLimiterBuilder {
    /// A hash of the institution's key.
    institution: [u8; 32],
    per_code: Quota,
    per_client: Quota,
    per_institution: Quota,
    capacity: usize,
    client_header: Option<String>,
    #[cfg(feature = "redis")]
    redis: Option<Redis>,
    clock: Arc<dyn Clock>,
}

impl AttemptLimiterBuilder {
    pub(super) fn new(key: &ApiKey) -> Self {
        Self {
            institution: mac(b"passid-institution-1", &[key.expose().as_bytes()]),
            per_code: Quota::of(5, 600),
            per_client: Quota::of(20, 600),
            per_institution: Quota::of(1_000, 600),
            capacity: 100_000,
            client_header: None,
            #[cfg(feature = "redis")]
            redis: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Failed attempts with one code; 5 in ten minutes unless set.
    pub fn per_code(mut self, quota: Quota) -> Self {
        self.per_code = quota;
        self
    }

    /// Failed attempts from one client address, of IPv6 from one network of 64 bits; 20 in ten minutes
    /// unless set.
    pub fn per_client(mut self, quota: Quota) -> Self {
        self.per_client = quota;
        self
    }

    /// Failed attempts of all clients together; 1,000 in ten minutes unless set. Beyond it nobody's
    /// codes are taken for a while, so it stands far above what honest mistakes come to.
    pub fn per_institution(mut self, quota: Quota) -> Self {
        self.per_institution = quota;
        self
    }

    /// How many codes and addresses are remembered at most in the memory of this instance; 100,000
    /// unless set.
    pub fn capacity(mut self, subjects: usize) -> Self {
        self.capacity = subjects;
        self
    }

    /// Takes the client's address from this header, such as `x-real-ip` or `x-forwarded-for`: of
    /// several, the last. **Only behind a proxy that sets it**: otherwise each caller chooses its own
    /// address.
    ///
    /// Unless set the address is that of the connection.
    pub fn client_header(mut self, name: &str) -> Self {
        self.client_header = Some(name.to_ascii_lowercase());
        self
    }

    /// Counts in Redis, for all instances together.
    #[cfg(feature = "redis")]
    pub fn redis(mut self, redis: Redis) -> Self {
        self.redis = Some(redis);
        self
    }

    /// The clock of the counts in memory; Redis counts by its own.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The limiter.
    ///
    /// # Errors
    ///
    /// [`AttemptBuildError`].
    pub fn build(self) -> Result<AttemptLimiter, AttemptBuildError> {
        // Room for one attempt's subjects at least.
        if self.capacity < 3 {
            return Err(AttemptBuildError::Capacity);
        }
        #[cfg(feature = "redis")]
        let shared_key = self.redis.as_ref().and_then(Redis::attempts_key);
        #[cfg(not(feature = "redis"))]
        let shared_key: Option<[u8; 32]> = None;
        let key = match shared_key {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(|_| AttemptBuildError::NoRandomness)?;
                key
            }
        };
        let institution =
            Subject::new(&key, "institution", &self.institution, self.per_institution);
        Ok(AttemptLimiter {
            shared: Arc::new(Shared {
                key,
                institution,
                per_client: self.per_client,
                per_code: self.per_code,
                client_header: self.client_header,
                local: Local::new(self.capacity, institution.id),
                #[cfg(feature = "redis")]
                redis: self.redis,
                clock: self.clock,
            }),
        })
    }
}

impl fmt::Debug for AttemptLimiterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptLimiterBuilder")
            .field("per_code", &self.per_code)
            .field("per_client", &self.per_client)
            .field("per_institution", &self.per_institution)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Why a limiter cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptBuildError {
    /// Not even one attempt could be remembered.
    #[error("the capacity of the limiter must be at least 3")]
    Capacity,
    /// The secret of the names cannot be made.
    #[error("the operating system gives no random numbers; the limiter needs some for its names")]
    NoRandomness,
}
