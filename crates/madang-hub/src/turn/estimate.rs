//! How many tokens a request has, by its length: for the queue and the budgets, before the upstream counts them.

use madang_model::Request;
use madang_session::estimate_tokens;

/// Tokens that a reply counts for in the queue: what an ordinary one has.
const REPLY_TOKENS: u64 = 500;
/// Tokens of the prefix that count as one: what the upstream reads from its cache costs a tenth.
const CACHED: u64 = 10;

/// Tokens that the upstream has to read.
pub(crate) fn input_tokens(request: &Request) -> u64 {
    let messages: usize = request.messages.iter().map(|message| message.get().len()).sum();
    let tools = request.tools.as_ref().map_or(0, |tools| tools.get().len());
    estimate_tokens(request.system.len() + tools + messages)
}

/// What a request counts for among others: what is new in it, a tenth of what was sent before, and a reply.
pub(crate) fn weight(request: &Request) -> u64 {
    let new = request.messages.last().map_or(0, |message| estimate_tokens(message.get().len()));
    new + input_tokens(request).saturating_sub(new) / CACHED + REPLY_TOKENS
}
