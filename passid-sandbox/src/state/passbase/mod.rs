//! What the sandbox knows of Passbase identities, and the rules by which they change.

mod identity;
mod planting;
mod rules;
mod settings;
mod told;

use std::collections::HashMap;

use super::Limits;
use super::aged::Aged;
use super::table::{Row, Table};
use super::world::{BadRow, ONLY, World};
use crate::passbase::PassbaseSettings;

pub(crate) use identity::{Identity, IdentityStatus};
pub(super) use planting::check_identity;
pub(crate) use told::Told;

/// The rows of this API.
#[derive(Debug)]
pub(crate) struct PassbaseTables {
    pub(super) identities: Aged<Identity>,
    pub(super) settings: Table<PassbaseSettings>,
    pub(super) told: Table<Told>,
    /// Worked out from the rows: by the key of an identity the key of its row.
    by_key: HashMap<String, String>,
}

impl PassbaseTables {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            identities: Aged::new(limits),
            settings: Table::default(),
            told: Table::default(),
            by_key: HashMap::new(),
        }
    }

    pub(super) fn finish_loading(&mut self) -> Result<(), BadRow> {
        let wrong = |(key, identity): (&String, &Identity)| {
            *key != identity.row_key() || !is_key(&identity.key) || identity.new.check().is_err()
        };
        if self.identities.table().iter().any(wrong) {
            return Err(BadRow::Key(Identity::TABLE));
        }
        self.identities.rebuild();
        // What is put in by hand is checked like what is set.
        if self.settings.iter().any(|(key, settings)| key != ONLY || settings.check().is_err()) {
            return Err(BadRow::Key(PassbaseSettings::TABLE));
        }
        let rows = self.identities.table().iter();
        self.by_key = rows.map(|(row, identity)| (identity.key.clone(), row.clone())).collect();
        if self.by_key.len() != self.identities.table().len() {
            return Err(BadRow::Key(Identity::TABLE));
        }
        Ok(())
    }
}

/// A UUID as it is kept: in lower case.
fn is_key(key: &str) -> bool {
    let groups = key.split('-').map(str::len);
    let fits = |byte: u8| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    groups.eq([8, 4, 4, 4, 12]) && key.bytes().all(fits)
}

impl World {
    pub(crate) fn passbase_settings(&self) -> PassbaseSettings {
        self.passbase.settings.get(ONLY).cloned().unwrap_or_default()
    }

    /// Puts settings in force that were checked.
    pub(crate) fn put_passbase_settings(&mut self, settings: PassbaseSettings) {
        self.passbase.settings.insert(ONLY, settings);
    }

    /// From this place in the order of creation on.
    pub(crate) fn passbase_identities_from(&self, number: u64) -> impl Iterator<Item = &Identity> {
        let from = identity::row_key(number);
        self.passbase.identities.table().iter_from(&from).map(|(_, identity)| identity)
    }

    pub(crate) fn passbase_identity(&self, key: &str) -> Option<&Identity> {
        self.passbase.identities.get(self.passbase.by_key.get(&key.to_ascii_lowercase())?)
    }
}
