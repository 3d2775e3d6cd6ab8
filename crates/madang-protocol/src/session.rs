//! What a client is told about sessions, participants, turns and models.

use serde::{Deserialize, Serialize};

use crate::{Actor, MessageId, Part, Role, SessionId, TurnId, UnixMs};

/// Where a session stands in its life (SE6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
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
}

/// A person's membership, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
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
}

/// A prompt that waits (TU4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
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
}

/// The turn that is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
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
