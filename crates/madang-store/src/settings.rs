//! What can be set about the embedded database, each value with its unit and its reason.

use serde::{Deserialize, Serialize};

/// Limits and waits of [`SqliteStore`](crate::SqliteStore).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Appends that wait for the writer (default 1,024, about a second of the promised load). A full queue
    /// makes `submit` wait.
    pub queue_appends: usize,
    /// Bytes of text that wait for the writer (default 64 MiB, so that large events cannot fill the memory).
    /// At the limit `submit` waits; one larger append passes alone.
    pub queue_bytes: u32,
    /// Appends in one transaction (default 256): more gain little, and make the first wait for the last.
    pub group_appends: usize,
    /// Bytes of text in one transaction (default 8 MiB); one larger append is committed alone.
    pub group_bytes: usize,
    /// Connections that read (default 4). More reads at once wait for each other.
    pub readers: u32,
    /// Milliseconds a statement waits for a lock of another program, a backup for instance (default 5,000);
    /// then it fails.
    pub busy_timeout_ms: u64,
    /// Milliseconds a read waits for a free connection (default 10,000); then it fails.
    pub read_wait_ms: u64,
    /// KiB of pages the writing connection may keep (default 16,384, filled under load alone): with less, a large
    /// group is written to the disk twice.
    pub writer_cache_kib: u32,
    /// KiB of pages each reading connection may keep (default 2,048).
    pub reader_cache_kib: u32,
    /// Pages (4 KiB) of write-ahead log after which they are moved into the database (default 3,000, 12 MiB): with
    /// fewer, moving them costs as much as writing them did; with many more, the disk is busy for so long at once that
    /// commits wait. At four times as many, a commit moves them itself.
    pub checkpoint_pages: u32,
    /// Bytes of the redo log, which commits go into before the database has them: two files of half of it (default 32 MiB,
    /// some 15,000 messages). 0 for none: each commit is one of the database.
    pub redo_bytes: u64,
    /// Appends after which a new directory gets its redo log (default 64): one that hardly writes needs none. 0 makes it at the
    /// start.
    pub redo_after: u64,
    /// Milliseconds that the database is behind the redo log (default 400) as long as nobody reads: with fewer, its pages
    /// are written more often; with more, whoever reads waits longer.
    pub behind_ms: u64,
    /// Bytes the database may grow to, 0 for no limit but the disk (default). At the limit appends fail as on a
    /// full disk.
    pub database_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue_appends: 1024,
            queue_bytes: 64 * 1024 * 1024,
            group_appends: 256,
            group_bytes: 8 * 1024 * 1024,
            readers: 4,
            busy_timeout_ms: 5_000,
            read_wait_ms: 10_000,
            writer_cache_kib: 16 * 1_024,
            reader_cache_kib: 2_048,
            checkpoint_pages: 3_000,
            redo_bytes: 32 * 1024 * 1024,
            redo_after: 64,
            behind_ms: 400,
            database_bytes_max: 0,
        }
    }
}
