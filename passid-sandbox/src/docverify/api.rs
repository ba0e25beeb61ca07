//! The published calls, the token endpoint and a stand-in for the hosted page.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, MatchedPath, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use url::Url;

use super::answer::Failure;
use super::session::{Added, Ending, Image, REQUIRED, Session};
use super::world::{DocumentCall, Grant};
use super::{Shared, duration, result};

/// A 3840 by 2160 JPEG in base64, and room to spare.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
const RESOURCE: &str = "https://verify.identity.security";
/// What the stand-in for the hosted page captures.
const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 a picture \xff\xd9";

type Api = State<Arc<Shared>>;
type Parameters = Query<Vec<(String, String)>>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    let sessions = Router::new()
        .route("/api/v1/verification", post(create))
        .route("/api/v1/verification/{sid}", axum::routing::delete(delete))
        .route("/api/v1/verification/{sid}/result", get(show_result))
        .route("/api/v1/verification/{sid}/consent", get(consent))
        .route("/api/v1/verification/{sid}/images", get(images).post(add_image))
        .route("/api/v1/verification/{sid}/images/{id}", get(image))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), authorized));
    Router::new()
        .nest("/verify", sessions.route("/app/{token}", get(hosted)))
        .route("/oidc/token", post(token))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), recorded))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

/// Keeps what was called, and fails what a test wants to fail.
async fn recorded(State(shared): Api, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = route.unwrap_or_default().to_owned();
    let method = request.method().as_str().to_owned();
    let failure = shared.world().failures.pop_front();
    let response = match failure {
        Some(code) => shared.failed(Failure::Injected(code)),
        None => next.run(request).await,
    };
    let status = response.status().as_u16();
    shared.world().note(DocumentCall { method, route, status });
    response
}

async fn authorized(State(shared): Api, request: Request, next: Next) -> Response {
    let presented = request.headers().get(header::AUTHORIZATION);
    let token = presented.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let grant = token.and_then(|token| shared.world().granted(token));
    let good = grant.is_some_and(|grant| {
        shared.now() < grant.ends_at && (grant.for_resource || !shared.settings.require_resource)
    });
    if good { next.run(request).await } else { shared.failed(Failure::Unauthorized) }
}

/// Its errors are OAuth 2's: none is published.
async fn token(State(shared): Api, body: Bytes) -> Response {
    let field = |name: &str| {
        let mut fields = url::form_urlencoded::parse(&body);
        fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let refused = |status: StatusCode, error: &str| {
        (status, Json(json!({"error": error, "error_description": "Refused"}))).into_response()
    };
    if field("grant_type").as_deref() != Some("client_credentials") {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    let settings = &shared.settings;
    let known = field("client_id").is_some_and(|id| id == settings.client_id)
        && field("client_secret").is_some_and(|secret| secret == settings.client_secret);
    if !known {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let token = shared.random();
    let for_resource = field("resource").as_deref() == Some(RESOURCE);
    let now = shared.now();
    let ends_at = now.checked_add(settings.token_life).unwrap_or(now);
    shared.world().grant(token.clone(), Grant { ends_at, for_resource });
    let seconds = settings.token_life.as_secs();
    Json(json!({
        "access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": ""
    }))
    .into_response()
}

/// An empty body is taken too, as samples send one.
async fn create(State(shared): Api, body: Bytes) -> Response {
    let asked = if body.is_empty() { Ok(Map::new()) } else { serde_json::from_slice(&body) };
    let Some(session) = asked.ok().and_then(|asked| made(&shared, &asked)) else {
        return shared.failed(Failure::Malformed);
    };
    let mut answer = Map::new();
    answer.insert("session_id".to_owned(), json!(session.id));
    answer.insert("expiration".to_owned(), json!(shared.printed(session.expires_at)));
    answer.insert("missing_images".to_owned(), json!(session.missing()));
    if let Some(token) = &session.start_token {
        answer.insert("start_token".to_owned(), json!(token));
    }
    shared.world().keep(session);
    let status = StatusCode::from_u16(shared.settings.created_status).unwrap_or(StatusCode::OK);
    (status, Json(answer)).into_response()
}

/// `None` for a request that is malformed.
fn made(shared: &Shared, asked: &Map<String, Value>) -> Option<Session> {
    let field = |name: &str| asked.get(name).filter(|value| !value.is_null());
    let text = |name: &str| match field(name) {
        None => Some(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())),
    };
    let kept_for = duration::read(&text("time_to_live")?.unwrap_or_else(|| "90d".to_owned()))?;
    let ending = Ending::read(field("mock_behavior"), &shared.settings.usual_recommendation)?;
    let now = shared.now();
    let window = shared.settings.session_window;
    let mut session = Session::new(shared.random(), now, window, kept_for, ending);
    session.state = text("state")?;
    session.callback_url = text("callback_url")?;
    match field("start") {
        Some(start) => {
            let consent = start.get("consent")?;
            let granted = consent.get("granted")?.as_bool()?;
            consent.get("document_id")?.as_str().filter(|_| granted)?;
            session.start(now);
        }
        None => session.start_token = Some(shared.random()),
    }
    Some(session)
}

async fn show_result(
    State(shared): Api,
    Path(sid): Path<String>,
    Query(parameters): Parameters,
) -> Response {
    let asked = parameters.iter().find(|(name, _)| name == "detailed");
    let detailed = match asked.map(|(_, value)| value.as_str()) {
        Some("true") => true,
        Some("false") => false,
        None => shared.settings.detailed_by_default,
        Some(_) => return shared.failed(Failure::Malformed),
    };
    let now = shared.now();
    let mut world = shared.world();
    let Some(session) = world.session(&sid, now) else {
        return shared.failed(Failure::NoSession);
    };
    match session.status(now) {
        "expired" if shared.settings.expired_is_not_found => shared.failed(Failure::NoSession),
        status => Json(result::of(session, status, detailed)).into_response(),
    }
}

async fn delete(State(shared): Api, Path(sid): Path<String>) -> Response {
    let now = shared.now();
    if shared.world().delete(&sid, now) {
        return StatusCode::OK.into_response();
    }
    shared.failed(Failure::NoSession)
}

async fn consent(State(shared): Api, Path(sid): Path<String>) -> Response {
    let now = shared.now();
    let mut world = shared.world();
    let Some(session) = world.session(&sid, now) else {
        return shared.failed(Failure::NoSession);
    };
    let date = session.consented_at.map(|at| shared.printed(at)).unwrap_or_default();
    let granted = session.consented_at.is_some();
    Json(json!({"consent_granted": granted, "consent_date": date})).into_response()
}

async fn images(State(shared): Api, Path(sid): Path<String>) -> Response {
    let now = shared.now();
    let mut world = shared.world();
    let Some(session) = world.session(&sid, now) else {
        return shared.failed(Failure::NoSession);
    };
    let list: Vec<_> = session
        .images
        .iter()
        .map(|image| {
            json!({
                "id": image.id, "rejected": image.rejected, "original": true, "format": "jpg",
                "type": image.kind
            })
        })
        .collect();
    Json(json!({"session_images": list})).into_response()
}

async fn image(
    State(shared): Api,
    Path((sid, id)): Path<(String, String)>,
    Query(parameters): Parameters,
) -> Response {
    let now = shared.now();
    let mut world = shared.world();
    let found = world.session(&sid, now).and_then(|session| {
        session.images.iter().find(|image| image.id == id).map(|image| image.jpeg.clone())
    });
    let Some(jpeg) = found else { return shared.failed(Failure::NoImage) };
    let format = parameters.iter().find(|(name, _)| name == "format");
    match format.map(|(_, value)| value.as_str()) {
        None | Some("raw") => ([(header::CONTENT_TYPE, "image/jpg")], jpeg).into_response(),
        Some("base64") => STANDARD.encode(jpeg).into_response(),
        Some(_) => shared.failed(Failure::Malformed),
    }
}

async fn add_image(
    State(shared): Api,
    Path(sid): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let asked: Option<Value> = serde_json::from_slice(&body).ok().filter(|_| json);
    let image = asked.as_ref().and_then(|asked| offered(&shared, asked.get("image")?));
    let now = shared.now();
    let mut world = shared.world();
    let feedback = world.feedback.pop_front().unwrap_or_else(|| "ok".to_owned());
    let Some(session) = world.session(&sid, now) else {
        return shared.failed(Failure::NoSession);
    };
    let Some(image) = image else { return shared.failed(Failure::Malformed) };
    let image = Image { rejected: feedback != "ok", ..image };
    match session.add(image, now) {
        Added::TooMany => shared.failed(Failure::ImagesComplete),
        Added::NotNow => shared.failed(Failure::Malformed),
        Added::Taken => {
            let missing = session.missing();
            Json(json!({
                "feedback": feedback, "complete": missing.is_empty(), "missing_images": missing
            }))
            .into_response()
        }
    }
}

fn offered(shared: &Shared, image: &Value) -> Option<Image> {
    let text = |name: &str| image.get(name)?.as_str();
    let kind = text("image_type").filter(|kind| REQUIRED.contains(kind))?.to_owned();
    text("format").filter(|format| *format == "jpg")?;
    let jpeg = STANDARD.decode(text("content")?).ok().filter(|jpeg| !jpeg.is_empty())?;
    Some(Image { id: shared.random(), kind, jpeg, rejected: false })
}

/// A person who consents, shows everything at once, and is sent back. The start token is used up.
async fn hosted(State(shared): Api, Path(token): Path<String>) -> Response {
    let now = shared.now();
    let pictures = REQUIRED.map(|kind| Image {
        id: shared.random(),
        kind: kind.to_owned(),
        jpeg: PICTURE.to_vec(),
        rejected: false,
    });
    let mut world = shared.world();
    let Some(session) = world.take_start_token(&token, now) else {
        return shared.failed(Failure::NoSession);
    };
    session.hosted = true;
    session.start(now);
    for picture in pictures {
        session.add(picture, now);
    }
    let Some(back) = session.callback_url.as_deref().and_then(|url| Url::parse(url).ok()) else {
        return "You are through.".into_response();
    };
    let mut back = back;
    back.query_pairs_mut().append_pair("sessionId", &session.id);
    if let Some(state) = &session.state {
        back.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(back.as_str()).into_response()
}
