use passid_core::{BoxFuture, Environment, Health, Probe, Unavailable, UnavailableKind};

use super::{ErrorKind, PassbaseClient};
use crate::model::ProjectEnvironment;

impl Probe for PassbaseClient {
    /// Reads the project's settings: is the API there, does it take our key, and is the project of the
    /// environment that was stated with the key (decision P80)?
    fn probe(&self) -> BoxFuture<'static, Health> {
        let client = self.clone();
        Box::pin(async move {
            let settings = match client.settings().await {
                Ok(settings) => settings,
                Err(error) if error.kind() == ErrorKind::KeyRefused => return Health::KeyRefused,
                Err(error) => return Health::Unreachable(error.into_unavailable()),
            };
            let told = match settings.environment {
                Some(ProjectEnvironment::Sandbox) => Some(Environment::Sandbox),
                Some(ProjectEnvironment::Production) => Some(Environment::Live),
                _ => None,
            };
            if told == Some(client.environment()) {
                Health::Accepted
            } else {
                let outage = Unavailable::new(UnavailableKind::Misconfigured);
                Health::Unreachable(outage.because(WrongEnvironment))
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the project is not of the environment that was stated with its key")]
struct WrongEnvironment;
