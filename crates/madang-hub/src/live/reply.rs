//! The running reply, as its session holds it: what is written so far, what is journalled, how it ends.

use std::time::Duration;

use madang_model::ModelError;
use madang_protocol::{
    ClaudeResponse, Cost, ErrorCode, Event, MessageId, Part, PartKind, ReplyError, ReplyStatus, TurnId,
    TurnWaiting, Usage, UserId,
};
use madang_session::{Outcome, estimate_tokens};
use madang_store::{Append, JournalEntry, LedgerRow, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::Live;
use super::watch::delta;
use crate::Outgoing;
use crate::history::{assistant_message, broken_off, user_message};
use crate::turn::{self, Piece, TurnTask, Update};

/// Updates taken from the turn's task at once.
const UPDATES: usize = 64;

/// A piece as it is journalled.
#[derive(Serialize, Deserialize)]
pub(super) struct JournalPiece {
    part: u32,
    kind: PartKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool_use_id: Option<String>,
    content: String,
}

impl From<JournalPiece> for Piece {
    fn from(piece: JournalPiece) -> Piece {
        let JournalPiece { part, kind, name, tool_use_id, content } = piece;
        Piece { part, kind, name, tool_use_id, content }
    }
}

/// The reply that is being written.
pub(super) struct LiveReply {
    task: TurnTask,
    pub(super) turn_id: TurnId,
    pub(super) message_id: MessageId,
    asked_by: Option<UserId>,
    /// The number of the last delta.
    pub(super) n: u32,
    pub(super) parts: Vec<Part>,
    /// Whole blocks, verbatim.
    whole: Vec<(u32, Box<RawValue>)>,
    usage: Option<(Usage, Box<RawValue>)>,
    model: Option<String>,
    upstream_id: Option<String>,
    request_id: Option<String>,
    /// Whether the turn's start is on disk; deltas are held until then.
    started: bool,
    held: Vec<Outgoing>,
    unjournalled: Vec<JournalPiece>,
    pub(super) journal_due: Option<Instant>,
}

/// Waits for news of the running reply; never returns without one.
pub(super) async fn updates(reply: &mut Option<LiveReply>, into: &mut Vec<Update>) -> usize {
    match reply {
        Some(reply) => reply.task.updates.recv_many(into, UPDATES).await,
        None => std::future::pending().await,
    }
}

/// Adds a piece to the parts.
pub(super) fn add_piece(parts: &mut Vec<Part>, piece: Piece) {
    match parts.iter_mut().rev().find(|part| part.index == piece.part) {
        Some(part) => part.content.push_str(&piece.content),
        None => parts.push(Part {
            index: piece.part,
            kind: piece.kind,
            content: piece.content,
            name: piece.name,
            tool_use_id: piece.tool_use_id,
            citations: None,
            duration_ms: None,
        }),
    }
}

impl Live {
    /// Asks the model, beside the commit of the prompt; adds what must be stored of it.
    pub(super) async fn start_reply(
        &mut self,
        turn_id: TurnId,
        message_id: MessageId,
        asked_by: Option<UserId>,
        append: &mut Append,
    ) -> Result<(), StoreError> {
        let inner = self.hub.inner.clone();
        self.history.load(inner.store.as_ref(), &self.session).await?;
        let Some(turn) = self.session.turn(turn_id).cloned() else { return Ok(()) };
        let message = user_message(&self.session, &turn);
        let record = self.history.add(turn_id, inner.clock.now(), "user", message);
        append.records.push((self.session.id(), record));
        append.journal.push((self.session.id(), JournalEntry::Begin { message: message_id, turn: turn_id }));
        let mut request = self.history.request(&self.session, &turn, inner.settings.reply_tokens_max);
        // An id without a name in it: opaque, as the upstream asks.
        request.user_hash = asked_by.map(|user| user.to_string());
        let task = turn::start(inner.model.clone(), request, inner.permits.clone(), inner.settings.rollup_ms);
        self.reply = Some(LiveReply {
            task,
            turn_id,
            message_id,
            asked_by,
            n: 0,
            parts: Vec::new(),
            whole: Vec::new(),
            usage: None,
            model: None,
            upstream_id: None,
            request_id: None,
            started: false,
            held: Vec::new(),
            unjournalled: Vec::new(),
            journal_due: None,
        });
        Ok(())
    }

    /// The turn's start is on disk: its deltas may go out.
    pub(super) fn started(&mut self, message: MessageId) -> Vec<Outgoing> {
        let Some(reply) = self.reply.as_mut().filter(|reply| reply.message_id == message) else {
            return Vec::new();
        };
        reply.started = true;
        std::mem::take(&mut reply.held)
    }

    /// Takes news from the turn's task, in order.
    pub(super) async fn updates(&mut self, updates: &mut Vec<Update>) {
        let mut events = Vec::new();
        let mut end = None;
        // A task that ended without a last word was stopped or panicked.
        if updates.is_empty() {
            end = Some(Update::Failed(lost()));
        }
        for update in updates.drain(..) {
            match update {
                Update::Ended { .. } | Update::Failed(_) => end = Some(update),
                other => events.extend(self.update(other)),
            }
        }
        if let Some(reply) = self.reply.as_mut().filter(|reply| !reply.started) {
            reply.held.append(&mut events);
        }
        self.broadcast(events);
        if let Some(end) = end {
            self.ended(end).await;
        }
    }

    fn update(&mut self, update: Update) -> Option<Outgoing> {
        let reply = self.reply.as_mut()?;
        match update {
            Update::Piece(piece) => return self.piece(piece),
            Update::Waiting { code, retry_after_ms, attempt } => {
                let session_id = self.session.id();
                let message_id = reply.message_id;
                let waiting =
                    TurnWaiting { session_id, message_id, code, retry_after: retry_after_ms, attempt };
                return Some(self.hub.outgoing(Some(session_id), None, Event::from(waiting)));
            }
            Update::Started { upstream_id, request_id, model } => {
                (reply.upstream_id, reply.request_id, reply.model) = (upstream_id, request_id, Some(model));
            }
            Update::Citation { part, json } => {
                if let Some(part) = reply.parts.iter_mut().find(|known| known.index == part) {
                    let list = part.citations.take().map_or_else(
                        || format!("[{json}]"),
                        |list| format!("{},{json}]", list.trim_end_matches(']')),
                    );
                    part.citations = Some(list);
                }
            }
            Update::PartEnded { part, raw, duration_ms } => {
                let known = reply.parts.iter_mut().find(|known| known.index == part);
                if let Some(known) = known.filter(|known| known.kind == PartKind::Thinking) {
                    known.duration_ms = Some(duration_ms);
                }
                reply.whole.push((part, raw));
            }
            Update::Usage { usage, raw } => reply.usage = Some((usage, raw)),
            Update::Ended { .. } | Update::Failed(_) => {}
        }
        None
    }

    fn piece(&mut self, piece: Piece) -> Option<Outgoing> {
        let session_id = self.session.id();
        let reply = self.reply.as_mut()?;
        reply.n += 1;
        let first = !reply.parts.iter().any(|part| part.index == piece.part);
        let event = ClaudeResponse {
            n: Some(reply.n),
            part: Some(piece.part),
            kind: Some(piece.kind),
            name: piece.name.clone().filter(|_| first),
            ..delta(session_id, reply.message_id, piece.content.clone())
        };
        journal_piece(&mut reply.unjournalled, &piece);
        let interval = Duration::from_millis(self.hub.inner.settings.journal_ms);
        reply.journal_due.get_or_insert_with(|| Instant::now() + interval);
        add_piece(&mut reply.parts, piece);
        Some(self.hub.outgoing(Some(session_id), None, Event::from(event)))
    }

    /// Writes what the journal does not have yet; a kill from now on loses none of it.
    pub(super) async fn journal(&mut self) {
        let Some(reply) = self.reply.as_mut() else { return };
        reply.journal_due = None;
        let pieces = std::mem::take(&mut reply.unjournalled);
        if pieces.is_empty() {
            return;
        }
        let pieces = serde_json::to_string(&pieces).expect("pieces are plain data");
        let entry = JournalEntry::Piece { message: reply.message_id, n: reply.n, pieces };
        let append = Append { journal: vec![(self.session.id(), entry)], ..Append::default() };
        // Nobody waits for it: if the disk is full, the reply goes on and its end is saved later.
        if let Err(error) = self.hub.inner.store.submit(append).await {
            tracing::warn!(session.id = %self.session.id(), error = &error as &dyn std::error::Error, "a reply could not be journalled");
        }
    }

    async fn ended(&mut self, end: Update) {
        let Some(reply) = self.reply.take() else { return };
        let ending = match end {
            Update::Ended { stop_reason, explanation } => self.complete(&reply, stop_reason, explanation),
            Update::Failed(error) => self.failed_reply(&reply, error),
            // Only the two above end a reply.
            _ => self.failed_reply(&reply, lost()),
        };
        self.release(reply);
        self.end_reply(ending, None).await;
    }

    /// Stops the running reply for someone; what was written stays.
    pub(super) fn stopped(&mut self, message: MessageId, by: Option<UserId>) -> Option<Ending> {
        if self.reply.as_ref().is_none_or(|reply| reply.message_id != message) {
            return None;
        }
        self.take_what_came();
        let reply = self.reply.take()?;
        let status = if by.is_some() { ReplyStatus::Cancelled } else { ReplyStatus::Interrupted };
        let ending = self.broken(&reply, status, by, None);
        self.release(reply);
        Some(ending)
    }

    /// Ends the running reply because the server goes (CN8).
    pub(super) async fn interrupt(&mut self) {
        let Some(message) = self.reply.as_ref().map(|reply| reply.message_id) else { return };
        if let Some(ending) = self.stopped(message, None) {
            self.end_reply(ending, None).await;
        }
    }

    /// Pieces that are already in the queue belong to what was written.
    fn take_what_came(&mut self) {
        let mut events = Vec::new();
        while let Some(update) = self.reply.as_mut().and_then(|reply| reply.task.updates.try_recv().ok()) {
            events.extend(self.update(update));
        }
        match self.reply.as_mut() {
            Some(reply) if !reply.started => reply.held.append(&mut events),
            _ => self.broadcast(events),
        }
    }

    /// Lets go of an ended reply. Deltas that wait for its start go out right after it.
    fn release(&mut self, reply: LiveReply) {
        if !reply.started {
            self.after_start(reply.message_id, reply.held);
        }
    }

    fn complete(&self, reply: &LiveReply, stop_reason: String, explanation: Option<String>) -> Ending {
        if stop_reason == "refusal" {
            let message = explanation.unwrap_or_else(|| "Claude declined to answer this.".into());
            let error = ReplyError { code: ErrorCode::ModelRefused, message };
            let mut ending = self.ending(reply, ReplyStatus::Error, Vec::new());
            ending.outcome.error = Some(error);
            ending.outcome.stop_reason = Some(stop_reason);
            return ending;
        }
        let blocks: Vec<_> = reply.whole.iter().map(|(_, raw)| raw.clone()).collect();
        let mut ending = self.ending(reply, ReplyStatus::Complete, blocks);
        ending.outcome.stop_reason = Some(stop_reason);
        ending
    }

    fn failed_reply(&self, reply: &LiveReply, error: ModelError) -> Ending {
        tracing::warn!(session.id = %self.session.id(), turn.id = %reply.turn_id, error.code = error.code.as_str(),
            error.detail = error.detail, upstream.request_id = error.request_id, "a reply failed");
        self.broken(
            reply,
            ReplyStatus::Error,
            None,
            Some(ReplyError { code: error.code, message: error.message }),
        )
    }

    fn broken(
        &self,
        reply: &LiveReply,
        status: ReplyStatus,
        by: Option<UserId>,
        error: Option<ReplyError>,
    ) -> Ending {
        let mut ending = self.ending(reply, status, broken_off(&reply.whole, &reply.parts));
        if let Some(usage) = ending.outcome.usage.as_mut() {
            // No final figure comes for a stream that ends early.
            let written: usize = reply.parts.iter().map(|part| part.content.len()).sum();
            usage.output_tokens = usage.output_tokens.max(estimate_tokens(written));
            usage.estimated = true;
        }
        (ending.outcome.stopped_by, ending.outcome.error) = (by, error);
        self.price(&mut ending);
        ending
    }

    fn ending(&self, reply: &LiveReply, status: ReplyStatus, blocks: Vec<Box<RawValue>>) -> Ending {
        let outcome = Outcome {
            message_id: reply.message_id,
            status,
            parts: reply.parts.clone(),
            model: reply.model.clone(),
            stop_reason: None,
            usage: reply.usage.as_ref().map(|(usage, _)| *usage),
            cost: None,
            stopped_by: None,
            error: None,
        };
        let ledger = reply.asked_by.filter(|_| reply.model.is_some()).map(|user| LedgerRow {
            at: self.hub.inner.clock.now(),
            session: self.session.id(),
            turn: reply.turn_id,
            user,
            model: reply.model.clone().unwrap_or_default(),
            request_id: reply.request_id.clone(),
            upstream_id: reply.upstream_id.clone(),
            usage: reply.usage.as_ref().map_or_else(|| "{}".into(), |(_, raw)| raw.get().to_owned()),
            input_tokens: 0,
            output_tokens: 0,
            cost_micro_usd: None,
            price_table: String::new(),
            estimated: false,
            outcome: word(status).into(),
        });
        let mut ending =
            Ending { outcome, turn_id: Some(reply.turn_id), message: assistant_message(&blocks), ledger };
        self.price(&mut ending);
        ending
    }

    fn price(&self, ending: &mut Ending) {
        let (Some(usage), Some(model)) = (ending.outcome.usage, &ending.outcome.model) else { return };
        let price = self.hub.inner.model.price(model, &usage);
        ending.outcome.cost = price
            .as_ref()
            .map(|(micro_usd, table)| Cost { micro_usd: *micro_usd, price_table: table.clone() });
        if let Some(row) = &mut ending.ledger {
            row.input_tokens =
                usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
            row.output_tokens = usage.output_tokens;
            row.estimated = usage.estimated;
            (row.cost_micro_usd, row.price_table) =
                price.map_or((None, String::new()), |(micro_usd, table)| (Some(micro_usd), table));
        }
    }
}

/// How a reply ended, and what is stored of it besides its event.
#[derive(Clone)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) turn_id: Option<TurnId>,
    /// What later requests send back; none when nothing is worth it.
    pub(super) message: Option<Box<RawValue>>,
    pub(super) ledger: Option<LedgerRow>,
}

/// The ledger's word for a reply's end.
fn word(status: ReplyStatus) -> &'static str {
    match status {
        ReplyStatus::Complete => "complete",
        ReplyStatus::Cancelled => "cancelled",
        ReplyStatus::Error => "error",
        ReplyStatus::Interrupted | ReplyStatus::Streaming => "interrupted",
    }
}

/// The turn's task is gone without a word: a fault of ours, and the person is told what it means for them.
fn lost() -> ModelError {
    ModelError {
        code: ErrorCode::InternalError,
        message: "Claude's reply broke off because of a fault in the server.".into(),
        retry_after_ms: None,
        detail: "the turn's task ended without an end".into(),
        request_id: None,
    }
}

/// Adds a piece to what the journal does not have yet; pieces of one part become one.
fn journal_piece(unjournalled: &mut Vec<JournalPiece>, piece: &Piece) {
    match unjournalled.last_mut() {
        Some(last) if last.part == piece.part => last.content.push_str(&piece.content),
        _ => {
            let Piece { part, kind, name, tool_use_id, content } = piece.clone();
            unjournalled.push(JournalPiece { part, kind, name, tool_use_id, content });
        }
    }
}
