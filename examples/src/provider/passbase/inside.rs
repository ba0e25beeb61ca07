//! People in the sandbox, who were approved.

use std::time::Duration;

use passid_passbase::{FlowMetadata, Nonce};
use passid_sandbox::Sandbox;
use passid_sandbox::passbase::NewIdentity;

use super::bound;
use crate::StartError;
use crate::provider::Prepared;

/// Older than any policy of the examples takes.
const LONG_AGO: Duration = Duration::from_secs(96 * 3600);

pub(super) fn prepared(sandbox: &Sandbox) -> Result<Vec<Prepared>, StartError> {
    let now = sandbox.now();
    sandbox.set_clock(now.checked_sub(LONG_AGO).ok_or("no time is so long ago")?)?;
    let old = somebody(sandbox, "somebody who showed a passport four days ago")?;
    sandbox.advance_clock(LONG_AGO)?;
    Ok(vec![somebody(sandbox, "somebody who has just shown a passport")?, old])
}

fn somebody(sandbox: &Sandbox, what: &'static str) -> Result<Prepared, StartError> {
    let (nonce, metadata) = bound()?;
    Ok(Prepared { token: approved(sandbox, &nonce, &metadata)?, what })
}

/// Somebody who opened the button with this metadata, showed a passport, was looked for on watchlists
/// and was approved: their token.
pub(super) fn approved(
    sandbox: &Sandbox,
    nonce: &Nonce,
    metadata: &FlowMetadata,
) -> Result<String, StartError> {
    // As the vendor opens it, once it was signed.
    let metadata = serde_json::from_str(&metadata.to_json())?;
    let passbase = sandbox.passbase();
    let key = passbase.begin(NewIdentity { metadata, ..NewIdentity::default() })?;
    passbase.submit(&key)?;
    passbase.process(&key)?;
    passbase.screen(&key, &[])?;
    passbase.review(&key, true)?;
    Ok(format!("{key}.{}", nonce.expose()))
}
