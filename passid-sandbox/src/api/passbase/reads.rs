use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::page::{PageQuery, PassbaseCursor};
use super::refusal::{PassbaseError, Refusal};
use super::wire::{
    self, PassbaseFile, PassbaseIdentity, PassbaseIdentityPage, PassbaseProject, PassbaseResource,
    PassbaseResourcePage,
};
use crate::api::answer::ok;
use crate::passbase::Files;
use crate::state::{Identity, State, World};

/// The signature of PNG files, which is enough of one.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The settings of the project.
#[utoipa::path(
    get,
    path = "/passbase/verification/v2/settings",
    tag = "passbase",
    security(("passbase_key" = [])),
    responses(
        (status = 200, description = "The project.", body = PassbaseProject),
        (status = 401, description = "No known secret key.", body = PassbaseError),
        (status = "default", description = "Any other error.", body = PassbaseError),
    )
)]
pub(super) async fn settings(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    admit(&state, &headers)?;
    Ok(ok(&wire::project()))
}

/// All identities, a page at a time, in the order of their creation.
#[utoipa::path(
    get,
    path = "/passbase/verification/v2/identities",
    tag = "passbase",
    security(("passbase_key" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "A page.", body = PassbaseIdentityPage),
        (status = 401, description = "No known secret key.", body = PassbaseError),
        (status = "default", description = "Any other error.", body = PassbaseError),
    )
)]
pub(super) async fn identities(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    admit(&state, &headers)?;
    let page = PageQuery::read(query.as_deref())?;
    let answer = state.look(|world, _| {
        let mut from = world.passbase_identities_from(page.cursor);
        let data = from.by_ref().take(page.limit).map(wire::identity).collect();
        let cursor = PassbaseCursor::to(from.next().map(|identity| identity.number));
        ok(&PassbaseIdentityPage { cursor, data })
    });
    Ok(answer.await?)
}

/// One identity.
#[utoipa::path(
    get,
    path = "/passbase/verification/v2/identities/{id}",
    tag = "passbase",
    security(("passbase_key" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The identity.", body = PassbaseIdentity),
        (status = 400, description = "The id is no UUID.", body = PassbaseError),
        (status = 401, description = "No known secret key.", body = PassbaseError),
        (status = 404, description = "No such identity.", body = PassbaseError),
        (status = "default", description = "Any other error.", body = PassbaseError),
    )
)]
pub(super) async fn identity(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    admit(&state, &headers)?;
    let Path(id) = path?;
    found(&state, [&id], |identity, _| Ok(ok(&wire::identity(identity)))).await
}

/// The resources of an identity.
#[utoipa::path(
    get,
    path = "/passbase/verification/v2/identity/{id}/resources",
    tag = "passbase",
    security(("passbase_key" = [])),
    params(("id" = String, Path), PageQuery),
    responses(
        (status = 200, description = "A page.", body = PassbaseResourcePage),
        (status = 400, description = "The id is no UUID.", body = PassbaseError),
        (status = 401, description = "No known secret key.", body = PassbaseError),
        (status = 404, description = "No such identity.", body = PassbaseError),
        (status = "default", description = "Any other error.", body = PassbaseError),
    )
)]
pub(super) async fn resources(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    admit(&state, &headers)?;
    let Path(id) = path?;
    let page = PageQuery::read(query.as_deref())?;
    let read = |identity: &Identity, _: &World| {
        let first = wire::resource(identity, false).filter(|_| page.cursor == 0);
        let data = first.into_iter().collect();
        Ok(ok(&PassbaseResourcePage { cursor: PassbaseCursor::to(None), data }))
    };
    found(&state, [&id], read).await
}

/// One resource of an identity.
#[utoipa::path(
    get,
    path = "/passbase/verification/v2/identity/{id}/resources/{resource_id}",
    tag = "passbase",
    security(("passbase_key" = [])),
    params(("id" = String, Path), ("resource_id" = String, Path)),
    responses(
        (status = 200, description = "The resource.", body = PassbaseResource),
        (status = 400, description = "An id is no UUID.", body = PassbaseError),
        (status = 401, description = "No known secret key.", body = PassbaseError),
        (status = 404, description = "No such identity or resource.", body = PassbaseError),
        (status = "default", description = "Any other error.", body = PassbaseError),
    )
)]
pub(super) async fn resource(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    admit(&state, &headers)?;
    let Path((id, resource)) = path?;
    let read = |identity: &Identity, _: &World| {
        let known = wire::resource(identity, false).filter(|_| is_resource(identity, &resource));
        known.map(|resource| ok(&resource)).ok_or(Refusal::NotFound)
    };
    found(&state, [&id, &resource], read).await
}

/// A file of a resource, if the project may have it.
#[utoipa::path(
    get,
    path = "/passbase/verification/v2/identity/{id}/resources/{resource_id}/resource_files/{resource_file_id}",
    tag = "passbase",
    security(("passbase_key" = [])),
    params(
        ("id" = String, Path),
        ("resource_id" = String, Path),
        ("resource_file_id" = String, Path),
    ),
    responses(
        (status = 200, description = "The file: bytes, or JSON where the sandbox was told so.",
         content((PassbaseFile = "application/json"), (Vec<u8> = "image/png"))),
        (status = 400, description = "An id is no UUID.", body = PassbaseError),
        (status = 401, description = "No known secret key.", body = PassbaseError),
        (status = 403, description = "No permission, where the sandbox was told so.", body = PassbaseError),
        (status = 404, description = "No such file, or no permission.", body = PassbaseError),
        (status = "default", description = "Any other error.", body = PassbaseError),
    )
)]
pub(super) async fn file(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    path: Result<Path<(String, String, String)>, PathRejection>,
) -> Result<Response, Refusal> {
    admit(&state, &headers)?;
    let Path((id, resource, file)) = path?;
    let read = |identity: &Identity, world: &World| {
        let known = identity.new.document.is_some()
            && is_resource(identity, &resource)
            && file.eq_ignore_ascii_case(&identity.file_id);
        match world.passbase_settings().files {
            _ if !known => Err(Refusal::NotFound),
            Files::Missing => Err(Refusal::NotFound),
            Files::Forbidden => Err(Refusal::NotAllowed),
            Files::Bytes => Ok(([(header::CONTENT_TYPE, "image/png")], PICTURE).into_response()),
            Files::Json => Ok(ok(&PassbaseFile {
                id: &identity.file_id,
                created: identity.created.as_second(),
                updated: identity.created.as_second(),
                file: STANDARD.encode(PICTURE),
            })),
        }
    };
    found(&state, [&id, &resource, &file], read).await
}

fn admit(state: &State, headers: &HeaderMap) -> Result<(), Refusal> {
    let mut keys = headers.get_all("x-api-key").iter();
    let known = match (keys.next(), keys.next()) {
        (Some(key), None) => bool::from(key.as_bytes().ct_eq(state.passbase_key().as_bytes())),
        _ => false,
    };
    if known { Ok(()) } else { Err(Refusal::KeyRefused) }
}

/// The identity of the first id. 400 for what is no UUID, 404 for what is not known.
async fn found<const IDS: usize>(
    state: &State,
    ids: [&str; IDS],
    read: impl FnOnce(&Identity, &World) -> Result<Response, Refusal>,
) -> Result<Response, Refusal> {
    if !ids.iter().copied().all(is_uuid) {
        return Err(Refusal::BadInput);
    }
    let answer = state.look(|world, _| {
        let identity = ids.first().and_then(|id| world.passbase_identity(id));
        read(identity.ok_or(Refusal::NotFound)?, world)
    });
    answer.await?
}

fn is_resource(identity: &Identity, id: &str) -> bool {
    id.eq_ignore_ascii_case(&identity.resource_id)
}

fn is_uuid(id: &str) -> bool {
    let parts = id.split('-').map(str::len);
    parts.eq([8, 4, 4, 4, 12]) && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
