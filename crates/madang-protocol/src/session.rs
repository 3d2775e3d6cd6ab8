//! What a client is told about sessions, participants, turns and models.

use serde::{Deserialize, Serialize};

use crate::{Actor, Author, InviteId, MessageId, Part, Right, Role, SessionId, TurnId, UnixMs, UserId};

/// Where a session stands in its life (SE6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SessionStatus {
    /// Someone is present.
    Active,
    /// Nobody is present.
    Idle,
    /// Readable, not writable; can be reopened.
    Closed,
    /// Gone.
    Deleted,
}

/// How hard Claude thinks; which values a model takes is in its capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Effort {
    /// Least.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More.
    Xhigh,
    /// All it can.
    Max,
}

impl Effort {
    /// The upstream's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// A line of the list of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionSummary {
    /// The session.
    pub session_id: SessionId,
    /// Its title; empty until named or until the first prompt names it.
    pub title: String,
    /// Where it stands.
    pub status: SessionStatus,
    /// The reader's role in it.
    pub role: Role,
    /// When it was made.
    pub created_at: UnixMs,
    /// When something durable last happened in it.
    pub last_activity: UnixMs,
    /// Participants, Claude not counted.
    pub participant_count: u32,
    /// Messages on all branches.
    pub message_count: u32,
    /// Whether Claude is writing.
    pub running: bool,
    /// Messages that came after the reader's mark.
    #[serde(default)]
    pub unread: u32,
    /// Those of them that concern the reader: messages that name them or answer one of theirs, and Claude's replies to
    /// their prompts, once ended and unless somebody stopped them.
    #[serde(default)]
    pub unread_mentions: u32,
    /// People who are here or away, Claude not counted.
    #[serde(default)]
    pub present: u32,
}

/// A person's membership, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Participant {
    /// A user id, or `claude`.
    pub user_id: Actor,
    /// The name shown.
    pub display_name: String,
    /// The role; Claude is a collaborator.
    pub role: Role,
    /// A CSS colour, the same for everyone.
    pub color: String,
    /// When they joined.
    pub joined_at: UnixMs,
    /// What was granted on top of the role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
    pub rights: Vec<Right>,
}

/// Someone who was asked in by name and has not come yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invitation {
    /// The person.
    pub user_id: UserId,
    /// Their name, as it was then.
    pub display_name: String,
    /// The role they will have.
    pub role: Role,
    /// Who asked them in.
    pub by: Author,
    /// When.
    pub at: UnixMs,
}

/// An invite link, without its code: that is shown once, to who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invite {
    /// Its id.
    pub invite_id: InviteId,
    /// The role it gives.
    pub role: Role,
    /// Who made it.
    pub by: UserId,
    /// When.
    pub created_at: UnixMs,
    /// Until when.
    pub expires_at: UnixMs,
    /// How often it can still be used.
    pub uses_left: u32,
}

/// Whether someone is here (RS4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PresenceState {
    /// At least one connection follows the session.
    Here,
    /// The last connection vanished less than 15 s ago.
    Away,
}

/// Who is here, derived by the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presence {
    /// The person.
    pub user_id: UserId,
    /// Here or away.
    pub state: PresenceState,
    /// Connections that follow the session.
    pub devices: u32,
    /// Whether they are typing.
    pub typing: bool,
}

/// The time over which a budget is counted; both begin at midnight UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Period {
    /// A day.
    Day,
    /// A calendar month.
    Month,
}

/// How much may be spent in a period; what is absent is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Budget {
    /// Tokens, read and written together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
    pub tokens: Option<u64>,
    /// Millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
    pub micro_usd: Option<u64>,
    /// Over which time.
    pub period: Period,
}

impl Budget {
    /// An amount at most: 2^53 - 1, the largest whole number that JavaScript holds exactly. A larger one would be another
    /// in every browser, and is refused.
    pub const AMOUNT_MAX: u64 = (1 << 53) - 1;

    /// The first of its amounts that is too large, by name.
    #[must_use]
    pub fn too_large(&self) -> Option<&'static str> {
        let amounts = [("tokens", self.tokens), ("micro_usd", self.micro_usd)];
        amounts.iter().find(|(_, amount)| *amount > Some(Self::AMOUNT_MAX)).map(|(name, _)| *name)
    }
}

/// What was spent in the current period of a budget, or in the day where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spent {
    /// Tokens, read and written together.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub tokens: u64,
    /// Millionths of a US dollar.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub micro_usd: u64,
}

/// A message that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchHit {
    /// Its session.
    pub session_id: SessionId,
    /// That session's title.
    pub title: String,
    /// The message.
    pub message_id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// When.
    pub created_at: UnixMs,
    /// The text around the hit; what matched stands between U+E000 and U+E001.
    pub snippet: String,
}

/// A prompt that waits (TU4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QueuedTurn {
    /// The turn.
    pub turn_id: TurnId,
    /// Its prompt; the text is in the transcript.
    pub prompt_id: MessageId,
    /// 1 for the next.
    pub position: u32,
    /// The reply that it answers anew (`regenerate`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub regenerates: Option<MessageId>,
    /// Who asked anew, and pays for it; none where the prompt's author did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub by: Option<UserId>,
}

/// The turn that is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunningTurn {
    /// The turn.
    pub turn_id: TurnId,
    /// Its prompt.
    pub prompt_id: MessageId,
    /// The reply being written.
    pub message_id: MessageId,
    /// The number of the last delta that `parts` contains.
    pub n: u32,
    /// What is written so far.
    pub parts: Vec<Part>,
}

/// A model one may choose, from the upstream's own list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelInfo {
    /// The id sent upstream.
    pub id: String,
    /// The name shown.
    pub display_name: String,
    /// True for the built-in model that answers when no key is set.
    pub simulated: bool,
    /// True when the upstream calls it deprecated or retired.
    pub deprecated: bool,
    /// The efforts it takes, least first; empty when it takes none.
    pub efforts: Vec<Effort>,
    /// The effort it uses when none is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub default_effort: Option<Effort>,
    /// Tokens it can read, when the upstream says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
    pub max_input_tokens: Option<u64>,
    /// Tokens it can write, when the upstream says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
    pub max_output_tokens: Option<u64>,
    /// Whether it thinks.
    pub thinking: bool,
    /// Whether it takes images.
    pub image_input: bool,
    /// Whether it takes PDFs.
    pub pdf_input: bool,
}
