//! Claims of several workers at the same time.
//!
//! Rows that another claim has locked are passed over, so claims do not wait for each other, and an
//! entry whose subject has an earlier one is no candidate. What that cannot see is an earlier entry
//! that arrives while another claim leases a later one: then both lease one subject, and the unique
//! index over leased subjects lets the first have it. The second is undone whole and looks again.

use sqlx::{Connection, PgConnection};

use crate::store::sql::{self, ClaimStatements, Fault};
use crate::store::{Claim, Claimed};

/// How often a claim looks again.
const TRIES: u32 = 8;

const UNIQUE_VIOLATION: &str = "23505";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK_DETECTED: &str = "40P01";

const TAKE_BACK: &str = "UPDATE passid_ledger SET \
    state = CASE WHEN attempts >= $4 THEN 'dead' ELSE 'ready' END, \
    last_error = CASE WHEN attempts >= $4 THEN 'LEASE_LOST' ELSE last_error END, \
    ended_at = CASE WHEN attempts >= $4 THEN $3 END, \
    lease_owner = NULL, lease_until = NULL \
    WHERE id = ANY(ARRAY(SELECT id FROM passid_ledger WHERE kind = $1 AND environment = $2 \
    AND state = 'leased' AND lease_until <= $3 ORDER BY id FOR UPDATE SKIP LOCKED)) \
    RETURNING state";

// The array is made once; a subquery with a limit could be run again for each row, and lock more.
macro_rules! lease {
    ($condition:literal) => {
        concat!(
            "UPDATE passid_ledger SET state = 'leased', attempts = attempts + 1, ",
            "lease_number = lease_number + 1, lease_owner = $5, lease_until = $6 ",
            "WHERE id = ANY(ARRAY(SELECT id FROM passid_ledger AS due ",
            "WHERE kind = $1 AND environment = $2 AND state = 'ready' AND next_at <= $3 ",
            $condition,
            "AND (subject IS NULL OR (NOT EXISTS (SELECT 1 FROM passid_ledger AS other ",
            "WHERE other.kind = $1 AND other.environment = $2 ",
            "AND other.subject = due.subject AND other.state = 'leased') ",
            "AND id = (SELECT other.id FROM passid_ledger AS other ",
            "WHERE other.kind = $1 AND other.environment = $2 ",
            "AND other.subject = due.subject AND other.state = 'ready' ",
            "ORDER BY other.occurred_at, other.id LIMIT 1))) ",
            "ORDER BY next_at, id LIMIT $4 FOR UPDATE SKIP LOCKED)) ",
            "RETURNING ",
            sql::entry_columns!(),
            ", lease_number, body, body_key_id, ",
            "EXISTS (SELECT 1 FROM passid_ledger AS later ",
            "WHERE later.kind = $1 AND later.environment = $2 ",
            "AND later.subject = passid_ledger.subject AND later.state = 'done' ",
            "AND (later.occurred_at, later.id) > (passid_ledger.occurred_at, passid_ledger.id)) ",
            "AS superseded",
        )
    };
}

const BOTH: ClaimStatements = ClaimStatements { take_back: TAKE_BACK, lease: lease!("") };

/// Leases nothing where a lease has to be taken back first.
const LEASE_IF_NONE_ENDED: &str = lease!(
    "AND NOT EXISTS (SELECT 1 FROM passid_ledger WHERE kind = $1 AND environment = $2 \
     AND state = 'leased' AND lease_until <= $3) "
);

pub(super) async fn claim(
    connection: &mut PgConnection,
    claim: &Claim<'_>,
) -> Result<Claimed, Fault> {
    let mut tries = 1;
    loop {
        let claimed = match sql::lease(connection, LEASE_IF_NONE_ENDED, claim).await {
            // One round trip, as long as there is work and no worker was lost.
            Ok(leased) if !leased.is_empty() => Ok(Claimed { leased, ..Claimed::default() }),
            Ok(_) => in_transaction(connection, claim).await,
            Err(fault) => Err(fault),
        };
        match claimed {
            Err(fault) if tries < TRIES && is_of_another(&fault) => tries += 1,
            claimed => return claimed,
        }
    }
}

async fn in_transaction(
    connection: &mut PgConnection,
    claim: &Claim<'_>,
) -> Result<Claimed, Fault> {
    let mut transaction = connection.begin().await?;
    let claimed = sql::claim(&mut *transaction, BOTH, claim).await?;
    transaction.commit().await?;
    Ok(claimed)
}

/// Whether another claim was quicker.
fn is_of_another(fault: &Fault) -> bool {
    matches!(fault.code(), Some(UNIQUE_VIOLATION | SERIALIZATION_FAILURE | DEADLOCK_DETECTED))
}
