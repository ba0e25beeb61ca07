//! Identities, resources and settings as the published schemas have them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::page::PassbaseCursor;
use crate::state::{Identity, IdentityStatus};

#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseIdentity<'a> {
    #[schema(format = "uuid")]
    id: &'a str,
    status: IdentityStatus,
    /// From 0 to 1.
    score: f64,
    /// In seconds since 1970, like every time here.
    created: i64,
    updated: i64,
    owner: PassbaseOwner<'a>,
    resources: Vec<PassbaseResource<'a>>,
    /// What the button was given, opened.
    #[schema(value_type = Option<Object>)]
    metadata: &'a Value,
    /// `null` where nobody has looked.
    watchlist: Option<PassbaseWatchlist<'a>>,
}

#[derive(Serialize, ToSchema)]
struct PassbaseOwner<'a> {
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseResource<'a> {
    #[schema(format = "uuid")]
    id: &'a str,
    /// `created`, `processing` or `processed`.
    status: &'static str,
    /// Such as `PASSPORT`; an open list.
    #[serde(rename = "type")]
    kind: &'a str,
    created: i64,
    updated: i64,
    resource_files: [PassbaseFileEntry<'a>; 1],
    /// Inside of an identity only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    datapoints: Option<&'a Map<String, Value>>,
}

#[derive(Serialize, ToSchema)]
struct PassbaseFileEntry<'a> {
    #[schema(format = "uuid")]
    id: &'a str,
    /// `document_image`.
    #[serde(rename = "type")]
    kind: &'static str,
    page: u32,
    created: i64,
    updated: i64,
}

/// A file, where it is served as the description has it.
#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseFile<'a> {
    #[schema(format = "uuid")]
    pub(super) id: &'a str,
    pub(super) created: i64,
    pub(super) updated: i64,
    /// In base64.
    pub(super) file: String,
}

/// P104: with empty members where nothing was found.
#[derive(Serialize, ToSchema)]
struct PassbaseWatchlist<'a> {
    clean: bool,
    listings: BTreeMap<&'static str, PassbaseListing<'a>>,
    #[schema(value_type = Vec<Object>)]
    media: [(); 0],
    sources: Vec<&'static str>,
    types: &'a [String],
}

#[derive(Serialize, ToSchema)]
struct PassbaseListing<'a> {
    url: &'static str,
    name: &'static str,
    aml_types: &'a [String],
    listing_started_utc: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseIdentityPage<'a> {
    pub(super) cursor: PassbaseCursor,
    pub(super) data: Vec<PassbaseIdentity<'a>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseResourcePage<'a> {
    pub(super) cursor: PassbaseCursor,
    pub(super) data: Vec<PassbaseResource<'a>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PassbaseProject {
    #[schema(format = "uuid")]
    id: &'static str,
    slug: &'static str,
    /// `sandbox`.
    environment: &'static str,
    organization: &'static str,
    customizations: PassbaseCustomizations,
    verification_steps: [PassbaseStep; 3],
}

#[derive(Serialize, ToSchema)]
struct PassbaseCustomizations {
    button_color: &'static str,
    accent_color: &'static str,
    font_family: &'static str,
}

#[derive(Serialize, ToSchema)]
struct PassbaseStep {
    step: &'static str,
    resource_types: &'static [&'static str],
}

pub(super) fn identity(identity: &Identity) -> PassbaseIdentity<'_> {
    let new = &identity.new;
    PassbaseIdentity {
        id: &identity.key,
        status: identity.status,
        score: if identity.processed.is_some() { new.score } else { 0.0 },
        created: identity.created.as_second(),
        updated: identity.updated.as_second(),
        owner: PassbaseOwner {
            email: &new.email,
            first_name: &new.first_name,
            last_name: &new.last_name,
        },
        resources: resource(identity, true).into_iter().collect(),
        metadata: &new.metadata,
        watchlist: identity.findings.as_deref().map(watchlist),
    }
}

fn watchlist(types: &[String]) -> PassbaseWatchlist<'_> {
    const SOURCE: &str = "sandbox-list";
    let listing = PassbaseListing {
        url: "https://lists.example.com",
        name: "Sandbox list",
        aml_types: types,
        listing_started_utc: "2020-02-17T00:00:00Z",
    };
    let clean = types.is_empty();
    PassbaseWatchlist {
        clean,
        listings: (!clean).then_some((SOURCE, listing)).into_iter().collect(),
        media: [],
        sources: (!clean).then_some(SOURCE).into_iter().collect(),
        types,
    }
}

/// The one resource of an identity, which has data points inside an identity only.
pub(super) fn resource(identity: &Identity, inside: bool) -> Option<PassbaseResource<'_>> {
    let document = identity.new.document.as_ref()?;
    let created = identity.created.as_second();
    Some(PassbaseResource {
        id: &identity.resource_id,
        status: match identity.status {
            IdentityStatus::Created => "created",
            IdentityStatus::Processing => "processing",
            IdentityStatus::Pending | IdentityStatus::Approved | IdentityStatus::Declined => {
                "processed"
            }
        },
        kind: &document.kind,
        created,
        updated: identity.updated.as_second(),
        resource_files: [PassbaseFileEntry {
            id: &identity.file_id,
            kind: "document_image",
            page: 1,
            created,
            updated: created,
        }],
        datapoints: inside.then_some(&document.data_points),
    })
}

pub(super) fn project() -> PassbaseProject {
    let step = |step, resource_types| PassbaseStep { step, resource_types };
    PassbaseProject {
        id: "00000000-5a5a-4000-8000-000000000000",
        slug: "sandbox",
        environment: "sandbox",
        organization: "Sandbox",
        customizations: PassbaseCustomizations {
            button_color: "#000",
            accent_color: "#000",
            font_family: "Sans",
        },
        verification_steps: [
            step("email", &["EMAIL"]),
            step("liveness_check", &["FACE_VIDEO"]),
            step("identity_document_check", &["PASSPORT", "DRIVERS_LICENSE"]),
        ],
    }
}
