//! The one task that writes: it takes what waits, commits it together, and answers after the commit.
//!
//! While a commit is under way the next group gathers, so a group is as large as the disk is slow, and a single
//! append never waits for company. A group goes into the redo log when it is certain that the database will take it: its
//! sessions, positions and commands are known here. Any other is a transaction of the database's own, after what waits.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::behind::{Behind, CatchUp};
use crate::checkpoints::{Bell, Checkpoints};
use crate::connection::Connection;
use crate::database::Group;
use crate::fault::{failed, io_failed};
use crate::group::Answers;
use crate::heads::{Claims, Heads};
use crate::lock::DataDir;
use crate::redo::{Redo, Written};
use crate::state::State;
use crate::{Append, Settings, StoreError};

/// From the start of one commit to the next, at least: on a fast disk, groups would be small and the processor busy with syncs.
const COMMITS_APART: Duration = Duration::from_micros(500);
/// What an append waits for others after a pause. Messages come together, when a session has written to many and lets
/// everyone in again; where there is one processor, the first would take it, and the others miss the commit.
const GATHER: Duration = Duration::from_micros(200);

/// From something being erased to the write-ahead log being emptied of it: often enough, and no burden when people
/// erase much.
const EMPTY_LOG_AFTER: Duration = Duration::from_secs(1);

/// An append that waits, with the room it takes up in the queue.
pub(crate) struct Queued {
    /// What to write.
    pub(crate) append: Append,
    /// Its size as [`bytes_of`](crate::size::bytes_of) counts.
    pub(crate) bytes: usize,
    /// Whether it is certain that its command was not carried out before.
    pub(crate) new: bool,
    /// Whom to tell.
    pub(crate) ack: oneshot::Sender<Result<(), StoreError>>,
    /// Given back when the append has been answered.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What the writer is asked to do.
pub(crate) enum Job {
    /// Write this.
    Append(Box<Queued>),
    /// Commit what was queued before, give back what writes, and end.
    Close(oneshot::Sender<Closed>),
}

/// What a writer that has ended leaves: a database that has everything, or none.
pub(crate) type Closed = Option<(Connection, Option<Redo>)>;

/// The writer's own state.
pub(crate) struct Writer {
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) behind: Arc<Behind>,
    /// None as long as commits are the database's own.
    pub(crate) redo: Option<Redo>,
    /// Appends written without it.
    pub(crate) written: u64,
    pub(crate) heads: Heads,
    pub(crate) bell: Bell,
    /// Gone when nothing is written any more; first this one, which rings the next one's bell.
    pub(crate) catch_up: Option<CatchUp>,
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) state: Arc<State>,
    pub(crate) settings: Settings,
    /// When the write-ahead log is to be emptied, because it has what somebody deleted.
    pub(crate) empty_log_at: Option<Instant>,
    /// Held until the last commit is done, so that no other server starts before.
    pub(crate) _dir: Arc<parking_lot::Mutex<Option<DataDir>>>,
}

/// The writer's thread as a task of the runtime that serves: whoever ends that runtime ends the writer with it.
struct Thread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer panicked");
        }
    }
}

impl Writer {
    /// Starts writing, on a thread of its own: it calls SQLite, and waits for the disk.
    pub(crate) fn start(self) -> std::io::Result<()> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ending, ended) = oneshot::channel::<()>();
        let clock = Builder::new_current_thread().enable_time().build()?;
        let work = move || {
            clock.block_on(async {
                // Dropped between two groups, never within one: nothing in there waits for the runtime.
                tokio::select! {
                    () = self.run() => {}
                    _ = stopped => {}
                }
            });
            drop(ending);
        };
        let thread = std::thread::Builder::new().name("madang-writer".into()).spawn(work)?;
        let thread = Thread { stop: Some(stop), thread: Some(thread) };
        tokio::spawn(async move {
            let _thread = thread;
            drop(ended.await);
        });
        Ok(())
    }

    /// Writes until told to close or until nobody can ask any more.
    async fn run(mut self) {
        let _writing = self.state.writing();
        let mut last = Instant::now() - COMMITS_APART;
        while let Some(job) = self.next_job().await {
            // Appends gather meanwhile; this thread has nothing else to do.
            let now = Instant::now();
            std::thread::sleep((last + COMMITS_APART).saturating_duration_since(now).max(GATHER));
            last = Instant::now();
            let (group, close) = self.gather(job);
            if !group.is_empty() {
                self.commit(group).await;
            }
            if let Some(reply) = close {
                drop(self.catch_up.take());
                self.bell = Bell::default();
                drop(self.checkpoints.take());
                let database = self.behind.settle().await.ok();
                let connection = database.and_then(|mut database| database.take_connection());
                // Whoever asked may have given up; then the connection is closed by dropping it.
                drop(reply.send(connection.map(|connection| (connection, self.redo.take()))));
                return;
            }
        }
    }

    /// The next job; empties the write-ahead log first when its time has come.
    async fn next_job(&mut self) -> Option<Job> {
        loop {
            let Some(at) = self.empty_log_at else {
                return self.jobs.recv().await;
            };
            if Instant::now() >= at {
                self.empty_log().await;
            } else if let Ok(job) = timeout_at(at, self.jobs.recv()).await {
                return job;
            }
        }
    }

    async fn empty_log(&mut self) {
        if let Err(error) = self.try_empty_log().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what was deleted could not be overwritten yet"
            );
            self.empty_log_at = Some(Instant::now() + EMPTY_LOG_AFTER);
        }
    }

    /// Empties the write-ahead log and the redo log, or puts it off.
    async fn try_empty_log(&mut self) -> Result<(), StoreError> {
        let mut database = self.behind.settle().await.map_err(|error| error.answer())?;
        let emptied = database.empty_log().await.map_err(failed("emptying the write-ahead log"))?;
        drop(database);
        if emptied {
            self.behind.note_durable(self.behind.position());
            if let Some(redo) = &mut self.redo {
                redo.wipe().map_err(|error| io_failed("emptying the redo log", error))?;
            }
        }
        self.empty_log_at = (!emptied).then(|| Instant::now() + EMPTY_LOG_AFTER);
        Ok(())
    }

    /// The next group: what waits already, up to the group's limits.
    fn gather(&mut self, first: Job) -> (Vec<Queued>, Option<oneshot::Sender<Closed>>) {
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Close(reply) => return (group, Some(reply)),
                Job::Append(queued) => {
                    bytes += queued.bytes;
                    group.push(*queued);
                }
            }
            let full = group.len() >= self.settings.group_appends || bytes >= self.settings.group_bytes;
            next = if full { None } else { self.jobs.try_recv().ok() };
        }
        (group, None)
    }

    /// Commits a group, in the redo log if that can have it, else in the database.
    async fn commit(&mut self, group: Vec<Queued>) {
        let group = match self.log(group) {
            Ok(()) => return,
            Err(group) => group,
        };
        let (appends, acks) = parted(group);
        let answers = match self.behind.settle().await {
            Ok(mut database) => {
                let answers = database.commit(&mut self.heads, &appends).await;
                if answers.iter().any(Result::is_ok) {
                    self.behind.note_durable(self.behind.position());
                }
                answers
            }
            Err(error) => appends.iter().map(|_| Err(error.answer())).collect(),
        };
        let mut done = appends.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        if self.empty_log_at.is_none() && done.any(|(append, _)| erases(append)) {
            self.empty_log_at = Some(Instant::now() + EMPTY_LOG_AFTER);
        }
        tell(acks, answers);
        self.bell.ring();
    }

    /// Commits a group in the redo log, or gives it back.
    fn log(&mut self, group: Vec<Queued>) -> Result<(), Vec<Queued>> {
        let Some(redo) = &mut self.redo else {
            self.ask_for_redo(group.len());
            return Err(group);
        };
        let fits = group
            .iter()
            .all(|queued| queued.new && is_plain(&queued.append) && self.heads.knows(&queued.append));
        if !fits || !self.behind.may_wait() {
            return Err(group);
        }
        let mut claims = Claims::default();
        let mut answers = Answers::with_capacity(group.len());
        for queued in &group {
            answers.push(self.heads.claim(&claims, &queued.append).map(|claim| claims.take(claim)));
        }
        let accepted = group.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        match redo.append(accepted.map(|(queued, _)| &queued.append), self.behind.durable()) {
            Ok(Written::NoRoom) => return Err(group),
            Ok(Written::At(position)) => {
                self.heads.committed(claims);
                if redo.needs_room(self.behind.durable()) {
                    self.behind.press();
                }
                let bytes = group.iter().map(|queued| queued.bytes).sum();
                let (mut appends, acks) = parted(group);
                let mut kept = answers.iter().map(Result::is_ok);
                appends.retain(|_| kept.next().unwrap_or_default());
                self.behind.put(Group { position, appends }, bytes);
                tell(acks, answers);
            }
            Err(error) => {
                drop(claims);
                self.state.set_healthy(false);
                tracing::error!(%error, "a group could not be written to the redo log");
                for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
                    let error = std::io::Error::new(error.kind(), error.to_string());
                    *answer = Err(io_failed("writing to the redo log", error));
                }
                let (_, acks) = parted(group);
                tell(acks, answers);
            }
        }
        Ok(())
    }

    /// A directory that is written to gets its redo log.
    fn ask_for_redo(&mut self, appends: usize) {
        self.written += appends as u64;
        if self.settings.redo_bytes > 0 && self.written >= self.settings.redo_after {
            self.redo = self.behind.redo();
        }
    }
}

type Acks = Vec<(oneshot::Sender<Result<(), StoreError>>, OwnedSemaphorePermit)>;

fn parted(group: Vec<Queued>) -> (Vec<Append>, Acks) {
    group.into_iter().map(|queued| (queued.append, (queued.ack, queued.room))).unzip()
}

fn tell(acks: Acks, answers: Answers) {
    for (answer, (ack, room)) in answers.into_iter().zip(acks) {
        drop(room);
        // A session that was dropped meanwhile doesn't listen any more.
        drop(ack.send(answer));
    }
}

/// Whether whatever it writes can be written for certain, once its positions are right, and none of it takes away what was said.
fn is_plain(append: &Append) -> bool {
    append.people.is_empty() && append.audit.is_empty() && !erases(append)
}

/// Whether it takes away what must not be read again.
fn erases(append: &Append) -> bool {
    !append.redactions.is_empty() || append.texts.iter().any(|(_, row)| row.text.is_none())
}
