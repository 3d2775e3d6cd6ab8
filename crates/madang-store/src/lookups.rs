//! Looking up whether commands were carried out before (CM2), many at once.
//!
//! Every durable command asks. Nearly all are new, which is known without the disk. The others ask it, and each question
//! alone costs two thread switches. While one query is under way the
//! next questions gather, so a query is as large as the machine is busy, and a single question never waits for company.

use std::collections::HashMap;
use std::sync::Arc;

use madang_protocol::UserId;
use sqlx::query_with;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use crate::behind::Behind;
use crate::bind::Row;
use crate::fault::{failed, said};
use crate::seen::Seen;
use crate::statements::COMMANDS_CARRIED_OUT;
use crate::{CommandRow, StoreError, rows};

/// Questions that wait (some 100 bytes each, a second of the promised load); beyond, who asks waits.
const WAITING_MAX: usize = 1_024;
/// Questions answered by one query, so that the first does not wait for a long one.
const TOGETHER_MAX: usize = 64;
/// What is being done.
const FINDING: &str = "finding a command";

/// A command's key, and who wants to know of it.
struct Question {
    user: UserId,
    id: String,
    reply: oneshot::Sender<Result<Option<CommandRow>, StoreError>>,
}

/// The way to ask.
#[derive(Debug, Clone)]
pub(crate) struct Lookups {
    questions: mpsc::Sender<Question>,
    seen: Arc<Seen>,
    behind: Arc<Behind>,
}

impl Lookups {
    /// Starts answering, on these connections, until nobody can ask any more.
    pub(crate) fn start(readers: SqlitePool, behind: Arc<Behind>) -> Lookups {
        let (questions, mut asked) = mpsc::channel(WAITING_MAX);
        let seen = Arc::new(Seen::default());
        tokio::spawn(Arc::clone(&seen).fill(readers.clone()));
        tokio::spawn(async move {
            let mut together = Vec::with_capacity(TOGETHER_MAX);
            while asked.recv_many(&mut together, TOGETHER_MAX).await > 0 {
                settle(&readers, std::mem::take(&mut together)).await;
            }
        });
        Lookups { questions, seen, behind }
    }

    /// Notes a command before it is written; whether it is certain that it never was.
    pub(crate) fn note(&self, user: UserId, id: &str) -> bool {
        self.seen.note(user, id)
    }

    /// The command that a person sent under this id, if it was carried out.
    pub(crate) async fn find(&self, user: UserId, id: &str) -> Result<Option<CommandRow>, StoreError> {
        if !self.seen.may_have(user, id) {
            return Ok(None);
        }
        self.behind.reach().await?;
        let (reply, answered) = oneshot::channel();
        let closed = || said(FINDING, "the store is closed");
        self.questions.send(Question { user, id: id.to_owned(), reply }).await.map_err(|_| closed())?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }
}

async fn settle(readers: &SqlitePool, questions: Vec<Question>) {
    let mut answers = look_up(readers, &questions).await;
    let alone = answers.is_err() && questions.len() > 1;
    for question in questions {
        // A damaged row must not fail the questions that came with it.
        if alone {
            answers = look_up(readers, std::slice::from_ref(&question)).await;
        }
        let answer = match &mut answers {
            Ok(found) => Ok(found.remove(&(question.user, question.id))),
            Err(error) => Err(failed(FINDING)(std::mem::replace(error, sqlx::Error::PoolClosed))),
        };
        // Whoever asked may have gone.
        drop(question.reply.send(answer));
    }
}

type Found = HashMap<(UserId, String), CommandRow>;

async fn look_up(readers: &SqlitePool, mut questions: &[Question]) -> Result<Found, sqlx::Error> {
    let mut connection = readers.acquire().await?;
    let mut found = Found::new();
    while !questions.is_empty() {
        let (taken, text) = COMMANDS_CARRIED_OUT.taking(questions.len());
        let (now, later) = questions.split_at(taken);
        let mut keys = Row::default();
        for question in now {
            keys.id(question.user);
            keys.text(&question.id);
        }
        let arguments = keys.into_arguments().map_err(sqlx::Error::Encode)?;
        for row in query_with(text, arguments).fetch_all(&mut *connection).await? {
            let command = rows::command(&row)?;
            found.insert((command.user, command.id.clone()), command);
        }
        questions = later;
    }
    Ok(found)
}
