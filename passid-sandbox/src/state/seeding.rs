//! Planting a [`Seed`].

use std::collections::HashSet;

use jiff::Timestamp;
use passid_core::{ApiKey, Environment, ShareCode, Token};

use super::access::jwt;
use super::customer::Customer;
use super::institution::{Access, Institution, Webhook};
use super::issued::Credential;
use super::ledger::{Code, CodeLife, MINTED_LIMIT};
use super::passbase::check_identity;
use super::world::World;
use crate::credential::NewCredential;
use crate::demo;
use crate::limits::{check_id, check_webhook_secret, check_webhook_url};
use crate::seed::{Seed, SeedAccess, SeedError, SeedInstitution};

const MAX_ENTRIES: usize = 10_000;

impl World {
    /// Takes what a seed holds, or nothing of it.
    pub(crate) fn seed(&mut self, seed: &Seed, now: Timestamp) -> Result<(), SeedError> {
        self.check_seed(seed)?;
        self.plant(seed, now);
        Ok(())
    }

    /// Whether everything in a seed can be taken.
    pub(crate) fn check_seed(&self, seed: &Seed) -> Result<(), SeedError> {
        let entry = |table, index: usize, problem: String| SeedError::Entry {
            table,
            number: index + 1,
            problem,
        };
        let entries = seed.institutions.len()
            + seed.customers.len()
            + seed.tokens.len()
            + seed.codes.len()
            + seed.passbase_identities.len();
        if entries > MAX_ENTRIES {
            return Err(SeedError::Unreadable(format!("it has more than {MAX_ENTRIES} entries")));
        }
        self.check_room(seed)?;
        let mut secrets: HashSet<&str> = HashSet::new();
        let is_known = |jwt: &str| {
            self.tenant_of_jwt(jwt.as_bytes()).is_some()
                || self.customer_of_jwt(jwt.as_bytes()).is_some()
        };
        for (index, new) in seed.institutions.iter().enumerate() {
            let entry = |problem| entry("institutions", index, problem);
            check_id(&new.id).map_err(entry)?;
            if self.institutions.contains(&new.id) {
                continue;
            }
            for (environment, access) in
                [(Environment::Sandbox, &new.sandbox), (Environment::Live, &new.live)]
            {
                let Some(access) = access else { continue };
                check_access(access, environment).map_err(entry)?;
                let known = self.tenant_of_key(access.key.as_bytes()).is_some();
                if known || !secrets.insert(&*access.key) {
                    return Err(entry("its key is another's already".to_owned()));
                }
                if let Some(jwt) = &access.jwt
                    && (is_known(jwt) || jwt.trim().is_empty() || !secrets.insert(jwt))
                {
                    return Err(entry("its JWT is blank or another's already".to_owned()));
                }
            }
        }
        for (index, new) in seed.customers.iter().enumerate() {
            let entry = |problem| entry("customers", index, problem);
            check_id(&new.id).map_err(entry)?;
            check_credential(&new.credential).map_err(entry)?;
            if self.customers.contains(&new.id) {
                continue;
            }
            let mut taken = |jwt| is_known(jwt) || jwt.trim().is_empty() || !secrets.insert(jwt);
            if new.jwt.as_deref().is_some_and(&mut taken) {
                return Err(entry("its JWT is blank or another's already".to_owned()));
            }
        }
        for (index, new) in seed.tokens.iter().enumerate() {
            let entry = |problem| entry("tokens", index, problem);
            Token::parse(&new.token).map_err(|error| entry(error.to_string()))?;
            check_credential(&new.credential).map_err(entry)?;
        }
        for (index, new) in seed.codes.iter().enumerate() {
            let entry = |problem| entry("codes", index, problem);
            ShareCode::parse(&new.code).map_err(|error| entry(error.to_string()))?;
            check_credential(&new.credential).map_err(entry)?;
        }
        for (index, new) in seed.passbase_identities.iter().enumerate() {
            check_identity(new).map_err(|problem| entry("passbase_identities", index, problem))?;
        }
        Ok(())
    }

    /// Whether there is room for what is new in a seed.
    fn check_room(&self, seed: &Seed) -> Result<(), SeedError> {
        let full = |what, limit| {
            Err(SeedError::Unreadable(format!("with it there would be more than {limit} {what}")))
        };
        let institutions = seed.institutions.iter().map(|new| &*new.id);
        let new = institutions.filter(|id| !self.institutions.contains(id)).count();
        if new > 0 && self.institutions.len() + new > MAX_ENTRIES {
            return full("institutions", MAX_ENTRIES);
        }
        let customers =
            seed.customers.iter().filter(|new| !self.customers.contains(&new.id)).count();
        let tokens = seed.tokens.iter().filter_map(|new| Token::parse(&new.token).ok());
        let codes = seed.codes.iter().filter_map(|new| ShareCode::parse(&new.code).ok());
        let new = customers
            + tokens.filter(|token| !self.tokens.contains(token.expose())).count()
            + codes.filter(|code| !self.codes.contains(code.expose())).count();
        if new > 0 && self.tokens.len() + self.customers.len() + new > MINTED_LIMIT {
            return full("tokens and customers", MINTED_LIMIT);
        }
        Ok(())
    }

    /// Takes a seed that was checked. What exists stays as it is.
    pub(super) fn plant(&mut self, seed: &Seed, now: Timestamp) {
        for new in &seed.institutions {
            if !self.institutions.contains(&new.id) {
                self.put_institution(&new.id, institution(new));
            }
        }
        for new in &seed.customers {
            if let Some(credential) = issued(&new.credential, now)
                && !self.customers.contains(&new.id)
            {
                let made = || jwt("customer", &new.id, credential.environment);
                let jwt = new.jwt.clone().unwrap_or_else(made);
                self.put_customer(new.id.clone(), Customer { jwt, credential });
            }
        }
        for new in &seed.tokens {
            if let (Ok(token), Some(credential)) =
                (Token::parse(&new.token), issued(&new.credential, now))
                && !self.tokens.contains(token.expose())
            {
                self.tokens.insert(token.expose(), credential);
            }
        }
        for new in &seed.codes {
            if let (Ok(code), Some(credential)) =
                (ShareCode::parse(&new.code), issued(&new.credential, now))
                && !self.codes.contains(code.expose())
            {
                let life = if new.repeatable { CodeLife::Repeatable } else { CodeLife::Unused };
                let token = self.put_token(credential);
                self.codes.insert(code.expose(), Code { token, life });
            }
        }
        for new in &seed.passbase_identities {
            self.plant_identity(new, now);
        }
    }
}

fn issued(new: &NewCredential, now: Timestamp) -> Option<Credential> {
    let parts = new.clone().into_checked_parts().ok()?;
    Some(Credential::new(parts, now))
}

fn check_credential(new: &NewCredential) -> Result<(), String> {
    new.clone().into_checked_parts().map(drop).map_err(|error| error.to_string())
}

fn check_access(access: &SeedAccess, environment: Environment) -> Result<(), String> {
    ApiKey::in_environment(&access.key, environment).map_err(|error| error.to_string())?;
    if let Some(url) = &access.webhook_url {
        check_webhook_url(url)?;
    }
    if let Some(secret) = &access.webhook_secret {
        check_webhook_secret(secret)?;
    }
    Ok(())
}

/// An environment that the seed leaves out gets a key that no header can carry.
fn institution(new: &SeedInstitution) -> Institution {
    let access = |seed: &Option<SeedAccess>, environment: Environment| {
        let made = || jwt("institution", &new.id, environment);
        let unused = || format!("\n{}", made());
        let given = seed.as_ref();
        Access {
            key: given.map_or_else(unused, |access| access.key.clone()),
            jwt: given.and_then(|access| access.jwt.clone()).unwrap_or_else(made),
            webhook: Webhook {
                url: given.and_then(|access| access.webhook_url.clone()),
                secret: given
                    .and_then(|access| access.webhook_secret.clone())
                    .unwrap_or_else(|| demo::WEBHOOK_SECRET.to_owned()),
                previous_secret: None,
            },
        }
    };
    Institution {
        name: new.name.clone().unwrap_or_else(|| format!("Institution {}", new.id)),
        sandbox: access(&new.sandbox, Environment::Sandbox),
        live: access(&new.live, Environment::Live),
    }
}
