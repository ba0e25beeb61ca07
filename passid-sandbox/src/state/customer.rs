use std::fmt;

use jiff::Timestamp;
use passid_core::Environment;
use serde::{Deserialize, Serialize};

use super::access::jwt;
use super::issued::Credential;
use super::table::Row;
use super::world::World;
use crate::credential::{MintError, NewCredential};

/// A person with a wallet, and the credential in it. What an institution sees of it are shares.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) jwt: String,
    pub(crate) credential: Credential,
}

impl Row for Customer {
    const TABLE: &'static str = "customers";
}

impl World {
    /// A new customer, and the JWT that the wallet signs in with.
    pub(crate) fn add_customer(
        &mut self,
        credential: NewCredential,
        now: Timestamp,
    ) -> Result<(String, String), MintError> {
        self.room_for_one_more()?;
        let credential = Credential::new(credential.into_checked_parts()?, now);
        let id = loop {
            let candidate = self.counters_mut().customer_id();
            if !self.customers.contains(&candidate) {
                break candidate;
            }
        };
        let jwt = jwt("customer", &id, credential.environment);
        self.put_customer(id.clone(), Customer { jwt: jwt.clone(), credential });
        Ok((id, jwt))
    }

    pub(super) fn put_customer(&mut self, id: String, customer: Customer) {
        self.user_jwts.insert(&customer.jwt, id.clone());
        self.customers.insert(id, customer);
    }

    pub(crate) fn jwt_of_customer(&self, id: &str) -> Option<String> {
        self.customers.get(id).map(|customer| customer.jwt.clone())
    }

    pub(super) fn environment_of_customer(&self, id: &str) -> Option<Environment> {
        Some(self.customers.get(id)?.credential.environment)
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer").field("credential", &self.credential).finish_non_exhaustive()
    }
}
