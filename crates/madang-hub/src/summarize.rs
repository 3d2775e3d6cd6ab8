//! "While you were away": what happened since a message, in Claude's words, for the asker alone.
//!
//! A request like any other: through the pool, the budgets and the ledger; but nothing of it is in the session's log. Who
//! is gone, or may not have it any more, pays for no more of it (SE9).

mod text;
mod under_way;

use std::collections::HashSet;

use futures_util::StreamExt;
use madang_model::{ModelError, Reply, Request, StreamItem};
use madang_protocol::{
    ConnectionId, Effort, ErrorCode, MessageId, PartKind, ReplyStatus, SessionId, Summary, TurnId,
};
use madang_session::{Rejection, Session};
use madang_store::Append;
use tokio_util::sync::CancellationToken;

use crate::budget::{Payer, Plan};
use crate::link::random;
use crate::live::{clip, rejection};
use crate::meter::{self, Entry, Meter};
use crate::pool::{Ask, Failure, Pass};
use crate::turn::{input_tokens, unfinished, weight};
use crate::{Caller, Hub};
pub(crate) use under_way::Summaries;
use under_way::Writing;

/// Tokens that a summary may have: a page.
const SUMMARY_TOKENS_MAX: u32 = 2_000;
/// Bytes of a summary that are kept; what comes after them is left out.
const SUMMARY_BYTES_MAX: usize = 32 * 1024;

/// Who wants a summary of what.
pub(crate) struct Wanted<'a> {
    pub(crate) session: &'a Session,
    pub(crate) since: Option<MessageId>,
    pub(crate) payer: Payer,
    pub(crate) reader: &'a Caller,
    /// The connection that asks: without it nobody would hear the answer.
    pub(crate) connection: ConnectionId,
}

/// What is to be summed up, and for whom.
pub(crate) struct Job {
    hub: Hub,
    session: SessionId,
    payer: Payer,
    span: (MessageId, MessageId),
    request: Request,
    writing: Writing,
}

impl Job {
    /// Takes what is to be told out of the session.
    ///
    /// # Errors
    /// When there is nothing to tell, or one is being written for this person.
    pub(crate) fn new(hub: &Hub, wanted: &Wanted<'_>) -> Result<Job, Rejection> {
        let Wanted { session, since, payer, reader, connection } = *wanted;
        let told = text::since(session, since)?;
        let request = Request {
            model: session.model().to_owned(),
            effort: session.effort().map(|_| Effort::Low),
            system: text::SYSTEM.into(),
            tools: None,
            messages: vec![told.message(&reader.display_name, &reader.language)],
            max_tokens: SUMMARY_TOKENS_MAX,
            user_hash: Some(reader.user.to_string()),
        };
        let writing = hub.inner.summaries.begin(reader.user, (session.id(), connection))?;
        Ok(Job { hub: hub.clone(), session: session.id(), payer, span: told.span, request, writing })
    }

    /// Has it written.
    ///
    /// # Errors
    /// As a reply fails, or BUDGET_EXCEEDED; FORBIDDEN when it was stopped.
    pub(crate) async fn write(mut self) -> Result<Summary, Rejection> {
        let inner = self.hub.inner.clone();
        let person = self.payer.user;
        let ask = Ask { person, model: self.request.model.as_str().into(), tokens: weight(&self.request) };
        let mut pass = inner.pool.enter(ask).map_err(rejection)?;
        let stop = self.writing.stop.clone();
        unless(&stop, pass.turn()).await.map_err(rejection)?;
        let sent_tokens = input_tokens(&self.request);
        let plan = Plan {
            model: &self.request.model,
            input_tokens: sent_tokens,
            max_tokens: self.request.max_tokens,
        };
        let claim = inner.budgets.claim(self.payer, plan).await?;
        self.request.max_tokens = claim.max_tokens;
        let model = self.request.model.clone();
        let mut meter = Meter { user: Some(person), model, sent_tokens, ..Meter::default() };
        let mut content = String::new();
        let asked = async {
            let reply = inner.model.reply(self.request.clone());
            read(reply, &mut pass, &mut meter, &mut content).await
        };
        let ended = unless(&stop, asked).await;
        if ended.is_err() && meter.started {
            meter.cut_off(content.len());
        }
        if meter.started {
            let status = match &ended {
                Ok(()) => ReplyStatus::Complete,
                Err(_) if stop.is_cancelled() => ReplyStatus::Cancelled,
                Err(_) => ReplyStatus::Error,
            };
            self.enter_ledger(&meter, status).await;
        }
        ended.map_err(|error| {
            tracing::warn!(session.id = %self.session, error.code = error.code.as_str(),
                error.detail = error.detail, "a summary failed");
            rejection(error)
        })?;
        let cost = meter::total_cost(std::slice::from_ref(&meter), inner.model.as_ref());
        Ok(Summary {
            session_id: self.session,
            from: self.span.0,
            to: self.span.1,
            content,
            simulated: inner.model.simulated(),
            usage: meter.usage,
            cost,
        })
    }

    async fn enter_ledger(&self, meter: &Meter, status: ReplyStatus) {
        let inner = &self.hub.inner;
        let at = inner.clock.now();
        // It is no turn of the session: its id stands for itself alone.
        let entry = Entry { at, session: self.session, turn: TurnId::new(at, random()), status };
        let Some(row) = meter.row(entry, inner.model.as_ref()) else { return };
        inner.budgets.charge(&row);
        let append = Append { ledger: vec![row], ..Append::default() };
        let saved = match inner.store.submit(append).await {
            Ok(commit) => commit.await,
            Err(error) => Err(error),
        };
        if let Err(error) = saved {
            tracing::error!(session.id = %self.session, error = &error as &dyn std::error::Error, "a line of the ledger is lost");
        }
    }
}

/// Does it unless the summary is stopped; what was under way is dropped then, the request to the upstream with it.
async fn unless<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, ModelError>>,
) -> Result<T, ModelError> {
    stop.run_until_cancelled(work).await.unwrap_or_else(|| Err(stopped()))
}

/// Reads a summary to its end.
async fn read(
    mut reply: Reply,
    pass: &mut Pass,
    meter: &mut Meter,
    content: &mut String,
) -> Result<(), ModelError> {
    let mut shown = HashSet::new();
    let mut attempts = 1;
    loop {
        match reply.next().await.unwrap_or_else(|| Err(unfinished())) {
            Ok(StreamItem::Waiting { code, retry_after_ms, attempt }) => {
                attempts = attempt;
                pass.step_back(code, retry_after_ms, attempt);
                pass.turn().await?;
            }
            Ok(StreamItem::Started { upstream_id, request_id, model }) => {
                pass.answered();
                meter.started = true;
                (meter.upstream_id, meter.request_id, meter.model) = (upstream_id, request_id, clip(model));
            }
            Ok(StreamItem::PartStarted { index, kind, .. }) => {
                if kind == PartKind::Text {
                    shown.insert(index);
                }
            }
            Ok(StreamItem::Delta { index, content: piece }) if shown.contains(&index) => {
                let room = SUMMARY_BYTES_MAX.saturating_sub(content.len());
                content.push_str(&piece[..piece.floor_char_boundary(room)]);
            }
            Ok(StreamItem::Usage { usage, raw }) => {
                (meter.usage, meter.raw) = (Some(usage), Some(raw.get().to_owned()));
            }
            Ok(StreamItem::Ended { stop_reason, explanation }) if stop_reason == "refusal" => {
                return Err(declined(explanation));
            }
            Ok(StreamItem::Ended { .. }) => return Ok(()),
            Ok(StreamItem::Delta { .. } | StreamItem::Citation { .. } | StreamItem::PartEnded { .. }) => {}
            Err(error) => {
                pass.failed(Failure::of_last(&error, attempts, meter.started));
                return Err(error);
            }
        }
    }
}

fn stopped() -> ModelError {
    ModelError {
        code: ErrorCode::Forbidden,
        message: "The summary was stopped, because whoever asked for it had gone.".into(),
        retry_after_ms: None,
        detail: "stopped".into(),
        request_id: None,
    }
}

fn declined(explanation: Option<String>) -> ModelError {
    ModelError {
        code: ErrorCode::ModelRefused,
        message: explanation.map_or_else(|| "Claude declined to sum this up.".into(), clip),
        retry_after_ms: None,
        detail: "refusal".into(),
        request_id: None,
    }
}
