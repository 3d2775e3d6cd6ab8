//! How a reply ends: complete, refused, failed, stopped or interrupted; what is stored of it, and what it cost.

use std::sync::Arc;

use madang_model::{ModelError, awaits_tool_result};
use madang_protocol::{ErrorCode, MessageId, Part, ReplyError, ReplyStatus, TurnId};
use madang_session::{Outcome, Stopper};
use madang_store::LedgerRow;
use serde_json::value::RawValue;

use super::Live;
use super::reply::LiveReply;
use super::suspension::why;
use crate::history::broken_off;
use crate::meter::{self, Entry, Meter};
use crate::turn::{Block, message_of};

/// Characters of the upstream's own words (why it stopped, why it declined) that are kept.
const WORDS_CHARS_MAX: usize = 1_000;

/// How a reply ended, and what is stored of it besides its event.
#[derive(Clone)]
pub(super) struct Ending {
    pub(super) outcome: Outcome,
    pub(super) turn_id: TurnId,
    /// The number of its last delta.
    pub(super) n: u32,
    /// What later requests send back; empty when nothing is worth it.
    pub(super) messages: Vec<Arc<RawValue>>,
    /// Its requests to the upstream.
    pub(super) ledger: Vec<LedgerRow>,
}

fn outcome(message_id: MessageId, status: ReplyStatus) -> Outcome {
    Outcome {
        message_id,
        status,
        parts: Vec::new(),
        model: None,
        stop_reason: None,
        usage: None,
        cost: None,
        stopped_by: None,
        error: None,
    }
}

impl Live {
    /// The end of a reply that an earlier run, or a task that failed, left unfinished; counted from its journal.
    pub(super) fn left_by_a_kill(
        &self,
        (turn_id, message_id): (TurnId, MessageId),
        parts: Vec<Part>,
        mut meters: Vec<Meter>,
    ) -> Ending {
        let messages = broken_off(&mut [], &parts).into_iter().collect();
        let written = parts.iter().map(|part| part.content.len()).sum();
        if let Some(meter) = meters.last_mut() {
            meter.cut_off(written);
        }
        let outcome = Outcome { parts, ..outcome(message_id, ReplyStatus::Interrupted) };
        let mut ending = Ending { outcome, turn_id, n: 0, messages, ledger: Vec::new() };
        self.count(&mut ending, &meters);
        ending
    }

    /// The upstream finished.
    pub(super) fn complete(
        &self,
        reply: &LiveReply,
        stop_reason: &str,
        explanation: Option<String>,
    ) -> Ending {
        let mut ending = if stop_reason == "refusal" {
            let message = explanation.map_or_else(|| "Claude declined to answer this.".into(), clip);
            let mut ending = self.ending(reply, ReplyStatus::Error, Vec::new());
            ending.outcome.error = Some(ReplyError { code: ErrorCode::ModelRefused, message });
            ending
        } else {
            // A call that nobody answers would make every later request invalid.
            let answered = |block: &&Block| !awaits_tool_result(&block.raw);
            let mut blocks: Vec<_> = reply.blocks.iter().filter(answered).cloned().collect();
            let messages = reply.messages.iter().cloned().chain(message_of(&mut blocks)).collect();
            self.ending(reply, ReplyStatus::Complete, messages)
        };
        ending.outcome.stop_reason = Some(clip(stop_reason.to_owned()));
        self.count(&mut ending, &reply.meters);
        ending
    }

    /// The upstream failed.
    pub(super) fn failed_reply(&self, reply: &LiveReply, error: ModelError) -> Ending {
        tracing::warn!(session.id = %self.session.id(), turn.id = %reply.turn_id, error.code = error.code.as_str(),
            error.detail = error.detail, upstream.request_id = error.request_id, "a reply failed");
        let mut ending = self.broken(reply, ReplyStatus::Error);
        ending.outcome.error = Some(ReplyError { code: error.code, message: clip(error.message) });
        ending
    }

    /// Someone stopped it, or the server goes.
    pub(super) fn cut_off(&self, reply: &LiveReply, by: Option<Stopper>) -> Ending {
        let status = if by.is_some() { ReplyStatus::Cancelled } else { ReplyStatus::Interrupted };
        let mut ending = self.broken(reply, status);
        ending.outcome.stopped_by = by;
        ending.outcome.error = by.and_then(why);
        ending
    }

    fn broken(&self, reply: &LiveReply, status: ReplyStatus) -> Ending {
        let rest = broken_off(&mut reply.blocks.clone(), &reply.parts[reply.first_part..]);
        let messages = reply.messages.iter().cloned().chain(rest).collect();
        let mut ending = self.ending(reply, status, messages);
        let mut meters = reply.meters.clone();
        if status == ReplyStatus::Error {
            // The upstream did nothing for a request that it refused.
            meters.pop_if(|meter| !meter.started);
        }
        if let Some(meter) = meters.last_mut() {
            meter.cut_off(reply.parts[reply.first_part..].iter().map(|part| part.content.len()).sum());
        }
        self.count(&mut ending, &meters);
        ending
    }

    fn ending(&self, reply: &LiveReply, status: ReplyStatus, messages: Vec<Arc<RawValue>>) -> Ending {
        let outcome = Outcome { parts: reply.parts.clone(), ..outcome(reply.message_id, status) };
        Ending { outcome, turn_id: reply.turn_id, n: reply.n, messages, ledger: Vec::new() }
    }

    /// Puts what the requests used and cost into the reply's end, one line of the ledger each, and counts it in the
    /// budgets; once for each reply.
    fn count(&self, ending: &mut Ending, meters: &[Meter]) {
        let inner = &self.hub.inner;
        let model = inner.model.as_ref();
        ending.outcome.usage = meter::total(meters);
        ending.outcome.cost = meter::total_cost(meters, model);
        ending.outcome.model =
            meters.iter().rev().find(|meter| meter.started).map(|meter| meter.model.clone());
        let (at, session, turn) = (inner.clock.now(), self.session.id(), ending.turn_id);
        for (number, meter) in (1..).zip(meters) {
            // Those before the last were followed by another.
            let status = if number == meters.len() { ending.outcome.status } else { ReplyStatus::Complete };
            let Some(row) = meter.row(Entry { at, session, turn, status }, model) else { continue };
            inner.budgets.charge(&row);
            ending.ledger.push(row);
        }
    }
}

/// Keeps the upstream's words short: it may be anyone.
pub(crate) fn clip(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(WORDS_CHARS_MAX) {
        text.truncate(end);
    }
    text
}
