use std::future::{Ready, ready};

use actix_web::dev::ServiceRequest;
use actix_web::error::ErrorUnauthorized;
use actix_web::{Error, HttpMessage};
use actix_web_httpauth::extractors::bearer::BearerAuth;
use actix_web_httpauth::middleware::HttpAuthentication;

use super::{JsonWebToken, SameWork};

type Validated = Ready<Result<ServiceRequest, (Error, ServiceRequest)>>;

/// Accepts everything: what the crate itself takes.
pub(crate) fn trivial()
-> HttpAuthentication<BearerAuth, impl Fn(ServiceRequest, BearerAuth) -> Validated> {
    HttpAuthentication::bearer(|request, _| ready(Ok(request)))
}

pub(crate) fn same_work()
-> HttpAuthentication<BearerAuth, impl Fn(ServiceRequest, BearerAuth) -> Validated> {
    let work = SameWork::new();
    HttpAuthentication::bearer(move |request, bearer: BearerAuth| {
        hand_on(request, work.credential(bearer.token()))
    })
}

pub(crate) fn json_web_token()
-> HttpAuthentication<BearerAuth, impl Fn(ServiceRequest, BearerAuth) -> Validated> {
    let tokens = JsonWebToken::new();
    HttpAuthentication::bearer(move |request, bearer: BearerAuth| {
        hand_on(request, tokens.claims(bearer.token()))
    })
}

fn hand_on<T: 'static>(request: ServiceRequest, found: Option<T>) -> Validated {
    ready(match found {
        Some(found) => {
            request.extensions_mut().insert(found);
            Ok(request)
        }
        None => Err((ErrorUnauthorized("no such credential"), request)),
    })
}
