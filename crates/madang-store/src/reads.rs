//! The store's questions, each answered by one of the reading connections.

use futures_util::TryStreamExt as _;
use madang_protocol::{Role, SessionId, UserId};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row as _, query};

use crate::batch::BEGAN;
use crate::bind::{folded, to_column};
use crate::fault::{Fault, failed};
use crate::statements::people as sql;
use crate::{
    JournaledReply, ListedSession, LoadedSession, Record, SessionPage, SessionQuery, SessionRow, SnapshotRow,
    StoreError, Stream, UserRow, fold, rows, statements,
};

/// Bytes of a search text; a longer one matches no title.
const SEARCH_BYTES_MAX: usize = 4 * 1024;

/// A session's row, members and marks, as of one moment.
pub(crate) async fn load(
    readers: &SqlitePool,
    session: SessionId,
) -> Result<Option<LoadedSession>, sqlx::Error> {
    let id = session.to_string();
    let mut moment = readers.begin().await?;
    let Some(row) = query(statements::SESSION).bind(id.as_str()).fetch_optional(&mut *moment).await? else {
        return Ok(None);
    };
    let mut members = Vec::new();
    for row in query(statements::MEMBERS_OF).bind(id.as_str()).fetch_all(&mut *moment).await? {
        members.push((rows::parsed(&row, 0, "user id")?, rows::role(&row, 1)?));
    }
    let reads = query(sql::READS_OF).bind(session.to_string()).fetch_all(&mut *moment).await?;
    let reads = reads.iter().map(rows::people::read).collect::<Result<_, _>>()?;
    let mentions = query(sql::MENTIONS_OF).bind(session.to_string()).fetch_all(&mut *moment).await?;
    let mentions = mentions.iter().map(rows::people::mention).collect::<Result<_, _>>()?;
    moment.commit().await?;
    Ok(Some(LoadedSession { row: rows::session(&row)?, members, reads, mentions }))
}

/// The newest snapshot of a session's log, as far as it is whole: what is damaged, or can't be read, is left out.
pub(crate) async fn snapshot(
    readers: &SqlitePool,
    session: SessionId,
) -> Result<Vec<SnapshotRow>, sqlx::Error> {
    let stream = Stream::SESSION;
    let question = query(statements::SNAPSHOT).bind(session.to_string()).bind(stream.0);
    let mut found = question.fetch(readers);
    let mut parts = Vec::new();
    loop {
        let part = match found.try_next().await {
            Ok(Some(row)) => rows::snapshot(session, stream, &row),
            Ok(None) => return Ok(parts),
            Err(error) if Fault::of(&error) == Fault::Damaged => {
                tracing::warn!(session.id = %session, error = &error as &dyn std::error::Error, "a snapshot can't be read");
                return Ok(parts);
            }
            Err(error) => return Err(error),
        };
        match part {
            Ok(part) => parts.push(part),
            Err(error) => {
                tracing::warn!(session.id = %session, error = &error as &dyn std::error::Error, "a part of a snapshot is damaged");
            }
        }
    }
}

/// One part of a stream's snapshots, if it is whole.
pub(crate) async fn snapshot_part(
    readers: &SqlitePool,
    (session, stream): (SessionId, Stream),
    part: u32,
) -> Result<Option<SnapshotRow>, sqlx::Error> {
    let question =
        query(statements::SNAPSHOT_PART).bind(session.to_string()).bind(stream.0).bind(i64::from(part));
    let damaged = match question.fetch_optional(readers).await {
        Ok(None) => return Ok(None),
        Ok(Some(row)) => match rows::snapshot(session, stream, &row) {
            Ok(part) => return Ok(Some(part)),
            Err(error) => error,
        },
        Err(error) if Fault::of(&error) == Fault::Damaged => error,
        Err(error) => return Err(error),
    };
    tracing::warn!(session.id = %session, error = &damaged as &dyn std::error::Error, "a part of a snapshot is damaged");
    Ok(None)
}

/// A stretch of a stream.
pub(crate) async fn read(
    readers: &SqlitePool,
    (session, stream): (SessionId, Stream),
    after: u64,
    limit: u32,
) -> Result<Vec<Record>, sqlx::Error> {
    let question = query(statements::READ)
        .bind(session.to_string())
        .bind(stream.0)
        .bind(to_column(after))
        .bind(i64::from(limit));
    let found = question.fetch_all(readers).await?;
    found.iter().map(|row| rows::record(session, stream, row)).collect()
}

/// A person.
pub(crate) async fn user(readers: &SqlitePool, user: UserId) -> Result<Option<UserRow>, sqlx::Error> {
    let question = query(statements::USER).bind(user.to_string());
    question.fetch_optional(readers).await?.map(|row| rows::user(user, &row)).transpose()
}

/// Which sessions, and where in their list: what both lists ask.
struct Page {
    activity: i64,
    session: String,
    pattern: String,
    limit: usize,
}

impl Page {
    /// None when nothing can be on it.
    fn of(asked: SessionQuery) -> Result<Option<Page>, StoreError> {
        let (activity, session) = match asked.cursor.as_deref() {
            Some(cursor) => read_cursor(cursor).ok_or(StoreError::BadCursor)?,
            // Behind every id and time there is.
            None => (i64::MAX, "~".to_owned()),
        };
        let title = asked.title.unwrap_or_default();
        let limit = asked.limit as usize;
        let pattern = fold::containing(&folded(&title));
        let some = limit > 0 && title.len() <= SEARCH_BYTES_MAX;
        Ok(some.then_some(Page { activity, session, pattern, limit }))
    }

    /// One more than are shown, to know whether there are more.
    fn asked_for(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX).saturating_add(1)
    }

    fn answer(
        self,
        found: &[SqliteRow],
        read: fn(&SqliteRow) -> Result<ListedSession, sqlx::Error>,
    ) -> Result<SessionPage, StoreError> {
        let sessions: Result<Vec<_>, sqlx::Error> = found.iter().take(self.limit).map(read).collect();
        let sessions = sessions.map_err(failed(LISTING))?;
        let more = found.len() > self.limit;
        let next = if more { sessions.last().map(|listed| cursor_after(&listed.row)) } else { None };
        Ok(SessionPage { sessions, next })
    }
}

/// A page of nothing.
const NO_SESSIONS: SessionPage = SessionPage { sessions: Vec::new(), next: None };
/// What is being done.
const LISTING: &str = "listing sessions";

/// A page of a person's sessions.
pub(crate) async fn sessions_of(
    readers: &SqlitePool,
    user: UserId,
    asked: SessionQuery,
) -> Result<SessionPage, StoreError> {
    let Some(page) = Page::of(asked)? else {
        return Ok(NO_SESSIONS);
    };
    let question = query(statements::SESSIONS_OF)
        .bind(user.to_string())
        .bind(page.activity)
        .bind(&page.session)
        .bind(&page.pattern)
        .bind(page.asked_for());
    let found = question.fetch_all(readers).await.map_err(failed(LISTING))?;
    page.answer(&found, |row| {
        Ok(ListedSession {
            row: rows::session(row)?,
            role: rows::role(row, 8)?,
            read_count: rows::number(row, 10)?,
            unread_mentions: rows::number(row, 11)?,
        })
    })
}

/// A page of all sessions.
pub(crate) async fn all_sessions(
    readers: &SqlitePool,
    asked: SessionQuery,
) -> Result<SessionPage, StoreError> {
    let Some(page) = Page::of(asked)? else {
        return Ok(NO_SESSIONS);
    };
    let question = query(statements::SESSIONS_OF_ALL)
        .bind(page.activity)
        .bind(&page.session)
        .bind(&page.pattern)
        .bind(page.asked_for());
    let found = question.fetch_all(readers).await.map_err(failed(LISTING))?;
    page.answer(&found, |row| {
        Ok(ListedSession { row: rows::session(row)?, role: Role::Viewer, read_count: 0, unread_mentions: 0 })
    })
}

/// Replies whose journal has a beginning and no end.
pub(crate) async fn journaled_replies(readers: &SqlitePool) -> Result<Vec<JournaledReply>, sqlx::Error> {
    let mut replies: Vec<JournaledReply> = Vec::new();
    for row in query(statements::JOURNALED).fetch_all(readers).await? {
        let message = rows::parsed(&row, 0, "message id")?;
        if row.try_get::<i64, _>(1)? == BEGAN {
            let session = rows::parsed(&row, 2, "session id")?;
            let turn = rows::parsed(&row, 3, "turn id")?;
            replies.push(JournaledReply { session, message, turn, pieces: Vec::new() });
        } else if let Some(reply) = replies.last_mut().filter(|reply| reply.message == message) {
            reply.pieces.push(row.try_get(4)?);
        }
    }
    Ok(replies)
}

fn cursor_after(row: &SessionRow) -> String {
    format!("{}.{}", row.last_activity.0, row.session)
}

fn read_cursor(cursor: &str) -> Option<(i64, String)> {
    let (activity, session) = cursor.split_once('.')?;
    if !activity.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let session: SessionId = session.parse().ok()?;
    Some((activity.parse().ok()?, session.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_one_of_ours_or_nothing() {
        let session = "ses_0192f0c1b2d37000800000000000abcd";
        assert_eq!(read_cursor(&format!("17.{session}")), Some((17, session.to_owned())));
        for bad in [
            "",
            ".",
            "17",
            "17.",
            "+17.ses_0192f0c1b2d37000800000000000abcd",
            "17.usr_",
            "99999999999999999999.x",
        ] {
            assert_eq!(read_cursor(bad), None, "{bad}");
        }
    }
}
