//! Many appends as rows, table by table.
//!
//! Only the last word on a key is written, so that no statement touches a row twice (PostgreSQL refuses that).

use std::collections::HashMap;
use std::hash::Hash;

use madang_protocol::{MessageId, Role, SessionId, TurnId, UserId};

use crate::audit::{self, Tail};
use crate::bind::{self, Row};
use crate::connection::Connection;
use crate::redact::{self, Redaction};
use crate::{
    Append, CommandRow, JournalEntry, LedgerRow, MemberRow, MentionRow, ReadRow, Record, SessionRow,
    SnapshotRow, Stream, TextRow, UserRow, search, statements,
};

/// The journal position of the line that says a reply began.
pub(crate) const BEGAN: i64 = -1;

/// A line of the journal table.
struct JournalLine<'a> {
    message: MessageId,
    n: i64,
    session: SessionId,
    turn: Option<TurnId>,
    pieces: &'a str,
}

/// Rows by key; the last one put there counts.
struct LastWord<K, V> {
    places: HashMap<K, usize>,
    values: Vec<V>,
}

impl<K, V> Default for LastWord<K, V> {
    fn default() -> Self {
        Self { places: HashMap::new(), values: Vec::new() }
    }
}

impl<K: Hash + Eq, V> LastWord<K, V> {
    fn put(&mut self, key: K, value: V) {
        let next = self.values.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.values.push(value);
        } else {
            self.values[place] = value;
        }
    }
}

/// What a group of appends writes.
#[derive(Default)]
pub(crate) struct Batch<'a> {
    sessions: LastWord<SessionId, &'a SessionRow>,
    users: LastWord<UserId, &'a UserRow>,
    members: LastWord<(SessionId, UserId), (SessionId, &'a MemberRow)>,
    records: Vec<&'a (SessionId, Record)>,
    commands: Vec<&'a CommandRow>,
    journal: LastWord<(MessageId, i64), JournalLine<'a>>,
    journal_gone: LastWord<MessageId, MessageId>,
    ledger: Vec<&'a LedgerRow>,
    snapshots: LastWord<(SessionId, Stream, u32), &'a (SessionId, SnapshotRow)>,
    audit: Vec<audit::Line<'a>>,
    reads: LastWord<(SessionId, UserId), &'a (SessionId, ReadRow)>,
    mentions: LastWord<(SessionId, UserId), &'a (SessionId, MentionRow)>,
    texts: LastWord<(SessionId, MessageId), &'a (SessionId, TextRow)>,
    redactions: Vec<&'a Redaction>,
}

impl<'a> Batch<'a> {
    /// The rows of these appends, in their order; the audit log ends at `tail` and grows from there.
    pub(crate) fn of(appends: impl IntoIterator<Item = &'a Append>, tail: &mut Tail) -> Self {
        let mut batch = Batch::default();
        for append in appends {
            batch.add(append);
            batch.audit.extend(append.audit.iter().map(|row| tail.push(row)));
        }
        batch
    }

    /// Whether there are lines for the audit log.
    pub(crate) fn audits(&self) -> bool {
        !self.audit.is_empty()
    }

    fn add(&mut self, append: &'a Append) {
        append.sessions.iter().for_each(|row| self.sessions.put(row.session, row));
        append.users.iter().for_each(|row| self.users.put(row.user, row));
        for (session, row) in &append.members {
            self.members.put((*session, row.user), (*session, row));
        }
        self.records.extend(&append.records);
        self.commands.extend(&append.command);
        for (session, entry) in &append.journal {
            self.add_journal(*session, entry);
        }
        self.ledger.extend(&append.ledger);
        append.snapshots.iter().for_each(|row| self.put_snapshot(row));
        append.reads.iter().for_each(|row| self.reads.put((row.0, row.1.user), row));
        append.mentions.iter().for_each(|row| self.mentions.put((row.0, row.1.user), row));
        append.texts.iter().for_each(|row| self.texts.put((row.0, row.1.message), row));
        self.redactions.extend(&append.redactions);
    }

    fn add_journal(&mut self, session: SessionId, entry: &'a JournalEntry) {
        let line = match entry {
            JournalEntry::Begin { message, turn } => {
                JournalLine { message: *message, n: BEGAN, session, turn: Some(*turn), pieces: "" }
            }
            JournalEntry::Piece { message, n, pieces } => {
                JournalLine { message: *message, n: i64::from(*n), session, turn: None, pieces }
            }
            JournalEntry::End { message } => {
                // Lines of this batch were to be written before; they need not be written at all.
                self.journal.values.retain(|line| line.message != *message);
                self.journal.places = self
                    .journal
                    .values
                    .iter()
                    .enumerate()
                    .map(|(i, line)| ((line.message, line.n), i))
                    .collect();
                self.journal_gone.put(*message, *message);
                return;
            }
        };
        self.journal.put((line.message, line.n), line);
    }

    fn put_snapshot(&mut self, row: &'a (SessionId, SnapshotRow)) {
        let key = (row.0, row.1.stream, row.1.part);
        let newer = |&place: &usize| self.snapshots.values[place].1.position > row.1.position;
        if !self.snapshots.places.get(&key).is_some_and(newer) {
            self.snapshots.put(key, row);
        }
    }

    /// Writes all rows, those that others refer to first.
    pub(crate) async fn write(&self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        bind::write(connection, &statements::SESSIONS, &self.sessions.values, bind::session).await?;
        bind::write(connection, &statements::USERS, &self.users.values, bind::user).await?;
        self.write_members(connection).await?;
        bind::write(connection, &statements::LOG, &self.records, bind::record).await?;
        bind::write(connection, &statements::COMMANDS, &self.commands, bind::command).await?;
        // First the ends: what is left of a reply that ended here began again after it.
        bind::write(connection, &statements::JOURNAL_GONE, &self.journal_gone.values, |row, id| row.id(id))
            .await?;
        bind::write(connection, &statements::JOURNAL, &self.journal.values, journal_line).await?;
        bind::write(connection, &statements::LEDGER, &self.ledger, bind::ledger).await?;
        bind::write(connection, &statements::SNAPSHOTS, &self.snapshots.values, bind::snapshot).await?;
        bind::write(connection, &statements::AUDIT, &self.audit, audit::bind).await?;
        bind::write(connection, &statements::READS, &self.reads.values, bind::read).await?;
        bind::write(connection, &statements::MENTIONS, &self.mentions.values, bind::mention).await?;
        search::write(connection, &self.texts.values).await?;
        redact::apply(connection, &self.redactions).await
    }

    async fn write_members(&self, connection: &mut Connection) -> Result<(), sqlx::Error> {
        let (mut given, mut taken): (Vec<(SessionId, &MemberRow, Role)>, Vec<_>) = (Vec::new(), Vec::new());
        for (session, member) in &self.members.values {
            match member.role {
                Some(role) => given.push((*session, *member, role)),
                None => taken.push((*session, *member)),
            }
        }
        bind::write(connection, &statements::MEMBERS, &given, bind::member).await?;
        bind::write(connection, &statements::MEMBERS_GONE, &taken, bind::member_gone).await
    }
}

fn journal_line(row: &mut Row, line: &JournalLine<'_>) {
    row.id(line.message);
    row.signed(line.n);
    row.id(line.session);
    row.text_or_null(line.turn.map(|turn| turn.to_string()).as_deref());
    row.text(line.pieces);
}
