//! The access token: fetched once for any number of calls, kept, renewed early.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use passid_core::client::ApiRequest;
use passid_core::provider::{Exchange, within};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use super::{ApiError, ErrorKind};
use crate::ClientCredentials;
use crate::wire::{DecodeError, Fields};

/// What the token is for; it would be refused without, sooner or later.
const RESOURCE: &str = "https://verify.identity.security";
const ROUTE: &str = "/oidc/token";
/// A token is renewed this long before its end, or at nine tenths of its life if that is later
/// (decision P96).
const EARLY: Duration = Duration::from_secs(60);
/// After an early renewal that failed, the next is tried this much later.
const PAUSE: Duration = Duration::from_secs(5);
/// Longest life that is believed.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The life of a token whose answer does not say: the API's default.
const USUAL: u64 = 3600;
const MAX_TOKEN_BYTES: usize = 16 * 1024;
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// An access token; whoever has it can act as the application for an hour.
pub(crate) struct AccessToken(SecretString);

impl AccessToken {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

struct Kept {
    token: Arc<AccessToken>,
    renew_at: Duration,
    expires_at: Duration,
}

/// The last fetch that failed, for those who waited for it.
#[derive(Default)]
struct Flight {
    failed: Option<(u64, ApiError)>,
}

pub(crate) struct Auth {
    credentials: ClientCredentials,
    url: String,
    kept: Mutex<Option<Kept>>,
    /// Held by the one who fetches.
    flight: tokio::sync::Mutex<Flight>,
    /// How many fetches have ended.
    ended: AtomicU64,
}

impl Auth {
    pub(crate) fn new(credentials: ClientCredentials, url: String) -> Self {
        Self {
            credentials,
            url,
            kept: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
            ended: AtomicU64::new(0),
        }
    }

    pub(crate) fn credentials(&self) -> &ClientCredentials {
        &self.credentials
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that is good now. `exchange` has the time that is left for the call.
    pub(crate) async fn token(&self, exchange: &Exchange) -> Result<Arc<AccessToken>, ApiError> {
        let now = exchange.clock.elapsed();
        let ended = self.ended.load(Ordering::Acquire);
        match self.good(now) {
            Some((token, true)) => return Ok(token),
            Some((token, false)) => return Ok(self.renewed(exchange, token).await),
            None => {}
        }
        let wait = self.flight.lock();
        let Some(mut flight) = within(&*exchange.clock, exchange.operation_timeout, wait).await
        else {
            return Err(ApiError::new(ErrorKind::Timeout));
        };
        let waited = exchange.clock.elapsed().saturating_sub(now);
        if let Some((token, _)) = self.good(exchange.clock.elapsed()) {
            return Ok(token);
        }
        // Whoever waited for a fetch that failed has its answer: one fetch for all of them. That it ran
        // out of time is no answer: its time is over, not ours.
        if let Some((number, error)) = &flight.failed
            && *number > ended
            && error.kind() != ErrorKind::Timeout
        {
            return Err(error.clone());
        }
        let left = exchange.operation_timeout.saturating_sub(waited);
        let exchange = Exchange { operation_timeout: left, ..exchange.clone() };
        self.fetch(&exchange, &mut flight).await
    }

    /// The token that is kept, good or not.
    pub(crate) fn last(&self) -> Option<Arc<AccessToken>> {
        self.kept().as_ref().map(|kept| kept.token.clone())
    }

    /// Drops a token that was refused, unless another has taken its place.
    pub(crate) fn forget(&self, refused: &Arc<AccessToken>) {
        let mut kept = self.kept();
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(&kept.token, refused)) {
            *kept = None;
        }
    }

    /// The token that is kept, if it is still good, and whether it is far from its end.
    fn good(&self, now: Duration) -> Option<(Arc<AccessToken>, bool)> {
        let kept = self.kept();
        let kept = kept.as_ref().filter(|kept| now < kept.expires_at)?;
        Some((kept.token.clone(), now < kept.renew_at))
    }

    /// Near its end one caller renews the token, with half of the time it has; the others go on with
    /// the old one, and so does this one when the renewal fails.
    async fn renewed(&self, exchange: &Exchange, old: Arc<AccessToken>) -> Arc<AccessToken> {
        let Ok(mut flight) = self.flight.try_lock() else { return old };
        let half = exchange.operation_timeout / 2;
        let exchange = Exchange { operation_timeout: half, ..exchange.clone() };
        match self.fetch(&exchange, &mut flight).await {
            Ok(token) => token,
            Err(_) => {
                if let Some(kept) = self.kept().as_mut() {
                    kept.renew_at = exchange.clock.elapsed().saturating_add(PAUSE);
                }
                old
            }
        }
    }

    async fn fetch(
        &self,
        exchange: &Exchange,
        flight: &mut Flight,
    ) -> Result<Arc<AccessToken>, ApiError> {
        let result = self.ask(exchange).await;
        let number = self.ended.fetch_add(1, Ordering::AcqRel) + 1;
        flight.failed = result.as_ref().err().map(|error| (number, error.clone()));
        result
    }

    async fn ask(&self, exchange: &Exchange) -> Result<Arc<AccessToken>, ApiError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", self.credentials.id())
            .append_pair("client_secret", self.credentials.expose_secret())
            .append_pair("grant_type", "client_credentials")
            .append_pair("resource", RESOURCE)
            .finish();
        let request = ApiRequest::new("POST", ROUTE, &*self.url)
            .with_header("accept", "application/json")
            .with_header("content-type", "application/x-www-form-urlencoded")
            .with_body(form)
            .with_max_response_bytes(MAX_RESPONSE_BYTES);
        let asked_at = exchange.clock.elapsed();
        // A token more harms nobody: the request may be repeated.
        let exchanged = exchange.read(&request).await;
        let about = |error: ApiError| {
            error.with_attempts(exchanged.attempts).with_retry_after(exchanged.retry_after)
        };
        let answer = match exchanged.result {
            Ok(answer) => answer,
            Err(error) => return Err(about(ApiError::of_exchange(error, false))),
        };
        let kind = match answer.status() {
            200..=299 => {
                return self.keep(asked_at, answer.body()).map_err(|error| {
                    about(ApiError::new(ErrorKind::Undecodable).because(error))
                        .with_status(answer.status())
                });
            }
            400 | 401 | 403 => ErrorKind::CredentialsRefused,
            429 => ErrorKind::RateLimited,
            500..=599 => ErrorKind::Failed,
            _ => ErrorKind::UnexpectedStatus,
        };
        Err(about(ApiError::new(kind)).with_status(answer.status()))
    }

    /// Its life counts from before it was asked for: it began somewhere in between. A token without any
    /// would be fetched by every caller in turn, so it is none (decision P141).
    fn keep(&self, asked_at: Duration, body: &[u8]) -> Result<Arc<AccessToken>, DecodeError> {
        let mut fields = Fields::parse(body)?;
        let kind: String = fields.required("token_type")?;
        let text: String = fields.required("access_token")?;
        let seconds = fields.optional::<u64>("expires_in")?.unwrap_or(USUAL);
        let fits = (1..=MAX_TOKEN_BYTES).contains(&text.len());
        let usable = fits && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !usable || seconds == 0 || !kind.eq_ignore_ascii_case("bearer") {
            return Err(DecodeError::WrongType);
        }
        let life = Duration::from_secs(seconds).min(LONGEST);
        let fresh_for = life.saturating_sub(EARLY.min(life / 10));
        let token = Arc::new(AccessToken(text.into()));
        *self.kept() = Some(Kept {
            token: token.clone(),
            renew_at: asked_at.saturating_add(fresh_for),
            expires_at: asked_at.saturating_add(life),
        });
        Ok(token)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth(redacted)")
    }
}
