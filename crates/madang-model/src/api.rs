//! The contract of a model, whatever is behind it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use madang_protocol::{Effort, ErrorCode, ModelInfo, PartKind, Usage};
use serde_json::value::RawValue;

/// A boxed future, so that a model can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One request: what to answer, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The model's id.
    pub model: String,
    /// How hard to think; none leaves it to the model.
    pub effort: Option<Effort>,
    /// The system prompt; the same bytes for the whole session (prompt cache).
    pub system: Arc<str>,
    /// The tools as a JSON array, the same bytes for the whole session; none without tools.
    pub tools: Option<Arc<RawValue>>,
    /// The history as whole messages (`{"role":…,"content":…}`), byte for byte as they were first sent and received.
    pub messages: Vec<Arc<RawValue>>,
    /// Tokens the reply may have; capped to what the model can.
    pub max_tokens: u32,
    /// An opaque hash of the person, for the upstream's abuse detection.
    pub user_hash: Option<String>,
}

/// What a running reply sends, in order.
#[derive(Debug, Clone)]
pub enum StreamItem {
    /// The upstream makes us wait before try number `attempt`; only ever before [`StreamItem::Started`].
    ///
    /// The try is made when the reply is polled again and the wait is over: a reader that has others to let go first
    /// polls later.
    Waiting {
        /// Why: MODEL_OVERLOADED, MODEL_RATE_LIMITED or MODEL_UNAVAILABLE.
        code: ErrorCode,
        /// Milliseconds.
        retry_after_ms: u64,
        /// The coming try, from 2.
        attempt: u32,
    },
    /// The upstream began to answer.
    Started {
        /// Its id of the message.
        upstream_id: Option<String>,
        /// Its id of the request.
        request_id: Option<String>,
        /// The model in its words.
        model: String,
    },
    /// A part begins. Indexes count from 0 without gaps, whatever the upstream's are; parts never overlap.
    PartStarted {
        /// The part.
        index: u32,
        /// What it is.
        kind: PartKind,
        /// The tool's name, or the upstream's block type for `PartKind::Other`.
        name: Option<String>,
        /// The upstream's id of a tool call or of the call that a result answers.
        tool_use_id: Option<String>,
    },
    /// More of a part: text, thinking or JSON text. Never empty.
    Delta {
        /// The part.
        index: u32,
        /// The piece.
        content: String,
    },
    /// A citation of a text part, as the upstream's JSON text.
    Citation {
        /// The part.
        index: u32,
        /// The citation.
        json: String,
    },
    /// A part is whole.
    PartEnded {
        /// The part.
        index: u32,
        /// The block verbatim, to be sent back in later requests.
        raw: Box<RawValue>,
    },
    /// What was used so far; the last one counts.
    Usage {
        /// The fields that are summed and shown.
        usage: Usage,
        /// All fields.
        raw: Box<RawValue>,
    },
    /// The upstream finished; nothing follows.
    Ended {
        /// Its word for why: `end_turn`, `max_tokens`, `tool_use`, `refusal`, `pause_turn`, …
        stop_reason: String,
        /// Its explanation of a refusal.
        explanation: Option<String>,
    },
}

/// Why no reply came, or why it broke off.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    /// What clients are told.
    pub code: ErrorCode,
    /// A sentence for the person; never a key, a URL or the upstream's internals.
    pub message: String,
    /// When it makes sense to try again.
    pub retry_after_ms: Option<u64>,
    /// For the log: the upstream's type, status and message, bounded.
    pub detail: String,
    /// The upstream's id of the request.
    pub request_id: Option<String>,
}

/// A reply as it is written. Dropping it stops the upstream at once.
pub type Reply = BoxStream<'static, Result<StreamItem, ModelError>>;

/// One of the upstream's limits, as its latest answer told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests or tokens a minute.
    pub limit: u64,
    /// What is left of it.
    pub remaining: u64,
    /// Milliseconds from the answer until all of it is there again, when the upstream says.
    pub reset_after_ms: Option<u64>,
}

/// The upstream's limits for a model, as its latest answer told them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateLimits {
    /// The model that was asked for.
    pub model: String,
    /// When the answer came.
    pub told_at: Option<tokio::time::Instant>,
    /// Requests a minute.
    pub requests: Option<RateLimit>,
    /// Tokens a minute, by the most restrictive limit in force.
    pub tokens: Option<RateLimit>,
    /// Tokens read a minute; those from the cache don't count.
    pub input_tokens: Option<RateLimit>,
    /// Tokens written a minute.
    pub output_tokens: Option<RateLimit>,
    /// Milliseconds from the answer during which no request should be made, when the upstream says.
    pub retry_after_ms: Option<u64>,
}

/// What answers.
pub trait Model: Send + Sync + 'static {
    /// Starts a reply. Waiting and retrying happen inside the stream; an error item is its last.
    fn reply(&self, request: Request) -> Reply;

    /// The models one may choose, newest first; served from a cache that is refreshed when old.
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ModelError>>;

    /// The id used when none is chosen.
    fn default_model(&self) -> String;

    /// Whether this is the simulated model: UI, health and every reply say so.
    fn simulated(&self) -> bool;

    /// The price of what was used, in millionths of a US dollar, with the price table's version; none without a price.
    fn price(&self, model: &str, usage: &Usage) -> Option<(u64, String)>;

    /// The upstream's rate limits, one entry for each model that was asked lately; empty when it names none.
    fn limits(&self) -> Vec<RateLimits> {
        Vec::new()
    }
}

/// The message of the assistant to be sent back in later requests, made of the blocks that it ended with.
///
/// Empty texts are left out, because the upstream refuses them; none when nothing else is there.
#[must_use]
pub fn assistant_message<'a>(blocks: impl IntoIterator<Item = &'a RawValue>) -> Option<Arc<RawValue>> {
    let mut message = String::from("{\"role\":\"assistant\",\"content\":[");
    let mut is_empty = true;
    for block in blocks.into_iter().filter(|block| !is_empty_text(block)) {
        if !std::mem::take(&mut is_empty) {
            message.push(',');
        }
        message.push_str(block.get());
    }
    message.push_str("]}");
    let message = RawValue::from_string(message).expect("raw values in an array are JSON");
    (!is_empty).then(|| Arc::from(message))
}

fn is_empty_text(raw: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Block {
        #[serde(rename = "type")]
        kind: String,
        text: String,
    }
    serde_json::from_str(raw.get())
        .is_ok_and(|block: Block| block.kind == "text" && block.text.trim().is_empty())
}

/// Whether a block (a [`StreamItem::PartEnded`]'s `raw`) is a call that we must answer with a `tool_result`.
///
/// Calls of the upstream's own tools are parts of kind `ToolUse` too, but the upstream answers them itself.
#[must_use]
pub fn awaits_tool_result(raw: &RawValue) -> bool {
    #[derive(serde::Deserialize)]
    struct Block<'a> {
        #[serde(rename = "type", borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str(raw.get()).is_ok_and(|block: Block<'_>| block.kind == "tool_use")
}
