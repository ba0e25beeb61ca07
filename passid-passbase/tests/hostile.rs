//! The real transport against servers that do what no server should: an error of the right kind within
//! the deadline, never a pass, never a leak.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::time::Duration;

use common::{KEY, SECRET, chain, file, identity, key, resource, shows_nothing, token};
use passid_core::client::RetrySettings;
use passid_core::{Clock, Environment, SystemClock, Verdict, Verify};
use passid_passbase::{
    BuildError, ErrorKind, FileContent, PassbaseClient, PassbaseVerifier, SecretKey,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What is done to a connection once its request was read.
#[derive(Clone)]
enum Act {
    /// Closed.
    Close,
    /// These bytes, then the end.
    Say(Vec<u8>),
    /// These bytes, then silence.
    SayAndHold(Vec<u8>),
    /// These bytes, then others without end.
    Flood(Vec<u8>),
}

/// A server that does this to every connection, and what it was sent.
async fn upstream(act: Act) -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let requests = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (act, requests) = (act.clone(), requests.clone());
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && stream.read_buf(&mut head).await? > 0 {}
                requests.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
                match act {
                    Act::Close => {}
                    Act::Say(bytes) => stream.write_all(&bytes).await?,
                    Act::SayAndHold(bytes) => {
                        stream.write_all(&bytes).await?;
                        std::future::pending::<()>().await;
                    }
                    Act::Flood(bytes) => {
                        stream.write_all(&bytes).await?;
                        loop {
                            stream.write_all(&[b'x'; 1024]).await?;
                        }
                    }
                }
                std::io::Result::Ok(())
            });
        }
    });
    (url, seen)
}

fn client(url: &str) -> PassbaseClient {
    PassbaseClient::builder(SecretKey::parse(SECRET, Environment::Sandbox).unwrap())
        .base_url(url)
        .attempt_timeout(Duration::from_millis(500))
        .operation_timeout(Duration::from_secs(1))
        .retry(RetrySettings { base_delay: Duration::from_millis(2), ..RetrySettings::default() })
        .max_response_bytes(16 * 1024)
        .max_file_bytes(16 * 1024)
        .build()
        .unwrap()
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_sound_answer_passes_or_these_tests_prove_nothing() {
    let body = identity().to_string();
    let (url, seen) = upstream(Act::Say(answer("200 OK", JSON, &body))).await;
    let verdict = PassbaseVerifier::new(client(&format!("{url}/v2/"))).verify(token()).await;
    assert!(matches!(verdict, Verdict::Valid(_)), "{verdict:?}");
    let request = seen.lock().unwrap()[0].to_lowercase();
    assert!(request.starts_with(&format!("get /v2/identities/{KEY} http/1.1\r\n")), "{request}");
    assert!(request.contains(&format!("x-api-key: {SECRET}")));
    assert!(request.contains("user-agent: passid-passbase/"));
}

#[tokio::test]
async fn no_wrong_answer_passes_or_leaks_or_hangs() {
    let body = identity().to_string();
    let half = &answer("200 OK", JSON, &body)[..200];
    let gzip = format!("{JSON}Content-Encoding: gzip\r\n");
    let elsewhere = "Location: http://127.0.0.1:1/\r\n";
    for act in [
        Act::Close,
        Act::Say(Vec::new()),
        Act::Say(b"SSH-2.0-OpenSSH\r\n".to_vec()),
        Act::Say(half.to_vec()),
        Act::Say(answer("200 OK", "Content-Type: text/html\r\n", &body)),
        Act::Say(answer("200 OK", &gzip, &body)),
        Act::Say(answer("302 Found", elsewhere, &body)),
        Act::Say(answer("203 Non-Authoritative", JSON, &body)),
        Act::Say(answer("500 Oops", JSON, &body)),
        Act::SayAndHold(Vec::new()),
        Act::SayAndHold(half.to_vec()),
        Act::Flood(format!("HTTP/1.1 200 OK\r\n{JSON}\r\n{{\"id\":\"").into_bytes()),
    ] {
        let (url, seen) = upstream(act).await;
        let began = SystemClock.elapsed();
        let verdict = PassbaseVerifier::new(client(&url)).verify(token()).await;
        let Verdict::Unavailable(outage) = verdict else { panic!("{verdict:?}") };
        shows_nothing(&format!("{outage:?} {}", chain(&outage)));
        assert!(SystemClock.elapsed() - began < Duration::from_secs(10), "hung");
        assert!((1..=3).contains(&seen.lock().unwrap().len()));
    }
}

#[tokio::test]
async fn a_file_is_bounded_in_size_and_in_time() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n".to_vec();
    for (act, kind) in [
        (Act::Flood(head.clone()), ErrorKind::Undecodable),
        (Act::SayAndHold(head), ErrorKind::Timeout),
    ] {
        let (url, _) = upstream(act).await;
        let content = client(&url).resource_file(&key(), &resource(), &file()).await.unwrap();
        let FileContent::Bytes(stream) = content else { panic!() };
        assert_eq!(stream.into_bytes().await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn a_file_arrives_whole() {
    let picture = "x".repeat(16 * 1024);
    let (url, _) =
        upstream(Act::Say(answer("200 OK", "Content-Type: image/png\r\n", &picture))).await;
    let content = client(&url).resource_file(&key(), &resource(), &file()).await.unwrap();
    let FileContent::Bytes(stream) = content else { panic!() };
    assert_eq!(stream.into_bytes().await.unwrap(), picture);
}

#[test]
fn the_key_goes_nowhere_in_clear() {
    let build = |url: &str| {
        let key = SecretKey::parse(SECRET, Environment::Live).unwrap();
        PassbaseClient::builder(key).base_url(url).build()
    };
    for url in ["http://api.passbase.com/verification/v2", "ftp://a.io", "a.io", "https://u:p@a.io"]
    {
        assert!(matches!(build(url).unwrap_err(), BuildError::BaseUrl(_)), "{url}");
    }
    let key = SecretKey::parse(SECRET, Environment::Live).unwrap();
    let zero = PassbaseClient::builder(key).operation_timeout(Duration::ZERO).build();
    assert!(matches!(zero.unwrap_err(), BuildError::Zero));
}
