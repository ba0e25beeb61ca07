use std::error::Error;
use std::process::ExitCode;

use crate::settings::SettingsError;

/// Ends a program: failures are told in one line with their causes, not as a `Debug` dump. A setting
/// at fault is exit code 2, anything else 1.
#[expect(clippy::print_stderr, reason = "an example speaks to the person who started it")]
pub fn exit(result: Result<ExitCode, Box<dyn Error>>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("{}", with_causes(&*error));
        if error.is::<SettingsError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
    })
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

/// Ends when the program is asked to stop. Listens from the call on, not from the first poll: a
/// signal right after the start counts too.
///
/// # Errors
///
/// When the signals cannot be listened to.
#[cfg(unix)]
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when the program is asked to stop.
///
/// # Errors
///
/// None here.
#[cfg(not(unix))]
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
