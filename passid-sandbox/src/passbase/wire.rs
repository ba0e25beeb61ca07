//! Identities, resources and settings as the published schemas have them.

use serde_json::{Value, json};

use super::world::{Record, Status};

pub(super) fn identity(record: &Record) -> Value {
    let new = &record.new;
    let seen = record.processed.is_some();
    let resources: Vec<Value> = resource(record, true).into_iter().collect();
    json!({
        "id": record.key,
        "status": record.status.as_str(),
        "score": if seen { new.score } else { 0.0 },
        "created": record.created,
        "updated": record.updated,
        "owner": {
            "email": new.email, "first_name": new.first_name, "last_name": new.last_name
        },
        "resources": resources,
        "metadata": new.metadata,
        "watchlist": watchlist(record)
    })
}

/// `null` where nobody has looked; with empty members where nothing was found.
fn watchlist(record: &Record) -> Value {
    let Some(types) = &record.findings else { return Value::Null };
    let listings = match types.as_slice() {
        [] => json!({}),
        types => json!({"sandbox-list": {
            "url": "https://lists.example.com", "name": "Sandbox list", "aml_types": types,
            "listing_started_utc": "2020-02-17T00:00:00Z"
        }}),
    };
    let sources: &[&str] = if types.is_empty() { &[] } else { &["sandbox-list"] };
    json!({
        "clean": types.is_empty(), "listings": listings, "media": [], "sources": sources,
        "types": types
    })
}

/// The one resource of an identity, which has data points inside an identity only.
pub(super) fn resource(record: &Record, inside: bool) -> Option<Value> {
    let document = record.new.document.as_ref()?;
    let status = match record.status {
        Status::Created => "created",
        Status::Processing => "processing",
        Status::Pending | Status::Approved | Status::Declined => "processed",
    };
    let mut resource = json!({
        "id": record.resource_id,
        "status": status,
        "type": document.kind,
        "created": record.created,
        "updated": record.updated,
        "resource_files": [{
            "id": record.file_id, "type": "document_image", "page": 1, "created": record.created,
            "updated": record.created
        }]
    });
    if inside && let Some(fields) = resource.as_object_mut() {
        fields.insert("datapoints".to_owned(), Value::Object(document.data_points.clone()));
    }
    Some(resource)
}

pub(super) fn settings() -> Value {
    json!({
        "id": "00000000-5a5a-4000-8000-000000000000", "slug": "sandbox", "environment": "sandbox",
        "organization": "Sandbox",
        "customizations": {"button_color": "#000", "accent_color": "#000", "font_family": "Sans"},
        "verification_steps": [
            {"step": "email", "resource_types": ["EMAIL"]},
            {"step": "liveness_check", "resource_types": ["FACE_VIDEO"]},
            {"step": "identity_document_check", "resource_types": ["PASSPORT", "DRIVERS_LICENSE"]}
        ]
    })
}
