use axum::response::{IntoResponse, Redirect, Response};

use super::caller::{Caller, Named};
use super::failure::{Failure, Refused};
use super::schema::DocumentErrorBody;

/// A stand-in for the hosted page: whoever opens it consents, shows everything at once, and is sent
/// back. The start token is used up (decision P117).
#[utoipa::path(
    get,
    path = "/docverify/verify/app/{start_token}",
    tag = "docverify",
    params(("start_token" = String, Path)),
    responses(
        (status = 200, description = "Through, and nowhere to go.", body = String, content_type = "text/plain"),
        (status = 303, description = "Back to the callback, with session and state."),
        (status = 404, description = "The token opens nothing, or was used.", body = DocumentErrorBody),
        (status = "default", description = "Any other error.", body = DocumentErrorBody),
    )
)]
pub(super) async fn visit(caller: Caller, named: Named) -> Result<Response, Refused> {
    let visited = caller
        .change(|world, now| {
            world.with_docverify(|documents, ids| documents.visit(named.last(), ids, now))
        })
        .await?;
    let back = visited.ok_or_else(|| caller.refusal(Failure::NoSession))?;
    Ok(match back {
        Some(back) => Redirect::to(back.as_str()).into_response(),
        None => "You are through.".into_response(),
    })
}
