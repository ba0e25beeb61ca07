//! The Passbase API of a running sandbox, from the side of persons, staff and the vendor.

use std::fmt;

use serde_json::Value;

use super::Sandbox;
use crate::passbase::{
    Files, NewIdentity, OlderWebhook, PassbaseSettings, PassbaseWebhook, SettingError, Thresholds,
    TransitionError,
};
use crate::route::Api;
use crate::state::{State, World};
use crate::webhook::{DeliveryFilter, RecordedDelivery};

/// The Passbase API of a [`Sandbox`].
#[derive(Clone, Copy)]
pub struct Passbase<'a> {
    url: &'a str,
    state: &'a State,
}

impl Sandbox {
    /// The Passbase API beside this one: same listener, clock, faults and journal.
    pub fn passbase(&self) -> Passbase<'_> {
        Passbase { url: &self.passbase_url, state: &self.state }
    }
}

impl<'a> Passbase<'a> {
    /// The base URL for a client, version included.
    pub fn url(&self) -> &'a str {
        self.url
    }

    /// The secret key that calls are made with.
    pub fn key(&self) -> &'a str {
        self.state.passbase_key()
    }

    /// A person opens the button: an identity in `created`. Gives its key.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an identity that cannot be kept, and for metadata that cannot be opened, if
    /// the settings refuse that.
    pub fn begin(&self, identity: NewIdentity) -> Result<String, TransitionError> {
        self.state.change_now(|world, now| world.begin_identity(identity, now)).0
    }

    /// The person has handed everything in: `created` becomes `processing`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and in another state.
    pub fn submit(&self, key: &str) -> Result<(), TransitionError> {
        let submitted = self.state.change_now(|world, now| world.submit_identity(key, now));
        submitted.0.map(|_| ())
    }

    /// Processing ends: `processing` becomes `pending`, or what the thresholds say. Sends
    /// `VERIFICATION_COMPLETED`, and `VERIFICATION_REVIEWED` with a decision of the thresholds.
    ///
    /// The documented trap: with a finding on a watchlist, COMPLETED says what the thresholds say, and
    /// the identity is `pending`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and in another state.
    pub fn process(&self, key: &str) -> Result<(), TransitionError> {
        let done = self.state.change_now(|world, now| world.process_identity(key, now));
        done.0.map(|_| ())
    }

    /// Somebody decides, or decides again. Sends `VERIFICATION_REVIEWED`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and before processing has ended.
    pub fn review(&self, key: &str, approve: bool) -> Result<(), TransitionError> {
        let review = |world: &mut World, now| world.review_identity(key, approve, now);
        self.state.change_now(review).0.map(|_| ())
    }

    /// The person is looked for on watchlists; `types` are the kinds of findings, none for a clean
    /// result. A finding sends `WATCHLIST_MONITORING` and makes an approved identity `pending`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and for more findings than are kept.
    pub fn screen(&self, key: &str, types: &[&str]) -> Result<(), TransitionError> {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        let screen = |world: &mut World, now| world.screen_identity(key, types, now);
        self.state.change_now(screen).0.map(|_| ())
    }

    /// The person shows their face again, with success. Sends `IDENTITY_AUTHENTICATED`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and for an identity that is not approved.
    pub fn authenticate(&self, key: &str) -> Result<(), TransitionError> {
        let authenticate = |world: &mut World, now| world.authenticate_identity(key, now);
        self.state.change_now(authenticate).0.map(|_| ())
    }

    /// Somebody edits a data point of the document. Sends `DATAPOINT_UPDATED`.
    ///
    /// # Errors
    ///
    /// [`TransitionError`] for an unknown key, and for more than is kept of an identity.
    pub fn edit(&self, key: &str, name: &str, value: Value) -> Result<(), TransitionError> {
        let edit = |world: &mut World, now| world.edit_identity(key, name, value, now);
        self.state.change_now(edit).0.map(|_| ())
    }

    /// The state that an identity is in, such as `pending`; `None` when there is no such identity.
    pub fn status(&self, key: &str) -> Option<&'static str> {
        self.state.read(|world, _| world.passbase_identity(key).map(|it| it.status.as_str()))
    }

    /// The keys of all identities, in the order of creation.
    pub fn keys(&self) -> Vec<String> {
        self.state
            .read(|world, _| world.passbase_identities_from(0).map(|it| it.key.clone()).collect())
    }

    /// What is in force.
    pub fn settings(&self) -> PassbaseSettings {
        self.state.read(|world, _| world.passbase_settings())
    }

    /// Puts settings in force, from now on.
    ///
    /// # Errors
    ///
    /// [`SettingError`]; the old ones stay.
    pub fn set_settings(&self, settings: PassbaseSettings) -> Result<(), SettingError> {
        settings.check()?;
        self.state.change_now(|world, _| world.put_passbase_settings(settings));
        Ok(())
    }

    fn set(&self, change: impl FnOnce(&mut PassbaseSettings)) -> Result<(), SettingError> {
        let set = |world: &mut World| {
            let mut settings = world.passbase_settings();
            change(&mut settings);
            settings.check()?;
            world.put_passbase_settings(settings);
            Ok(())
        };
        self.state.change_now(|world, _| set(world)).0
    }

    /// Scores at which processing decides by itself; none unless set.
    ///
    /// # Errors
    ///
    /// [`SettingError::Thresholds`].
    pub fn set_thresholds(
        &self,
        thresholds: impl Into<Option<Thresholds>>,
    ) -> Result<(), SettingError> {
        self.set(|settings| settings.thresholds = thresholds.into())
    }

    /// How files are served; as bytes unless set.
    pub fn set_files(&self, files: Files) {
        // No way of serving files can be wrong.
        let _ = self.set(|settings| settings.files = files);
    }

    /// Webhooks are encrypted with this secret, of 32 ASCII characters, from now on; plain unless set.
    ///
    /// # Errors
    ///
    /// [`SettingError::WebhookSecret`].
    pub fn set_webhook_secret(
        &self,
        secret: impl Into<Option<[u8; 32]>>,
    ) -> Result<(), SettingError> {
        let text = |secret: [u8; 32]| {
            String::from_utf8(secret.to_vec()).map_err(|_| SettingError::WebhookSecret)
        };
        let secret = secret.into().map(text).transpose()?;
        self.set(|settings| settings.webhook_secret = secret)
    }

    /// Where webhooks are posted from now on; nowhere unless set.
    ///
    /// # Errors
    ///
    /// [`SettingError::WebhookUrl`].
    pub fn set_webhook_url<'u>(&self, url: impl Into<Option<&'u str>>) -> Result<(), SettingError> {
        self.set(|settings| settings.webhook_url = url.into().map(str::to_owned))
    }

    /// Sends a webhook as it was before November 2020.
    ///
    /// # Errors
    ///
    /// [`TransitionError::Unknown`].
    pub fn send_older(&self, key: &str, older: OlderWebhook) -> Result<(), TransitionError> {
        let secret_key = self.key();
        let send = |world: &mut World, now| world.tell_as_before(key, older, secret_key, now);
        self.state.change_now(send).0
    }

    /// Every webhook that was posted, or is to be, with all its attempts; the oldest first. Faults,
    /// redelivery and [`Sandbox::deliveries_settled`] are those of the sandbox.
    pub fn deliveries(&self) -> Vec<RecordedDelivery> {
        let filter = DeliveryFilter { api: Some(Api::Passbase), ..DeliveryFilter::default() };
        self.state.deliveries(&filter)
    }

    /// The webhooks since the last time, the oldest first, also those that were posted; the last 10,000.
    /// For a test that delivers them itself: order and repetitions are not promised by the vendor, and no
    /// retries are published.
    pub fn take_webhooks(&self) -> Vec<PassbaseWebhook> {
        let taken = self.state.change_now(|world, _| world.take_passbase_webhooks()).0;
        taken.into_iter().map(|told| PassbaseWebhook::new(told.encrypted, told.body)).collect()
    }
}

impl fmt::Debug for Passbase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passbase").field("url", &self.url).finish_non_exhaustive()
    }
}
