//! One guard for all workers of a server: nobody waits for another worker, and none has a verifier
//! of its own.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use actix_web::{App, HttpServer, web};
use common::GOOD;
use common::server::Connection;
use passid_actix::{PassidMiddleware, Verified};
use passid_core::testing::ScriptedVerifier;
use passid_core::{BoxFuture, Guard, Policy, Token, Verdict, Verify};
use tokio::sync::Barrier;

const REQUESTS: usize = 16;

/// Gives no verdict until all requests have asked for theirs.
struct Together {
    verifier: ScriptedVerifier,
    all: Arc<Barrier>,
}

impl Verify for Together {
    fn verify(&self, token: Token) -> BoxFuture<'static, Verdict> {
        let (verdict, all) = (self.verifier.verify(token), self.all.clone());
        Box::pin(async move {
            all.wait().await;
            verdict.await
        })
    }
}

#[actix_web::test]
async fn all_workers_share_one_guard_and_serve_at_the_same_time() {
    let verifier = common::verifier();
    let together = Together { verifier: verifier.clone(), all: Arc::new(Barrier::new(REQUESTS)) };
    let guard = Guard::new(together, Policy::verified_only());
    let workers = Arc::new(AtomicUsize::new(0));
    let served_by = Arc::new(Mutex::new(HashSet::new()));

    let (started, threads) = (workers.clone(), served_by.clone());
    let server = HttpServer::new(move || {
        started.fetch_add(1, Ordering::SeqCst);
        let threads = threads.clone();
        App::new().wrap(PassidMiddleware::new(guard.clone())).route(
            "/{number}",
            web::get().to(move |number: web::Path<usize>, credential: Verified| {
                threads.lock().unwrap().insert(thread::current().id());
                async move { format!("{number} {}", credential.audit_id().unwrap()) }
            }),
        )
    });
    let server = server.workers(2).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);

    let clients: Vec<_> = (0..REQUESTS)
        .map(|number| {
            actix_web::rt::task::spawn_blocking(move || {
                let token = format!("x-passid-token: {GOOD}");
                let answer =
                    Connection::to(address).get(&format!("/{number}"), &[token.as_bytes()]);
                assert_eq!(answer, (200, format!("{number} aud_test")));
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    handle.stop(true).await;

    assert_eq!(verifier.calls(), REQUESTS, "each request asked once");
    assert_eq!(workers.load(Ordering::SeqCst), 2);
    assert_eq!(served_by.lock().unwrap().len(), 2, "both workers served");
}
