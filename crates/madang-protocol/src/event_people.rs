//! What events say of people: membership, presence, what they do to messages, what one asks for oneself.

use serde::{Deserialize, Serialize};

use crate::{
    Actor, Author, Budget, Cost, Invitation, Invite, InviteId, MessageId, Participant, Presence, Revision,
    Right, Role, SearchHit, SessionId, UnixMs, Usage, UserId,
};

data! {
    /// `member_added`: someone belongs to the session from now on.
    MemberAdded {
        /// The session.
        session_id: SessionId,
        /// Who.
        participant: Participant,
        /// Who let them in: the inviter, or themselves by a link.
        by: Author,
        /// The link they came by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        invite_id: Option<InviteId>,
    }
    /// `member_changed`: another name or colour.
    MemberChanged {
        /// The session.
        session_id: SessionId,
        /// As they are from now on.
        participant: Participant,
    }
    /// `member_removed`: someone left (`by` themselves) or was removed.
    MemberRemoved {
        /// The session.
        session_id: SessionId,
        /// Who.
        user_id: UserId,
        /// Who did it.
        by: Author,
    }
    /// `role_changed`: another role, or other rights on top of it (SE3).
    RoleChanged {
        /// The session.
        session_id: SessionId,
        /// Whose.
        user_id: UserId,
        /// The role from now on.
        role: Role,
        /// What is granted on top.
        rights: Vec<Right>,
        /// Who did it.
        by: Author,
    }
    /// `user_invited`: someone was asked in by name.
    UserInvited {
        /// The session.
        session_id: SessionId,
        /// Who, and by whom.
        invitation: Invitation,
    }
    /// `invitation_withdrawn`: someone who was asked in no longer is.
    InvitationWithdrawn {
        /// The session.
        session_id: SessionId,
        /// Who.
        user_id: UserId,
        /// Who did it.
        by: Author,
    }
    /// `message_edited`: a message has another text.
    MessageEdited {
        /// The session.
        session_id: SessionId,
        /// The message.
        message_id: MessageId,
        /// Its text from now on.
        content: String,
        /// The participants that it names from now on.
        mentions: Vec<UserId>,
        /// When.
        edited_at: UnixMs,
    }
    /// `message_deleted`: a tombstone is left.
    MessageDeleted {
        /// The session.
        session_id: SessionId,
        /// The message.
        message_id: MessageId,
        /// When.
        deleted_at: UnixMs,
        /// Who did it.
        by: Author,
    }
    /// `reaction_changed`: an emoji came or went.
    ReactionChanged {
        /// The session.
        session_id: SessionId,
        /// The message.
        message_id: MessageId,
        /// Whose.
        user_id: UserId,
        /// The emoji.
        emoji: String,
        /// Whether it is there now.
        on: bool,
    }
    /// `budget_changed`: the session may spend more or less.
    BudgetChanged {
        /// The session.
        session_id: SessionId,
        /// The budget; null when there is none any more.
        budget: Option<Budget>,
        /// Who did it.
        by: Author,
    }
    /// `participant_joined`: someone is here who was not (SE3, RS4).
    ParticipantJoined {
        /// The session.
        session_id: SessionId,
        /// A user id, or `claude`.
        user_id: Actor,
        /// The name shown.
        display_name: String,
        /// The role.
        role: Role,
        /// A CSS colour, the same for everyone.
        color: String,
        /// When they became a member.
        joined_at: UnixMs,
    }
    /// `participant_left`: someone is no longer here; they may still belong to the session (RS4).
    ParticipantLeft {
        /// The session.
        session_id: SessionId,
        /// Who.
        user_id: UserId,
    }
    /// `presence_changed`: away, back, on more or fewer devices, typing or not.
    PresenceChanged {
        /// The session.
        session_id: SessionId,
        /// As it is now.
        presence: Presence,
    }
    /// `invited`: someone asked this person in; to their connections (SE7).
    Invited {
        /// The session.
        session_id: SessionId,
        /// Its title.
        title: String,
        /// The role they will have.
        role: Role,
        /// Who.
        by: Author,
    }
    /// `removed`: this person does not belong any more; the last that their connections hear of the session (SE4).
    Removed {
        /// The session.
        session_id: SessionId,
        /// Who did it; themselves when they left.
        by: Author,
    }
    /// `invite_created`: the link, with its code, which is shown this once.
    InviteCreated {
        /// The session.
        session_id: SessionId,
        /// The link.
        invite: Invite,
        /// What lets people in; taken in place of a `session_id`.
        code: String,
    }
    /// `invites`: the links that still hold.
    Invites {
        /// The session.
        session_id: SessionId,
        /// Newest first.
        invites: Vec<Invite>,
    }
    /// `revisions`: the texts that a message once had.
    Revisions {
        /// The session.
        session_id: SessionId,
        /// The message.
        message_id: MessageId,
        /// Oldest first; the text it has now is the last.
        revisions: Vec<Revision>,
    }
    /// `read_marked`: how far this person has read; to their connections.
    ReadMarked {
        /// The session.
        session_id: SessionId,
        /// The last message read.
        message_id: MessageId,
        /// Messages after it.
        unread: u32,
        /// Those of them that concern this person, as in the list of sessions.
        #[serde(default)]
        unread_mentions: u32,
    }
    /// `summary`: what happened since a message, in Claude's words.
    Summary {
        /// The session.
        session_id: SessionId,
        /// The first message that it tells of.
        from: MessageId,
        /// The last one.
        to: MessageId,
        /// Markdown.
        content: String,
        /// True when the simulated model wrote it.
        simulated: bool,
        /// Tokens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        usage: Option<Usage>,
        /// Money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        cost: Option<Cost>,
    }
    /// `search_results`: a page of hits.
    SearchResults {
        /// Newest first.
        hits: Vec<SearchHit>,
        /// Where the next page begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        next: Option<String>,
    }
}
