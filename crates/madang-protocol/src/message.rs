//! An entry of the transcript: a prompt, a chat message or a reply with its typed parts.

use serde::{Deserialize, Serialize};

use crate::{Actor, ErrorCode, MessageId, TurnId, UnixMs, UserId};

/// Who wrote a message, with the name as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Author {
    /// A user id, or `claude`.
    pub user_id: Actor,
    /// The name shown.
    pub display_name: String,
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum MessageKind {
    /// Asks Claude.
    Prompt,
    /// Between people.
    Chat,
    /// Claude's answer.
    Reply,
}

/// Where a reply stands; every state but `streaming` is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ReplyStatus {
    /// Still being written.
    Streaming,
    /// Claude finished.
    Complete,
    /// Someone stopped it; the partial text stays.
    Cancelled,
    /// It failed; `error` says why, the partial text stays.
    Error,
    /// The server went away in the middle; can be continued.
    Interrupted,
}

/// What a part of a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PartKind {
    /// Markdown text.
    Text,
    /// Claude's thinking, summarised.
    Thinking,
    /// A call of a tool; `content` is its input as JSON text.
    ToolUse,
    /// What a tool answered.
    ToolResult,
    /// Something newer than this build knows; carried through as JSON text.
    Other,
}

/// One typed piece of a reply (TU7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Part {
    /// Position in the reply, from 0, without gaps.
    pub index: u32,
    /// What it is.
    pub kind: PartKind,
    /// Text, thinking, or JSON text, by `kind`.
    pub content: String,
    /// The tool's name, for tool parts; the upstream's block type, for other parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub name: Option<String>,
    /// The upstream's id of a tool call, which its result names too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub tool_use_id: Option<String>,
    /// Citations of a text part as JSON text of an array, as the upstream sent them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub citations: Option<String>,
    /// Milliseconds from its first piece to its end; known for thinking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
    pub duration_ms: Option<u64>,
}

/// Tokens of one turn, summed over its upstream requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Usage {
    /// Tokens read, not from the cache.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub input_tokens: u64,
    /// Tokens written, thinking included.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub output_tokens: u64,
    /// Tokens read from the prompt cache.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub cache_read_input_tokens: u64,
    /// Tokens written to the prompt cache.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub cache_creation_input_tokens: u64,
    /// True when the output was counted here, because the stream ended without the upstream's figure.
    #[serde(default)]
    pub estimated: bool,
}

/// What a turn cost, by the price table in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    /// Millionths of a US dollar.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub micro_usd: u64,
    /// Version of the price table.
    pub price_table: String,
}

/// Why a reply failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplyError {
    /// The code.
    pub code: ErrorCode,
    /// The sentence.
    pub message: String,
}

/// An entry of the transcript.
///
/// `parent_id` makes the transcript a tree: regenerating a reply or editing a prompt adds a sibling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Its id.
    pub message_id: MessageId,
    /// The entry before it on its branch; none for the first.
    pub parent_id: Option<MessageId>,
    /// What it is.
    pub kind: MessageKind,
    /// Who wrote it.
    pub author: Author,
    /// The whole text; of a reply, its text parts joined.
    pub content: String,
    /// When it was written (a reply: begun).
    pub created_at: UnixMs,
    /// The turn that a prompt asked for, or that a reply belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub turn_id: Option<TurnId>,
    /// The message this one answers, when a person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub reply_to: Option<MessageId>,
    /// The interrupted reply that this prompt continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub continues: Option<MessageId>,
    /// What only a reply has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub reply: Option<Reply>,
    /// The participants it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
    pub mentions: Vec<UserId>,
    /// What people put under it, in the order in which each first came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
    pub reactions: Vec<Reaction>,
    /// When its author last changed it; earlier texts are in `revisions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub edited_at: Option<UnixMs>,
    /// When it was deleted: a tombstone, its content is gone (TU5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub deleted_at: Option<UnixMs>,
}

/// An emoji under a message, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reaction {
    /// The emoji: data from others, at most [`crate::limits::EMOJI_BYTES_MAX`].
    pub emoji: String,
    /// Who, in the order in which they came.
    pub users: Vec<UserId>,
}

/// A text that a message once had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Revision {
    /// The text.
    pub content: String,
    /// From when on it was the message's.
    pub at: UnixMs,
}

/// What only Claude's messages have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reply {
    /// Where it stands.
    pub status: ReplyStatus,
    /// Its typed parts; empty while streaming.
    pub parts: Vec<Part>,
    /// The model that answers.
    pub model: String,
    /// True when the simulated model answered.
    pub simulated: bool,
    /// The upstream's own word for why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub stop_reason: Option<String>,
    /// Tokens, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub usage: Option<Usage>,
    /// Money, once known and priced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub cost: Option<Cost>,
    /// Who stopped it, when someone did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub stopped_by: Option<Author>,
    /// Why it failed, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub error: Option<ReplyError>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub ended_at: Option<UnixMs>,
}
