use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::store::StoreError;

/// Beside the application's own, which sqlx calls `_sqlx_migrations`.
const TABLE: &str = "_passid_inbox_migrations";

/// What brings a database from any version of this library to the present one. Each file is for ever
/// as it was published; a change is another file.
pub(in crate::store) fn migrator(files: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |(version, name, sql): &(i64, &'static str, &'static str)| {
        let (name, sql) = ((*name).into(), sql.into_sql_str());
        Migration::new(*version, name, MigrationType::Simple, sql, false)
    };
    let mut migrator = Migrator::with_migrations(files.iter().map(migration).collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}

/// A database of a version that knows more than this one.
pub(in crate::store) const fn newer() -> StoreError {
    StoreError::Refused { reason: "it was written by a newer version of passid-inbox" }
}

/// Why the steps in the database are not those of this library.
pub(in crate::store) const fn not_migrated(error: &MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(_) => newer(),
        _ => StoreError::Refused { reason: "its migrations are not those of passid-inbox" },
    }
}
