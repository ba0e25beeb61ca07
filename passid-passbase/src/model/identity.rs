use std::fmt;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::{DecodeError, Fields, Resource, Watchlist};
use crate::IdentityAccessKey;
use crate::word::open_enum;

open_enum! {
    /// How far a verification is. Only `approved` is verified.
    IdentityStatus {
        /// Begun.
        Created = "created",
        /// The vendor is working on it.
        Processing = "processing",
        /// The project has to accept or to reject it; also after a watchlist finding.
        Pending = "pending",
        /// Accepted.
        Approved = "approved",
        /// Rejected.
        Declined = "declined",
    }
}

/// One identity (`GET /identities/{id}`).
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Identity {
    /// Its id.
    pub id: Option<IdentityAccessKey>,
    /// How far its verification is.
    pub status: Option<IdentityStatus>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// From 0, nothing verified, to 1, absolute confidence.
    pub score: Option<f64>,
    /// When it was begun, in whole seconds.
    pub created: Option<SystemTime>,
    /// When anything about it last changed, also by an edit: says nothing about the evidence.
    pub updated: Option<SystemTime>,
    /// Its documents and videos.
    pub resources: Vec<Resource>,
    /// What the project's button was given, as the vendor opened it. An object, in a sound answer.
    pub metadata: Option<Value>,
    /// Findings on watchlists; `None` where no check was made.
    pub watchlist: Option<Watchlist>,
    /// Where it came from; of a late version of the vendor's library only.
    pub network: Option<Network>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Identity {
    pub(crate) fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            id: fields.id("id")?,
            status: fields.word("status")?,
            owner: fields.object("owner", Owner::read)?,
            score: fields.number("score")?,
            created: fields.time("created")?,
            updated: fields.time("updated")?,
            resources: fields.objects("resources", Resource::read)?,
            metadata: fields.any("metadata"),
            watchlist: fields.object("watchlist", Watchlist::read)?,
            network: fields.object("network", Network::read)?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("status", &self.status)
            .field("score", &self.score)
            .field("created", &self.created)
            .field("updated", &self.updated)
            .field("resources", &self.resources)
            .field("watchlist", &self.watchlist)
            .finish_non_exhaustive()
    }
}

/// Whose an identity is. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// The e-mail address that the person confirmed to the vendor.
    pub email: Option<String>,
    /// As on the document, often in upper case.
    pub first_name: Option<String>,
    /// As on the document, often in upper case.
    pub last_name: Option<String>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Owner {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self {
            email: fields.text("email")?,
            first_name: fields.text("first_name")?,
            last_name: fields.text("last_name")?,
            extra: fields.rest(),
        })
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owner(redacted)")
    }
}

/// Where a verification came from. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network {
    /// The person's address on the internet.
    pub ip_address: Option<String>,
    /// Fields that this version does not know.
    pub extra: Map<String, Value>,
}

impl Network {
    fn read(mut fields: Fields) -> Result<Self, DecodeError> {
        Ok(Self { ip_address: fields.text("ip_address")?, extra: fields.rest() })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network(redacted)")
    }
}
