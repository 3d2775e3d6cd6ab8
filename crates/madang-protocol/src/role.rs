//! Roles and the rights that can be granted on top of them (SE2, SE7); what a credential reaches.

use serde::{Deserialize, Serialize};

/// A participant's role in one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Role {
    /// May do everything, and gives roles.
    Owner,
    /// Prompts, chats, edits, uploads.
    Collaborator,
    /// Reads.
    Viewer,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Role; 3] = [Role::Owner, Role::Collaborator, Role::Viewer];

    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Collaborator => "collaborator",
            Self::Viewer => "viewer",
        }
    }
}

/// A right that an owner can grant on top of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Right {
    /// Ask Claude (a viewer's grant).
    Prompt,
    /// Speak to people (a viewer's grant).
    Chat,
    /// Stop anyone's turn.
    Stop,
    /// Approve Claude's tools.
    Approve,
    /// Invite people, with a role not above one's own.
    Invite,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 5] = [Right::Prompt, Right::Chat, Right::Stop, Right::Approve, Right::Invite];

    /// Whether it adds anything to a role (SE7).
    #[must_use]
    pub fn is_grantable_to(self, role: Role) -> bool {
        match (role, self) {
            (Role::Owner, _) | (Role::Collaborator, Right::Prompt | Right::Chat) => false,
            (Role::Viewer, Right::Prompt | Right::Chat) => true,
            (Role::Collaborator, Right::Stop | Right::Approve | Right::Invite) => true,
            (Role::Viewer, Right::Stop | Right::Approve | Right::Invite) => false,
        }
    }
}

/// What a credential reaches, whoever holds it: a login all of it, a personal token as much as was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Scope {
    /// See what the person may see.
    Read,
    /// Do in sessions what the person may do.
    Write,
    /// All of it: the account, tokens and logins too, and the server's administration for an administrator.
    Full,
}

impl Scope {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Full => "full",
        }
    }
}
