//! The audit log: a chain of lines, each with a hash over the one before it and its own columns.
//!
//! Who can write to the file can make a whole new chain, or take lines off its end: against that, the last position and
//! hash have to be kept somewhere else, and compared.

use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row as _, query};

use crate::bind::{Row, to_column};
use crate::connection::Connection;
use crate::statements::people as sql;
use crate::{AuditRow, AuditVerdict};

/// What the hash is for, so that it can't be mistaken for another.
const CONTEXT: &str = "madang 2026-11 audit log line v1";
/// Lines read at once while the log is gone through.
const LINES_AT_ONCE: i64 = 1_000;

/// Where the chain ends: position 0 and a hash of zeros before the first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tail {
    position: i64,
    hash: [u8; 32],
}

/// A line on its way to the table.
pub(crate) struct Line<'a> {
    row: &'a AuditRow,
    at: Tail,
}

impl Tail {
    /// The chain's end as it is stored.
    pub(crate) async fn stored(connection: &mut Connection) -> Result<Tail, sqlx::Error> {
        let last = connection.fetch(sql::AUDIT_HEAD, Row::default()).await?;
        last.first().map_or(Ok(Tail::default()), |row| {
            let hash = row.try_get::<Vec<u8>>(1)?.try_into().unwrap_or_default();
            Ok(Tail { position: row.try_get(0)?, hash })
        })
    }

    /// Adds a line to the chain.
    pub(crate) fn push<'a>(&mut self, row: &'a AuditRow) -> Line<'a> {
        let position = self.position + 1;
        let (actor, session) = (row.actor.to_string(), row.session.map(|session| session.to_string()));
        let columns = Columns {
            at: to_column(row.at.0),
            actor: &actor,
            kind: &row.kind,
            session: session.as_deref(),
            target: row.target.as_deref(),
            details: &row.details,
            address: row.address.as_deref(),
        };
        *self = Tail { position, hash: columns.hash(self.hash, position) };
        Line { row, at: *self }
    }
}

/// A line's columns.
pub(crate) fn bind(to: &mut Row, line: &Line<'_>) {
    to.signed(line.at.position);
    to.number(line.row.at.0);
    to.id(line.row.actor);
    to.text(&line.row.kind);
    to.text_or_null(line.row.session.map(|session| session.to_string()).as_deref());
    to.text_or_null(line.row.target.as_deref());
    to.text(&line.row.details);
    to.text_or_null(line.row.address.as_deref());
    to.bytes(&line.at.hash);
}

/// What a line says, as it is stored.
struct Columns<'a> {
    at: i64,
    actor: &'a str,
    kind: &'a str,
    session: Option<&'a str>,
    target: Option<&'a str>,
    details: &'a str,
    address: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// Columns as in `AUDIT_AFTER`, whatever they say: a changed line need not make sense.
    fn of(row: &'a SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            at: row.try_get(1)?,
            actor: row.try_get(2)?,
            kind: row.try_get(3)?,
            session: row.try_get(4)?,
            target: row.try_get(5)?,
            details: row.try_get(6)?,
            address: row.try_get(7)?,
        })
    }

    /// BLAKE3 over the hash before and all columns. Each is marked as there or not and preceded by its length, so that no
    /// two lines have the same bytes.
    fn hash(&self, before: [u8; 32], position: i64) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&before);
        hasher.update(&position.to_le_bytes());
        hasher.update(&self.at.to_le_bytes());
        let texts = [Some(self.actor), Some(self.kind), self.session, self.target, Some(self.details)];
        for text in texts.into_iter().chain([self.address]) {
            match text {
                None => hasher.update(&[0]),
                Some(text) => {
                    hasher.update(&[1]).update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes())
                }
            };
        }
        hasher.finalize().into()
    }
}

/// Goes through the whole log.
pub(crate) async fn verify(readers: &SqlitePool) -> Result<AuditVerdict, sqlx::Error> {
    let mut tail = Tail::default();
    loop {
        let lines = query(sql::AUDIT_AFTER).bind(tail.position).bind(LINES_AT_ONCE);
        let lines = lines.fetch_all(readers).await?;
        for line in &lines {
            let position = tail.position + 1;
            let follows = |row| {
                let hash = Columns::of(row)?.hash(tail.hash, position);
                let stored = (row.try_get::<i64, _>(0)?, row.try_get::<&[u8], _>(8)?);
                Ok::<_, sqlx::Error>((stored == (position, &hash)).then_some(hash))
            };
            // A column that is not even of its type is a changed one.
            match follows(line).unwrap_or_default() {
                Some(hash) => tail = Tail { position, hash },
                None => return Ok(AuditVerdict::Broken { position: position.unsigned_abs() }),
            }
        }
        if lines.is_empty() {
            return Ok(AuditVerdict::Whole { lines: tail.position.unsigned_abs(), head: tail.hash });
        }
        // A long log is gone through beside everything else.
        tokio::task::yield_now().await;
    }
}
