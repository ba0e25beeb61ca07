use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use jiff::Timestamp;
use url::form_urlencoded;

use super::failure::{Failure, Refused};
use crate::api::body::read_plain_up_to;
use crate::api::headers::bearer;
use crate::state::docverify::ErrorBodies;
use crate::state::{State, World};

/// Whoever calls: answers in the form that is set, and changes that are safe when they are told of.
pub(super) struct Caller {
    pub(super) state: Arc<State>,
    bodies: ErrorBodies,
}

impl Caller {
    pub(super) fn refusal(&self, failure: Failure) -> Refused {
        Refused { failure, bodies: self.bodies }
    }

    pub(super) async fn change<R>(
        &self,
        work: impl FnOnce(&mut World, Timestamp) -> R,
    ) -> Result<R, Refused> {
        self.state.change(work).await.map_err(|_| self.refusal(Failure::NotKept))
    }

    pub(super) async fn look<R>(
        &self,
        work: impl FnOnce(&World, Timestamp) -> R,
    ) -> Result<R, Refused> {
        self.state.look(work).await.map_err(|_| self.refusal(Failure::NotKept))
    }

    pub(super) async fn body(&self, limit: usize, request: Request) -> Result<Bytes, Refused> {
        read_plain_up_to(limit, request).await.map_err(|error| {
            let too_large = error.status() == 413;
            self.refusal(if too_large { Failure::TooLarge } else { Failure::Malformed })
        })
    }

    /// A parameter of the query, if it is there; one that is there twice is malformed.
    pub(super) fn parameter<'a>(
        &self,
        query: Option<&'a str>,
        name: &str,
    ) -> Result<Option<Cow<'a, str>>, Refused> {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut values = pairs.filter(|(known, _)| known == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(self.refusal(Failure::Malformed)),
        }
    }
}

impl FromRequestParts<Arc<State>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(_: &mut Parts, state: &Arc<State>) -> Result<Self, Refused> {
        let bodies = state.read(|world, _| world.docverify.settings().bodies());
        Ok(Self { state: Arc::clone(state), bodies })
    }
}

/// A caller with an access token that counts.
pub(super) struct Authorized(pub(super) Caller);

impl FromRequestParts<Arc<State>> for Authorized {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Refused> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let token = bearer(&parts.headers);
        let good = token
            .is_some_and(|token| state.read(|world, now| world.docverify.is_granted(token, now)));
        if good { Ok(Self(caller)) } else { Err(caller.refusal(Failure::Unauthorized)) }
    }
}

/// What is named in the path: a session, and perhaps an image of it.
pub(super) struct Named(pub(super) Vec<String>);

impl Named {
    /// The first name.
    pub(super) fn session(&self) -> &str {
        self.0.first().map(String::as_str).unwrap_or_default()
    }

    /// The last name.
    pub(super) fn last(&self) -> &str {
        self.0.last().map(String::as_str).unwrap_or_default()
    }
}

impl FromRequestParts<Arc<State>> for Named {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Refused> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let path: Result<Path<Vec<(String, String)>>, _> =
            Path::from_request_parts(parts, state).await;
        match path {
            Ok(Path(names)) => Ok(Self(names.into_iter().map(|(_, value)| value).collect())),
            Err(_) => Err(caller.refusal(Failure::Malformed)),
        }
    }
}
