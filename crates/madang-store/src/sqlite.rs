//! The embedded store: one SQLite file, one writer task, a few readers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use madang_protocol::{SessionId, UserId};
use parking_lot::Mutex;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::behind::{Behind, CatchUp};
use crate::bind::Row;
use crate::checkpoints::Checkpoints;
use crate::connect::{CHECKPOINT, Connector, check_sqlite, migrate};
use crate::database::Database;
use crate::fault::{failed, io_failed, said};
use crate::heads::Heads;
use crate::lock::DataDir;
use crate::lookups::Lookups;
use crate::size::bytes_of;
use crate::state::{Integrity, State};
use crate::writer::{Job, Queued, Writer};
use crate::{
    Append, BoxFuture, CommandRow, Commit, JournaledReply, LoadedSession, Record, SessionPage, SessionQuery,
    Settings, SnapshotRow, Store, StoreError, Stream, UserRow, check, reads, redo,
};

/// A store in one SQLite file (`madang.db`) of a data directory that this process alone uses.
///
/// Dropped without [`close`](SqliteStore::close), what was acked is safe all the same; the next start then checks
/// the file.
#[derive(Debug)]
pub struct SqliteStore {
    jobs: mpsc::Sender<Job>,
    /// Bytes that may still be queued.
    room: Arc<Semaphore>,
    room_max: u32,
    readers: SqlitePool,
    behind: Arc<Behind>,
    lookups: Lookups,
    state: Arc<State>,
    stop_check: Arc<AtomicBool>,
    check: Mutex<Option<JoinHandle<()>>>,
    dir: Arc<Mutex<Option<DataDir>>>,
}

impl SqliteStore {
    /// Opens the store in `path`, which is made if need be, and starts its writer on the current tokio runtime.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another server uses the directory, [`StoreError::NewerSchema`] when a newer one
    /// wrote it, [`StoreError::Full`] or [`StoreError::Failed`] when it can't be used.
    pub async fn open(path: &Path, settings: Settings) -> Result<SqliteStore, StoreError> {
        let path = path.to_owned();
        let dir = spawn_blocking(move || DataDir::take(&path)).await;
        let dir = dir.map_err(|_| said("taking the data directory", "the task was cancelled"))??;
        let connector = Connector { file: dir.database().to_owned(), settings };
        let mut connection = connector.writer().map_err(failed("opening the database"))?;
        check_sqlite(&mut connection).await?;
        migrate(&mut connection).await?;
        let clean = dir.stopped_clean();
        let state = Arc::new(State::new(if clean { Integrity::NotNeeded } else { Integrity::Running }));
        let database = Database::new(connector.clone(), connection, Arc::clone(&state));
        let behind = replay(database, &dir, connector.settings.clone()).await?;
        let started = Self::start(connector.clone(), behind, dir, state);
        let store = started.map_err(|error| io_failed("starting the writer", error))?;
        if !clean {
            let run = check::run(connector, Arc::clone(&store.state), Arc::clone(&store.stop_check));
            *store.check.lock() = Some(tokio::spawn(run));
        }
        Ok(store)
    }

    fn start(
        connector: Connector,
        behind: Behind,
        dir: DataDir,
        state: Arc<State>,
    ) -> std::io::Result<SqliteStore> {
        let settings = connector.settings.clone();
        let (jobs, waiting) = mpsc::channel(settings.queue_appends.max(1));
        let redo = behind.open_redo()?;
        let behind = Arc::new(behind);
        let dir = Arc::new(Mutex::new(Some(dir)));
        let readers = connector.readers();
        let room_max = settings.queue_bytes.max(1);
        let checkpoints = Checkpoints::start(connector, Arc::clone(&behind))?;
        let writer = Writer {
            jobs: waiting,
            behind: Arc::clone(&behind),
            redo,
            written: 0,
            bell: checkpoints.bell(),
            catch_up: Some(CatchUp::start(Arc::clone(&behind), checkpoints.bell())?),
            checkpoints: Some(checkpoints),
            heads: Heads::default(),
            state: Arc::clone(&state),
            settings,
            empty_log_at: None,
            _dir: Arc::clone(&dir),
        };
        writer.start()?;
        Ok(SqliteStore {
            jobs,
            room: Arc::new(Semaphore::new(room_max as usize)),
            room_max,
            lookups: Lookups::start(readers.clone(), Arc::clone(&behind)),
            readers,
            behind,
            state,
            stop_check: Arc::default(),
            check: Mutex::new(None),
            dir,
        })
    }

    /// The connections that serve reads, for what only the database's own commits write: accounts, logins, the audit log.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// The same for everything else: the database has what was acked before.
    pub(crate) async fn caught_up(&self) -> Result<&SqlitePool, StoreError> {
        self.behind.reach().await?;
        Ok(&self.readers)
    }

    /// How the check after an unclean stop stands.
    #[must_use]
    pub fn integrity(&self) -> Integrity {
        self.state.integrity()
    }

    /// Waits until the check after an unclean stop has ended, if one runs.
    pub async fn checked(&self) -> Integrity {
        let check = self.check.lock().take();
        if let Some(check) = check
            && let Err(error) = check.await
        {
            self.state.set_integrity(Integrity::Unfinished(error.to_string()));
        }
        self.integrity()
    }

    /// Commits what is queued, moves everything into the database file, and notes the clean stop.
    ///
    /// Appends submitted afterwards fail, and the directory is free for the next server.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when it was closed before or the last writes failed; nothing acked is lost then, and
    /// the next start checks the file.
    pub async fn close(&self) -> Result<(), StoreError> {
        const DURING: &str = "closing the database";
        self.stop_check.store(true, Ordering::Release);
        let (reply, closed) = oneshot::channel();
        self.jobs.send(Job::Close(reply)).await.map_err(|_| gone())?;
        let closed = closed.await.map_err(|_| gone())?;
        let integrity = self.checked().await;
        self.readers.close().await;
        let (mut connection, redo) = closed.ok_or_else(|| said(DURING, "the last writes failed"))?;
        connection.fetch_one(CHECKPOINT, Row::default()).await.map_err(failed(DURING))?;
        drop(connection);
        if let Some(mut redo) = redo {
            redo.wipe().map_err(|error| io_failed("emptying the redo log", error))?;
        }
        let Some(dir) = self.dir.lock().take() else {
            return Ok(());
        };
        // After any other outcome the next start looks again.
        if matches!(integrity, Integrity::NotNeeded | Integrity::Sound) {
            let marked = spawn_blocking(move || dir.mark_clean()).await;
            marked.map_err(|_| said(DURING, "the task was cancelled"))??;
        }
        Ok(())
    }
}

impl Store for SqliteStore {
    fn submit(&self, append: Append) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            let bytes = bytes_of(&append);
            let weight = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.room_max);
            let room = Arc::clone(&self.room).acquire_many_owned(weight).await.map_err(|_| gone())?;
            let command = append.command.as_ref();
            let new = command.is_none_or(|command| self.lookups.note(command.user, &command.id));
            let (ack, acked) = oneshot::channel();
            let queued = Queued { append, bytes, new, ack, room };
            self.jobs.send(Job::Append(Box::new(queued))).await.map_err(|_| gone())?;
            Ok(Box::pin(async move { acked.await.unwrap_or_else(|_| Err(gone())) }) as Commit)
        })
    }

    fn load(&self, session: SessionId) -> BoxFuture<'_, Result<Option<LoadedSession>, StoreError>> {
        Box::pin(async move {
            reads::load(self.caught_up().await?, session).await.map_err(failed("loading a session"))
        })
    }

    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Vec<SnapshotRow>, StoreError>> {
        Box::pin(async move {
            reads::snapshot(self.caught_up().await?, session).await.map_err(failed("reading a snapshot"))
        })
    }

    fn snapshot_part(
        &self,
        session: SessionId,
        stream: Stream,
        part: u32,
    ) -> BoxFuture<'_, Result<Option<SnapshotRow>, StoreError>> {
        let place = (session, stream);
        Box::pin(async move {
            let readers = self.caught_up().await?;
            reads::snapshot_part(readers, place, part).await.map_err(failed("reading a snapshot"))
        })
    }

    fn read(
        &self,
        session: SessionId,
        stream: Stream,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        let place = (session, stream);
        Box::pin(async move {
            reads::read(self.caught_up().await?, place, after, limit).await.map_err(failed("reading a log"))
        })
    }

    fn command<'a>(
        &'a self,
        user: UserId,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<CommandRow>, StoreError>> {
        Box::pin(self.lookups.find(user, id))
    }

    fn sessions_of(
        &self,
        user: UserId,
        query: SessionQuery,
    ) -> BoxFuture<'_, Result<SessionPage, StoreError>> {
        Box::pin(async move { reads::sessions_of(self.caught_up().await?, user, query).await })
    }

    fn user(&self, user: UserId) -> BoxFuture<'_, Result<Option<UserRow>, StoreError>> {
        Box::pin(async move {
            reads::user(self.caught_up().await?, user).await.map_err(failed("finding a person"))
        })
    }

    fn journaled_replies(&self) -> BoxFuture<'_, Result<Vec<JournaledReply>, StoreError>> {
        Box::pin(async move {
            reads::journaled_replies(self.caught_up().await?).await.map_err(failed("reading the journal"))
        })
    }

    fn all_sessions(&self, query: SessionQuery) -> BoxFuture<'_, Result<SessionPage, StoreError>> {
        Box::pin(async move { reads::all_sessions(self.caught_up().await?, query).await })
    }

    fn healthy(&self) -> bool {
        self.state.healthy()
    }
}

/// Gives the database what the redo log has and it has not, after a stop that was not clean.
async fn replay(database: Database, dir: &DataDir, settings: Settings) -> Result<Behind, StoreError> {
    let mut database = database;
    let (key, position) = database.redo().await?;
    let root = dir.root();
    if dir.stopped_clean() {
        return Ok(Behind::new(database, root, key, position, settings));
    }
    const DURING: &str = "reading the redo log";
    let groups = redo::groups_after(root, &key, position).map_err(|error| io_failed(DURING, error))?;
    let ends = database.take_back(position, groups).await?;
    redo::wipe(root).map_err(|error| io_failed("emptying the redo log", error))?;
    Ok(Behind::new(database, root, key, ends, settings))
}

fn gone() -> StoreError {
    said("handing over to the writer", "the store is closed")
}
