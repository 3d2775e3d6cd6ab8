//! The one task that writes: it takes what waits, commits it in one transaction, and answers after the commit.
//!
//! While a commit is under way the next group gathers, so a group is as large as the disk is slow, and a single
//! append never waits for company. A commit that failed is never tried again: the connection is opened anew and a
//! small write goes over the failed one's place in the write-ahead log, so that it is certain not to be there.

use std::mem::size_of;
use std::sync::Arc;

use sqlx::query;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::batch::Batch;
use crate::connect::Connector;
use crate::fault::{Fault, answer};
use crate::heads::{Claims, Heads};
use crate::lock::DataDir;
use crate::state::State;
use crate::statements::PULSE;
use crate::{Append, JournalEntry, Settings, StoreError, changes};

/// An append that waits, with the room it takes up in the queue.
pub(crate) struct Queued {
    /// What to write.
    pub(crate) append: Append,
    /// Its size as [`bytes_of`] counts.
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
    Close(oneshot::Sender<Option<SqliteConnection>>),
}

/// The writer's own state.
pub(crate) struct Writer {
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) connector: Connector,
    pub(crate) connection: Option<SqliteConnection>,
    pub(crate) heads: Heads,
    pub(crate) state: Arc<State>,
    pub(crate) settings: Settings,
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

/// An answer for each append of a group.
type Answers = Vec<Result<(), StoreError>>;

impl Writer {
    /// Writes until told to close or until nobody can ask any more.
    pub(crate) async fn run(mut self) {
        let _writing = self.state.writing();
        while let Some(job) = self.jobs.recv().await {
            let (group, close) = self.gather(job);
            if !group.is_empty() {
                self.commit(group).await;
            }
            if let Some(reply) = close {
                // Whoever asked may have given up; then the connection is closed by dropping it.
                drop(reply.send(self.connection.take()));
                return;
            }
        }
    }

    /// The next group: what waits already, up to the group's limits.
    fn gather(&mut self, first: Job) -> (Vec<Queued>, Option<oneshot::Sender<Option<SqliteConnection>>>) {
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
async fn reopen(connector: &Connector) -> Result<SqliteConnection, GroupError> {
    let mut connection = connector.writer().await.map_err(GroupError::new("reopening the database"))?;
    let pulse = async {
        query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        query(PULSE).execute(&mut connection).await?;
        query("COMMIT").execute(&mut connection).await
    };
    pulse.await.map_err(GroupError::new("writing to the reopened database"))?;
    Ok(connection)
}

async fn write_together<'a>(
    connection: &mut SqliteConnection,
    heads: &mut Heads,
    appends: &'a [Append],
) -> Result<(Answers, Claims<'a>), sqlx::Error> {
    heads.learn(connection, appends).await?;
    let mut claims = Claims::default();
    let mut answers = Answers::with_capacity(appends.len());
    // People's changes are tried at once, each append's on its own: what comes later may depend on them.
    let mut begun = false;
    for append in appends {
        let mut claim = heads.claim(&claims, append);
        if claim.is_ok() && !append.people.is_empty() {
            if !begun {
                query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
                begun = true;
            }
            if let Err(refused) = change_people(connection, append).await? {
                claim = Err(refused);
            }
        }
        answers.push(claim.map(|claim| claims.take(claim)));
    }
    if answers.iter().any(Result::is_ok) {
        let accepted = appends.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        let mut tail = heads.audit_tail(&claims);
        let batch = Batch::of(accepted.map(|(append, _)| append), &mut tail);
        if !begun {
            query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        }
        batch.write(connection).await?;
        query("COMMIT").execute(connection).await?;
        if batch.audits() {
            claims.end_audit(tail);
        }
    } else if begun {
        query("ROLLBACK").execute(connection).await?;
    }
    Ok((answers, claims))
}

/// The append's changes to people's rows, all or none.
async fn change_people(
    connection: &mut SqliteConnection,
    append: &Append,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    query("SAVEPOINT people").execute(&mut *connection).await?;
    let answer = changes::apply(connection, &append.people).await?;
    if answer.is_err() {
        query("ROLLBACK TO people").execute(&mut *connection).await?;
    }
    query("RELEASE people").execute(connection).await?;
    Ok(answer)
}

/// The slow way, when something in the group breaks a rule of the schema: each append on its own.
async fn write_one_by_one<'a>(
    connection: &mut SqliteConnection,
    heads: &mut Heads,
    appends: &'a [Append],
) -> Result<(Answers, Claims<'a>), sqlx::Error> {
    query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let mut claims = Claims::default();
    let mut answers = Answers::with_capacity(appends.len());
    for append in appends {
        query("SAVEPOINT alone").execute(&mut *connection).await?;
        let answer = match write_alone(connection, heads, &mut claims, append).await {
            Ok(answer) => answer,
            Err(error) if Fault::of(&error).is_one_appends() => {
                Err(answer("writing an append", Fault::of(&error), error))
            }
            Err(error) => return Err(error),
        };
        if answer.is_err() {
            query("ROLLBACK TO alone").execute(&mut *connection).await?;
        }
        query("RELEASE alone").execute(&mut *connection).await?;
        answers.push(answer);
    }
    query("COMMIT").execute(connection).await?;
    Ok((answers, claims))
}

async fn write_alone<'a>(
    connection: &mut SqliteConnection,
    heads: &mut Heads,
    claims: &mut Claims<'a>,
    append: &'a Append,
) -> Result<Result<(), StoreError>, sqlx::Error> {
    heads.learn(connection, std::slice::from_ref(append)).await?;
    let claim = match heads.claim(claims, append) {
        Ok(claim) => claim,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = changes::apply(connection, &append.people).await? {
        return Ok(Err(refused));
    }
    let mut tail = heads.audit_tail(claims);
    let batch = Batch::of([append], &mut tail);
    batch.write(connection).await?;
    if batch.audits() {
        claims.end_audit(tail);
    }
    claims.take(claim);
    Ok(Ok(()))
}

async fn rollback(connection: &mut SqliteConnection) {
    // SQLite rolls back by itself after some errors; then there is nothing to roll back.
    if let Err(error) = query("ROLLBACK").execute(connection).await {
        tracing::debug!(%error, "nothing to roll back");
    }
}

/// How much of the queue an append takes up: its texts, and its rows' own size.
pub(crate) fn bytes_of(append: &Append) -> usize {
    let records: usize =
        append.records.iter().map(|(_, r)| r.data.len() + r.kind.len() + size_of_val(r)).sum();
    let command = append.command.as_ref().map_or(0, |c| c.answer.len() + c.id.len());
    let journal: usize = append.journal.iter().map(|(_, entry)| journal_bytes(entry)).sum();
    let snapshots: usize = append.snapshots.iter().map(|(_, s)| s.data.len()).sum();
    let ledger: usize = append.ledger.iter().map(|l| l.usage.len() + size_of_val(l)).sum();
    let sessions: usize = append.sessions.iter().map(|s| s.title.len() + size_of_val(s)).sum();
    let users: usize = append.users.iter().map(|u| u.display_name.len() + size_of_val(u)).sum();
    let all = size_of::<Append>() + records + command + journal + snapshots + ledger + sessions + users;
    all + bytes_of_people(append)
}

fn bytes_of_people(append: &Append) -> usize {
    let people = size_of_val(append.people.as_slice());
    let audit: usize = append.audit.iter().map(|row| row.details.len() + size_of_val(row)).sum();
    let reads = size_of_val(append.reads.as_slice());
    let text_bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let texts: usize = append.texts.iter().map(|(_, row)| text_bytes(&row.text) + size_of_val(row)).sum();
    let redactions: usize = append.redactions.iter().map(|row| row.3.len() + size_of_val(row)).sum();
    people + audit + reads + texts + redactions
}

fn journal_bytes(entry: &JournalEntry) -> usize {
    size_of_val(entry)
        + match entry {
            JournalEntry::Piece { pieces, .. } => pieces.len(),
            JournalEntry::Begin { .. } | JournalEntry::End { .. } => 0,
        }
}
