use std::sync::Arc;

use passid_sandbox::Sandbox;

use crate::SettingsError;

/// The sandbox inside this program: started when the first provider has no base URL, and shared by all
/// that have none.
#[derive(Debug, Default)]
pub(crate) struct Inside(Option<Arc<Sandbox>>);

impl Inside {
    pub(crate) async fn sandbox(&mut self) -> Result<Arc<Sandbox>, SettingsError> {
        if let Some(running) = &self.0 {
            return Ok(Arc::clone(running));
        }
        let started = Arc::new(Sandbox::start().await?);
        self.0 = Some(Arc::clone(&started));
        Ok(started)
    }
}
