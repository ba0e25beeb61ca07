//! Redeems a share code from the command line, without a web framework:
//! `cargo run --example client -- KE8V-3TXY-Z72L`.
//!
//! Without an argument the code is read from standard input, so that it stays out of the shell's
//! history.

use std::process::ExitCode;

use passid_core::{ErrorKind, FreshnessStatus, ShareCode};
use passid_examples::{StartError, connect, exit, with_causes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit(run().await)
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
async fn run() -> Result<ExitCode, StartError> {
    let code = match std::env::args().nth(1) {
        Some(code) => code,
        None => std::io::read_to_string(std::io::stdin().lock())?,
    };
    let code = ShareCode::parse(&code)?;
    let connected = connect(|client| client).await?;
    match connected.client.redeem_code(&code).await {
        Ok(redemption) => {
            println!("status:     {}", redemption.status());
            println!("audit id:   {}", redemption.audit_id().unwrap_or("none"));
            let freshness =
                redemption.freshness_status().map_or("unknown", FreshnessStatus::as_str);
            println!("freshness:  {freshness}");
            println!("verified:   {}", redemption.credential().is_some());
            println!("claims:     {}", serde_json::to_string_pretty(redemption.reported_claims())?);
            Ok(if redemption.credential().is_some() {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(3)
            })
        }
        // The one failure after which the same call must not be made again.
        Err(error) if *error.kind() == ErrorKind::OutcomeUnknown => {
            println!("{}", with_causes(&error));
            Ok(ExitCode::from(7))
        }
        Err(error) => Err(error.into()),
    }
}
