//! Full-text search: a table of what was said, and an FTS5 index of its words.
//!
//! Words are made here, not by the database: Korean needs it, and every database then finds the same. What people look
//! for is turned into words the same way, so nothing of it is ever syntax.

mod snippet;
mod words;

use std::collections::{HashMap, HashSet};

use madang_protocol::{MessageId, SessionId, UserId};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Row as _, query, query_with};
use tokio::task::spawn_blocking;

use crate::bind::{self, Bound, Row, to_column};
use crate::fault::{failed, said};
use crate::rows::{parsed, time};
use crate::statements::search as sql;
use crate::{StoreError, TextHit, TextPage, TextQuery, TextRow};

/// Bytes of a message that are searched; what lies behind is not found. People write at most 200 KiB.
const TEXT_BYTES_MAX: usize = 512 * 1024;
/// Bytes of what is looked for; more finds nothing.
const QUERY_BYTES_MAX: usize = 4 * 1024;
/// Sessions up to which the index itself looks at those of one person alone; beyond, most of what it finds is theirs.
const SESSIONS_IN_QUERY_MAX: usize = 64;
/// Ids are times with room behind them to count up: some 4,000 years.
const TIME_MAX: u64 = 1 << 47;

/// A text to write, with the id it gets or has.
struct Entry<'a> {
    id: i64,
    session: SessionId,
    row: &'a TextRow,
    text: String,
}

/// A text that is stored.
struct Stored {
    id: i64,
    session: String,
    text: String,
}

/// Writes new texts, replaces changed ones, takes out those that are gone; one row for a message of a session. A fork's
/// copies have the ids of what they were copied from, and are rows of their own: nobody changes another session's.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    rows: &[&(SessionId, TextRow)],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let (stored, mut taken) = look_up(connection, rows).await?;
    let old: Vec<&Stored> = stored.values().collect();
    bind::write(connection, &sql::WORDS_GONE, &old, |to, old| {
        to.text("delete")?;
        bind_words(to, old.id, &old.text, &old.session)
    })
    .await?;
    let gone: Vec<(SessionId, MessageId)> = rows
        .iter()
        .filter(|(_, row)| row.text.is_none())
        .map(|(session, row)| (*session, row.message))
        .collect();
    bind::write(connection, &sql::TEXTS_GONE, &gone, |to, (session, message)| {
        to.id(message)?;
        to.id(session)
    })
    .await?;
    let mut entries = Vec::new();
    for (session, row) in rows {
        let Some(text) = &row.text else {
            continue;
        };
        let id = match stored.get(&(*session, row.message)) {
            Some(stored) => stored.id,
            None => free_id(connection, row, &mut taken).await?,
        };
        entries.push(Entry { id, session: *session, row, text: words::normal(cut(text)) });
    }
    // FTS5 writes what it has gathered whenever an id is smaller than the one before.
    entries.sort_unstable_by_key(|entry| entry.id);
    bind::write(connection, &sql::TEXTS, &entries, bind_entry).await?;
    bind::write(connection, &sql::WORDS, &entries, |to, entry| {
        bind_words(to, entry.id, &entry.text, &entry.session.to_string())
    })
    .await
}

/// Texts by session and message.
type Texts = HashMap<(SessionId, MessageId), Stored>;

/// What is stored of these messages, and which of their times are taken.
async fn look_up(
    connection: &mut SqliteConnection,
    rows: &[&(SessionId, TextRow)],
) -> Result<(Texts, HashSet<i64>), sqlx::Error> {
    let (mut stored, mut taken) = (HashMap::new(), HashSet::new());
    let mut rest = rows;
    while !rest.is_empty() {
        let (some, text) = sql::TEXTS_STORED.taking(rest.len());
        let (now, later) = rest.split_at(some);
        let mut wanted = Row::default();
        for (session, row) in now {
            let bound = wanted.id(session).and_then(|()| wanted.id(row.message));
            bound.and_then(|()| wanted.signed(first_id(row))).map_err(sqlx::Error::Encode)?;
        }
        for found in query_with(text, wanted.into_arguments()).fetch_all(&mut *connection).await? {
            let id = found.try_get(1)?;
            if found.try_get::<&str, _>(0)?.is_empty() {
                taken.insert(id);
            } else {
                let row = Stored { id, session: found.try_get(2)?, text: found.try_get(3)? };
                let session = parsed(&found, 2, "session id")?;
                stored.insert((session, parsed(&found, 0, "message id")?), row);
            }
        }
        rest = later;
    }
    Ok((stored, taken))
}

/// The id of a message that was said when nothing else was.
fn first_id(row: &TextRow) -> i64 {
    to_column(row.at.0.min(TIME_MAX))
}

/// An id that no other message has: the time, or one behind it, farther the more of them are taken.
async fn free_id(
    connection: &mut SqliteConnection,
    row: &TextRow,
    taken: &mut HashSet<i64>,
) -> Result<i64, sqlx::Error> {
    let mut id = first_id(row);
    let mut spread: u64 = 4;
    // The first one has been looked up.
    let mut free = !taken.contains(&id);
    while !free {
        let hash = blake3::hash(format!("{} {spread}", row.message).as_bytes());
        let random = hash.as_bytes()[..8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
        id = first_id(row) + to_column(random % spread);
        spread = spread.saturating_mul(4).min(TIME_MAX);
        free = !taken.contains(&id)
            && query(sql::TEXT_ID).bind(id).fetch_optional(&mut *connection).await?.is_none();
    }
    taken.insert(id);
    Ok(id)
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

fn bind_entry(to: &mut Row, entry: &Entry<'_>) -> Bound {
    to.signed(entry.id)?;
    to.id(entry.row.message)?;
    to.id(entry.session)?;
    to.id(entry.row.author)?;
    to.text(&entry.row.author_name)?;
    to.number(entry.row.at.0)?;
    to.text(&entry.text)
}

fn bind_words(to: &mut Row, id: i64, text: &str, session: &str) -> Bound {
    let mut joined = String::with_capacity(text.len());
    for token in words::tokens(text) {
        joined.push_str(&token.text);
        joined.push(' ');
    }
    to.signed(id)?;
    to.text(&joined)?;
    to.text(session_word(session))
}

/// A session's id as one word: without the prefix, whose `_` would end it.
fn session_word(session: &str) -> &str {
    session.strip_prefix(SessionId::PREFIX).unwrap_or(session)
}

/// What is being done.
const SEARCHING: &str = "searching";

/// A page of hits in the sessions of a person, newest first.
pub(crate) async fn find(
    readers: &SqlitePool,
    user: UserId,
    asked: TextQuery,
) -> Result<TextPage, StoreError> {
    let before = match asked.cursor.as_deref() {
        Some(cursor) => read_cursor(cursor).ok_or(StoreError::BadCursor)?,
        None => i64::MAX,
    };
    let nothing = TextPage { hits: Vec::new(), next: None };
    let terms = if asked.words.len() > QUERY_BYTES_MAX { Vec::new() } else { words::terms(&asked.words) };
    let limit = asked.limit as usize;
    if terms.is_empty() || limit == 0 {
        return Ok(nothing);
    }
    let sessions = match asked.session {
        Some(session) => vec![session.to_string()],
        None => sessions_of(readers, user).await.map_err(failed(SEARCHING))?,
    };
    if sessions.is_empty() {
        return Ok(nothing);
    }
    let expressions: Vec<String> = terms.iter().map(words::Term::expression).collect();
    let mut expression = format!("words : ({})", expressions.join(" AND "));
    if sessions.len() <= SESSIONS_IN_QUERY_MAX {
        let names: Vec<String> =
            sessions.iter().map(|session| format!("\"{}\"", session_word(session))).collect();
        expression.push_str(&format!(" AND session : ({})", names.join(" OR ")));
    }
    let question = query(sql::FIND)
        .bind(expression)
        .bind(user.to_string())
        .bind(before)
        .bind(i64::from(asked.limit) + 1);
    let found = question.fetch_all(readers).await.map_err(failed(SEARCHING))?;
    // Long texts take their time.
    let page = spawn_blocking(move || page(&found, limit, &terms)).await;
    page.map_err(|_| said(SEARCHING, "the task was cancelled"))?.map_err(failed(SEARCHING))
}

async fn sessions_of(readers: &SqlitePool, user: UserId) -> Result<Vec<String>, sqlx::Error> {
    let most = to_column(SESSIONS_IN_QUERY_MAX as u64 + 1);
    let found = query(sql::SESSIONS_SEARCHED).bind(user.to_string()).bind(most).fetch_all(readers).await?;
    found.iter().map(|row| row.try_get(0)).collect()
}

fn page(found: &[SqliteRow], limit: usize, terms: &[words::Term]) -> Result<TextPage, sqlx::Error> {
    let shown = &found[..found.len().min(limit)];
    let hits = shown.iter().map(|row| hit(row, terms)).collect::<Result<Vec<_>, _>>()?;
    let last = shown.last().filter(|_| found.len() > limit);
    let next = last.map(|row| row.try_get::<i64, _>(0)).transpose()?;
    Ok(TextPage { hits, next: next.map(|id| id.to_string()) })
}

fn hit(row: &SqliteRow, terms: &[words::Term]) -> Result<TextHit, sqlx::Error> {
    Ok(TextHit {
        session: parsed(row, 1, "session id")?,
        title: row.try_get(2)?,
        row: TextRow {
            message: parsed(row, 3, "message id")?,
            author: parsed(row, 4, "actor")?,
            author_name: row.try_get(5)?,
            at: time(row, 6)?,
            text: Some(snippet::snippet(row.try_get(7)?, terms)),
        },
    })
}

fn read_cursor(cursor: &str) -> Option<i64> {
    let digits = !cursor.is_empty() && cursor.bytes().all(|b| b.is_ascii_digit());
    if digits { cursor.parse().ok() } else { None }
}
