//! From the contract's types to the columns of a statement.

use std::fmt::Display;

use madang_protocol::{Role, SessionId, SessionStatus};
use rusqlite::types::Value;
use sqlx::Arguments;
use sqlx::error::BoxDynError;
use sqlx::sqlite::SqliteArguments;

use crate::connection::Connection;
use crate::statements::Bulk;
use crate::{
    CommandRow, LedgerRow, MemberRow, MentionRow, ReadRow, Record, SessionRow, SnapshotRow, Stream, UserRow,
};

/// Tokens or millionths of a dollar of one request (a million dollars): no request comes near it, and millions of
/// rows can be summed up without leaving a BIGINT. Beyond, this much is noted.
const LEDGER_NUMBER_MAX: u64 = 1_000_000_000_000;

/// The values of one statement, column by column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row(Vec<Value>);

impl Row {
    /// A text as it is.
    pub(crate) fn text(&mut self, value: &str) {
        self.put(value.to_owned());
    }

    /// A text or nothing.
    pub(crate) fn text_or_null(&mut self, value: Option<&str>) {
        self.put(value.map(str::to_owned));
    }

    fn put(&mut self, value: impl Into<Value>) {
        self.0.push(value.into());
    }

    /// An id, an actor or an epoch.
    pub(crate) fn id(&mut self, value: impl Display) {
        self.put(value.to_string());
    }

    /// A number. The column ends at `i64::MAX`, which no position, time, count or cost reaches.
    pub(crate) fn number(&mut self, value: u64) {
        self.put(to_column(value));
    }

    /// A number or nothing.
    pub(crate) fn number_or_null(&mut self, value: Option<u64>) {
        self.put(value.map(to_column));
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.put(value.to_vec());
    }

    /// A signed number.
    pub(crate) fn signed(&mut self, value: i64) {
        self.put(value);
    }

    /// The values, in the order of the columns.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.0
    }

    /// The values, for a question that sqlx asks.
    pub(crate) fn into_arguments(self) -> Result<SqliteArguments, BoxDynError> {
        let mut arguments = SqliteArguments::default();
        for value in self.0 {
            match value {
                Value::Null => arguments.add(None::<i64>)?,
                Value::Integer(number) => arguments.add(number)?,
                Value::Real(number) => arguments.add(number)?,
                Value::Text(text) => arguments.add(text)?,
                Value::Blob(bytes) => arguments.add(bytes)?,
            }
        }
        Ok(arguments)
    }
}

/// A number as a BIGINT holds it.
pub(crate) fn to_column(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Runs a statement over all rows, as many at once as it takes.
pub(crate) async fn write<T>(
    connection: &mut Connection,
    bulk: &Bulk,
    mut rows: &[T],
    bind: fn(&mut Row, &T),
) -> Result<(), sqlx::Error> {
    while !rows.is_empty() {
        let (taken, text) = bulk.taking(rows.len());
        let (now, later) = rows.split_at(taken);
        let mut arguments = Row::default();
        for row in now {
            bind(&mut arguments, row);
        }
        connection.execute(text.as_str(), arguments).await?;
        rows = later;
    }
    Ok(())
}

/// A record's columns.
pub(crate) fn record(row: &mut Row, (session, record): &&(SessionId, Record)) {
    row.id(session);
    row.signed(record.stream.0);
    row.number(record.position);
    row.number(record.at.0);
    row.id(record.actor);
    row.text(&record.kind);
    row.text(&record.data);
    row.signed(record_checksum(*session, record));
}

/// A command's columns.
pub(crate) fn command(row: &mut Row, command: &&CommandRow) {
    row.id(command.user);
    row.text(&command.id);
    row.bytes(&command.digest);
    row.id(command.session);
    row.number_or_null(command.position);
    row.text(&command.answer);
}

/// A session's columns.
pub(crate) fn session(row: &mut Row, session: &&SessionRow) {
    row.id(session.session);
    row.id(session.epoch);
    row.text(&session.title);
    row.text(&folded(&session.title));
    row.text(status_name(session.status));
    row.number(session.created_at.0);
    row.number(session.last_activity.0);
    row.number(session.message_count.into());
    row.number(session.participant_count.into());
}

/// A membership's columns.
pub(crate) fn member(row: &mut Row, (session, member, role): &(SessionId, &MemberRow, Role)) {
    row.id(session);
    row.id(member.user);
    row.text(role_name(*role));
}

/// The key of a membership that goes.
pub(crate) fn member_gone(row: &mut Row, (session, member): &(SessionId, &MemberRow)) {
    row.id(session);
    row.id(member.user);
}

/// A person's columns.
pub(crate) fn user(row: &mut Row, user: &&UserRow) {
    row.id(user.user);
    row.text(&user.display_name);
    row.number(user.guest.into());
    row.number(user.created_at.0);
    row.put(user.default_session.map(|session| session.to_string()));
    row.put(user.joined_session.map(|session| session.to_string()));
}

/// A ledger entry's columns.
pub(crate) fn ledger(row: &mut Row, entry: &&LedgerRow) {
    row.number(entry.at.0);
    row.id(entry.session);
    row.id(entry.turn);
    row.id(entry.user);
    row.text(&entry.model);
    row.text_or_null(entry.request_id.as_deref());
    row.text_or_null(entry.upstream_id.as_deref());
    row.text(&entry.usage);
    row.number(entry.input_tokens.min(LEDGER_NUMBER_MAX));
    row.number(entry.output_tokens.min(LEDGER_NUMBER_MAX));
    row.number_or_null(entry.cost_micro_usd.map(|cost| cost.min(LEDGER_NUMBER_MAX)));
    row.text(&entry.price_table);
    row.number(entry.estimated.into());
    row.text(&entry.outcome);
}

/// A snapshot's columns.
pub(crate) fn snapshot(row: &mut Row, (session, snapshot): &&(SessionId, SnapshotRow)) {
    row.id(session);
    row.signed(snapshot.stream.0);
    row.number(snapshot.part.into());
    row.number(snapshot.position);
    row.text(&snapshot.data);
    row.signed(snapshot_checksum(*session, snapshot));
}

/// A read mark's columns.
pub(crate) fn read(row: &mut Row, (session, read): &&(SessionId, ReadRow)) {
    row.id(session);
    row.id(read.user);
    row.id(read.message);
    row.number(read.count.into());
}

/// The columns of how much concerns a person.
pub(crate) fn mention(row: &mut Row, (session, mention): &&(SessionId, MentionRow)) {
    row.id(session);
    row.id(mention.user);
    row.number(mention.unread.into());
}

/// A title as it is searched: lower case by character, so that a part folds as the whole does. NUL ends a text in
/// LIKE, so it is replaced.
pub(crate) fn folded(title: &str) -> String {
    title
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// A role's word.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Collaborator => "collaborator",
        Role::Viewer => "viewer",
    }
}

/// A status's word; presence is not stored.
pub(crate) fn status_name(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Active | SessionStatus::Idle => "idle",
        SessionStatus::Closed => "closed",
        SessionStatus::Deleted => "deleted",
    }
}

/// The checksum over all that a record says, and where.
pub(crate) fn record_checksum(session: SessionId, record: &Record) -> i64 {
    let place = [record.stream.0, to_column(record.position), to_column(record.at.0)];
    checksum(session, place, &[&record.actor.to_string(), &record.kind, &record.data])
}

/// The checksum over all that a snapshot says, and where.
pub(crate) fn snapshot_checksum(session: SessionId, snapshot: &SnapshotRow) -> i64 {
    let SnapshotRow { stream: Stream(stream), part, position, data } = snapshot;
    checksum(session, [*stream, to_column(*position), i64::from(*part)], &[data])
}

fn checksum(session: SessionId, place: [i64; 3], texts: &[&str]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(session.to_string().as_bytes());
    for number in place {
        hasher.update(&number.to_le_bytes());
    }
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    i64::from_le_bytes(first)
}
