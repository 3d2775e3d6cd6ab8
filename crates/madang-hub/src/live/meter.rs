//! What each request of a turn used: kept while it runs, in the journal too, so that one that is cut off is counted.

use madang_model::Model;
use madang_protocol::{Cost, Usage, UserId};
use madang_session::estimate_tokens;
use serde::{Deserialize, Serialize};

/// One request to the upstream, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meter {
    /// Which of its turn's requests it is, from 0.
    pub(super) number: u32,
    /// Who asked.
    pub(super) user: Option<UserId>,
    /// The model that was asked, then the one that answers in the upstream's words.
    pub(super) model: String,
    /// Tokens sent, estimated.
    pub(super) sent_tokens: u64,
    /// Whether the upstream began to answer.
    pub(super) started: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) upstream_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Usage>,
    /// All fields of the usage, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) raw: Option<String>,
}

impl Meter {
    /// Counts what was written, of which no final figure comes because the stream ends early.
    pub(super) fn cut_off(&mut self, written_bytes: usize) {
        let sent = Usage { input_tokens: self.sent_tokens, ..Usage::default() };
        let usage = self.usage.get_or_insert(sent);
        usage.output_tokens = usage.output_tokens.max(estimate_tokens(written_bytes));
        usage.estimated = true;
    }

    /// What it cost; none without a price, or when nothing is known.
    pub(super) fn cost(&self, model: &dyn Model) -> Option<(u64, String)> {
        model.price(&self.model, self.usage.as_ref()?)
    }
}

/// What the requests of a turn used together; none when nothing is known of any.
pub(super) fn total(meters: &[Meter]) -> Option<Usage> {
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
pub(super) fn total_cost(meters: &[Meter], model: &dyn Model) -> Option<Cost> {
    let costs = meters.iter().filter_map(|meter| meter.cost(model));
    costs
        .map(|(micro_usd, price_table)| Cost { micro_usd, price_table })
        .reduce(|a, b| Cost { micro_usd: a.micro_usd + b.micro_usd, ..b })
}
