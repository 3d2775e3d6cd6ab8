//! What commands on people say, and those by which one asks for something of one's own.

use serde::{Deserialize, Serialize};

use crate::{Budget, Command, InviteId, MessageId, Right, Role, SessionId, SessionRef};

data! {
    /// A command on one person of a session.
    PersonOnly {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The person: a user id, a login name, or the subject that an embedding application knows them by (SE1).
        target_user_id: String,
    }
    /// `invite_user`: asks someone in by name.
    InviteUser {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The person, as in `remove_user`.
        target_user_id: String,
        /// The role they will have.
        role: Role,
    }
    /// `set_role`: another role, and what is granted on top of it.
    SetRole {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The person, as in `remove_user`.
        target_user_id: String,
        /// The role from now on.
        role: Role,
        /// What is granted on top; rights that the role has anyway are INVALID_DATA. Absent: none.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        rights: Vec<Right>,
    }
    /// `create_invite`: a link that lets people in; answered by `invite_created`.
    CreateInvite {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The role it gives.
        role: Role,
        /// Milliseconds that it holds; 7 days when absent.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        expires_in_ms: Option<u64>,
        /// How often it can be used; once when absent.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        uses: Option<u32>,
    }
    /// `revoke_invite`: the link lets nobody in any more.
    RevokeInvite {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The link.
        invite_id: InviteId,
    }
    /// `edit_message`: another text for a message of one's own; makes no branch (TU5).
    EditMessage {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The message.
        message_id: MessageId,
        /// Its text from now on.
        content: String,
    }
    /// `react`: puts an emoji under a message, or takes one's own away.
    React {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The message.
        message_id: MessageId,
        /// The emoji.
        emoji: String,
        /// Whether it should be there.
        on: bool,
    }
    /// `set_typing`: says that one is typing, or no longer is; holds for 6 s.
    SetTyping {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// Whether.
        typing: bool,
    }
    /// `set_budget`: how much this session may spend.
    SetBudget {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The budget; null takes it away.
        budget: Option<Budget>,
    }
    /// `summarize`: what happened since a message, in Claude's words, for the asker alone; answered by `summary`.
    Summarize {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The last message that the asker knows; their mark when absent.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        since: Option<MessageId>,
    }
    /// `search`: messages of all sessions one may see; answered by `search_results`.
    Search {
        /// The words; each must occur, the last may be the beginning of one.
        query: String,
        /// In this session alone.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        session_id: Option<SessionId>,
        /// Continue after this page's `next`.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        cursor: Option<String>,
        /// At most this many.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        limit: Option<u32>,
    }
}

impl Command {
    /// The person that a command is about, as the client names them.
    #[must_use]
    pub fn target_user_id(&self) -> Option<&str> {
        if let Command::InviteUser(data) = self {
            Some(&data.target_user_id)
        } else if let Command::SetRole(data) = self {
            Some(&data.target_user_id)
        } else if let Command::RemoveUser(data) | Command::TransferOwnership(data) = self {
            Some(&data.target_user_id)
        } else {
            None
        }
    }
}
