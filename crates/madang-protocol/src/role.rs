//! Roles and the rights that can be granted on top of them (SE2, SE7).

use serde::{Deserialize, Serialize};

/// A participant's role in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Role {
    /// May do everything, and gives roles.
    Owner,
    /// Prompts, chats, edits, uploads.
    Collaborator,
    /// Reads.
    Viewer,
}

/// A right that an owner can grant on top of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub enum Right {
    /// Ask Claude, and chat (a viewer's grant).
    Prompt,
    /// Stop anyone's turn.
    Stop,
    /// Approve Claude's tools.
    Approve,
    /// Invite people.
    Invite,
}
