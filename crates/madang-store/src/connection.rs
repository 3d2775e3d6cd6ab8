//! The connection that writes, on the writer's own thread.
//!
//! Reads go through sqlx, whose connections are threads of their own: a question costs two thread switches. A group of
//! appends is some twenty statements, so the writer calls SQLite itself (decision 9). Methods are `async` all the same,
//! and ready at once: a database on the network is written by the same code.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{FromSql, Value, ValueRef};
use rusqlite::{OpenFlags, Statement, ffi};
use sqlx::error::{DatabaseError, ErrorKind};

use crate::bind::Row;

/// Prepared statements kept: each bulk statement in each size, and the few others.
const STATEMENTS_KEPT: usize = 256;

/// SQLite's steps between two moments for others: some tens of microseconds.
const STEPS_BETWEEN_YIELDS: i32 = 100;

/// A connection that may write.
#[derive(Debug)]
pub(crate) struct Connection(rusqlite::Connection);

/// A row that was found.
#[derive(Debug)]
pub(crate) struct Found(Vec<Value>);

impl Connection {
    /// Opens a file that is there already.
    pub(crate) fn open(file: &Path, wait: Duration) -> Result<Connection, sqlx::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(file, flags).map_err(said)?;
        connection.busy_timeout(wait).map_err(said)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Connection(connection))
    }

    /// Carries out a statement; how many rows it changed.
    pub(crate) async fn execute(&mut self, text: &str, row: Row) -> Result<u64, sqlx::Error> {
        let mut statement = self.0.prepare_cached(text).map_err(said)?;
        bind(&mut statement, &row.into_values()).map_err(said)?;
        let changed = statement.raw_execute();
        // A statement that is kept would keep its values, too: of 64 rows with long texts that is a lot.
        statement.clear_bindings();
        Ok(changed.map_err(said)? as u64)
    }

    /// Carries out a statement without values.
    pub(crate) async fn run(&mut self, text: &str) -> Result<(), sqlx::Error> {
        self.execute(text, Row::default()).await.map(drop)
    }

    /// Carries out statements that are not needed again.
    pub(crate) async fn run_script(&mut self, text: &str) -> Result<(), sqlx::Error> {
        self.0.execute_batch(text).map_err(said)
    }

    /// What a question finds, whole.
    pub(crate) async fn fetch(&mut self, text: &str, row: Row) -> Result<Vec<Found>, sqlx::Error> {
        let mut statement = self.0.prepare_cached(text).map_err(said)?;
        let columns = statement.column_count();
        bind(&mut statement, &row.into_values()).map_err(said)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(said)? {
            let values = (0..columns).map(|column| row.get::<_, Value>(column)).collect::<Result<_, _>>();
            found.push(Found(values.map_err(said)?));
        }
        Ok(found)
    }

    /// The first row that a question finds.
    pub(crate) async fn fetch_one(&mut self, text: &str, row: Row) -> Result<Found, sqlx::Error> {
        self.fetch(text, row).await?.into_iter().next().ok_or(sqlx::Error::RowNotFound)
    }

    /// Whether others have the processor first, again and again while a statement runs.
    pub(crate) fn be_polite(&mut self, polite: bool) -> Result<(), sqlx::Error> {
        let yields = || {
            std::thread::yield_now();
            false
        };
        self.0.progress_handler(STEPS_BETWEEN_YIELDS, polite.then_some(yields)).map_err(said)
    }

    /// Sets or asks for a pragma, as text.
    pub(crate) fn pragma(&mut self, name: &str, value: &str) -> Result<(), sqlx::Error> {
        // Some answer with what they were set to.
        let done = self.0.pragma_update_and_check(None, name, value, |_| Ok(()));
        done.or_else(|error| {
            let silent = matches!(error, rusqlite::Error::QueryReturnedNoRows);
            if silent { Ok(()) } else { Err(said(error)) }
        })
    }
}

/// Binds each placeholder's value: that of its number for `$n`, else the next one.
fn bind(statement: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for place in 1..=statement.parameter_count() {
        let number = statement.parameter_name(place).and_then(|name| name.strip_prefix('$')?.parse().ok());
        let value = values.get(number.unwrap_or(place) - 1);
        statement.raw_bind_parameter(place, value.unwrap_or(&Value::Null))?;
    }
    Ok(())
}

impl Found {
    /// The value of a column.
    pub(crate) fn try_get<T: FromSql>(&self, column: usize) -> Result<T, sqlx::Error> {
        let value = self.0.get(column).map_or(ValueRef::Null, ValueRef::from);
        T::column_result(value).map_err(|error| sqlx::Error::Decode(Box::new(error)))
    }

    /// The text of a column.
    pub(crate) fn text(&self, column: usize) -> Result<&str, sqlx::Error> {
        let value = self.0.get(column).map_or(ValueRef::Null, ValueRef::from);
        value.as_str().map_err(|error| sqlx::Error::Decode(Box::new(error)))
    }
}

/// What SQLite said, as sqlx would have said it: errors are sorted in one place.
#[derive(Debug)]
struct Refused {
    code: i32,
    source: rusqlite::Error,
}

fn said(error: rusqlite::Error) -> sqlx::Error {
    match error.sqlite_error().map(|failure| failure.extended_code) {
        Some(code) => sqlx::Error::Database(Box::new(Refused { code, source: error })),
        None => sqlx::Error::Decode(Box::new(error)),
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "(code: {}) {}", self.code, self.source)
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

impl DatabaseError for Refused {
    fn message(&self) -> &str {
        if let rusqlite::Error::SqliteFailure(_, Some(message)) = &self.source { message } else { "" }
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => ErrorKind::UniqueViolation,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}
