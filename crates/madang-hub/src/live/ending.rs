//! How a reply ends: complete, refused, failed, stopped or interrupted; what is stored of it, and what it cost.

use std::sync::Arc;

use madang_model::{ModelError, awaits_tool_result};
use madang_protocol::{Cost, ErrorCode, MessageId, Part, ReplyError, ReplyStatus, TurnId, UserId};
use madang_session::{Outcome, estimate_tokens};
use madang_store::LedgerRow;
use serde_json::value::RawValue;

use super::Live;
use super::reply::LiveReply;
use crate::history::broken_off;
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
    pub(super) ledger: Option<LedgerRow>,
}

impl Ending {
    /// The end of a reply that an earlier run, or a task that failed, left unfinished.
    pub(super) fn interrupted(turn_id: TurnId, message_id: MessageId, parts: Vec<Part>) -> Ending {
        let messages = broken_off(&mut [], &parts).into_iter().collect();
        let outcome = Outcome { parts, ..outcome(message_id, ReplyStatus::Interrupted) };
        Ending { outcome, turn_id, n: 0, messages, ledger: None }
    }
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
        self.price(&mut ending);
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
    pub(super) fn cut_off(&self, reply: &LiveReply, by: Option<UserId>) -> Ending {
        let status = if by.is_some() { ReplyStatus::Cancelled } else { ReplyStatus::Interrupted };
        let mut ending = self.broken(reply, status);
        ending.outcome.stopped_by = by;
        ending
    }

    fn broken(&self, reply: &LiveReply, status: ReplyStatus) -> Ending {
        let rest = broken_off(&mut reply.blocks.clone(), &reply.parts[reply.first_part..]);
        let messages = reply.messages.iter().cloned().chain(rest).collect();
        let mut ending = self.ending(reply, status, messages);
        if let Some(usage) = ending.outcome.usage.as_mut() {
            // No final figure comes for a stream that ends early.
            let written: usize = reply.parts.iter().map(|part| part.content.len()).sum();
            usage.output_tokens = usage.output_tokens.max(estimate_tokens(written));
            usage.estimated = true;
        }
        self.price(&mut ending);
        ending
    }

    fn ending(&self, reply: &LiveReply, status: ReplyStatus, messages: Vec<Arc<RawValue>>) -> Ending {
        let outcome = Outcome {
            parts: reply.parts.clone(),
            model: reply.model.clone().map(clip),
            usage: reply.usage.as_ref().map(|(usage, _)| *usage),
            ..outcome(reply.message_id, status)
        };
        let ledger = reply.asked_by.filter(|_| reply.model.is_some()).map(|user| LedgerRow {
            at: self.hub.inner.clock.now(),
            session: self.session.id(),
            turn: reply.turn_id,
            user,
            model: reply.model.clone().map(clip).unwrap_or_default(),
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
        Ending { outcome, turn_id: reply.turn_id, n: reply.n, messages, ledger }
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

/// Keeps the upstream's words short: it may be anyone.
fn clip(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(WORDS_CHARS_MAX) {
        text.truncate(end);
    }
    text
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
