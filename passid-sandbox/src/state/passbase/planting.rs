//! Identities of a seed.

use jiff::Timestamp;

use super::identity::IdentityStatus;
use super::is_key;
use crate::passbase::check_size;
use crate::seed::SeedIdentity;
use crate::state::world::World;

pub(in crate::state) fn check_identity(new: &SeedIdentity) -> Result<(), String> {
    if !is_key(&new.key) {
        return Err("its key is no UUID in lower case".to_owned());
    }
    // The settings that it would be opened by may come later.
    if new.identity.signed_metadata.is_some() {
        return Err("its metadata must be given opened".to_owned());
    }
    let checked = new.identity.check().and_then(|()| check_size(new));
    checked.map_err(|error| error.to_string())
}

impl World {
    /// An identity of a seed that was checked. It is as it is said to be, and tells nobody.
    pub(in crate::state) fn plant_identity(&mut self, new: &SeedIdentity, now: Timestamp) {
        if self.passbase_identity(&new.key).is_some() {
            return;
        }
        self.add_identity(new.key.clone(), new.identity.clone(), now);
        let planted = self.change_identity(&new.key, now, |identity| {
            let done = !matches!(new.status, IdentityStatus::Created | IdentityStatus::Processing);
            identity.status = new.status;
            identity.processed = done.then_some(now);
            identity.findings.clone_from(&new.findings);
            Ok(())
        });
        if planted.is_err() {
            tracing::error!("an identity of the seed could not be planted");
        }
    }
}
