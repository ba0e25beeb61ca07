-- Times are microseconds since 1970. The body comes last, so that the rest of a row is read without it.
CREATE TABLE passid_ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('event', 'outcome')),
    environment TEXT NOT NULL CHECK (environment IN ('sandbox', 'live')),
    state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'dead')),
    name TEXT NOT NULL,
    body_sha256 BLOB NOT NULL CHECK (length(body_sha256) = 32),
    semantic_key BLOB CHECK (length(semantic_key) = 32),
    subject BLOB CHECK (length(subject) = 32),
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    lease_number INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until INTEGER,
    ended_at INTEGER,
    last_error TEXT,
    replays INTEGER NOT NULL DEFAULT 0,
    body_key_id TEXT,
    body BLOB,
    CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
    CHECK ((state IN ('done', 'dead')) = (ended_at IS NOT NULL)),
    CHECK (body IS NOT NULL OR state IN ('done', 'dead'))
) STRICT;

-- What makes an entry a repetition.
CREATE UNIQUE INDEX passid_ledger_body ON passid_ledger (kind, environment, body_sha256);
CREATE UNIQUE INDEX passid_ledger_semantic_key ON passid_ledger (kind, environment, semantic_key)
    WHERE semantic_key IS NOT NULL;

-- Two workers never have entries of one subject.
CREATE UNIQUE INDEX passid_ledger_leased_subject ON passid_ledger (kind, environment, subject)
    WHERE state = 'leased' AND subject IS NOT NULL;

-- What a claim asks: which leases have ended, which entries are due, and what goes before them.
CREATE INDEX passid_ledger_lease ON passid_ledger (kind, environment, lease_until)
    WHERE state = 'leased';
CREATE INDEX passid_ledger_due ON passid_ledger (kind, environment, next_at, id)
    WHERE state = 'ready';
CREATE INDEX passid_ledger_subject
    ON passid_ledger (kind, environment, subject, state, occurred_at, id)
    WHERE subject IS NOT NULL;

-- What an operator and the metrics ask.
CREATE INDEX passid_ledger_state ON passid_ledger (kind, environment, state, id);
CREATE INDEX passid_ledger_name ON passid_ledger (kind, environment, name, id);
CREATE INDEX passid_ledger_received ON passid_ledger (kind, environment, received_at);
CREATE INDEX passid_ledger_open ON passid_ledger (kind, environment, received_at)
    WHERE state IN ('ready', 'leased');

-- What a purge asks.
CREATE INDEX passid_ledger_ended ON passid_ledger (environment, state, ended_at)
    WHERE body IS NOT NULL;
