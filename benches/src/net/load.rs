use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use passid_core::{Clock, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long an answer may take that is still under way when the time is over.
const GRACE: Duration = Duration::from_secs(10);

/// No answer of a case is longer.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Connections that each send the same request, again and again, as soon as it is answered.
#[derive(Clone, Debug)]
pub struct Load {
    /// How many at the same time.
    pub connections: usize,
    /// For how long.
    pub time: Duration,
}

/// What a [`Load`] brought about.
#[derive(Clone, Copy, Debug)]
pub struct Achieved {
    /// Answers per second.
    pub per_second: f64,
    /// Half of the answers took no longer, in microseconds.
    pub p50: f64,
    /// 99 of 100 answers took no longer, in microseconds.
    pub p99: f64,
}

impl Load {
    /// Sends `GET path` with these headers until the time is over.
    ///
    /// # Errors
    ///
    /// When a connection breaks, or when an answer is not 200 with a length, or does not come.
    pub fn run(
        &self,
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Achieved> {
        let mut request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\n");
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        request.push_str("\r\n");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.drive(address, request.into()))
    }

    async fn drive(
        &self,
        address: SocketAddr,
        request: std::sync::Arc<str>,
    ) -> io::Result<Achieved> {
        let mut streams = Vec::new();
        for _ in 0..self.connections {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let begun = SystemClock.elapsed();
        let end = begun + self.time;
        let mut connections = JoinSet::new();
        for stream in streams {
            connections.spawn(converse(stream, request.clone(), end));
        }
        let mut times = Vec::new();
        let all = async {
            while let Some(ended) = connections.join_next().await {
                times.extend(ended.map_err(io::Error::other)??);
            }
            Ok(SystemClock.elapsed() - begun)
        };
        let spent = tokio::select! {
            spent = all => spent,
            () = SystemClock.sleep(self.time + GRACE) => Err(io::Error::other("an answer did not come")),
        }?;
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0);
        let micros = |time: u32| f64::from(time) / 1e3;
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 answers")]
        let per_second = times.len() as f64 / spent.as_secs_f64();
        Ok(Achieved { per_second, p50: micros(at(50)), p99: micros(at(99)) })
    }
}

/// The time of each answer in nanoseconds.
async fn converse(
    mut stream: TcpStream,
    request: std::sync::Arc<str>,
    end: Duration,
) -> io::Result<Vec<u32>> {
    let mut buffer = Vec::with_capacity(LONGEST_ANSWER);
    let mut times = Vec::new();
    loop {
        let begun = SystemClock.elapsed();
        if begun >= end {
            return Ok(times);
        }
        stream.write_all(request.as_bytes()).await?;
        receive(&mut stream, &mut buffer).await?;
        let took = SystemClock.elapsed() - begun;
        times.push(u32::try_from(took.as_nanos()).unwrap_or(u32::MAX));
    }
}

/// Reads one answer: its head says how long it is.
async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::Error::other("the connection broke"));
        }
        if buffer.len() > LONGEST_ANSWER {
            return Err(io::Error::other("the answer is too long"));
        }
        let Some(head) = buffer.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let (head, body) = buffer.split_at(head + 4);
        if !head.starts_with(b"HTTP/1.1 200 ") {
            let line = String::from_utf8_lossy(head).lines().next().unwrap_or_default().to_owned();
            return Err(io::Error::other(format!("not a success: {line}")));
        }
        let length = length(head).ok_or_else(|| io::Error::other("the answer has no length"))?;
        if body.len() >= length {
            return Ok(());
        }
    }
}

fn length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"\r\ncontent-length:";
    let start = head.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME))?;
    let value = head.get(start + NAME.len()..)?;
    let value = value.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}
