//! Headers that may hold a token are sensitive in all that the handler sees.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use actix_web::middleware::{Next, from_fn};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error, HttpRequest, body, dev, web};
use common::{GOOD, HEADER, PARTIAL, UNKNOWN, get, middleware, preflight, send, text};
use passid_actix::PassidMiddleware;
use passid_core::TokenSources;

/// Shows the headers and the request as a log would.
async fn show(request: HttpRequest) -> String {
    format!("{:?}\n{request:?}", request.headers())
}

#[actix_web::test]
async fn no_debug_of_the_request_shows_a_token() {
    let sources = TokenSources::default().and_cookie("passid").and_header("X-Loan-Token");
    let guards = [
        common::guard_of(common::verifier()).token_sources(sources.clone()).build(),
        common::guard_of(common::verifier().immediate()).token_sources(sources.clone()).build(),
        common::guard_of(common::verifier()).token_sources(sources).optional().build(),
    ];
    for guard in guards {
        let middleware = PassidMiddleware::new(guard);
        let app = init_service(App::new().wrap(middleware).default_service(web::to(show))).await;
        let request = TestRequest::default()
            .append_header((HEADER, GOOD))
            .append_header((HEADER, GOOD.to_lowercase()))
            .append_header((HEADER, format!(" {GOOD} ")))
            .append_header(("x-loan-token", GOOD))
            .append_header(("authorization", format!("Bearer {GOOD}")))
            .append_header(("cookie", format!("passid={GOOD}")))
            .append_header(("cookie", "theme=dark"))
            .append_header(("accept", "text/plain"));
        let shown = text(send(&app, request.to_request()).await).await;
        assert!(!shown.to_uppercase().contains("PASSID-GOOD"), "{shown}");
        assert!(!shown.contains("theme=dark"), "the whole cookie header is marked");
        assert!(shown.contains("text/plain"), "nothing else is marked");
    }
}

#[actix_web::test]
async fn headers_are_marked_where_nobody_is_verified_too() {
    let optional = PassidMiddleware::new(common::optional());
    let app = init_service(App::new().wrap(optional).default_service(web::to(show))).await;
    let jwt = "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
    let request = get("/", "").insert_header(("authorization", jwt)).to_request();
    let shown = text(send(&app, request).await).await;
    assert!(!shown.contains("eyJ"), "{shown}");

    let app = init_service(App::new().wrap(middleware()).default_service(web::to(show))).await;
    let request = preflight("/").insert_header((HEADER, GOOD)).to_request();
    let shown = text(send(&app, request).await).await;
    assert!(!shown.contains(GOOD), "{shown}");
}

#[actix_web::test]
async fn values_that_were_marked_are_still_there_and_in_order() {
    let values = async |request: HttpRequest| {
        let values = request.headers().get_all(HEADER).map(|value| value.to_str().unwrap());
        format!("{} of {}", values.collect::<Vec<_>>().join("|"), request.headers().len())
    };
    let app = init_service(App::new().wrap(middleware()).default_service(web::to(values))).await;
    let lower = GOOD.to_lowercase();
    let request = TestRequest::default()
        .append_header((HEADER, GOOD))
        .append_header((HEADER, lower.clone()))
        .append_header((HEADER, GOOD))
        .append_header(("accept", "text/plain"));
    let seen = text(send(&app, request.to_request()).await).await;
    assert_eq!(seen, format!("{GOOD}|{lower}|{GOOD} of 4"));
}

/// Takes the request for itself and holds it across the call, as any middleware of an application
/// that logs afterwards may.
async fn holds_the_request(
    held: HttpRequest,
    request: dev::ServiceRequest,
    next: Next<impl body::MessageBody>,
) -> Result<dev::ServiceResponse<impl body::MessageBody>, Error> {
    let response = next.call(request).await;
    assert_eq!(held.path(), "/");
    response
}

/// actix-web itself allows this around a resource or a route, where no path is matched any more.
#[actix_web::test]
async fn an_outer_middleware_may_hold_the_request_where_headers_are_left_alone() {
    let guarded = |middleware: PassidMiddleware<_>| {
        let resource = web::resource("/").to(async || "served");
        App::new().service(resource.wrap(middleware).wrap(from_fn(holds_the_request)))
    };
    let app = init_service(guarded(middleware().leave_token_headers())).await;
    assert_eq!(send(&app, get("/", "").to_request()).await.status(), 401);
    assert_eq!(send(&app, get("/", UNKNOWN).to_request()).await.status(), 401);
    assert_eq!(text(send(&app, get("/", GOOD).to_request()).await).await, "served");

    let app = init_service(guarded(middleware())).await;
    let refused = send(&app, get("/", "").to_request()).await;
    assert_eq!(refused.status(), 401, "without a token there is nothing to mark");
}

#[actix_web::test]
async fn headers_that_are_left_alone_show_their_token() {
    let middleware = middleware().leave_token_headers();
    let app = init_service(App::new().wrap(middleware).default_service(web::to(show))).await;
    let shown = text(send(&app, get("/", GOOD).to_request()).await).await;
    assert!(shown.contains(GOOD), "{shown}");
}

/// Two sources may stand in headers of one name: both are looked at.
#[actix_web::test]
async fn sources_that_share_a_header_are_each_looked_at() {
    let sources = TokenSources::none().and_query("t").and_cookie("one").and_cookie("two");
    let guard = common::guard_of(common::verifier()).token_sources(sources).build();
    let middleware = PassidMiddleware::new(guard);
    let app = init_service(App::new().wrap(middleware).default_service(web::to(show))).await;
    for (cookie, status) in [
        (format!("one={GOOD}"), 200),
        (format!("two={GOOD}"), 200),
        (format!("one={GOOD}; two={PARTIAL}"), 401),
    ] {
        let request = get("/", "").insert_header(("cookie", cookie.clone())).to_request();
        assert_eq!(send(&app, request).await.status(), status, "{cookie}");
    }
}
