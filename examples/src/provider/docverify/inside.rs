//! People in the sandbox, who have been through the vendor's page.

use std::time::Duration;

use passid_docverify::{
    DocumentVerificationClient, MemorySessionRecords, NewSession, SessionRecord, SessionRecords,
    SessionToken,
};
use passid_sandbox::Sandbox;

use crate::StartError;
use crate::provider::Prepared;

/// Older than any policy of the examples takes.
const LONG_AGO: Duration = Duration::from_secs(96 * 3600);

/// One of them was there a while ago: the API tells no times, so that the record says it.
pub(super) async fn prepared(
    sandbox: &Sandbox,
    client: &DocumentVerificationClient,
    records: &MemorySessionRecords,
) -> Result<Vec<Prepared>, StartError> {
    let fresh = finished(sandbox, client).await?;
    let mut old = finished(sandbox, client).await?;
    old.created_at = old.created_at.checked_sub(LONG_AGO).ok_or("no time is so long ago")?;
    let mut prepared = Vec::new();
    for (record, what) in [
        (fresh, "somebody who has just shown a document"),
        (old, "somebody who showed a document four days ago"),
    ] {
        let token = SessionToken::new(&record.session_id, &record.state).expose().to_owned();
        prepared.push(Prepared { token, what });
        records.insert(record).await?;
    }
    Ok(prepared)
}

async fn finished(
    sandbox: &Sandbox,
    client: &DocumentVerificationClient,
) -> Result<SessionRecord, StartError> {
    let session = client.create_session(&NewSession::new()).await?;
    sandbox.docverify().capture(session.session_id.as_str())?;
    Ok(session.record())
}
