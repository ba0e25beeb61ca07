#![allow(clippy::expect_used, reason = "a mistake in the setup must end the measurement")]

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, HOST};
use actix_web::middleware::Identity;
use actix_web::test::{TestRequest, init_service};
use actix_web::{Error, web};
use passid_actix::{PassidMiddleware, RequirePolicy};

use crate::app::ready;
use crate::case::PATH;
use crate::verifier::{guard, hit_guard, policy};
use crate::{App, Setup, peers};

/// The application of this setup. The middleware wraps a scope, as the adapter's documentation
/// shows it, or from outside the whole `App`.
pub fn app(setup: Setup) -> App<Request> {
    let app = actix_web::App::new;
    let scope = || web::scope("");
    let resource = || web::resource(PATH).to(handler);
    let middleware = || PassidMiddleware::new(guard(setup.verdict_at_once()));
    let idle = Identity::default;
    match setup {
        Setup::Bare => serving(setup, app().service(scope().service(resource()))),
        Setup::IdleLayer => serving(setup, app().service(scope().wrap(idle()).service(resource()))),
        Setup::Immediate | Setup::Pending | Setup::Refused => {
            serving(setup, app().service(scope().wrap(middleware()).service(resource())))
        }
        Setup::RequirePolicy => {
            let strict = web::resource(PATH).wrap(RequirePolicy::new(policy())).to(handler);
            serving(setup, app().service(scope().wrap(middleware()).service(strict)))
        }
        Setup::IdleLayerOutside => {
            serving(setup, app().wrap(idle()).service(scope().service(resource())))
        }
        Setup::ImmediateOutside => {
            serving(setup, app().wrap(middleware()).service(scope().service(resource())))
        }
        Setup::Cached => {
            let guard = PassidMiddleware::new(hit_guard());
            serving(setup, app().service(scope().wrap(guard).service(resource())))
        }
        Setup::CachedOutside => {
            let guard = PassidMiddleware::new(hit_guard());
            serving(setup, app().wrap(guard).service(scope().service(resource())))
        }
        Setup::Httpauth => {
            let peer = peers::actix::trivial();
            serving(setup, app().service(scope().wrap(peer).service(resource())))
        }
        Setup::HttpauthSameWork => {
            let peer = peers::actix::same_work();
            serving(setup, app().service(scope().wrap(peer).service(resource())))
        }
        Setup::JsonWebToken => {
            let peer = peers::actix::json_web_token();
            serving(setup, app().service(scope().wrap(peer).service(resource())))
        }
        Setup::AsyncAuthorization | Setup::AsyncAuthorizationOutside => {
            unreachable!("no case of actix-web")
        }
    }
}

async fn handler() -> &'static str {
    "ok"
}

fn serving<T, B>(setup: Setup, app: actix_web::App<T>) -> App<Request>
where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime without drivers starts");
    let service = runtime.block_on(init_service(app));
    let serve = move |request| {
        let response = ready(call(&service, request));
        response.expect("refusals are responses").status().as_u16()
    };
    App::new(setup.expected_status(), move || request(setup), serve)
}

async fn call<S, B: MessageBody>(service: &S, request: Request) -> Result<ServiceResponse<B>, Error>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    std::future::poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(request).await
}

/// Three headers, one of them what is presented or a stand-in.
fn request(setup: Setup) -> Request {
    TestRequest::get()
        .uri(PATH)
        .insert_header((HOST, "localhost"))
        .insert_header((ACCEPT, "*/*"))
        .insert_header(setup.header())
        .to_request()
}
