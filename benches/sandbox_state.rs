//! Whether the sandbox's verify stays as quick when there is much in the sandbox: `POST /v1/verify`
//! over a kept-alive connection, against sandboxes of different fullness that take turns. And how
//! much memory each fullness takes, measured in a process of its own.
//!
//! `cargo bench -p passid-benches --bench sandbox_state` takes about 30 s; with `-- --quick` about 5 s.
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

use std::env;
use std::error::Error;
use std::fs;
use std::process::Command;
use std::time::Duration;

use passid_benches::Spread;
use passid_core::{Clock, SystemClock};
use passid_sandbox::{Environment, NewCredential, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

type Failure = Box<dyn Error>;

/// How much is in a sandbox.
#[derive(Clone, Copy)]
struct Fullness {
    name: &'static str,
    tokens: usize,
    sessions: usize,
    pending_deliveries: usize,
    /// Whether the state is kept in a file.
    on_disk: bool,
}

const EMPTY: Fullness =
    Fullness { name: "empty", tokens: 0, sessions: 0, pending_deliveries: 0, on_disk: false };
const FULL: Fullness = Fullness {
    name: "10,000 tokens, 1,000 sessions, 1,000 pending deliveries",
    tokens: 10_000,
    sessions: 1_000,
    pending_deliveries: 1_000,
    on_disk: false,
};

const CASES: [Fullness; 6] = [
    EMPTY,
    Fullness { name: "1,000 tokens", tokens: 1_000, ..EMPTY },
    Fullness { name: "10,000 tokens", tokens: 10_000, ..EMPTY },
    FULL,
    Fullness { name: "90,000 tokens", tokens: 90_000, ..EMPTY },
    Fullness { name: "empty (control)", ..EMPTY },
];
const ON_DISK: [Fullness; 2] = [
    Fullness { name: "empty, data file", on_disk: true, ..EMPTY },
    Fullness { name: "10,000 / 1,000 / 1,000, data file", on_disk: true, ..FULL },
];

/// How much is measured: calls per case and round, and rounds.
struct Effort {
    calls: usize,
    rounds: usize,
}

impl Effort {
    fn of(arguments: &[String]) -> Self {
        let given = |flag| arguments.iter().any(|argument| argument == flag);
        match (given("--bench"), given("--quick")) {
            (_, true) => Self { calls: 100, rounds: 20 },
            (true, false) => Self { calls: 500, rounds: 60 },
            // As a test: does it run at all?
            (false, false) => Self { calls: 2, rounds: 2 },
        }
    }
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    if let [flag, case] = &*arguments
        && flag == "--memory-of"
    {
        return runtime.block_on(print_memory(case.parse()?));
    }
    let effort = Effort::of(&arguments);
    runtime.block_on(compare(&CASES, &effort))?;
    let fewer = Effort { calls: effort.calls.div_ceil(10), ..effort };
    runtime.block_on(compare(&ON_DISK, &fewer))?;
    println!("\n| fullness | resident memory, MiB |\n|---|---:|");
    for (number, case) in CASES.iter().enumerate().take(CASES.len() - 1) {
        if effort.calls < 10 && case.tokens > 10_000 {
            continue;
        }
        let child = Command::new(env::current_exe()?)
            .args(["--memory-of", &number.to_string()])
            .output()?;
        let kib: f64 = String::from_utf8(child.stdout)?.trim().parse()?;
        println!("| {} | {:.1} |", case.name, kib / 1_024.0);
    }
    Ok(())
}

async fn compare(cases: &[Fullness], effort: &Effort) -> Result<(), Failure> {
    let mut callers = Vec::new();
    for case in cases {
        if effort.calls >= 10 || case.tokens <= 10_000 {
            callers.push((case.name, Caller::new(*case).await?, Vec::new()));
        }
    }
    for round in 0..effort.rounds {
        let first = round % callers.len();
        let (before, after) = callers.split_at_mut(first);
        for (_, caller, times) in after.iter_mut().chain(before) {
            times.push(caller.time(effort.calls).await?);
        }
    }
    println!("\n{} rounds of {} calls per case\n", effort.rounds, effort.calls);
    println!("| fullness | µs per verify | p10..p90 | ratio to the first | p10..p90 |");
    println!("|---|---:|---:|---:|---:|");
    let base: Vec<f64> = callers.first().map(|(_, _, times)| times.clone()).unwrap_or_default();
    for (name, _, times) in &callers {
        let time = Spread::of(times.iter().copied());
        let ratio = Spread::of(times.iter().zip(&base).map(|(time, base)| time / base));
        println!(
            "| {name} | {:.1} | {:.1}..{:.1} | {:.2} | {:.2}..{:.2} |",
            time.median, time.p10, time.p90, ratio.median, ratio.p10, ratio.p90,
        );
    }
    Ok(())
}

/// A sandbox and a client with a connection to it.
struct Caller {
    sandbox: Sandbox,
    connection: TcpStream,
    requests: Vec<Vec<u8>>,
    next: usize,
    // Deleted when the caller is dropped.
    _folder: tempfile::TempDir,
}

impl Caller {
    async fn new(case: Fullness) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let sandbox = filled(case, &folder).await?;
        let address = sandbox.url().trim_start_matches("http://").to_owned();
        let connection = TcpStream::connect(address).await?;
        connection.set_nodelay(true)?;
        // Of the live environment, which has no webhook URL: a verification sends no event.
        let live = || NewCredential::new().environment(Environment::Live);
        let tokens: Result<Vec<_>, _> = (0..100).map(|_| sandbox.mint_token(live())).collect();
        let key = sandbox.live_key();
        let requests = tokens?.iter().map(|token| request(key, token)).collect();
        Ok(Self { sandbox, connection, requests, next: 0, _folder: folder })
    }

    /// Microseconds per call.
    async fn time(&mut self, calls: usize) -> Result<f64, Failure> {
        let begun = SystemClock.elapsed();
        for _ in 0..calls {
            self.verify().await?;
        }
        let calls = u32::try_from(calls)?;
        Ok((SystemClock.elapsed() - begun).as_secs_f64() * 1e6 / f64::from(calls))
    }

    async fn verify(&mut self) -> Result<(), Failure> {
        let request = self.requests.get(self.next).ok_or("there is no such request")?;
        self.next = (self.next + 1) % self.requests.len();
        self.connection.write_all(request).await?;
        let mut answer = Vec::with_capacity(2_048);
        loop {
            if self.connection.read_buf(&mut answer).await? == 0 {
                return Err("the sandbox closed the connection".into());
            }
            if is_whole(&answer) {
                break;
            }
        }
        let good = answer.starts_with(b"HTTP/1.1 200")
            && String::from_utf8_lossy(&answer).contains("\"credential_valid\":true");
        if good { Ok(()) } else { Err("a token was not verified".into()) }
    }
}

fn request(key: &str, token: &str) -> Vec<u8> {
    let body = format!("{{\"token\":\"{token}\"}}");
    format!(
        "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nX-Institution-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Whether an answer with a `Content-Length` is there as a whole.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}

async fn filled(case: Fullness, folder: &tempfile::TempDir) -> Result<Sandbox, Failure> {
    // Nobody listens there any more: every delivery fails, and waits for its next attempt.
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut builder =
        Sandbox::builder().freeze_clock(true).webhook_url(format!("http://{nobody}/"));
    if case.on_disk {
        builder = builder.data_file(folder.path().join("state.db"));
    }
    let sandbox = builder.start().await?;
    for _ in 0..case.tokens {
        sandbox.mint_token(NewCredential::new())?;
    }
    for _ in 0..case.sessions {
        create_session(&sandbox).await?;
    }
    for _ in 0..case.pending_deliveries {
        sandbox.send_test_event("pending").ok_or("an event was not taken")?;
    }
    if !sandbox.deliveries_settled(Duration::from_secs(60)).await {
        return Err("the deliveries did not settle".into());
    }
    let pending = sandbox.deliveries().iter().filter(|one| one.state == "pending").count();
    if pending == case.pending_deliveries {
        Ok(sandbox)
    } else {
        Err("not every delivery is pending".into())
    }
}

async fn create_session(sandbox: &Sandbox) -> Result<(), Failure> {
    let mut connection = TcpStream::connect(sandbox.url().trim_start_matches("http://")).await?;
    let request = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nX-Institution-Key: {}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}",
        sandbox.sandbox_key()
    );
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    if answer.starts_with(b"HTTP/1.1 201") { Ok(()) } else { Err("no session was made".into()) }
}

async fn print_memory(case: usize) -> Result<(), Failure> {
    let case = *CASES.get(case).ok_or("there is no such case")?;
    let caller = Caller::new(case).await?;
    let status = fs::read_to_string("/proc/self/status")?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.split_whitespace().next());
    println!("{}", kib.ok_or("the machine does not tell its memory")?);
    drop(caller.sandbox);
    Ok(())
}
