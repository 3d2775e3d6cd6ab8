//! What went wrong below, sorted by what the writer must do about it.

use std::io;

use libsqlite3_sys::{SQLITE_BUSY, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_LOCKED, SQLITE_NOTADB};

use crate::StoreError;

/// A failed statement, by its consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A unique key is taken: this append alone fails.
    Taken,
    /// Another rule is broken, of the schema or of what an append builds on: this append alone fails.
    Rule,
    /// No space: the group fails, the connection stays.
    Full,
    /// Another program holds a lock: the group fails, the connection stays.
    Busy,
    /// A page is not what SQLite wrote: what needs it fails, and that alone.
    Damaged,
    /// Anything else, a failed fsync included: the group fails, and the connection is not used again.
    Broken,
}

/// A failed write, which SQLite tells apart from a failed fsync.
const WRITE_FAILED: [i32; 2] = [libsqlite3_sys::SQLITE_IOERR_WRITE, libsqlite3_sys::SQLITE_IOERR_SHMSIZE];

impl Fault {
    /// Whether one append can have it while the others of its group are written in the same transaction.
    pub(crate) fn is_one_appends(self) -> bool {
        match self {
            Fault::Taken | Fault::Rule => true,
            Fault::Busy | Fault::Full | Fault::Damaged | Fault::Broken => false,
        }
    }

    /// Sorts an error.
    pub(crate) fn of(error: &sqlx::Error) -> Fault {
        use sqlx::error::ErrorKind;
        // What an append builds on is not there, or is not what was written.
        if matches!(error, sqlx::Error::RowNotFound | sqlx::Error::Decode(_)) {
            return Fault::Rule;
        }
        let Some(database) = error.as_database_error() else {
            return Fault::Broken;
        };
        let kind = database.kind();
        if kind == ErrorKind::UniqueViolation {
            return Fault::Taken;
        }
        if matches!(
            kind,
            ErrorKind::ForeignKeyViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation
        ) {
            return Fault::Rule;
        }
        let code = database.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default();
        match code & 0xff {
            SQLITE_FULL => Fault::Full,
            SQLITE_BUSY | SQLITE_LOCKED => Fault::Busy,
            SQLITE_CORRUPT | SQLITE_NOTADB => Fault::Damaged,
            _ if WRITE_FAILED.contains(&code) => Fault::Full,
            _ => Fault::Broken,
        }
    }
}

/// An error of the database, with what was being done.
pub(crate) fn failed(during: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| answer(during, Fault::of(&error), error)
}

/// What to say of an error that is sorted already.
pub(crate) fn answer(
    during: &'static str,
    fault: Fault,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    match fault {
        Fault::Taken => StoreError::Conflict,
        Fault::Full => StoreError::Full,
        Fault::Rule | Fault::Busy | Fault::Damaged | Fault::Broken => {
            StoreError::Failed { during, source: source.into() }
        }
    }
}

/// An error of the file system, with what was being done.
pub(crate) fn io_failed(during: &'static str, error: io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::StorageFull {
        return StoreError::Full;
    }
    StoreError::Failed { during, source: Box::new(error) }
}

/// An error that has no other cause than a sentence.
pub(crate) fn said(during: &'static str, sentence: impl Into<String>) -> StoreError {
    StoreError::Failed { during, source: sentence.into().into() }
}
