//! Moving what is committed from the write-ahead log into the database, beside the writer.
//!
//! Left to the writer, one commit in some hundred takes as long as moving thousands of pages does, and everyone who waits for
//! it, too. A checkpoint keeps nobody from writing. When it has caught up with the writer, SQLite begins the log anew.

#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use futures_util::FutureExt;

use crate::behind::Behind;
use crate::bind::Row;
use crate::connect::Connector;
use crate::connection::Connection;
use crate::fault::Fault;

/// How many pages the log has, and how many of them are moved; nothing is moved by asking.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Moves what can be moved without waiting for anyone.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Times that it is tried to catch up with the writer: each time there is less left.
const TRIES: u32 = 8;
/// From one look to the next: the log grows by some thousand pages meanwhile, at most.
const APART: Duration = Duration::from_millis(50);

/// Bytes of a page in the log, with its head.
#[cfg(target_os = "linux")]
const FRAME_BYTES: u64 = 4096 + 24;
/// Bytes of the log that are begun to be written to the disk at once (256 KiB): a fraction of a millisecond of it.
#[cfg(target_os = "linux")]
const PORTION_BYTES: u64 = 256 * 1024;
/// From one portion to the next: 500 MB/s, several times what is written.
#[cfg(target_os = "linux")]
const PAUSE: Duration = Duration::from_micros(500);

/// The thread that moves pages; ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    committed: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bell(Option<SyncSender<()>>);

impl Checkpoints {
    /// Starts the thread. It opens a connection with the first commit.
    pub(crate) fn start(connector: Connector, behind: Arc<Behind>) -> std::io::Result<Checkpoints> {
        let (committed, told) = sync_channel(1);
        let work = move || watch(&connector, &behind, &told);
        let thread = Builder::new().name("madang-checkpoint".into()).spawn(work)?;
        Ok(Checkpoints { committed: Some(committed), thread: Some(thread) })
    }

    /// By which the thread is told; all of them have to be gone before it ends.
    pub(crate) fn bell(&self) -> Bell {
        Bell(self.committed.clone())
    }
}

impl Bell {
    /// Tells that the log has grown.
    pub(crate) fn ring(&self) {
        if let Some(committed) = &self.0 {
            // Told already, and not looked yet.
            committed.try_send(()).unwrap_or(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.committed = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that empties the write-ahead log panicked");
        }
    }
}

fn watch(connector: &Connector, behind: &Behind, told: &Receiver<()>) {
    let mut connection = None;
    while told.recv().is_ok() {
        if let Err(error) = look(connector, behind, &mut connection) {
            // The writer does it when the log is far too long.
            tracing::warn!(%error, "the write-ahead log could not be moved into the database");
            if Fault::of(&error) == Fault::Broken {
                behind.suspect();
            }
            connection = None;
        }
        std::thread::sleep(APART);
    }
}

fn look(
    connector: &Connector,
    behind: &Behind,
    connection: &mut Option<Connection>,
) -> Result<(), sqlx::Error> {
    let connection = match connection {
        Some(connection) => connection,
        closed => closed.insert(connector.writer()?),
    };
    let there = behind.position();
    let (pages, _) = ask(connection, LOOK)?;
    if pages < i64::from(connector.settings.checkpoint_pages) && !behind.is_pressed() {
        return Ok(());
    }
    start_syncing(connector, pages);
    let wanted = pages;
    for _ in 0..TRIES {
        let (pages, moved) = ask(connection, MOVE)?;
        if moved >= wanted {
            // It syncs what it moves.
            behind.note_durable(there);
        }
        if moved >= pages {
            break;
        }
    }
    Ok(())
}

/// Has the system write the log to the disk in portions, with pauses: synced at once, it would have the disk for so long that
/// the redo log, which everyone waits for, would notice. Only a beginning; the sync itself is SQLite's.
#[cfg(target_os = "linux")]
fn start_syncing(connector: &Connector, pages: i64) {
    let Ok(log) = std::fs::File::open(connector.log()) else { return };
    let mut at = 0;
    while at < pages.unsigned_abs() * FRAME_BYTES {
        // Writing to the disk is how the system lets go of what is not needed in memory any more.
        if rustix::fs::fadvise(&log, at, NonZeroU64::new(PORTION_BYTES), rustix::fs::Advice::DontNeed)
            .is_err()
        {
            return;
        }
        at += PORTION_BYTES;
        std::thread::sleep(PAUSE);
    }
}

#[cfg(not(target_os = "linux"))]
fn start_syncing(_: &Connector, _: i64) {}

fn ask(connection: &mut Connection, text: &str) -> Result<(i64, i64), sqlx::Error> {
    // Ready at once, as all of this connection.
    let row =
        connection.fetch_one(text, Row::default()).now_or_never().ok_or(sqlx::Error::WorkerCrashed)??;
    Ok((row.try_get(1)?, row.try_get(2)?))
}
