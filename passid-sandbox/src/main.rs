//! The PASSID API on your own machine, as a program.

use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::BoolishValueParser;
use passid_sandbox::{Sandbox, demo};
use serde::Serialize;

/// The PASSID API on your own machine: stateful, deterministic, no account, no network.
///
/// The first line on stdout is one JSON object that tells where it listens and with which keys.
/// Logs go to stderr. SIGINT and SIGTERM stop it.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where to listen; port 0 takes a free one. Beyond loopback the control API does not answer.
    #[arg(
        long,
        env = "PASSID_SANDBOX_LISTEN",
        default_value = "127.0.0.1:8787",
        value_name = "ADDRESS"
    )]
    listen: SocketAddr,

    /// The institution key of the sandbox environment.
    #[arg(
        long,
        env = "PASSID_SANDBOX_SANDBOX_KEY",
        hide_env_values = true,
        default_value = demo::SANDBOX_KEY,
        value_name = "KEY"
    )]
    sandbox_key: String,

    /// The institution key of the live environment.
    #[arg(
        long,
        env = "PASSID_SANDBOX_LIVE_KEY",
        hide_env_values = true,
        default_value = demo::LIVE_KEY,
        value_name = "KEY"
    )]
    live_key: String,

    /// The secret that webhooks are signed with.
    #[arg(
        long,
        env = "PASSID_SANDBOX_WEBHOOK_SECRET",
        hide_env_values = true,
        default_value = demo::WEBHOOK_SECRET,
        value_name = "SECRET"
    )]
    webhook_secret: String,

    /// Makes the demo codes one-time, like minted ones.
    #[arg(
        long,
        env = "PASSID_SANDBOX_STRICT_DEMO_CODES",
        value_parser = BoolishValueParser::new()
    )]
    strict_demo_codes: bool,
}

#[derive(Serialize)]
struct Ready<'a> {
    event: &'static str,
    url: &'a str,
    admin_url: &'a str,
    sandbox_key: &'a str,
    live_key: &'a str,
    webhook_secret: &'a str,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(io::stderr(), "passid-sandbox: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // Before the ready line, so that whoever reads it may send a signal at once.
    let stop = StopSignal::install()?;
    let sandbox = Sandbox::builder()
        .listen(options.listen)
        .sandbox_key(options.sandbox_key)
        .live_key(options.live_key)
        .webhook_secret(options.webhook_secret)
        .strict_demo_codes(options.strict_demo_codes)
        .start()
        .await?;
    announce(&sandbox)?;
    tracing::info!(url = sandbox.url(), "listening");
    stop.received().await;
    tracing::info!("stopping");
    sandbox.shutdown().await;
    Ok(())
}

fn announce(sandbox: &Sandbox) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Ready {
        event: "ready",
        url: sandbox.url(),
        admin_url: sandbox.admin_url(),
        sandbox_key: sandbox.sandbox_key(),
        live_key: sandbox.live_key(),
        webhook_secret: sandbox.webhook_secret(),
    })?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line)?;
    stdout.flush()
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(unix)]
struct StopSignal {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignal {
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct StopSignal;

#[cfg(not(unix))]
impl StopSignal {
    fn install() -> io::Result<Self> {
        Ok(Self)
    }

    async fn received(self) {
        // An error means that no signal will come; then the process ends when it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
