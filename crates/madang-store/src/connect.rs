//! Opening the SQLite file: how connections are set up, which schema is in it, and bringing it up to date.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Row as _, query, raw_sql};

use crate::fault::{failed, said};
use crate::statements::JOURNAL_ORPHANS;
use crate::{Settings, StoreError};

/// The first SQLite without the write-ahead-log reset bug, which loses committed data.
/// Source: <https://sqlite.org/wal.html#walresetbug>
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
const _: () =
    assert!(libsqlite3_sys::SQLITE_VERSION_NUMBER >= 3_051_003, "this SQLite can lose committed data");

/// Every version of the schema and what leads to it from the one before.
const MIGRATIONS: [(i64, &str); 3] = [
    (1, include_str!("../migrations/sqlite/0001_base.sql")),
    (2, include_str!("../migrations/sqlite/0002_people.sql")),
    (3, include_str!("../migrations/sqlite/0003_sign_ups.sql")),
];
/// The schema this program writes.
const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Bytes of a page, SQLite's default.
const PAGE_BYTES: u64 = 4096;
/// Bytes the write-ahead log is cut to after it grew under load.
const LOG_BYTES_KEPT: u32 = 16 * 1024 * 1024;
/// Prepared statements kept by a connection: each bulk statement in each size, and the few others.
const STATEMENTS_KEPT: usize = 128;

/// Makes connections to one database.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    /// The database.
    pub(crate) file: PathBuf,
    /// How to.
    pub(crate) settings: Settings,
}

impl Connector {
    /// A connection that may write.
    pub(crate) async fn writer(&self) -> Result<SqliteConnection, sqlx::Error> {
        let pages = self.settings.database_bytes_max / PAGE_BYTES;
        let options = if pages > 0 {
            self.options().pragma("max_page_count", pages.to_string())
        } else {
            self.options()
        };
        // What is deleted is overwritten: people delete what must not be read again.
        options.pragma("secure_delete", "ON").thread_name(|_| "madang-writer".into()).connect().await
    }

    /// Moves everything into the database and empties the write-ahead log, unless a reader stands in the way.
    ///
    /// What was deleted is overwritten in the database, but old pages of the log stay as they were until then.
    pub(crate) async fn empty_log(&self, connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
        query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
        let done = query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
        let wait = format!("PRAGMA busy_timeout = {}", self.settings.busy_timeout_ms);
        query(AssertSqlSafe(wait)).execute(connection).await?;
        Ok(done?.try_get::<i64, _>(0)? == 0)
    }

    /// A connection of its own that only reads.
    pub(crate) async fn reader(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.reader_options().connect().await
    }

    /// The connections that serve reads; opened when first needed.
    pub(crate) fn readers(&self) -> SqlitePool {
        SqlitePoolOptions::new()
            .max_connections(self.settings.readers.max(1))
            .acquire_timeout(Duration::from_millis(self.settings.read_wait_ms))
            // A file needs no renewed connections and no pings.
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(self.reader_options())
    }

    fn reader_options(&self) -> SqliteConnectOptions {
        let cache = format!("-{}", self.settings.reader_cache_kib);
        self.options()
            .pragma("cache_size", cache)
            .pragma("query_only", "ON")
            .thread_name(|n| format!("madang-reader-{n}"))
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.file)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL loses acked commits on power loss.
            .synchronous(SqliteSynchronous::Full)
            // macOS: fsync alone doesn't reach the disk there.
            .pragma("fullfsync", "ON")
            .foreign_keys(true)
            .pragma("trusted_schema", "OFF")
            .pragma("cell_size_check", "ON")
            // A statement over many rows keeps the pages it changes until it ends: in memory, not in a file.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", self.settings.checkpoint_pages.to_string())
            .pragma("journal_size_limit", LOG_BYTES_KEPT.to_string())
            .busy_timeout(Duration::from_millis(self.settings.busy_timeout_ms))
            .statement_cache_capacity(STATEMENTS_KEPT)
            .disable_statement_logging()
    }
}

/// Refuses a SQLite that can lose data, whatever the lock file of the build said.
pub(crate) async fn check_sqlite(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    const DURING: &str = "asking SQLite for its version";
    let row = query("SELECT sqlite_version()").fetch_one(connection).await.map_err(failed(DURING))?;
    let version: String = row.try_get(0).map_err(failed(DURING))?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    if (next(), next(), next()) < SQLITE_VERSION_MIN {
        return Err(said(DURING, format!("SQLite {version} can lose committed data, 3.51.3 is needed")));
    }
    Ok(())
}

/// Brings the schema up to this program's version, step by step; refuses a newer one untouched.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    const DURING: &str = "reading the schema's version";
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
    query(table).execute(&mut *connection).await.map_err(failed(DURING))?;
    let row = query("SELECT MAX(version) FROM schema_version").fetch_one(&mut *connection).await;
    let found =
        row.and_then(|row| row.try_get::<Option<i64>, _>(0)).map_err(failed(DURING))?.unwrap_or_default();
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION });
    }
    for (version, text) in MIGRATIONS.into_iter().filter(|(version, _)| *version > found) {
        migrate_to(connection, version, text).await.map_err(failed("bringing the schema up to date"))?;
    }
    query(JOURNAL_ORPHANS).execute(connection).await.map_err(failed("tidying the journal"))?;
    Ok(())
}

async fn migrate_to(
    connection: &mut SqliteConnection,
    version: i64,
    text: &'static str,
) -> Result<(), sqlx::Error> {
    // A failure leaves the transaction to be rolled back with the connection, which the caller gives up.
    query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    raw_sql(text).execute(&mut *connection).await?;
    query("INSERT INTO schema_version (version) VALUES ($1)").bind(version).execute(&mut *connection).await?;
    query("COMMIT").execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pragma(connection: &mut SqliteConnection, text: &'static str) -> String {
        let row = query(text).fetch_one(connection).await.unwrap();
        row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string())).unwrap()
    }

    #[tokio::test]
    async fn dc1_every_connection_is_set_up_so_that_an_ack_means_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings { database_bytes_max: 1024 * PAGE_BYTES, ..Settings::default() };
        let connector = Connector { file: dir.path().join("a.db"), settings };
        std::fs::File::create(&connector.file).unwrap();
        let mut writer = connector.writer().await.unwrap();
        migrate(&mut writer).await.unwrap();
        for (connection, query_only) in [(&mut writer, "0"), (&mut connector.reader().await.unwrap(), "1")] {
            check_sqlite(connection).await.unwrap();
            for (text, wanted) in [
                ("PRAGMA journal_mode", "wal"),
                ("PRAGMA synchronous", "2"),
                ("PRAGMA fullfsync", "1"),
                ("PRAGMA foreign_keys", "1"),
                ("PRAGMA trusted_schema", "0"),
                ("PRAGMA busy_timeout", "5000"),
                ("PRAGMA query_only", query_only),
            ] {
                assert_eq!(pragma(connection, text).await, wanted, "{text}");
            }
        }
        assert_eq!(pragma(&mut writer, "PRAGMA max_page_count").await, "1024");
        assert_eq!(pragma(&mut writer, "PRAGMA secure_delete").await, "1");
    }

    #[tokio::test]
    async fn the_schema_is_brought_up_to_date_once() {
        let dir = tempfile::tempdir().unwrap();
        let connector = Connector { file: dir.path().join("a.db"), settings: Settings::default() };
        std::fs::File::create(&connector.file).unwrap();
        let mut writer = connector.writer().await.unwrap();
        for _ in 0..2 {
            migrate(&mut writer).await.unwrap();
        }
        assert_eq!(
            pragma(&mut writer, "SELECT COUNT(*) FROM schema_version").await,
            SCHEMA_VERSION.to_string()
        );
        assert_eq!(
            pragma(&mut writer, "SELECT MAX(version) FROM schema_version").await,
            SCHEMA_VERSION.to_string()
        );
    }
}
