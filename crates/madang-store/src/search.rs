//! Full-text search: a table of what was said, and an FTS5 index of its words.
//!
//! Words are made here, not by the database: Korean needs it, and every database then finds the same. What people look
//! for is turned into words the same way, so nothing of it is ever syntax.

mod snippet;
mod words;

use std::collections::{HashMap, HashSet};

use madang_protocol::{MessageId, SessionId, UserId};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row as _, query};
use tokio::task::spawn_blocking;

use crate::bind::{self, Row, to_column};
use crate::connection::Connection;
use crate::fault::{failed, said};
use crate::rows::{parsed, time};
use crate::statements::search as sql;
use crate::{StoreError, TextHit, TextPage, TextQuery, TextRow};

/// Bytes of a message that are searched; what lies behind is not found. People write at most 200 KiB.
const TEXT_BYTES_MAX: usize = 512 * 1024;
/// Bytes of what is looked for; more finds nothing.
const QUERY_BYTES_MAX: usize = 4 * 1024;
/// Sessions up to which the index itself looks at those of one person alone; beyond, most of what it finds is theirs.
const SESSIONS_IN_QUERY_MAX: usize = 200;
/// Texts that wait to be indexed (64): then all of them are, in the transaction of the one that was too many. One by one
/// cost some 150 us a message; with more, that one transaction would take noticeably longer than the others, and so would
/// a search, which looks at those that wait itself.
const INDEX_AT: usize = 64;
/// Ids are times in milliseconds, so many times as much, and some of the room behind them: what is said in the same
/// millisecond hardly ever gets the same one, and each that is taken costs a question.
const ROOM: u64 = 1 << 16;
/// The last time that ids can have: some 2,000 years from now.
const TIME_MAX: u64 = 1 << 46;

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
    /// Whether its words are in the index.
    indexed: bool,
}

/// What is stored that concerns the texts to write.
#[derive(Default)]
struct Known {
    texts: HashMap<(SessionId, MessageId), Stored>,
    taken: HashSet<i64>,
    /// Texts that wait to be indexed.
    waiting: usize,
}

/// Writes new texts, replaces changed ones, takes out those that are gone; one row for a message of a session. A fork's
/// copies have the ids of what they were copied from, and are rows of their own: nobody changes another session's.
pub(crate) async fn write(
    connection: &mut Connection,
    rows: &[&(SessionId, TextRow)],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut known = look_up(connection, rows).await?;
    let indexed: Vec<&Stored> = known.texts.values().filter(|stored| stored.indexed).collect();
    bind::write(connection, &sql::WORDS_GONE, &indexed, |to, old| {
        to.text("delete");
        bind_words(to, old.id, &old.text, &old.session)
    })
    .await?;
    let gone = rows.iter().filter(|(_, row)| row.text.is_none());
    let gone: Vec<&Stored> =
        gone.filter_map(|(session, row)| known.texts.get(&(*session, row.message))).collect();
    bind::write(connection, &sql::TEXTS_GONE, &gone, |to, old| to.signed(old.id)).await?;
    bind::write(connection, &sql::PENDING_GONE, &gone, |to, old| to.signed(old.id)).await?;
    let mut entries = Vec::new();
    for (session, row) in rows {
        let Some(text) = &row.text else {
            continue;
        };
        let id = match known.texts.get(&(*session, row.message)) {
            Some(stored) => stored.id,
            None => free_id(connection, (*session, row), &mut known.taken).await?,
        };
        entries.push(Entry { id, session: *session, row, text: words::normal(cut(text)) });
    }
    bind::write(connection, &sql::TEXTS, &entries, bind_entry).await?;
    bind::write(connection, &sql::PENDING, &entries, |to, entry| to.signed(entry.id)).await?;
    if known.waiting + entries.len() >= INDEX_AT { index(connection).await } else { Ok(()) }
}

/// Indexes the texts that wait.
async fn index(connection: &mut Connection) -> Result<(), sqlx::Error> {
    // In the order of their ids: FTS5 writes what it has gathered whenever one is smaller than the one before.
    let mut waiting = Vec::new();
    for row in connection.fetch(sql::WAITING, Row::default()).await? {
        waiting.push((row.try_get(0)?, row.try_get::<String>(2)?, row.try_get::<String>(1)?));
    }
    bind::write(connection, &sql::WORDS, &waiting, |to, row| bind_words(to, row.0, &row.1, &row.2)).await?;
    connection.run(sql::WAITED).await
}

/// What is stored of these messages, and which of their times are taken.
async fn look_up(connection: &mut Connection, rows: &[&(SessionId, TextRow)]) -> Result<Known, sqlx::Error> {
    let mut known = Known::default();
    let mut rest = rows;
    while !rest.is_empty() {
        let (some, text) = sql::TEXTS_STORED.taking(rest.len());
        let (now, later) = rest.split_at(some);
        let mut wanted = Row::default();
        for (session, row) in now {
            wanted.id(session);
            wanted.id(row.message);
            wanted.signed(first_id(*session, row));
        }
        for found in connection.fetch(text.as_str(), wanted).await? {
            let id = found.try_get(1)?;
            match found.try_get(0)? {
                0_i64 => {
                    let key = (parsed(&found, 3, "session id")?, parsed(&found, 2, "message id")?);
                    let (session, text) = (found.try_get(3)?, found.try_get(4)?);
                    let indexed = found.try_get::<i64>(5)? == 0;
                    known.texts.insert(key, Stored { id, session, text, indexed });
                }
                1 => {
                    known.taken.insert(id);
                }
                _ => known.waiting = usize::try_from(id).unwrap_or_default(),
            }
        }
        rest = later;
    }
    Ok(known)
}

/// The id that a message gets if it is free: one of those of its millisecond.
fn first_id(session: SessionId, row: &TextRow) -> i64 {
    nth_id((session, row), 0, ROOM)
}

/// One of the ids behind a message's time, `spread` of them at most.
fn nth_id((session, row): (SessionId, &TextRow), n: u32, spread: u64) -> i64 {
    let hash = blake3::hash(format!("{session} {} {n}", row.message).as_bytes());
    let random = hash.as_bytes()[..8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    to_column(row.at.0.min(TIME_MAX) * ROOM + random % spread)
}

/// An id that no other message has, farther behind its time the more of them are taken.
async fn free_id(
    connection: &mut Connection,
    (session, row): (SessionId, &TextRow),
    taken: &mut HashSet<i64>,
) -> Result<i64, sqlx::Error> {
    let mut id = first_id(session, row);
    let (mut n, mut spread) = (0, ROOM);
    // The first one has been looked up.
    let mut free = !taken.contains(&id);
    while !free {
        n += 1;
        spread = spread.saturating_mul(4).min(TIME_MAX);
        id = nth_id((session, row), n, spread);
        free = !taken.contains(&id) && connection.fetch(sql::TEXT_ID, one(id)).await?.is_empty();
    }
    taken.insert(id);
    Ok(id)
}

fn one(id: i64) -> Row {
    let mut row = Row::default();
    row.signed(id);
    row
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

fn bind_entry(to: &mut Row, entry: &Entry<'_>) {
    to.signed(entry.id);
    to.id(entry.row.message);
    to.id(entry.session);
    to.id(entry.row.author);
    to.text(&entry.row.author_name);
    to.number(entry.row.at.0);
    to.text(&entry.text);
}

fn bind_words(to: &mut Row, id: i64, text: &str, session: &str) {
    let mut joined = String::with_capacity(text.len());
    for token in words::tokens(text) {
        joined.push_str(&token.text);
        joined.push(' ');
    }
    to.signed(id);
    to.text(&joined);
    to.text(session_word(session));
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
    let expression = expression(&terms, &sessions);
    // As of one moment: a text that is indexed meanwhile is neither missed nor found twice.
    let mut moment = readers.begin().await.map_err(failed(SEARCHING))?;
    let indexed = query(sql::FIND)
        .bind(expression)
        .bind(user.to_string())
        .bind(before)
        .bind(i64::from(asked.limit) + 1);
    let indexed = indexed.fetch_all(&mut *moment).await.map_err(failed(SEARCHING))?;
    let waiting = query(sql::FIND_WAITING)
        .bind(user.to_string())
        .bind(before)
        .bind(asked.session.map(|session| session.to_string()).unwrap_or_default());
    let waiting = waiting.fetch_all(&mut *moment).await.map_err(failed(SEARCHING))?;
    moment.commit().await.map_err(failed(SEARCHING))?;
    // Long texts take their time.
    let page = spawn_blocking(move || page(indexed, waiting, limit, &terms)).await;
    page.map_err(|_| said(SEARCHING, "the task was cancelled"))?.map_err(failed(SEARCHING))
}

/// What the index is asked: all terms, in these sessions if they are not too many.
fn expression(terms: &[words::Term], sessions: &[String]) -> String {
    let terms: Vec<String> = terms.iter().map(words::Term::expression).collect();
    let words = format!("words : ({})", terms.join(" AND "));
    if sessions.len() > SESSIONS_IN_QUERY_MAX {
        return words;
    }
    let quoted = |session: &String| format!("\"{}\"", session_word(session));
    let sessions: Vec<String> = sessions.iter().map(quoted).collect();
    format!("{words} AND session : ({})", sessions.join(" OR "))
}

async fn sessions_of(readers: &SqlitePool, user: UserId) -> Result<Vec<String>, sqlx::Error> {
    let most = to_column(SESSIONS_IN_QUERY_MAX as u64 + 1);
    let found = query(sql::SESSIONS_SEARCHED).bind(user.to_string()).bind(most).fetch_all(readers).await?;
    found.iter().map(|row| row.try_get(0)).collect()
}

/// The newest of what the index found and of those waiting texts that match.
fn page(
    indexed: Vec<SqliteRow>,
    waiting: Vec<SqliteRow>,
    limit: usize,
    terms: &[words::Term],
) -> Result<TextPage, sqlx::Error> {
    let mut found = Vec::new();
    for row in indexed {
        found.push((row.try_get::<i64, _>(0)?, row));
    }
    for row in waiting {
        if words::found_in(row.try_get(7)?, terms) {
            found.push((row.try_get(0)?, row));
        }
    }
    found.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    let more = found.len() > limit;
    found.truncate(limit);
    let hits = found.iter().map(|(_, row)| hit(row, terms)).collect::<Result<_, _>>()?;
    let next = found.last().filter(|_| more).map(|(id, _)| id.to_string());
    Ok(TextPage { hits, next })
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
