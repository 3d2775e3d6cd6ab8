//! The store's questions, each answered by one of the reading connections.

use madang_protocol::{SessionId, UserId};
use sqlx::sqlite::SqlitePool;
use sqlx::{Row as _, query};

use crate::batch::BEGAN;
use crate::bind::{folded, to_column};
use crate::fault::failed;
use crate::{
    CommandRow, JournaledReply, LoadedSession, Record, SessionPage, SessionQuery, SessionRow, StoreError,
    Stream, UserRow, rows, statements,
};

/// Bytes of a search text; a longer one matches no title.
const SEARCH_BYTES_MAX: usize = 4 * 1024;

/// A session's row, members and snapshot, as of one moment.
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
    let stream = Stream::SESSION;
    let stored = query(statements::SNAPSHOT).bind(id).bind(stream.0).fetch_optional(&mut *moment).await?;
    let snapshot = stored.map(|row| rows::snapshot(session, stream, &row)).transpose()?;
    moment.commit().await?;
    Ok(Some(LoadedSession { row: rows::session(&row)?, members, snapshot }))
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

/// A command that was carried out.
pub(crate) async fn command(
    readers: &SqlitePool,
    user: UserId,
    id: &str,
) -> Result<Option<CommandRow>, sqlx::Error> {
    let question = query(statements::COMMAND).bind(user.to_string()).bind(id);
    question.fetch_optional(readers).await?.map(|row| rows::command(user, id, &row)).transpose()
}

/// A person.
pub(crate) async fn user(readers: &SqlitePool, user: UserId) -> Result<Option<UserRow>, sqlx::Error> {
    let question = query(statements::USER).bind(user.to_string());
    question.fetch_optional(readers).await?.map(|row| rows::user(user, &row)).transpose()
}

/// A page of a person's sessions.
pub(crate) async fn sessions_of(
    readers: &SqlitePool,
    user: UserId,
    asked: SessionQuery,
) -> Result<SessionPage, StoreError> {
    let (activity, session) = match asked.cursor.as_deref() {
        Some(cursor) => read_cursor(cursor).ok_or(StoreError::BadCursor)?,
        // Behind every id and time there is.
        None => (i64::MAX, "~".to_owned()),
    };
    let title = asked.title.unwrap_or_default();
    let limit = asked.limit as usize;
    if limit == 0 || title.len() > SEARCH_BYTES_MAX {
        return Ok(SessionPage { sessions: Vec::new(), next: None });
    }
    const DURING: &str = "listing sessions";
    let question = query(statements::SESSIONS_OF)
        .bind(user.to_string())
        .bind(activity)
        .bind(session)
        .bind(containing(&title))
        .bind(i64::from(asked.limit) + 1);
    let found = question.fetch_all(readers).await.map_err(failed(DURING))?;
    let read = |row| Ok((rows::session(row)?, rows::role(row, 8)?));
    let sessions: Result<Vec<_>, sqlx::Error> = found.iter().take(limit).map(read).collect();
    let sessions = sessions.map_err(failed(DURING))?;
    let next = if found.len() > limit { sessions.last().map(|(row, _)| cursor_after(row)) } else { None };
    Ok(SessionPage { sessions, next })
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

/// A LIKE pattern for titles that contain the text, whatever its characters.
fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in folded(text).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
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
    fn a_search_text_is_taken_literally() {
        assert_eq!(containing("100%_!\\마당 ÄΣ\0"), "%100!%!_!!\\마당 äσ\u{fffd}%");
    }

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
