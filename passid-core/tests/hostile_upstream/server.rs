//! A TCP server that does one wrong thing to every connection, and counts what it saw.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passid_core::{Clock, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is done to a connection.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Closed before anything is read.
    CloseAtOnce,
    /// Reset before anything is read.
    ResetAtOnce,
    /// Closed after the request was read.
    Close,
    /// Reset after the request was read.
    Reset,
    /// These bytes, then the end.
    Say(Vec<u8>),
    /// These bytes, then silence.
    SayAndHold(Vec<u8>),
    /// The first bytes, then the others over and over.
    Flood(Vec<u8>, Vec<u8>),
    /// These bytes one by one, 50 ms apart.
    Drip(Vec<u8>),
    /// A good answer to each request until the given number, then a close.
    Answer(Vec<u8>, usize),
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    /// Connections that both sides have closed.
    ended: AtomicUsize,
}

pub(crate) struct Upstream {
    pub(crate) authority: String,
    seen: Arc<Seen>,
    task: tokio::task::JoinHandle<()>,
}

impl Upstream {
    pub(crate) async fn start(act: Act) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (act, seen) = (act.clone(), shared.clone());
                // A client that goes away is no failure of the test.
                tokio::spawn(async move { play(act, stream, &seen).await.ok() });
            }
        });
        Self { authority, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The requests that arrived whole, as text.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// Waits until both sides have closed this many connections.
    pub(crate) async fn ended(&self, number: usize) {
        for _ in 0..500 {
            if self.seen.ended.load(Ordering::SeqCst) >= number {
                return;
            }
            SystemClock.sleep(Duration::from_millis(10)).await;
        }
        panic!("the connection was never closed");
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(act: Act, mut stream: TcpStream, seen: &Seen) -> io::Result<()> {
    match act {
        Act::CloseAtOnce => return stream.shutdown().await,
        Act::ResetAtOnce => return stream.set_zero_linger(),
        _ => {}
    }
    let mut buffer = Vec::new();
    receive(&mut stream, &mut buffer, seen).await?;
    match act {
        Act::Reset => stream.set_zero_linger()?,
        Act::Say(bytes) => {
            stream.write_all(&bytes).await?;
            end(&mut stream, seen).await?;
        }
        Act::SayAndHold(bytes) => {
            stream.write_all(&bytes).await?;
            std::future::pending::<()>().await;
        }
        Act::Flood(head, again) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&again).await?;
            }
        }
        Act::Drip(bytes) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                SystemClock.sleep(Duration::from_millis(50)).await;
            }
        }
        Act::Answer(bytes, number) => {
            stream.write_all(&bytes).await?;
            for _ in 1..number {
                receive(&mut stream, &mut buffer, seen).await?;
                stream.write_all(&bytes).await?;
            }
            end(&mut stream, seen).await?;
        }
        Act::Close | Act::CloseAtOnce | Act::ResetAtOnce => {}
    }
    Ok(())
}

/// Reads one whole request: head, and as much body as it announces.
async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>, seen: &Seen) -> io::Result<()> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            });
            if body.len() >= length.unwrap_or(0) {
                seen.requests.lock().unwrap().push(text);
                buffer.clear();
                return Ok(());
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Closes our side, and waits for the client to close its own.
async fn end(stream: &mut TcpStream, seen: &Seen) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    assert!(rest.is_empty(), "the client sent something into a closed connection");
    seen.ended.fetch_add(1, Ordering::SeqCst);
    Ok(())
}
