use std::fmt;

use passid_core::Environment;
use serde::{Deserialize, Serialize};

use super::access::jwt;
use super::table::Row;

/// An institution: its two environments are two worlds (guide, step 10).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Institution {
    pub(crate) name: String,
    pub(crate) sandbox: Access,
    pub(crate) live: Access,
}

/// What an institution has in one environment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(crate) key: String,
    /// P17: one JWT per environment, as there is one key per environment.
    pub(crate) jwt: String,
    pub(crate) webhook: Webhook,
}

/// Where events go and how they are signed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub(crate) url: Option<String>,
    pub(crate) secret: String,
    /// For deliveries that are told to be signed with the secret before the last change.
    pub(crate) previous_secret: Option<String>,
}

impl Row for Institution {
    const TABLE: &'static str = "institutions";
}

impl Institution {
    pub(crate) fn new(id: &str, name: String, keys: [String; 2], webhook_secret: &str) -> Self {
        let [sandbox_key, live_key] = keys;
        let access = |key, environment| Access {
            key,
            jwt: jwt("institution", id, environment),
            webhook: Webhook {
                url: None,
                secret: webhook_secret.to_owned(),
                previous_secret: None,
            },
        };
        Self {
            name,
            sandbox: access(sandbox_key, Environment::Sandbox),
            live: access(live_key, Environment::Live),
        }
    }

    pub(crate) fn access(&self, environment: Environment) -> &Access {
        match environment {
            Environment::Live => &self.live,
            _ => &self.sandbox,
        }
    }

    pub(crate) fn access_mut(&mut self, environment: Environment) -> &mut Access {
        match environment {
            Environment::Live => &mut self.live,
            _ => &mut self.sandbox,
        }
    }
}

impl Webhook {
    /// Takes new settings; a secret that is left out stays (guide, step 1).
    pub(crate) fn set(&mut self, url: String, secret: Option<String>) {
        self.url = Some(url);
        if let Some(secret) = secret
            && secret != self.secret
        {
            self.previous_secret = Some(std::mem::replace(&mut self.secret, secret));
        }
    }
}

impl fmt::Debug for Institution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Institution").field("name", &self.name).finish_non_exhaustive()
    }
}
