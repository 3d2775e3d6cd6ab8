//! The one task that writes: it takes what waits, commits it in one transaction, and answers after the commit.
//!
//! While a commit is under way the next group gathers, so a group is as large as the disk is slow, and a single
//! append never waits for company. A commit that failed is never tried again: the connection is opened anew and a
//! small write goes over the failed one's place in the write-ahead log, so that it is certain not to be there.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::checkpoints::Checkpoints;
use crate::connect::Connector;
use crate::connection::Connection;
use crate::fault::{Fault, answer};
use crate::group::{Answers, rollback, write_one_by_one, write_together};
use crate::heads::Heads;
use crate::lock::DataDir;
use crate::state::State;
use crate::statements::PULSE;
use crate::{Append, Settings, StoreError};

/// From the start of one commit to the next, at least. Every commit writes whole pages and waits for the disk: on a fast
/// one, groups would be small and the processor busy with pages.
const COMMITS_APART: Duration = Duration::from_millis(2);
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
    /// Whom to tell.
    pub(crate) ack: oneshot::Sender<Result<(), StoreError>>,
    /// Given back when the append has been answered.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What the writer is asked to do.
pub(crate) enum Job {
    /// Write this.
    Append(Box<Queued>),
    /// Commit what was queued before, give the connection back, and end.
    Close(oneshot::Sender<Option<Connection>>),
}

/// The writer's own state.
pub(crate) struct Writer {
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) connector: Connector,
    pub(crate) connection: Option<Connection>,
    pub(crate) heads: Heads,
    /// Gone when nothing is written any more.
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) state: Arc<State>,
    pub(crate) settings: Settings,
    /// When the write-ahead log is to be emptied, because it has what somebody deleted.
    pub(crate) empty_log_at: Option<Instant>,
    /// Held until the last commit is done, so that no other server starts before.
    pub(crate) _dir: Arc<parking_lot::Mutex<Option<DataDir>>>,
}

/// Why a whole group failed; shared by all its answers.
struct GroupError {
    fault: Fault,
    during: &'static str,
    source: Arc<sqlx::Error>,
}

impl GroupError {
    fn new(during: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| Self { fault: Fault::of(&error), during, source: Arc::new(error) }
    }
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
                if let Some(checkpoints) = &self.checkpoints {
                    checkpoints.committed();
                }
            }
            if let Some(reply) = close {
                drop(self.checkpoints.take());
                // Whoever asked may have given up; then the connection is closed by dropping it.
                drop(reply.send(self.connection.take()));
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
        let emptied = match &mut self.connection {
            Some(connection) => self.connector.empty_log(connection).await,
            None => Ok(false),
        };
        if let Err(error) = &emptied {
            tracing::warn!(%error, "the write-ahead log could not be emptied");
        }
        let done = matches!(emptied, Ok(true));
        self.empty_log_at = (!done).then(|| Instant::now() + EMPTY_LOG_AFTER);
    }

    /// The next group: what waits already, up to the group's limits.
    fn gather(&mut self, first: Job) -> (Vec<Queued>, Option<oneshot::Sender<Option<Connection>>>) {
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

    async fn commit(&mut self, group: Vec<Queued>) {
        let (appends, acks): (Vec<_>, Vec<_>) =
            group.into_iter().map(|queued| (queued.append, (queued.ack, queued.room))).unzip();
        let answers = match self.try_commit(&appends).await {
            // A damaged page ends the whole transaction, so each append has to try with one of its own.
            Err(error) if error.fault == Fault::Damaged && appends.len() > 1 => {
                self.recover(&error).await;
                let mut answers = Answers::new();
                for append in &appends {
                    answers.extend(self.settle(std::slice::from_ref(append)).await);
                }
                answers
            }
            tried => self.answer(tried, appends.len()).await,
        };
        for (answer, (ack, room)) in answers.into_iter().zip(acks) {
            drop(room);
            // A session that was dropped meanwhile doesn't listen any more.
            drop(ack.send(answer));
        }
    }

    async fn settle(&mut self, appends: &[Append]) -> Answers {
        let tried = self.try_commit(appends).await;
        self.answer(tried, appends.len()).await
    }

    async fn answer(&mut self, tried: Result<Answers, GroupError>, appends: usize) -> Answers {
        match tried {
            Ok(answers) => answers,
            Err(error) => {
                self.recover(&error).await;
                let answer = || Err(answer(error.during, error.fault, Arc::clone(&error.source)));
                std::iter::repeat_with(answer).take(appends).collect()
            }
        }
    }

    async fn try_commit(&mut self, appends: &[Append]) -> Result<Answers, GroupError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            closed => closed.insert(reopen(&self.connector).await?),
        };
        let (answers, claims) = match write_together(connection, &mut self.heads, appends).await {
            Ok(done) => done,
            Err(error) if Fault::of(&error).is_one_appends() => {
                rollback(connection).await;
                let during = GroupError::new("writing appends one by one");
                write_one_by_one(connection, &mut self.heads, appends).await.map_err(during)?
            }
            Err(error) => return Err(GroupError::new("writing appends")(error)),
        };
        if answers.iter().any(Result::is_ok) {
            self.state.set_healthy(true);
        }
        self.heads.committed(claims);
        let mut done = appends.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        if self.empty_log_at.is_none() && done.any(|(append, _)| erases(append)) {
            self.empty_log_at = Some(Instant::now() + EMPTY_LOG_AFTER);
        }
        Ok(answers)
    }

    /// After a group failed: makes sure that it is not on disk, and that the next one finds a sound connection.
    async fn recover(&mut self, error: &GroupError) {
        self.heads.forget();
        if error.fault != Fault::Damaged {
            self.state.set_healthy(false);
        }
        tracing::error!(during = error.during, error = %error.source, "appends failed");
        match (error.fault, &mut self.connection) {
            (Fault::Full | Fault::Busy | Fault::Damaged, Some(connection)) => rollback(connection).await,
            (_, connection) => {
                *connection = None;
                match reopen(&self.connector).await {
                    Ok(opened) => *connection = Some(opened),
                    // The next group tries to open it again.
                    Err(error) => {
                        tracing::error!(during = error.during, error = %error.source, "the database cannot be written");
                    }
                }
            }
        }
    }
}

/// A new connection, and a small write over whatever the last one left half-written.
async fn reopen(connector: &Connector) -> Result<Connection, GroupError> {
    let mut connection = connector.writer().map_err(GroupError::new("reopening the database"))?;
    let pulse = async {
        connection.run("BEGIN IMMEDIATE").await?;
        connection.run(PULSE).await?;
        connection.run("COMMIT").await
    };
    pulse.await.map_err(GroupError::new("writing to the reopened database"))?;
    Ok(connection)
}

/// Whether it takes away what must not be read again.
fn erases(append: &Append) -> bool {
    !append.redactions.is_empty() || append.texts.iter().any(|(_, row)| row.text.is_none())
}
