//! The published reads. `/identities` is the collection and one identity, `/identity` everything
//! below one.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::world::{Files, Record};
use super::{SECRET_KEY, Shared, wire};

pub(super) const PREFIX: &str = "/verification/v2";
/// The size of a page unless asked for, and the maximum; neither is published (decision P81).
const PAGE: usize = 100;
/// The signature of PNG files, which is enough of one.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

type World = State<Arc<Shared>>;
type Answer = Result<Response, Refusal>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let routes = Router::new()
        .route("/settings", get(async || json(&wire::settings())))
        .route("/identities", get(identities))
        .route("/identities/{id}", get(identity))
        .route("/identity/{id}/resources", get(resources))
        .route("/identity/{id}/resources/{resource}", get(resource))
        .route("/identity/{id}/resources/{resource}/resource_files/{file}", get(file))
        .fallback(async || Refusal(404))
        .layer(from_fn_with_state(Arc::clone(&shared), admit));
    Router::new().nest(PREFIX, routes).with_state(shared)
}

/// The body of errors is not published: this one is ours (decision P82).
struct Refusal(u16);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let message = match self.0 {
            400 => "bad input parameter",
            401 => "your api_key is invalid",
            404 => "not found with the given ID",
            _ => "as asked for",
        };
        let body = json(&json!({"code": self.0.to_string(), "message": message}));
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, body).into_response()
    }
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// A failure that was asked for comes before the key is looked at.
async fn admit(State(shared): World, request: Request, next: Next) -> Answer {
    {
        let mut world = shared.lock();
        let (status, calls) = world.failures;
        if let Some(left) = calls.checked_sub(1) {
            world.failures = (status, left);
            return Err(Refusal(status));
        }
    }
    let mut keys = request.headers().get_all("x-api-key").iter();
    let known = match (keys.next(), keys.next()) {
        (Some(key), None) => bool::from(key.as_bytes().ct_eq(SECRET_KEY.as_bytes())),
        _ => false,
    };
    if known { Ok(next.run(request).await) } else { Err(Refusal(401)) }
}

#[derive(Deserialize)]
struct Page {
    limit: Option<String>,
    cursor: Option<String>,
}

impl Page {
    /// Where it begins, and how long it is. An empty cursor is the first page.
    fn range(&self) -> Result<(usize, usize), Refusal> {
        let limit = self.limit.as_deref().map_or(Ok(PAGE), str::parse).map_err(|_| Refusal(400))?;
        let start = match self.cursor.as_deref() {
            None | Some("") => 0,
            Some(cursor) => {
                let text = STANDARD.decode(cursor).ok().and_then(|id| String::from_utf8(id).ok());
                let number = text.as_deref().and_then(|id| id.strip_prefix("id:")?.parse().ok());
                number.ok_or(Refusal(400))?
            }
        };
        if limit == 0 { Err(Refusal(400)) } else { Ok((start, limit.min(PAGE))) }
    }
}

fn page(items: &[Record], page: &Page, read: impl Fn(&Record) -> Option<Value>) -> Answer {
    let (start, limit) = page.range()?;
    let data: Vec<Value> = items.iter().skip(start).take(limit).filter_map(read).collect();
    let end = start.saturating_add(limit);
    let next = (end < items.len()).then(|| STANDARD.encode(format!("id:{end}")));
    Ok(json(&json!({"cursor": {"next": next}, "data": data})))
}

async fn identities(State(shared): World, Query(query): Query<Page>) -> Answer {
    page(shared.lock().records(), &query, |record| Some(wire::identity(record)))
}

/// 400 for what is no UUID, 404 for what is not known.
fn check_id(id: &str) -> Result<(), Refusal> {
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    let digits = id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    if parts == [8, 4, 4, 4, 12] && digits { Ok(()) } else { Err(Refusal(400)) }
}

fn found<T>(
    shared: &Shared,
    ids: &[&str],
    read: impl FnOnce(&Record, Files) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    ids.iter().try_for_each(|id| check_id(id))?;
    let world = shared.lock();
    let record = ids.first().and_then(|id| world.record(id)).ok_or(Refusal(404))?;
    if ids.get(1).is_some_and(|id| !id.eq_ignore_ascii_case(&record.resource_id)) {
        return Err(Refusal(404));
    }
    read(record, world.files)
}

async fn identity(State(shared): World, Path(id): Path<String>) -> Answer {
    found(&shared, &[&id], |record, _| Ok(json(&wire::identity(record))))
}

async fn resources(
    State(shared): World,
    Path(id): Path<String>,
    Query(query): Query<Page>,
) -> Answer {
    found(&shared, &[&id], |record, _| {
        page(std::slice::from_ref(record), &query, |record| wire::resource(record, false))
    })
}

async fn resource(State(shared): World, Path((id, resource)): Path<(String, String)>) -> Answer {
    found(&shared, &[&id, &resource], |record, _| {
        wire::resource(record, false).map(|resource| json(&resource)).ok_or(Refusal(404))
    })
}

async fn file(
    State(shared): World,
    Path((id, resource, file)): Path<(String, String, String)>,
) -> Answer {
    check_id(&file)?;
    found(&shared, &[&id, &resource], |record, files| {
        let known = record.new.document.is_some() && file.eq_ignore_ascii_case(&record.file_id);
        match files {
            _ if !known => Err(Refusal(404)),
            Files::Missing => Err(Refusal(404)),
            Files::Forbidden => Err(Refusal(403)),
            Files::Bytes => Ok(([(header::CONTENT_TYPE, "image/png")], PICTURE).into_response()),
            Files::Json => Ok(json(&json!({
                "id": record.file_id, "created": record.created, "updated": record.created,
                "file": STANDARD.encode(PICTURE)
            }))),
        }
    })
}
