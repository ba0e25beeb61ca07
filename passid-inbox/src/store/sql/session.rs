use std::future::Future;

use sqlx::Row;

use super::fault::Fault;
use super::row::Columns;

/// A value for a statement.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Value<'a> {
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    MaybeText(Option<&'a str>),
    MaybeBytes(Option<&'a [u8]>),
    MaybeInt(Option<i64>),
}

/// A connection on which statements run. Statements number their values `$1`, which both databases
/// understand.
pub(in crate::store) trait Session: Send {
    type Row: Columns;

    fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>, Fault>> + Send;
}

macro_rules! session {
    ($database:ty, $connection:ty, $row:ty) => {
        impl Session for $connection {
            type Row = $row;

            async fn rows(
                &mut self,
                sql: &'static str,
                values: &[Value<'_>],
            ) -> Result<Vec<Self::Row>, Fault> {
                let mut query = sqlx::query::<$database>(sql);
                for value in values {
                    query = match *value {
                        Value::Int(value) => query.bind(value),
                        Value::Text(value) => query.bind(value),
                        Value::Bytes(value) => query.bind(value),
                        Value::MaybeText(value) => query.bind(value),
                        Value::MaybeBytes(value) => query.bind(value),
                        Value::MaybeInt(value) => query.bind(value),
                    };
                }
                Ok(query.fetch_all(self).await?)
            }
        }

        impl Columns for $row {
            fn int(&self, column: &'static str) -> Result<i64, Fault> {
                Ok(self.try_get(column)?)
            }

            fn maybe_int(&self, column: &'static str) -> Result<Option<i64>, Fault> {
                Ok(self.try_get(column)?)
            }

            fn text(&self, column: &'static str) -> Result<String, Fault> {
                Ok(self.try_get(column)?)
            }

            fn maybe_text(&self, column: &'static str) -> Result<Option<String>, Fault> {
                Ok(self.try_get(column)?)
            }

            fn maybe_bytes(&self, column: &'static str) -> Result<Option<Vec<u8>>, Fault> {
                Ok(self.try_get(column)?)
            }

            fn flag(&self, column: &'static str) -> Result<bool, Fault> {
                Ok(self.try_get(column)?)
            }
        }
    };
}

#[cfg(feature = "sqlite")]
session!(sqlx::Sqlite, sqlx::SqliteConnection, sqlx::sqlite::SqliteRow);
#[cfg(feature = "postgres")]
session!(sqlx::Postgres, sqlx::PgConnection, sqlx::postgres::PgRow);
