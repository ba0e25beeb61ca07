use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use axum::response::{Html, IntoResponse};
use bytes::{Bytes, BytesMut};

use super::Shared;
use super::ending::Ending;
use super::message::{in_pieces, serialised, whole_body};
use super::service::route;
use crate::api::ApiError;
use crate::clock::pause;
use crate::fault::FaultKind;
use crate::instruments::Hit;
use crate::journal::Recording;
use crate::route::Api;

const SLOW_PIECES: u32 = 8;
const PADDING_BYTES: usize = 1024 * 1024;
const NOT_HTTP: &[u8] = b"\x16\x03\x01\x00\x02\x02\x28\x00\xff\xfe not HTTP \x00\r\n\r\n";
const HTML_PAGE: &str = "<!doctype html>\n<html><head><title>Sign in to the network</title></head>\
                         <body><h1>Welcome</h1></body></html>\n";

/// What a fault made of a call.
pub(super) enum Faulted {
    Answer(Response<Body>),
    Ending(Ending),
}

/// Does what the fault says with a request that has been read as a whole. `finish` gives an answer
/// the headers that every answer has.
///
/// An answer that takes its time is recorded as soon as it is known: its client may leave before.
pub(super) async fn apply(
    hit: Hit,
    api: Api,
    shared: &Shared,
    request: Request<Body>,
    finish: impl Fn(Response<Body>) -> Response<Body>,
    recording: &mut Recording<'_>,
) -> Faulted {
    let usual = async || finish(route(shared, request).await);
    match hit.kind {
        FaultKind::Status { status, retry_after_secs } => {
            Faulted::Answer(finish(status_answer((api, shared), status, retry_after_secs)))
        }
        FaultKind::RateLimit { retry_after_secs } => {
            Faulted::Answer(finish(status_answer((api, shared), 429, Some(retry_after_secs))))
        }
        FaultKind::Reset {} => Faulted::Ending(Ending::Reset),
        FaultKind::Empty {} => Faulted::Ending(Ending::write(Bytes::new())),
        FaultKind::Garbage {} => Faulted::Ending(Ending::write(Bytes::from_static(NOT_HTTP))),
        // Something between us and the client answers, so none of our headers.
        FaultKind::Html {} => Faulted::Answer(Html(HTML_PAGE).into_response()),
        FaultKind::Delay { .. } | FaultKind::DelayLogNormal { .. } => {
            let response = usual().await;
            recording.answered(&response);
            pause(hit.pause).await;
            Faulted::Answer(response)
        }
        FaultKind::SlowBody { .. } => {
            let response = usual().await;
            recording.answered(&response);
            let (head, body) = serialised(response).await;
            let pause = hit.pause / SLOW_PIECES;
            let pieces = std::iter::once(head).chain(cut(&body)).collect();
            Faulted::Ending(Ending::Write { pieces, pause })
        }
        FaultKind::Truncate {} => {
            let response = usual().await;
            recording.answered(&response);
            let (head, body) = serialised(response).await;
            let mut bytes = BytesMut::from(&*head);
            bytes.extend_from_slice(body.get(..body.len() / 2).unwrap_or_default());
            Faulted::Ending(Ending::write(bytes.freeze()))
        }
        FaultKind::Oversize {} => Faulted::Answer(padded(usual().await).await),
        FaultKind::WrongContentType {} => {
            let mut response = usual().await;
            let plain = HeaderValue::from_static("text/plain");
            response.headers_mut().insert(header::CONTENT_TYPE, plain);
            Faulted::Answer(response)
        }
        // The second is never queued nor asked for: it is no fault of a call.
        FaultKind::ApplyThenDrop {} | FaultKind::ConnectRefused { .. } => {
            usual().await;
            Faulted::Ending(Ending::Reset)
        }
    }
}

fn status_answer(
    (api, shared): (Api, &Shared),
    status: u16,
    retry_after_secs: Option<u64>,
) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response = ApiError::injected(status).answer_of(api, &shared.state);
    if let Some(seconds) = retry_after_secs {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn cut(body: &Bytes) -> Vec<Bytes> {
    let pieces = usize::try_from(SLOW_PIECES).unwrap_or(1);
    body.chunks(body.len().div_ceil(pieces).max(1)).map(|piece| body.slice_ref(piece)).collect()
}

async fn padded(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    let body = whole_body(body).await;
    let Some(members) = body.strip_prefix(b"{") else {
        return Response::from_parts(head, Body::from(body));
    };
    let padding = Bytes::from(vec![b'x'; PADDING_BYTES / 16]);
    let mut pieces = vec![Bytes::from_static(b"{\"padding\":\"")];
    pieces.extend(std::iter::repeat_n(padding, 16));
    pieces.push(Bytes::from_static(b"\","));
    pieces.push(body.slice_ref(members));
    Response::from_parts(head, in_pieces(pieces))
}
