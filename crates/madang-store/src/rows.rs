//! From stored rows to the contract's types. What does not read back as what was written is an error, never a guess.

pub(crate) mod people;

use std::str::FromStr;

use madang_protocol::{Epoch, Role, SessionId, SessionStatus, UnixMs, UserId};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::bind::{record_checksum, snapshot_checksum};
use crate::connection::Found;
use crate::{CommandRow, Record, SessionRow, SnapshotRow, Stream, UserRow};

/// A value that no version of this program wrote, or that changed since.
#[derive(Debug, thiserror::Error)]
enum Damage {
    /// A column's text is not of its kind.
    #[error("column {column} holds no {kind}")]
    Value { column: usize, kind: &'static str },
    /// A row is not what was written.
    #[error("the checksum of {stream:?} {position} of {session} is wrong")]
    Checksum { session: SessionId, stream: Stream, position: u64 },
}

impl From<Damage> for sqlx::Error {
    fn from(damage: Damage) -> Self {
        sqlx::Error::Decode(Box::new(damage))
    }
}

/// A row, whichever connection found it.
pub(crate) trait Columns {
    /// The text of a column.
    fn text(&self, column: usize) -> Result<&str, sqlx::Error>;
    /// The number of a column.
    fn integer(&self, column: usize) -> Result<i64, sqlx::Error>;
}

impl Columns for SqliteRow {
    fn text(&self, column: usize) -> Result<&str, sqlx::Error> {
        self.try_get(column)
    }

    fn integer(&self, column: usize) -> Result<i64, sqlx::Error> {
        self.try_get(column)
    }
}

impl Columns for Found {
    fn text(&self, column: usize) -> Result<&str, sqlx::Error> {
        Found::text(self, column)
    }

    fn integer(&self, column: usize) -> Result<i64, sqlx::Error> {
        self.try_get(column)
    }
}

/// An id, actor or epoch.
pub(crate) fn parsed<T: FromStr>(
    row: &impl Columns,
    column: usize,
    kind: &'static str,
) -> Result<T, sqlx::Error> {
    row.text(column)?.parse().map_err(|_| Damage::Value { column, kind }.into())
}

/// A number that was one when it was written.
pub(crate) fn number<T: TryFrom<i64>>(row: &impl Columns, column: usize) -> Result<T, sqlx::Error> {
    T::try_from(row.integer(column)?).map_err(|_| Damage::Value { column, kind: "number in range" }.into())
}

/// A time.
pub(crate) fn time(row: &impl Columns, column: usize) -> Result<UnixMs, sqlx::Error> {
    number(row, column).map(UnixMs)
}

/// A record; columns as in `READ`.
pub(crate) fn record(session: SessionId, stream: Stream, row: &impl Columns) -> Result<Record, sqlx::Error> {
    let record = Record {
        stream,
        position: number(row, 0)?,
        at: time(row, 1)?,
        actor: parsed(row, 2, "actor")?,
        kind: row.text(3)?.to_owned(),
        data: row.text(4)?.to_owned(),
    };
    if record_checksum(session, &record) == row.integer(5)? {
        Ok(record)
    } else {
        Err(Damage::Checksum { session, stream, position: record.position }.into())
    }
}

/// A part of a snapshot; columns as in `SNAPSHOT`.
pub(crate) fn snapshot(
    session: SessionId,
    stream: Stream,
    row: &SqliteRow,
) -> Result<SnapshotRow, sqlx::Error> {
    let (part, position) = (number(row, 0)?, number(row, 1)?);
    let snapshot = SnapshotRow { stream, part, position, data: row.try_get(2)? };
    if snapshot_checksum(session, &snapshot) == row.try_get::<i64, _>(3)? {
        Ok(snapshot)
    } else {
        Err(Damage::Checksum { session, stream, position: snapshot.position }.into())
    }
}

/// A session's line; columns as in `SESSION`.
pub(crate) fn session(row: &SqliteRow) -> Result<SessionRow, sqlx::Error> {
    Ok(SessionRow {
        session: parsed(row, 0, "session id")?,
        epoch: parsed::<Epoch>(row, 1, "epoch")?,
        title: row.try_get(2)?,
        status: status(row, 3)?,
        created_at: time(row, 4)?,
        last_activity: time(row, 5)?,
        message_count: number(row, 6)?,
        participant_count: number(row, 7)?,
    })
}

/// A command; columns as in `COMMANDS_CARRIED_OUT`.
pub(crate) fn command(row: &SqliteRow) -> Result<CommandRow, sqlx::Error> {
    let digest = row.try_get::<&[u8], _>(2)?.try_into();
    Ok(CommandRow {
        user: parsed(row, 0, "user id")?,
        id: row.try_get(1)?,
        digest: digest.map_err(|_| Damage::Value { column: 2, kind: "digest" })?,
        session: parsed(row, 3, "session id")?,
        position: row.try_get::<Option<i64>, _>(4)?.map(i64::unsigned_abs),
        answer: row.try_get(5)?,
    })
}

/// A person; columns as in `USER`.
pub(crate) fn user(user: UserId, row: &SqliteRow) -> Result<UserRow, sqlx::Error> {
    let session = |column: usize| match row.try_get::<Option<&str>, _>(column)? {
        Some(text) => {
            let damage = |_| sqlx::Error::from(Damage::Value { column, kind: "session id" });
            text.parse().map(Some).map_err(damage)
        }
        None => Ok(None),
    };
    Ok(UserRow {
        user,
        display_name: row.try_get(0)?,
        guest: row.try_get::<i64, _>(1)? != 0,
        created_at: time(row, 2)?,
        default_session: session(3)?,
        joined_session: session(4)?,
    })
}

/// A role's word.
pub(crate) fn role(row: &SqliteRow, column: usize) -> Result<Role, sqlx::Error> {
    match row.try_get::<&str, _>(column)? {
        "owner" => Ok(Role::Owner),
        "collaborator" => Ok(Role::Collaborator),
        "viewer" => Ok(Role::Viewer),
        _ => Err(Damage::Value { column, kind: "role" }.into()),
    }
}

fn status(row: &SqliteRow, column: usize) -> Result<SessionStatus, sqlx::Error> {
    match row.try_get::<&str, _>(column)? {
        "idle" => Ok(SessionStatus::Idle),
        "closed" => Ok(SessionStatus::Closed),
        "deleted" => Ok(SessionStatus::Deleted),
        _ => Err(Damage::Value { column, kind: "status" }.into()),
    }
}
