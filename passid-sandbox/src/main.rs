//! The PASSID API on your own machine, as a program.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use passid_sandbox::docverify::{self, DocumentSettings};
use passid_sandbox::{ASSUMPTIONS, Assumption, Sandbox, SandboxBuilder, Seed, demo, passbase};
use serde::Serialize;

/// The PASSID API on your own machine: stateful, deterministic, no account, no network.
///
/// The first line on stdout is one JSON object that tells where it listens and with which keys.
/// Logs go to stderr. SIGINT and SIGTERM stop it.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Lists what was decided because no public page of the vendor states it.
    Assumptions {
        /// As one JSON array, one object per decision.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Options {
    /// Where to listen; port 0 takes a free one. Beyond loopback the control API needs
    /// --control-token.
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

    /// The secret key of the Passbase API.
    #[arg(
        long,
        env = "PASSID_SANDBOX_PASSBASE_KEY",
        hide_env_values = true,
        default_value = passbase::SECRET_KEY,
        value_name = "KEY"
    )]
    passbase_key: String,

    /// Where the webhooks of the Passbase API go, until a call sets another address.
    #[arg(long, env = "PASSID_SANDBOX_PASSBASE_WEBHOOK_URL", value_name = "URL")]
    passbase_webhook_url: Option<String>,

    /// What they are encrypted with: 32 visible ASCII characters. Without it plain, or what the data
    /// file says.
    #[arg(
        long,
        env = "PASSID_SANDBOX_PASSBASE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    passbase_webhook_secret: Option<String>,

    /// Where events of the sandbox environment go, until a call sets another address.
    #[arg(long, env = "PASSID_SANDBOX_WEBHOOK_URL", value_name = "URL")]
    webhook_url: Option<String>,

    /// The client id of Document Verification.
    #[arg(
        long,
        env = "PASSID_SANDBOX_DOCVERIFY_CLIENT_ID",
        default_value = docverify::CLIENT_ID,
        value_name = "ID"
    )]
    docverify_client_id: String,

    /// The client secret of Document Verification.
    #[arg(
        long,
        env = "PASSID_SANDBOX_DOCVERIFY_CLIENT_SECRET",
        hide_env_values = true,
        default_value = docverify::CLIENT_SECRET,
        value_name = "SECRET"
    )]
    docverify_client_secret: String,

    /// A JSON file that says how Document Verification is set up; only what differs from the usual.
    #[arg(long, env = "PASSID_SANDBOX_DOCVERIFY_SETTINGS", value_name = "FILE")]
    docverify_settings: Option<PathBuf>,

    /// The secret that webhooks are signed with. Without it the demo's, or the one in the data file.
    #[arg(
        long,
        env = "PASSID_SANDBOX_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    webhook_secret: Option<String>,

    /// Seconds that a receiver of webhooks has for its answer.
    #[arg(
        long,
        env = "PASSID_SANDBOX_WEBHOOK_TIMEOUT",
        default_value = "10",
        value_parser = clap::value_parser!(u64).range(1..=600),
        value_name = "SECONDS"
    )]
    webhook_timeout: u64,

    /// A file that keeps the state over restarts; made when it is absent.
    #[arg(long, env = "PASSID_SANDBOX_DATA", value_name = "FILE")]
    data: Option<PathBuf>,

    /// A JSON or TOML file with institutions, customers, tokens, codes and Passbase identities to begin
    /// with.
    #[arg(long, env = "PASSID_SANDBOX_SEED", value_name = "FILE")]
    seed: Option<PathBuf>,

    /// From which codes, tokens and whatever is left to chance are derived.
    #[arg(long, env = "PASSID_SANDBOX_RANDOM_SEED", default_value = "0", value_name = "NUMBER")]
    random_seed: u64,

    /// The time at the start, such as 2026-03-29T10:22:14Z. Without it the machine's, or the one in
    /// the data file.
    #[arg(long, env = "PASSID_SANDBOX_CLOCK", value_name = "TIME")]
    clock: Option<Timestamp>,

    /// Stops the clock at the start; the control API moves it.
    #[arg(
        long,
        env = "PASSID_SANDBOX_FREEZE_CLOCK",
        value_parser = BoolishValueParser::new()
    )]
    freeze_clock: bool,

    /// How many sessions, verifications, outcomes and Passbase identities are kept each.
    #[arg(
        long,
        env = "PASSID_SANDBOX_MAX_RECORDS",
        default_value = "100000",
        value_name = "NUMBER"
    )]
    max_records: usize,

    /// How many days they are kept.
    #[arg(
        long,
        env = "PASSID_SANDBOX_MAX_AGE_DAYS",
        default_value = "30",
        value_parser = clap::value_parser!(u32).range(1..),
        value_name = "DAYS"
    )]
    max_age_days: u32,

    /// The bearer token that the control API asks for; needed beyond loopback.
    #[arg(
        long,
        env = "PASSID_SANDBOX_CONTROL_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    control_token: Option<String>,

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
    institution_jwt: &'a str,
    live_institution_jwt: &'a str,
    user_jwt: &'a str,
    webhook_secret: &'a str,
    passbase_url: &'a str,
    passbase_key: &'a str,
    docverify_url: &'a str,
    docverify_client_id: &'a str,
    docverify_client_secret: &'a str,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Some(Command::Assumptions { json }) => list_assumptions(json).map_err(Into::into),
        None => {
            tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
            run(arguments.options).await
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(io::stderr(), "passid-sandbox: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

fn list_assumptions(json: bool) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut stdout, ASSUMPTIONS)?;
        return writeln!(stdout);
    }
    for assumption in ASSUMPTIONS {
        let Assumption { id, decision, published, acts } = assumption;
        writeln!(
            stdout,
            "{id}: {decision}\n    published: {published}\n    acts: {}",
            acts.join(", ")
        )?;
    }
    Ok(())
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // Before the ready line, so that whoever reads it may send a signal at once.
    let stop = StopSignal::install()?;
    let sandbox = builder(options)?.start().await?;
    announce(&sandbox)?;
    tracing::info!(url = sandbox.url(), "listening");
    stop.received().await;
    tracing::info!("stopping");
    sandbox.shutdown().await;
    Ok(())
}

fn builder(options: Options) -> Result<SandboxBuilder, Box<dyn Error>> {
    let mut builder = Sandbox::builder()
        .listen(options.listen)
        .sandbox_key(options.sandbox_key)
        .live_key(options.live_key)
        .passbase_key(options.passbase_key)
        .docverify_client(options.docverify_client_id, options.docverify_client_secret)
        .strict_demo_codes(options.strict_demo_codes)
        .random_seed(options.random_seed)
        .webhook_timeout(Duration::from_secs(options.webhook_timeout))
        .max_records(options.max_records)
        .max_age(Duration::from_secs(u64::from(options.max_age_days) * 24 * 3_600))
        .freeze_clock(options.freeze_clock);
    if let Some(url) = options.webhook_url {
        builder = builder.webhook_url(url);
    }
    if let Some(secret) = options.webhook_secret {
        builder = builder.webhook_secret(secret);
    }
    if let Some(url) = options.passbase_webhook_url {
        builder = builder.passbase_webhook_url(url);
    }
    if let Some(secret) = options.passbase_webhook_secret {
        builder = builder.passbase_webhook_secret(secret);
    }
    if let Some(time) = options.clock {
        builder = builder.start_time(time.into());
    }
    if let Some(token) = options.control_token {
        builder = builder.control_token(token);
    }
    if let Some(file) = options.data {
        builder = builder.data_file(file);
    }
    if let Some(file) = options.seed {
        builder = builder.seed(read_seed(&file)?);
    }
    if let Some(file) = options.docverify_settings {
        builder = builder.docverify(read_settings(&file)?);
    }
    Ok(builder)
}

fn read_seed(file: &Path) -> Result<Seed, Box<dyn Error>> {
    let named = |problem: String| format!("the seed file {}: {problem}", file.display());
    let text = fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
    let is_toml = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let seed = if is_toml { Seed::from_toml(&text) } else { Seed::from_json(&text) };
    seed.map_err(|error| named(error.to_string()).into())
}

fn read_settings(file: &Path) -> Result<DocumentSettings, Box<dyn Error>> {
    let named = |problem: String| format!("the settings file {}: {problem}", file.display());
    let text = fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
    let settings = serde_json::from_str(&text);
    settings.map_err(|error| named(error.to_string()).into())
}

fn announce(sandbox: &Sandbox) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Ready {
        event: "ready",
        url: sandbox.url(),
        admin_url: sandbox.admin_url(),
        sandbox_key: sandbox.sandbox_key(),
        live_key: sandbox.live_key(),
        institution_jwt: &sandbox.institution_jwt(),
        live_institution_jwt: &sandbox.live_institution_jwt(),
        user_jwt: &sandbox.user_jwt(),
        webhook_secret: &sandbox.webhook_secret(),
        passbase_url: sandbox.passbase().url(),
        passbase_key: sandbox.passbase().key(),
        docverify_url: sandbox.docverify().url(),
        docverify_client_id: sandbox.docverify().client_id(),
        docverify_client_secret: sandbox.docverify().client_secret(),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_flag_has_a_variable_of_the_same_name() {
        let command = Arguments::command();
        command.clone().debug_assert();
        let flags: Vec<_> =
            command.get_arguments().filter(|flag| flag.get_long().is_some()).collect();
        assert!(flags.len() > 10);
        for flag in flags {
            let name = flag.get_long().unwrap_or_default();
            let variable = format!("passid-sandbox-{name}").to_uppercase().replace('-', "_");
            assert_eq!(flag.get_env().and_then(|name| name.to_str()), Some(&*variable), "{name}");
        }
    }
}
