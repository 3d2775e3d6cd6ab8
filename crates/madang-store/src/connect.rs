//! Opening the SQLite file: how connections are set up, which schema is in it, and bringing it up to date.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

use crate::bind::Row;
use crate::connection::Connection;
use crate::fault::{failed, said};
use crate::statements::JOURNAL_ORPHANS;
use crate::{Settings, StoreError};

/// The first SQLite without the write-ahead-log reset bug, which loses committed data.
/// Source: <https://sqlite.org/wal.html#walresetbug>
const SQLITE_VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
const _: () =
    assert!(libsqlite3_sys::SQLITE_VERSION_NUMBER >= 3_051_003, "this SQLite can lose committed data");

/// Moves everything into the database and empties the write-ahead log; 0 when it could.
pub(crate) const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Every version of the schema and what leads to it from the one before.
const MIGRATIONS: [(i64, &str); 7] = [
    (1, include_str!("../migrations/sqlite/0001_base.sql")),
    (2, include_str!("../migrations/sqlite/0002_people.sql")),
    (3, include_str!("../migrations/sqlite/0003_sign_ups.sql")),
    (4, include_str!("../migrations/sqlite/0004_log.sql")),
    (5, include_str!("../migrations/sqlite/0005_snapshot_parts.sql")),
    (6, include_str!("../migrations/sqlite/0006_mentions.sql")),
    (7, include_str!("../migrations/sqlite/0007_redo.sql")),
];
/// The schema this program writes.
const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Bytes of a page, SQLite's default.
const PAGE_BYTES: u64 = 4096;
/// Bytes the write-ahead log is cut to after it grew under load: writing over what is there costs the disk less than
/// making a file longer, so what it has between two checkpoints is kept.
const LOG_BYTES_KEPT: u32 = 64 * 1024 * 1024;
/// So many times the length at which the write-ahead log is moved beside the service, a commit moves it itself: nothing
/// else bounds it when the disk is slower than the writer for long.
const FAR_TOO_LONG: u32 = 4;
/// Prepared statements kept by a connection that reads.
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
    pub(crate) fn writer(&self) -> Result<Connection, sqlx::Error> {
        let wait = Duration::from_millis(self.settings.busy_timeout_ms);
        let mut connection = Connection::open(&self.file, wait)?;
        connection.pragma("journal_mode", "WAL")?;
        // NORMAL loses acked commits on power loss.
        connection.pragma("synchronous", "FULL")?;
        connection.pragma("foreign_keys", "ON")?;
        for (name, value) in self.pragmas() {
            connection.pragma(name, &value)?;
        }
        connection.pragma("cache_size", &format!("-{}", self.settings.writer_cache_kib))?;
        // What is deleted is overwritten: people delete what must not be read again.
        connection.pragma("secure_delete", "ON")?;
        if self.settings.database_bytes_max >= PAGE_BYTES {
            connection.pragma("max_page_count", &self.pages_max().to_string())?;
        }
        Ok(connection)
    }

    /// The write-ahead log's file.
    pub(crate) fn log(&self) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push("-wal");
        name.into()
    }

    /// Pages that the database may have.
    pub(crate) fn pages_max(&self) -> u64 {
        let pages = self.settings.database_bytes_max / PAGE_BYTES;
        if pages > 0 { pages } else { u64::MAX }
    }

    /// Moves everything into the database and empties the write-ahead log, unless a reader stands in the way.
    ///
    /// What was deleted is overwritten in the database, but old pages of the log stay as they were until then.
    pub(crate) async fn empty_log(&self, connection: &mut Connection) -> Result<bool, sqlx::Error> {
        connection.pragma("busy_timeout", "0")?;
        let done = connection.fetch_one(CHECKPOINT, Row::default()).await;
        connection.pragma("busy_timeout", &self.settings.busy_timeout_ms.to_string())?;
        Ok(done?.try_get::<i64>(0)? == 0)
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
        let options = SqliteConnectOptions::new()
            .filename(&self.file)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL loses acked commits on power loss.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(self.settings.busy_timeout_ms))
            .statement_cache_capacity(STATEMENTS_KEPT)
            .disable_statement_logging();
        self.pragmas().into_iter().fold(options, |options, (name, value)| options.pragma(name, value))
    }

    /// What holds for every connection.
    fn pragmas(&self) -> [(&'static str, String); 6] {
        [
            // macOS: fsync alone doesn't reach the disk there.
            ("fullfsync", "ON".to_owned()),
            ("trusted_schema", "OFF".to_owned()),
            ("cell_size_check", "ON".to_owned()),
            // A statement over many rows keeps the pages it changes until it ends: in memory, not in a file.
            ("temp_store", "MEMORY".to_owned()),
            ("wal_autocheckpoint", self.settings.checkpoint_pages.saturating_mul(FAR_TOO_LONG).to_string()),
            ("journal_size_limit", LOG_BYTES_KEPT.to_string()),
        ]
    }
}

/// Refuses a SQLite that can lose data, whatever the lock file of the build said.
pub(crate) async fn check_sqlite(connection: &mut Connection) -> Result<(), StoreError> {
    const DURING: &str = "asking SQLite for its version";
    let asked = connection.fetch_one("SELECT sqlite_version()", Row::default()).await;
    let version: String = asked.and_then(|row| row.try_get(0)).map_err(failed(DURING))?;
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    if (next(), next(), next()) < SQLITE_VERSION_MIN {
        return Err(said(DURING, format!("SQLite {version} can lose committed data, 3.51.3 is needed")));
    }
    Ok(())
}

/// Brings the schema up to this program's version, step by step; refuses a newer one untouched.
pub(crate) async fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    const DURING: &str = "reading the schema's version";
    let table = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)";
    connection.run(table).await.map_err(failed(DURING))?;
    let row = connection.fetch_one("SELECT MAX(version) FROM schema_version", Row::default()).await;
    let found =
        row.and_then(|row| row.try_get::<Option<i64>>(0)).map_err(failed(DURING))?.unwrap_or_default();
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found, known: SCHEMA_VERSION });
    }
    for (version, text) in MIGRATIONS.into_iter().filter(|(version, _)| *version > found) {
        migrate_to(connection, version, text).await.map_err(failed("bringing the schema up to date"))?;
    }
    connection.run(JOURNAL_ORPHANS).await.map_err(failed("tidying the journal"))?;
    Ok(())
}

async fn migrate_to(
    connection: &mut Connection,
    version: i64,
    text: &'static str,
) -> Result<(), sqlx::Error> {
    // A failure leaves the transaction to be rolled back with the connection, which the caller gives up.
    connection.run("BEGIN IMMEDIATE").await?;
    connection.run_script(text).await?;
    let mut row = Row::default();
    row.signed(version);
    connection.execute("INSERT INTO schema_version (version) VALUES ($1)", row).await?;
    connection.run("COMMIT").await
}

#[cfg(test)]
mod tests {
    use sqlx::Row as _;

    use super::*;

    async fn written(connection: &mut Connection, text: &'static str) -> String {
        let row = connection.fetch_one(text, Row::default()).await.unwrap();
        row.try_get::<String>(0).or_else(|_| row.try_get::<i64>(0).map(|n| n.to_string())).unwrap()
    }

    async fn read(connection: &mut SqliteConnection, text: &'static str) -> String {
        let row = sqlx::query(text).fetch_one(connection).await.unwrap();
        row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string())).unwrap()
    }

    #[tokio::test]
    async fn dc1_every_connection_is_set_up_so_that_an_ack_means_on_disk() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings { database_bytes_max: 1024 * PAGE_BYTES, ..Settings::default() };
        let connector = Connector { file: dir.path().join("a.db"), settings };
        std::fs::File::create(&connector.file).unwrap();
        let mut writer = connector.writer().unwrap();
        check_sqlite(&mut writer).await.unwrap();
        migrate(&mut writer).await.unwrap();
        let mut reader = connector.reader().await.unwrap();
        for (text, wanted) in [
            ("PRAGMA journal_mode", "wal"),
            ("PRAGMA synchronous", "2"),
            ("PRAGMA fullfsync", "1"),
            ("PRAGMA foreign_keys", "1"),
            ("PRAGMA trusted_schema", "0"),
            ("PRAGMA cell_size_check", "1"),
            ("PRAGMA busy_timeout", "5000"),
        ] {
            assert_eq!(written(&mut writer, text).await, wanted, "{text}");
            assert_eq!(read(&mut reader, text).await, wanted, "{text}");
        }
        assert_eq!(read(&mut reader, "PRAGMA query_only").await, "1");
        for (text, wanted) in [
            ("PRAGMA query_only", "0"),
            ("PRAGMA cache_size", "-16384"),
            ("PRAGMA max_page_count", "1024"),
            ("PRAGMA secure_delete", "1"),
        ] {
            assert_eq!(written(&mut writer, text).await, wanted, "{text}");
        }
    }

    #[tokio::test]
    async fn the_schema_is_brought_up_to_date_once() {
        let dir = tempfile::tempdir().unwrap();
        let connector = Connector { file: dir.path().join("a.db"), settings: Settings::default() };
        std::fs::File::create(&connector.file).unwrap();
        let mut writer = connector.writer().unwrap();
        for _ in 0..2 {
            migrate(&mut writer).await.unwrap();
        }
        let steps = MIGRATIONS.len().to_string();
        assert_eq!(written(&mut writer, "SELECT COUNT(*) FROM schema_version").await, steps);
        assert_eq!(
            written(&mut writer, "SELECT MAX(version) FROM schema_version").await,
            SCHEMA_VERSION.to_string()
        );
    }
}
