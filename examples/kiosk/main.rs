//! The guide's QR flow at a terminal: `cargo run --example kiosk`.
//!
//! Shows a QR code and the code beside it, waits until the customer has decided, and puts what was
//! shared before the loan policy.

use std::process::ExitCode;

use passid_core::{
    Clock, NewSession, Permission, Session, SessionState, SessionStatus, SystemClock,
};
use passid_examples::{StartError, connect, exit, loan_policy};
use passid_sandbox::Sandbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<ExitCode, StartError> {
    let connected = connect(|client| client).await?;
    let request = NewSession::new()
        .institution_name("Demo Bank, branch 7")?
        .permissions([Permission::IncomeVerified, Permission::SanctionsClear])?;
    let session = connected.client.create_session(&request).await?;
    show(&session, connected.sandbox.as_deref())?;
    let state = connected.client.wait_for_session(&session).await?;
    decide(&state)
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
fn show(session: &Session, sandbox: Option<&Sandbox>) -> Result<(), StartError> {
    println!("{}", session.deep_link.qr_terminal()?);
    println!("Scan it with the PASSID app, or type {} there.", session.code);
    if let Some(sandbox) = sandbox {
        let url = format!("{}/sessions/{}", sandbox.admin_url(), session.request_id);
        println!("A sandbox runs inside this program. In the customer's place:");
        println!("  curl -X POST {url}/approve");
        println!("  curl -X POST {url}/decline");
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the example speaks to the person who started it")]
fn decide(state: &SessionState) -> Result<ExitCode, StartError> {
    match &state.status {
        SessionStatus::Completed(credential) => {
            match loan_policy()?.evaluate(credential, SystemClock.now()) {
                Ok(()) => {
                    println!("approved: {:?}", credential.claims().income_band);
                    return Ok(ExitCode::SUCCESS);
                }
                Err(violation) => println!("shared, but not enough: {violation}"),
            }
        }
        SessionStatus::Declined => println!("declined"),
        // No error: the next customer may have more time (guide, step 11).
        SessionStatus::Expired => println!("expired; start again for a new code"),
        other => println!("{other}"),
    }
    Ok(ExitCode::from(3))
}
