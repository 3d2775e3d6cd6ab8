//! The running reply, as its session holds it: what is written so far, and how it reaches those who follow.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use madang_model::ModelError;
use madang_protocol::{
    ClaudeResponse, ErrorCode, Event, MessageId, Part, PartKind, TurnId, TurnWaiting, UnixMs, UserId,
};
use madang_session::Stopper;
use madang_store::{Append, JournalEntry, StoreError};
use serde_json::value::RawValue;

use super::Live;
use super::ending::{Ending, clip};
use super::journal::{Journal, add_piece};
use crate::budget::Payer;
use crate::history::user_message;
use crate::meter::Meter;
use crate::turn::{self, Block, End, Piece, TurnTask, Update, Work};
use crate::{Hub, Outgoing};

/// Updates taken from the turn's task at once.
const UPDATES: usize = 64;

/// The reply that is being written.
pub(super) struct LiveReply {
    task: TurnTask,
    /// What came from it and is not looked at yet.
    news: Vec<Update>,
    pub(super) turn_id: TurnId,
    pub(super) message_id: MessageId,
    pub(super) asked_by: Option<UserId>,
    /// The number of the last delta.
    pub(super) n: u32,
    pub(super) parts: Vec<Part>,
    /// Whole messages: of each the upstream paused after it.
    pub(super) messages: Vec<Arc<RawValue>>,
    /// Whole blocks of the message that is being written, and the part that it begins with.
    pub(super) blocks: Vec<Block>,
    pub(super) first_part: usize,
    /// Its requests to the upstream, the last one the current.
    pub(super) meters: Vec<Meter>,
    /// Whether the turn's start is on disk; deltas are held until then.
    started: bool,
    held: Vec<Outgoing>,
    pub(super) journal: Journal,
}

/// Waits for news of the running reply; never returns without one.
///
/// Not an `async fn`: its arguments would be there twice, for as long as the session is live.
pub(super) fn updates(reply: &mut Option<Box<LiveReply>>) -> impl Future<Output = ()> {
    poll_fn(move |cx| match reply.as_deref_mut() {
        Some(LiveReply { task, news, .. }) => task.updates.poll_recv_many(cx, news, UPDATES).map(|_| ()),
        None => Poll::Pending,
    })
}

impl LiveReply {
    /// Journals what is known of the current request, so that a kill leaves its line in the ledger.
    fn note_meter(&mut self, hub: &Hub) {
        if let Some(meter) = self.meters.last() {
            self.journal.note(meter.clone(), || hub.journal_tick());
        }
    }
}

impl Live {
    /// Asks the model, beside the commit of the prompt; adds what must be stored of it.
    pub(super) async fn start_reply(
        &mut self,
        (turn_id, message_id): (TurnId, MessageId),
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
        // Nobody but people asks; a turn without anyone is nobody's, and waits its turn like everyone's.
        let user = asked_by.unwrap_or_else(|| UserId::new(UnixMs(0), [0; 10]));
        let task = turn::start(Work {
            model: inner.model.clone(),
            request,
            door: inner.pool.door(),
            budgets: inner.budgets.clone(),
            payer: Payer { user, session: self.session.id(), budget: self.session.budget() },
            rollup_ms: inner.settings.rollup_ms,
        });
        self.reply = Some(Box::new(LiveReply {
            task,
            news: Vec::new(),
            turn_id,
            message_id,
            asked_by,
            n: 0,
            parts: Vec::new(),
            messages: Vec::new(),
            blocks: Vec::new(),
            first_part: 0,
            meters: Vec::new(),
            started: false,
            held: Vec::new(),
            journal: Journal::default(),
        }));
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
    pub(super) async fn updates(&mut self) {
        let Some(reply) = &mut self.reply else { return };
        let mut end = None;
        let mut news = std::mem::take(&mut reply.news);
        if news.is_empty() {
            reply.task.fault().await;
            end = Some(End::Failed(lost()));
        }
        let mut events = Vec::new();
        for update in news.drain(..) {
            if let Update::End(how) = update {
                end = Some(how);
            } else {
                events.extend(self.update(update));
            }
        }
        if let Some(reply) = &mut self.reply {
            reply.news = news;
        }
        self.show(events);
        if let Some(ending) = end.and_then(|end| self.conclude(end)) {
            self.end_reply(ending).await;
        }
    }

    /// Sends deltas to everyone, or holds them until the turn's start is on disk.
    fn show(&mut self, mut events: Vec<Outgoing>) {
        match self.reply.as_mut() {
            Some(reply) if !reply.started => reply.held.append(&mut events),
            _ => self.broadcast(events),
        }
    }

    fn update(&mut self, update: Update) -> Option<Outgoing> {
        let reply = self.reply.as_mut()?;
        match update {
            Update::Piece(piece) => return self.piece(piece),
            Update::Waiting { code, ahead, retry_after_ms, attempt } => {
                // A try that failed is none that costs anything.
                reply.meters.pop_if(|meter| !meter.started);
                let session_id = self.session.id();
                let message_id = reply.message_id;
                let waiting =
                    TurnWaiting { session_id, message_id, code, ahead, retry_after: retry_after_ms, attempt };
                return Some(self.hub.outgoing(Some(session_id), None, Event::from(waiting)));
            }
            Update::Asked { model, sent_tokens } => {
                let number = u32::try_from(reply.meters.len()).unwrap_or(u32::MAX);
                let user = reply.asked_by;
                reply.meters.push(Meter { number, user, model, sent_tokens, ..Meter::default() });
                reply.note_meter(&self.hub);
            }
            Update::Started { upstream_id, request_id, model } => {
                if let Some(meter) = reply.meters.last_mut() {
                    meter.started = true;
                    (meter.upstream_id, meter.request_id, meter.model) =
                        (upstream_id, request_id, clip(model));
                }
            }
            Update::Citation { part, json } => {
                if let Some(part) = reply.parts.iter_mut().find(|known| known.index == part) {
                    cite(&mut part.citations, &json);
                }
            }
            Update::BlockEnded { block, duration_ms } => {
                let known = reply.parts.iter_mut().find(|known| Some(known.index) == block.part);
                if let Some(known) = known.filter(|known| known.kind == PartKind::Thinking) {
                    known.duration_ms = Some(duration_ms);
                }
                reply.blocks.push(block);
            }
            Update::Continued { message } => {
                reply.messages.push(message);
                reply.blocks.clear();
                reply.first_part = reply.parts.len();
            }
            Update::Usage { usage, raw } => {
                if let Some(meter) = reply.meters.last_mut() {
                    (meter.usage, meter.raw) = (Some(usage), Some(raw.get().to_owned()));
                }
                reply.note_meter(&self.hub);
            }
            Update::End(_) => {}
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
            stream: true,
            ..ClaudeResponse::bare(session_id, reply.message_id, piece.content.clone())
        };
        reply.journal.add(&piece, || self.hub.journal_tick());
        add_piece(&mut reply.parts, piece);
        Some(self.hub.outgoing(Some(session_id), None, Event::from(event)))
    }

    /// What is written so far of the reply that runs, or of one whose end is not saved yet.
    pub(super) fn written(&self) -> Option<(MessageId, u32, &[Part])> {
        match (&self.reply, &self.unsaved) {
            (Some(reply), _) => Some((reply.message_id, reply.n, &reply.parts)),
            (None, Some((ending, _))) => Some((ending.outcome.message_id, ending.n, &ending.outcome.parts)),
            (None, None) => None,
        }
    }

    /// Stops the running reply for someone; what was written stays. One that had ended by itself ends as it did.
    pub(super) fn stopped(&mut self, message: MessageId, by: Option<Stopper>) -> Option<Ending> {
        if self.reply.as_ref().is_none_or(|reply| reply.message_id != message) {
            return None;
        }
        let mut events = Vec::new();
        let mut end = None;
        // Pieces that are in the queue already belong to what was written.
        while let Some(update) = self.reply.as_mut().and_then(|reply| reply.task.updates.try_recv().ok()) {
            if let Update::End(how) = update {
                end = Some(how);
            } else {
                events.extend(self.update(update));
            }
        }
        self.show(events);
        match end {
            Some(end) => self.conclude(end),
            None => {
                let ending = self.cut_off(self.reply.as_ref()?, by);
                self.release();
                Some(ending)
            }
        }
    }

    /// Ends the running reply because the server goes (CN8).
    pub(super) async fn interrupt(&mut self) {
        let Some(message) = self.reply.as_ref().map(|reply| reply.message_id) else { return };
        if let Some(ending) = self.stopped(message, None) {
            self.end_reply(ending).await;
        }
    }

    /// How a reply ended by itself.
    fn conclude(&mut self, end: End) -> Option<Ending> {
        let reply = self.reply.as_ref()?;
        let ending = match end {
            End::Done { stop_reason, explanation } => self.complete(reply, &stop_reason, explanation),
            End::Failed(error) => self.failed_reply(reply, error),
        };
        self.release();
        Some(ending)
    }

    /// Lets go of an ended reply. Deltas that wait for its start go out right after it.
    fn release(&mut self) {
        let Some(reply) = self.reply.take().filter(|reply| !reply.started) else { return };
        if let Some(write) = self.pending.iter_mut().find(|write| write.starts == Some(reply.message_id)) {
            write.after = reply.held;
        }
    }
}

/// Adds a citation to a part's JSON array.
fn cite(citations: &mut Option<String>, json: &str) {
    match citations {
        Some(list) => {
            list.truncate(list.len() - 1);
            list.push(',');
        }
        None => *citations = Some("[".into()),
    }
    if let Some(list) = citations {
        list.push_str(json);
        list.push(']');
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
