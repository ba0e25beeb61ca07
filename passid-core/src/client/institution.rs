//! The settings of the institution: where webhooks go (guide, step 1).
//!
//! These calls take an [`InstitutionJwt`] each, and no client of their own: a JWT belongs to a person
//! who is logged in and ends soon, a client lives as long as the program.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;
use url::Url;

use super::operation::{Credentials, Method, Operation, json_body};
use super::verify::not_done;
use super::wire::{self, Secrets};
use super::{ApiError, ErrorKind, PassidClient};
use crate::{InstitutionJwt, WebhookSecret};

/// Where webhooks are to be sent, and what they are to be signed with.
///
/// `Debug` shows neither, because an address may hold a token, and serde writes nothing of it:
///
/// ```compile_fail,E0277
/// # fn example(webhook: passid_core::client::NewWebhook) {
/// let _ = serde_json::to_string(&webhook); // holds a secret
/// # }
/// ```
///
/// ```
/// use passid_core::client::{NewWebhook, WebhookUrlError};
/// use passid_core::WebhookSecret;
///
/// let webhook = NewWebhook::new("https://yourbank.com/passid/webhook")?
///     .secret(WebhookSecret::parse("whsec_your_32char_secret")?);
/// assert_eq!(NewWebhook::new("yourbank.com").unwrap_err(), WebhookUrlError);
/// # let _ = webhook;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct NewWebhook {
    webhook_url: String,
    webhook_secret: Option<WebhookSecret>,
}

/// What is sent. A type of its own, so that no log can write the secret by way of serde.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    webhook_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<&'a str>,
}

impl NewWebhook {
    /// The longest address, in bytes. Ours.
    pub const MAX_URL_LEN: usize = 2048;

    /// Webhooks go to this address from now on; the secret stays as it is.
    ///
    /// # Errors
    ///
    /// [`WebhookUrlError`] when it is not an absolute `https` or `http` address without user name,
    /// password and fragment, or has anything that readers of addresses take differently: white space,
    /// a backslash, other than two slashes. Whether plain `http` will do is the API's business.
    pub fn new(url: impl Into<String>) -> Result<Self, WebhookUrlError> {
        let webhook_url = url.into();
        if webhook_url.len() > Self::MAX_URL_LEN {
            return Err(WebhookUrlError);
        }
        let url = Url::parse(&webhook_url).map_err(|_| WebhookUrlError)?;
        let plain = is_read_alike(&webhook_url)
            && matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        if plain { Ok(Self { webhook_url, webhook_secret: None }) } else { Err(WebhookUrlError) }
    }

    /// Webhooks are signed with this secret from now on.
    #[must_use]
    pub fn secret(mut self, secret: WebhookSecret) -> Self {
        self.webhook_secret = Some(secret);
        self
    }
}

impl fmt::Debug for NewWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = self.webhook_secret.as_ref();
        f.debug_struct("NewWebhook").field("secret", &secret).finish_non_exhaustive()
    }
}

/// Whether browsers' rules (WHATWG URL), which we check by, and RFC 3986, which the API may read by,
/// see the same host: the former skip white space and take `\` for a slash and any number of slashes.
fn is_read_alike(url: &str) -> bool {
    let surprising = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    let after_scheme = url.split_once("://").map(|(_, rest)| rest);
    !url.chars().any(surprising) && after_scheme.is_some_and(|rest| !rest.starts_with('/'))
}

/// A text is no address that webhooks can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a webhook address is an absolute https address of at most {} bytes, without user name, \
     password and fragment",
    NewWebhook::MAX_URL_LEN
)]
pub struct WebhookUrlError;

/// The settings after a change. The shape of the answer is not published, so that all of it may be
/// missing.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookSettings {
    /// Where webhooks go.
    pub webhook_url: Option<String>,
    /// Whether there is a secret. The API never gives it back.
    pub secret_set: Option<bool>,
    /// When the settings were changed, by the API's clock.
    pub updated_at: Option<SystemTime>,
}

impl fmt::Debug for WebhookSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSettings")
            .field("secret_set", &self.secret_set)
            .field("updated_at", &self.updated_at)
            .finish_non_exhaustive()
    }
}

impl PassidClient {
    /// Says where webhooks go, and what they are signed with (guide, step 1). Takes the institution
    /// JWT; the key is not sent. The same settings twice are the same settings, so that passing
    /// failures are tried again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::JwtRefused`], and the kinds of calls that were not carried out.
    ///
    /// ```
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// # use passid_core::{ApiKey, PassidClient};
    /// use passid_core::client::NewWebhook;
    /// use passid_core::{InstitutionJwt, WebhookSecret};
    ///
    /// let sandbox = passid_sandbox::Sandbox::start().await?;
    /// # let client = PassidClient::builder(ApiKey::parse(sandbox.sandbox_key())?)
    /// #     .base_url(sandbox.url())
    /// #     .build()?;
    /// let jwt = InstitutionJwt::parse(&sandbox.institution_jwt())?;
    /// let webhook = NewWebhook::new("https://yourbank.com/passid/webhook")?
    ///     .secret(WebhookSecret::parse("whsec_your_32char_secret")?);
    /// let settings = client.set_webhook(&jwt, &webhook).await?;
    /// assert_eq!(settings.secret_set, Some(true));
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn set_webhook(
        &self,
        jwt: &InstitutionJwt,
        webhook: &NewWebhook,
    ) -> Result<WebhookSettings, ApiError> {
        let new_secret = webhook.webhook_secret.as_ref().map(WebhookSecret::expose);
        let body =
            json_body(&Body { webhook_url: &webhook.webhook_url, webhook_secret: new_secret });
        let secrets = [self.shared.key.expose(), jwt.expose(), new_secret.unwrap_or_default()];
        let secrets = Secrets(&secrets);
        let route = "/api/institution/webhook";
        let operation = Operation {
            method: Method::Patch,
            credentials: Credentials::Jwt(jwt),
            ..Operation::post("set_webhook", route, body, secrets)
        };
        self.call(operation, |received| {
            if !received.is_success() {
                return Err(not_done(received, secrets, ErrorKind::JwtRefused));
            }
            if received.has_no_content() {
                return Ok(WebhookSettings::default());
            }
            wire::webhook_settings(received.response.body())
                .map_err(|error| received.undecodable(error))
        })
        .await
    }
}
