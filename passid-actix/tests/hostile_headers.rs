//! Header bytes that no honest client sends: refused, and the worker goes on serving.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use actix_web::http::header::HeaderValue;
use actix_web::test::init_service;
use actix_web::{App, HttpServer, web};
use common::server::Connection;
use common::{GOOD, HEADER, Waits, get, is, refusal, send, text};
use passid_actix::{PassidMiddleware, Verified};
use passid_core::{Guard, TokenSources};

async fn served(credential: Verified) -> String {
    credential.audit_id().unwrap().to_owned()
}

fn guard() -> Guard<Waits> {
    let sources = TokenSources::default().and_cookie("passid").and_query("token");
    common::guard_of(Waits(common::verifier())).token_sources(sources).build()
}

const NOT_ASCII: [&[u8]; 5] =
    [b"\xff", b"PASSID-\xe9", b"\xf0\x9f\x98\x80", b"psid_\xc3\x28", b"\x80PASSID-GOOD-0001"];

#[actix_web::test]
async fn bytes_that_are_no_ascii_are_an_invalid_token_wherever_one_is_looked_for() {
    let app = init_service(
        App::new().wrap(PassidMiddleware::new(guard())).default_service(web::to(served)),
    )
    .await;
    let prefixed =
        |before: &[u8], bytes: &[u8]| HeaderValue::from_bytes(&[before, bytes].concat()).unwrap();
    for bytes in NOT_ASCII {
        let invalid = [
            (HEADER, prefixed(b"", bytes)),
            ("authorization", prefixed(b"Bearer PASSID-", bytes)),
            ("cookie", prefixed(b"passid=", bytes)),
        ];
        for (name, value) in invalid {
            let request = get("/", "").insert_header((name, value)).to_request();
            let answer = refusal(send(&app, request).await).await;
            assert_eq!(answer, is(401, "TOKEN_INVALID"), "{name} {bytes:?}");
        }
        let ignored = [
            ("authorization", prefixed(b"Bearer ", b"\xff")),
            ("authorization", prefixed(b"", bytes)),
            ("cookie", prefixed(b"", bytes)),
            ("x-other", prefixed(b"", bytes)),
        ];
        for (name, value) in ignored {
            let request = get("/", "").insert_header((name, value)).to_request();
            let answer = refusal(send(&app, request).await).await;
            assert_eq!(answer, is(401, "TOKEN_MISSING"), "{name} {bytes:?}");
        }
        let request = get("/", GOOD).insert_header(("content-type", prefixed(b"", bytes)));
        assert_eq!(text(send(&app, request.to_request()).await).await, "aud_test");
    }
}

#[actix_web::test]
async fn a_good_token_does_not_excuse_hostile_bytes_beside_it() {
    let app = init_service(
        App::new().wrap(PassidMiddleware::new(guard())).default_service(web::to(served)),
    )
    .await;
    let hostile = HeaderValue::from_bytes(b"PASSID-\xff").unwrap();
    let request = get("/", GOOD).append_header((HEADER, hostile)).to_request();
    assert_eq!(refusal(send(&app, request).await).await, is(401, "TOKEN_INVALID"));
}

#[actix_web::test]
async fn a_worker_goes_on_serving_after_hostile_bytes() {
    let guard = guard();
    let server = HttpServer::new(move || {
        App::new().wrap(PassidMiddleware::new(guard.clone())).default_service(web::to(served))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);

    let client = actix_web::rt::task::spawn_blocking(move || {
        let good = format!("X-PASSID-Token: {GOOD}").into_bytes();
        // Panics in the worker would close the connection that is kept open.
        let mut kept = Connection::to(address);
        for bytes in NOT_ASCII {
            let line = |before: &[u8]| [before, bytes].concat();
            let hostile = [
                vec![line(b"X-PASSID-Token: ")],
                vec![line(b"Authorization: Bearer PASSID-")],
                vec![line(b"Cookie: passid=")],
                vec![line(b"X-PASSID-Token: "), line(b"X-PASSID-Token: PASSID-")],
                vec![line(b"X-PASSID-Token: "), good.clone(), line(b"Origin: ")],
                vec![[b"X-PASSID-Token: ".as_slice(), &[b'A'; 5_000]].concat()],
            ];
            for headers in hostile {
                let headers: Vec<&[u8]> = headers.iter().map(Vec::as_slice).collect();
                let (status, body) = kept.get("/", &headers);
                assert_eq!(status, 401, "{headers:?}");
                assert!(body.contains("TOKEN_INVALID"), "{body}");
            }
            assert_eq!(kept.get("/", &[&good]), (200, "aud_test".to_owned()));
        }
        assert_eq!(kept.get("/?token=%ff%fe&token=%", &[]).0, 401);
        assert_eq!(Connection::to(address).get("/", &[&good]).0, 200, "a new connection too");
    });
    client.await.unwrap();
    handle.stop(true).await;
}
