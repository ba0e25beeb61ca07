use actix_web::HttpMessage;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use passid_core::{Guard, JsonBody, Reason, Verify};

/// Receives the body and puts it back whole.
pub(crate) async fn buffer<V: Verify>(
    guard: &Guard<V>,
    source: &JsonBody,
    request: &mut ServiceRequest,
) -> Result<Bytes, Reason> {
    let limit = source.max_bytes();
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|value| value.parse::<u64>().ok());
    let receiving = receive(request.take_payload(), announced, limit);
    let bytes = guard.receive_body(source, receiving).await?;
    request.set_payload(Payload::from(bytes.clone()));
    Ok(bytes)
}

/// The announced length is checked first and the real one while reading: either may be missing or
/// false.
async fn receive(
    mut payload: Payload,
    announced: Option<u64>,
    limit: usize,
) -> Result<Bytes, Reason> {
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Reason::BodyTooLarge);
    }
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Reason::BodyUnreadable)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Reason::BodyTooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}
