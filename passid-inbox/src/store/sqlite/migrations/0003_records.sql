-- Small records of providers, beside the ledger: what they told once and never tell again.
CREATE TABLE passid_record (
    environment TEXT NOT NULL CHECK (environment IN ('sandbox', 'live')),
    key BLOB NOT NULL CHECK (length(key) = 32),
    keep_until INTEGER NOT NULL,
    body_key_id TEXT,
    body BLOB NOT NULL,
    PRIMARY KEY (environment, key)
) STRICT, WITHOUT ROWID;

-- What a purge asks.
CREATE INDEX passid_record_keep_until ON passid_record (environment, keep_until);
