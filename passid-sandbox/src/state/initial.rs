use std::fmt;

use jiff::Timestamp;
use passid_core::Environment;

use super::Limits;
use super::docverify::DocumentSettings;
use super::institution::Institution;
use super::snapshot::{Snapshot, SnapshotError};
use super::world::{BadRow, World};
use crate::demo;
use crate::seed::{Seed, SeedError};

/// What a sandbox holds at its first moment, and again after a reset.
pub(crate) struct Initial {
    pub(crate) sandbox_key: String,
    pub(crate) live_key: String,
    /// What calls to the Passbase API are made with.
    pub(crate) passbase_key: String,
    /// None: what the data file says, or else none.
    pub(crate) passbase_webhook_secret: Option<String>,
    pub(crate) passbase_webhook_url: Option<String>,
    /// None: the one of the data file, or else the demo's.
    pub(crate) webhook_secret: Option<String>,
    /// None: the one of the data file, or else none.
    pub(crate) webhook_url: Option<String>,
    /// Client id and secret of Document Verification.
    pub(crate) docverify_client: (String, String),
    /// Checked. None: those of the data file, or else the usual ones.
    pub(crate) docverify: Option<DocumentSettings>,
    pub(crate) strict_demo_codes: bool,
    /// For identifiers and for what is left to chance.
    pub(crate) random_seed: u64,
    pub(crate) limits: Limits,
    /// Within the calendar. None: the time of the data file, or else the machine's.
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) freeze_clock: bool,
    /// Checked.
    pub(crate) seed: Seed,
}

impl Initial {
    /// Whether the seed can be planted beside what is there anyway.
    pub(crate) fn check(&self) -> Result<(), SeedError> {
        let mut world = World::empty(self.random_seed, self.limits);
        world.put_demo_credentials(self.strict_demo_codes);
        self.configure(&mut world);
        world.check_seed(&self.seed)
    }

    pub(super) fn world(&self, now: Timestamp) -> World {
        let mut world = World::empty(self.random_seed, self.limits);
        world.put_demo_credentials(self.strict_demo_codes);
        self.configure(&mut world);
        world.plant(&self.seed, now);
        world
    }

    /// The world that an export describes, with the keys of this process.
    pub(super) fn world_from(&self, snapshot: Snapshot) -> Result<World, SnapshotError> {
        let mut world = World::empty(self.random_seed, self.limits);
        world.take_snapshot(snapshot)?;
        self.check_keys(&world).map_err(|taken| SnapshotError::Unreadable(taken.to_string()))?;
        self.configure(&mut world);
        Ok(world)
    }

    /// Whether the keys of this process are nobody else's: one of two owners would lose it silently.
    pub(super) fn check_keys(&self, world: &World) -> Result<(), BadRow> {
        let owners = [&self.sandbox_key, &self.live_key]
            .into_iter()
            .filter_map(|key| world.tenant_of_key(key.as_bytes()));
        match owners.map(|tenant| tenant.institution).find(|id| id != demo::INSTITUTION_ID) {
            Some(institution) => Err(BadRow::KeyTaken { institution }),
            None => Ok(()),
        }
    }

    /// Gives the demo institution the keys of this process, whatever a data file says.
    pub(super) fn configure(&self, world: &mut World) {
        let keys = [self.sandbox_key.clone(), self.live_key.clone()];
        let mut institution = match world.institution(demo::INSTITUTION_ID) {
            Some(known) => {
                let [sandbox_key, live_key] = keys;
                let mut known = known.clone();
                known.sandbox.key = sandbox_key;
                known.live.key = live_key;
                known
            }
            None => {
                let name = demo::INSTITUTION_NAME.to_owned();
                Institution::new(demo::INSTITUTION_ID, name, keys, demo::WEBHOOK_SECRET)
            }
        };
        for environment in [Environment::Sandbox, Environment::Live] {
            let webhook = &mut institution.access_mut(environment).webhook;
            if let Some(secret) = &self.webhook_secret {
                webhook.secret.clone_from(secret);
            }
        }
        // A test's receiver should not get the events of both environments without asking for them.
        if let Some(url) = &self.webhook_url {
            institution.access_mut(Environment::Sandbox).webhook.url = Some(url.clone());
        }
        world.put_institution(demo::INSTITUTION_ID, institution);
        let (url, secret) = (&self.passbase_webhook_url, &self.passbase_webhook_secret);
        if url.is_some() || secret.is_some() {
            let mut settings = world.passbase_settings();
            settings.webhook_url = url.clone().or(settings.webhook_url);
            settings.webhook_secret = secret.clone().or(settings.webhook_secret);
            world.put_passbase_settings(settings);
        }
        if let Some(settings) = &self.docverify {
            world.docverify.set(settings.clone());
        }
    }
}

impl fmt::Debug for Initial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initial")
            .field("strict_demo_codes", &self.strict_demo_codes)
            .field("random_seed", &self.random_seed)
            .finish_non_exhaustive()
    }
}
