//! The connection that writes to the database, and what is done when it fails.
//!
//! A commit that failed is never tried again: the connection is opened anew and a small write goes over the failed one's
//! place in the write-ahead log, so that it is certain not to be there.

use std::sync::Arc;

use crate::batch::Batch;
use crate::bind::{Row, to_column};
use crate::connect::Connector;
use crate::connection::Connection;
use crate::fault::{Fault, answer, said};
use crate::group::{Answers, rollback, write_one_by_one, write_together};
use crate::heads::Heads;
use crate::redo::frame::Key;
use crate::state::State;
use crate::statements::{PULSE, REDO, REDO_POSITION};
use crate::{Append, StoreError};

/// Groups of a redo log that one transaction takes after a kill: each alone would rewrite the same pages.
const GROUPS_TAKEN_BACK: usize = 512;

/// A group that is in the redo log.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its position there.
    pub(crate) position: u64,
    /// What it writes.
    pub(crate) appends: Vec<Append>,
}

/// Why a whole group failed; shared by all its answers.
pub(crate) struct GroupError {
    pub(crate) fault: Fault,
    during: &'static str,
    source: Arc<sqlx::Error>,
}

impl GroupError {
    fn new(during: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |error| Self { fault: Fault::of(&error), during, source: Arc::new(error) }
    }

    /// What each of the group's appends is told.
    pub(crate) fn answer(&self) -> StoreError {
        answer(self.during, self.fault, Arc::clone(&self.source))
    }
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// For the disk: whoever is told of it counts on it.
    ForTheDisk,
    /// For nothing: the redo log has it.
    ForNothing,
}

/// Writes to the database.
#[derive(Debug)]
pub(crate) struct Database {
    connector: Connector,
    connection: Option<Connection>,
    waits: Waits,
    state: Arc<State>,
    /// Whether the disk failed, so that what was not synced before may be missing in the write-ahead log.
    suspect: bool,
}

impl Database {
    /// Writes by a connection as the connector makes them.
    pub(crate) fn new(connector: Connector, connection: Connection, state: Arc<State>) -> Database {
        Database { connector, connection: Some(connection), waits: Waits::ForTheDisk, state, suspect: false }
    }

    /// The connection, when the database is not written to any more.
    pub(crate) fn take_connection(&mut self) -> Option<Connection> {
        self.connection.take()
    }

    /// Commits appends together; they are on disk when it returns. An answer for each.
    pub(crate) async fn commit(&mut self, heads: &mut Heads, appends: &[Append]) -> Answers {
        match self.try_commit(heads, appends).await {
            // A damaged page ends the whole transaction, so each append has to try with one of its own.
            Err(error) if error.fault == Fault::Damaged && appends.len() > 1 => {
                heads.forget();
                self.recover(&error).await;
                let mut answers = Answers::new();
                for append in appends {
                    let alone = std::slice::from_ref(append);
                    let tried = self.try_commit(heads, alone).await;
                    answers.extend(self.answers(heads, tried, 1).await);
                }
                answers
            }
            tried => self.answers(heads, tried, appends.len()).await,
        }
    }

    async fn answers(
        &mut self,
        heads: &mut Heads,
        tried: Result<Answers, GroupError>,
        appends: usize,
    ) -> Answers {
        match tried {
            Ok(answers) => answers,
            Err(error) => {
                heads.forget();
                self.recover(&error).await;
                std::iter::repeat_with(|| Err(error.answer())).take(appends).collect()
            }
        }
    }

    async fn try_commit(&mut self, heads: &mut Heads, appends: &[Append]) -> Result<Answers, GroupError> {
        let connection = self.ready(Waits::ForTheDisk).await?;
        let (answers, claims) = match write_together(connection, heads, appends).await {
            Ok(done) => done,
            Err(error) if Fault::of(&error).is_one_appends() => {
                rollback(connection).await;
                let during = GroupError::new("writing appends one by one");
                write_one_by_one(connection, heads, appends).await.map_err(during)?
            }
            Err(error) => return Err(GroupError::new("writing appends")(error)),
        };
        if answers.iter().any(Result::is_ok) {
            self.state.set_healthy(true);
        }
        heads.committed(claims);
        Ok(answers)
    }

    /// Takes groups that are in the redo log; those are on disk, so this does not wait for it. True when nothing was left out.
    ///
    /// What can't be taken, because a page is damaged or a rule of the schema broken, is left out and logged: it
    /// was acked, but everything after it must not wait for ever.
    pub(crate) async fn take(&mut self, groups: &[Group]) -> Result<bool, GroupError> {
        let Some(position) = groups.last().map(|group| group.position) else {
            return Ok(true);
        };
        let tried = self.try_take(groups.iter().flat_map(|group| &group.appends), Some(position)).await;
        let error = match tried {
            Ok(()) => return Ok(true),
            Err(error) => error,
        };
        self.recover(&error).await;
        if !(error.fault.is_one_appends() || error.fault == Fault::Damaged) {
            return Err(error);
        }
        for append in groups.iter().flat_map(|group| &group.appends) {
            if let Err(error) = self.try_take([append], None).await {
                self.recover(&error).await;
                if !(error.fault.is_one_appends() || error.fault == Fault::Damaged) {
                    return Err(error);
                }
                tracing::error!(position, "something acked could not be taken into the database");
            }
        }
        self.try_take([], Some(position)).await.map(|()| false)
    }

    async fn try_take<'a>(
        &mut self,
        appends: impl IntoIterator<Item = &'a Append>,
        position: Option<u64>,
    ) -> Result<(), GroupError> {
        let connection = self.ready(Waits::ForNothing).await?;
        // The redo log has no lines for the audit log.
        let batch = Batch::of(appends, &mut crate::audit::Tail::default());
        let write = async {
            connection.run("BEGIN IMMEDIATE").await?;
            batch.write(connection).await?;
            if let Some(position) = position {
                let mut row = Row::default();
                row.signed(to_column(position));
                connection.execute(REDO_POSITION, row).await?;
            }
            connection.run("COMMIT").await
        };
        write.await.map_err(GroupError::new("taking appends from the redo log"))?;
        self.state.set_healthy(true);
        Ok(())
    }

    /// What the redo log's files are checked with, and up to which group the database has them.
    pub(crate) async fn redo(&mut self) -> Result<(Key, u64), StoreError> {
        const DURING: &str = "reading where the redo log stands";
        let ask = async {
            let row = self.ready(Waits::ForTheDisk).await?.fetch_one(REDO, Row::default()).await;
            let columns = row.and_then(|row| Ok((row.try_get::<Vec<u8>>(0)?, row.try_get::<i64>(1)?)));
            columns.map_err(GroupError::new(DURING))
        };
        let (key, position) = ask.await.map_err(|error: GroupError| error.answer())?;
        let key = key.try_into().map_err(|_| said(DURING, "its key is not one"))?;
        Ok((key, position.unsigned_abs()))
    }

    /// Takes the groups that a server which was killed had acked, and waits for the disk; up to which position.
    pub(crate) async fn take_back(
        &mut self,
        position: u64,
        groups: Vec<(u64, Vec<Append>)>,
    ) -> Result<u64, StoreError> {
        let mut ends = position;
        let mut follow = groups.into_iter().map(|(position, appends)| Group { position, appends }).peekable();
        while follow.peek().is_some_and(|group| group.position == ends + 1) {
            let mut together: Vec<Group> = Vec::new();
            while together.len() < GROUPS_TAKEN_BACK
                && let Some(next) = follow.next_if(|group| group.position == ends + 1)
            {
                ends = next.position;
                together.push(next);
            }
            self.take(&together).await.map_err(|error| error.answer())?;
        }
        if let Some(Group { position, .. }) = follow.next() {
            // A copy of an older database beside a newer log: what is missing in between can't be made up.
            tracing::error!(position, ends, "the redo log does not follow the database, and is left out");
        }
        let connection = self.ready(Waits::ForTheDisk).await.map_err(|error| error.answer())?;
        pulse(connection).await.map_err(|error| error.answer())?;
        Ok(ends)
    }

    /// Moves everything into the database and empties the write-ahead log; false when a reader stands in the way.
    pub(crate) async fn empty_log(&mut self) -> Result<bool, sqlx::Error> {
        match &mut self.connection {
            Some(connection) => self.connector.empty_log(connection).await,
            None => Ok(false),
        }
    }

    /// Gives back the memory of pages that are not needed while nobody writes.
    pub(crate) async fn rest(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        if let Err(error) = connection.run("PRAGMA shrink_memory").await {
            tracing::debug!(%error, "the pages of the database stay in memory");
        }
    }

    /// Pages that the database can still grow by, as far as its own limit goes.
    pub(crate) async fn pages_left(&mut self) -> u64 {
        let Some(connection) = &mut self.connection else { return 0 };
        let ask = connection.fetch_one("PRAGMA page_count", Row::default()).await;
        let pages = ask.and_then(|row| row.try_get::<i64>(0)).unwrap_or(i64::MAX).unsigned_abs();
        self.connector.pages_max().saturating_sub(pages)
    }

    /// What wrote to the write-ahead log failed to sync it: what is in it may not be on disk.
    pub(crate) fn suspect(&mut self) {
        self.suspect = true;
    }

    /// A connection that commits as is asked for.
    async fn ready(&mut self, waits: Waits) -> Result<&mut Connection, GroupError> {
        if self.connection.is_none() {
            self.connection = Some(reopen(&self.connector).await?);
            self.waits = Waits::ForTheDisk;
        }
        if self.suspect {
            // What the disk did not take is in memory still. Moved from there, it needs no write-ahead log.
            let emptied = self.empty_log().await.map_err(GroupError::new("emptying the write-ahead log"))?;
            if !emptied {
                let busy = sqlx::Error::Io(std::io::ErrorKind::ResourceBusy.into());
                return Err(GroupError::new("emptying the write-ahead log")(busy));
            }
            self.suspect = false;
        }
        let connection = self.connection.as_mut().expect("it was opened above");
        if self.waits != waits {
            let mode = if waits == Waits::ForTheDisk { "FULL" } else { "NORMAL" };
            connection.pragma("synchronous", mode).map_err(GroupError::new("setting up the database"))?;
            let polite = waits == Waits::ForNothing;
            connection.be_polite(polite).map_err(GroupError::new("setting up the database"))?;
            self.waits = waits;
        }
        Ok(connection)
    }

    /// After a group failed: makes sure that it is not on disk, and that the next one finds a sound connection.
    async fn recover(&mut self, error: &GroupError) {
        if error.fault != Fault::Damaged {
            self.state.set_healthy(false);
        }
        tracing::error!(during = error.during, error = %error.source, "appends failed");
        match (error.fault, &mut self.connection) {
            (Fault::Full | Fault::Busy | Fault::Damaged | Fault::Taken | Fault::Rule, Some(connection)) => {
                rollback(connection).await
            }
            (_, connection) => {
                self.suspect = true;
                *connection = None;
                match reopen(&self.connector).await {
                    Ok(opened) => {
                        *connection = Some(opened);
                        self.waits = Waits::ForTheDisk;
                    }
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
    pulse(&mut connection).await?;
    Ok(connection)
}

/// A small write for its own sake, synced with all that was written before.
async fn pulse(connection: &mut Connection) -> Result<(), GroupError> {
    let write = async {
        connection.run("BEGIN IMMEDIATE").await?;
        connection.run(PULSE).await?;
        connection.run("COMMIT").await
    };
    write.await.map_err(GroupError::new("writing to the database for the first time"))
}
