//! What each request to the upstream used: kept while it runs, in the journal too, so that one that is cut off is counted.

use madang_model::Model;
use madang_protocol::{Cost, ReplyStatus, SessionId, TurnId, UnixMs, Usage, UserId};
use madang_session::estimate_tokens;
use madang_store::LedgerRow;
use serde::{Deserialize, Serialize};

/// One request to the upstream, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meter {
    /// Which of its turn's requests it is, from 0.
    pub(crate) number: u32,
    /// Who asked.
    pub(crate) user: Option<UserId>,
    /// The model that was asked, then the one that answers in the upstream's words.
    pub(crate) model: String,
    /// Tokens sent, estimated.
    pub(crate) sent_tokens: u64,
    /// Whether the upstream began to answer.
    pub(crate) started: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upstream_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Usage>,
    /// All fields of the usage, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) raw: Option<String>,
}

impl Meter {
    /// Counts what was written, of which no final figure comes because the stream ends early.
    pub(crate) fn cut_off(&mut self, written_bytes: usize) {
        let sent = Usage { input_tokens: self.sent_tokens, ..Usage::default() };
        let usage = self.usage.get_or_insert(sent);
        usage.output_tokens = usage.output_tokens.max(estimate_tokens(written_bytes));
        usage.estimated = true;
    }

    /// What it cost; none without a price, or when nothing is known.
    pub(crate) fn cost(&self, model: &dyn Model) -> Option<(u64, String)> {
        model.price(&self.model, self.usage.as_ref()?)
    }
}

/// Of what a line of the ledger is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) at: UnixMs,
    pub(crate) session: SessionId,
    pub(crate) turn: TurnId,
    pub(crate) status: ReplyStatus,
}

impl Meter {
    /// Its line of the ledger; none when nobody asked.
    pub(crate) fn row(&self, entry: Entry, model: &dyn Model) -> Option<LedgerRow> {
        let usage = self.usage.unwrap_or_default();
        let (cost_micro_usd, price_table) =
            self.cost(model).map_or((None, String::new()), |(micro_usd, table)| (Some(micro_usd), table));
        Some(LedgerRow {
            at: entry.at,
            session: entry.session,
            turn: entry.turn,
            user: self.user?,
            model: self.model.clone(),
            request_id: self.request_id.clone(),
            upstream_id: self.upstream_id.clone(),
            usage: self.raw.clone().unwrap_or_else(|| "{}".into()),
            input_tokens: usage.input_tokens
                + usage.cache_read_input_tokens
                + usage.cache_creation_input_tokens,
            output_tokens: usage.output_tokens,
            cost_micro_usd,
            price_table,
            estimated: usage.estimated,
            outcome: word(entry.status).into(),
        })
    }
}

/// The ledger's word for how a request ended.
fn word(status: ReplyStatus) -> &'static str {
    match status {
        ReplyStatus::Complete => "complete",
        ReplyStatus::Cancelled => "cancelled",
        ReplyStatus::Error => "error",
        ReplyStatus::Interrupted | ReplyStatus::Streaming => "interrupted",
    }
}

/// What the requests of a turn used together; none when nothing is known of any.
pub(crate) fn total(meters: &[Meter]) -> Option<Usage> {
    let add = |a: Usage, b: Usage| Usage {
        input_tokens: a.input_tokens + b.input_tokens,
        output_tokens: a.output_tokens + b.output_tokens,
        cache_read_input_tokens: a.cache_read_input_tokens + b.cache_read_input_tokens,
        cache_creation_input_tokens: a.cache_creation_input_tokens + b.cache_creation_input_tokens,
        estimated: a.estimated || b.estimated,
    };
    meters.iter().filter_map(|meter| meter.usage).reduce(add)
}

/// What they cost together; none when none has a price.
pub(crate) fn total_cost(meters: &[Meter], model: &dyn Model) -> Option<Cost> {
    let costs = meters.iter().filter_map(|meter| meter.cost(model));
    costs
        .map(|(micro_usd, price_table)| Cost { micro_usd, price_table })
        .reduce(|a, b| Cost { micro_usd: a.micro_usd + b.micro_usd, ..b })
}
