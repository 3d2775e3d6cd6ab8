//! Moving what is committed from the write-ahead log into the database, beside the writer.
//!
//! Left to the writer, one commit in some hundred takes as long as moving thousands of pages does, and everyone who waits for
//! it, too. A checkpoint keeps nobody from writing. When it has caught up with the writer, SQLite begins the log anew.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use futures_util::FutureExt;

use crate::bind::Row;
use crate::connect::Connector;
use crate::connection::Connection;

/// How many pages the log has, and how many of them are moved; nothing is moved by asking.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Moves what can be moved without waiting for anyone.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Times that it is tried to catch up with the writer: each time there is less left.
const TRIES: u32 = 8;
/// From one look to the next: the log grows by some thousand pages meanwhile, at most.
const APART: Duration = Duration::from_millis(50);

/// The thread that moves pages; ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    committed: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread. It opens a connection with the first commit.
    pub(crate) fn start(connector: Connector) -> std::io::Result<Checkpoints> {
        let (committed, told) = sync_channel(1);
        let work = move || watch(&connector, &told);
        let thread = Builder::new().name("madang-checkpoint".into()).spawn(work)?;
        Ok(Checkpoints { committed: Some(committed), thread: Some(thread) })
    }

    /// Tells that the log has grown.
    pub(crate) fn committed(&self) {
        if let Some(committed) = &self.committed {
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

fn watch(connector: &Connector, told: &Receiver<()>) {
    let mut connection = None;
    while told.recv().is_ok() {
        if let Err(error) = look(connector, &mut connection) {
            // The writer does it when the log is far too long.
            tracing::warn!(%error, "the write-ahead log could not be moved into the database");
            connection = None;
        }
        std::thread::sleep(APART);
    }
}

fn look(connector: &Connector, connection: &mut Option<Connection>) -> Result<(), sqlx::Error> {
    let connection = match connection {
        Some(connection) => connection,
        closed => closed.insert(connector.writer()?),
    };
    let (pages, _) = ask(connection, LOOK)?;
    if pages < i64::from(connector.settings.checkpoint_pages) {
        return Ok(());
    }
    for _ in 0..TRIES {
        let (pages, moved) = ask(connection, MOVE)?;
        if moved >= pages {
            break;
        }
    }
    Ok(())
}

fn ask(connection: &mut Connection, text: &str) -> Result<(i64, i64), sqlx::Error> {
    // Ready at once, as all of this connection.
    let row =
        connection.fetch_one(text, Row::default()).now_or_never().ok_or(sqlx::Error::WorkerCrashed)??;
    Ok((row.try_get(1)?, row.try_get(2)?))
}
