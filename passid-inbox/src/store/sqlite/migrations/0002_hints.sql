-- A third kind. The file stays as it is: only the text of the table's definition is changed, as SQLite
-- documents it for constraints (https://sqlite.org/lang_altertable.html, section 7). To make the table
-- anew would break keys and views of the application's that point at it.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
    SET sql = replace(sql, 'kind IN (''event'', ''outcome'')', 'kind IN (''event'', ''hint'', ''outcome'')')
    WHERE type = 'table' AND name = 'passid_ledger';
PRAGMA writable_schema = RESET;

-- Has every connection read the definitions anew.
CREATE TABLE passid_ledger_changed (id INTEGER PRIMARY KEY) STRICT;
DROP TABLE passid_ledger_changed;
