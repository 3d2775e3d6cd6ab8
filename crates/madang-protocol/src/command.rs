//! Commands: what a client may ask for, imperative. The macro at the end is the routing table of their names.

use crate::command_data::*;
use crate::command_documents::*;
use crate::command_people::*;
use crate::envelope::InboundError;

/// The rate-limit class of a command (CM5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateClass {
    /// Prompts and chat: 10/s, burst 10.
    Chat,
    /// Everything else: 20/s.
    Control,
    /// Changes of documents: 60/s.
    Code,
    /// Typing, marks and cursors: 60/s; beyond, the newest value counts and nothing is refused.
    Awareness,
}

macro_rules! commands {
    ($($(#[doc = $doc:literal])* $text:literal $name:ident($data:ty) $class:ident,)*) => {
        /// A command of any version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Command { $($(#[doc = $doc])* $name($data),)* }

        impl Command {
            /// Every command's name on the wire.
            pub const TYPES: &'static [&'static str] = &[$($text),*];

            /// What each does, in the order of [`Command::TYPES`].
            pub const MEANINGS: &'static [&'static str] = &[$(concat!($($doc),*)),*];

            /// Reads a command's data; absent and null data count as empty.
            ///
            /// # Errors
            /// [`InboundError::UnknownType`] for no known name, [`InboundError::Data`] for data of the wrong shape.
            pub fn parse(kind: &str, data: Option<&str>) -> Result<Command, InboundError> {
                let data = data.filter(|data| *data != "null").unwrap_or("{}");
                match kind {
                    $($text => Ok(Command::$name(serde_json::from_str(data).map_err(InboundError::data)?)),)*
                    _ => Err(InboundError::UnknownType(kind.chars().take(crate::limits::TYPE_BYTES_MAX).collect())),
                }
            }

            /// The name on the wire.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Command::$name(_) => $text,)* }
            }

            /// The rate-limit class.
            #[must_use]
            pub fn class(&self) -> RateClass {
                match self { $(Command::$name(_) => RateClass::$class,)* }
            }
        }

        /// Every command's name and the schema of its data.
        #[cfg(feature = "schema")]
        pub(crate) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($text, generator.subschema_for::<$data>())),*]
        }

        #[cfg(feature = "ts")]
        pub(crate) fn typescript(file: &mut crate::typescript::File) {
            $(file.entry::<$data>("CommandData", $text);)*
        }
    };
}

commands! {
    /// First command of version 2.
    "hello" Hello(Hello) Control,
    /// Says who the connection is.
    "auth" Auth(Auth) Control,
    /// Asks for a `pong`.
    "ping" Ping(Ping) Control,
    /// Makes a session.
    "create_session" CreateSession(CreateSession) Control,
    /// Asks for a page of one's sessions.
    "list_sessions" ListSessions(ListSessions) Control,
    /// Asks for the models one may choose.
    "list_models" ListModels(Nothing) Control,
    /// Attaches the connection to a session.
    "follow_session" FollowSession(FollowSession) Control,
    /// Detaches the connection.
    "unfollow_session" UnfollowSession(SessionOnly) Control,
    /// Asks for a session's status.
    "session_status" SessionStatus(SessionOnly) Control,
    /// Gives a session another title.
    "rename_session" RenameSession(RenameSession) Control,
    /// Chooses model and effort.
    "configure_session" ConfigureSession(ConfigureSession) Control,
    /// Makes a session read-only.
    "close_session" CloseSession(SessionOnly) Control,
    /// Makes a closed session writable again.
    "reopen_session" ReopenSession(SessionOnly) Control,
    /// Deletes a session.
    "delete_session" DeleteSession(SessionOnly) Control,
    /// Asks for older messages.
    "get_history" GetHistory(GetHistory) Control,
    /// Asks Claude.
    "claude_message" ClaudeMessage(ClaudeMessage) Chat,
    /// Speaks to people.
    "chat_message" ChatMessage(ChatMessage) Chat,
    /// Stops a reply or a waiting prompt.
    "cancel" Cancel(Cancel) Control,
    /// Changes a waiting prompt.
    "edit_queued" EditQueued(EditQueued) Chat,
    /// Asks again.
    "regenerate" Regenerate(Regenerate) Chat,
    /// Asks something else instead.
    "edit_prompt" EditPrompt(EditPrompt) Chat,
    /// Shows another branch to everyone: the one that the message is on.
    "select_branch" SelectBranch(MessageOnly) Control,
    /// Makes a new session from the branch up to a message.
    "fork_session" ForkSession(MessageOnly) Control,
    /// Enters a session: by membership, by invitation, or with an invite code as `session_id`.
    "join_collaboration" JoinCollaboration(SessionOnly) Control,
    /// Ends one's presence, not one's membership.
    "leave_collaboration" LeaveCollaboration(SessionOnly) Control,
    /// Ends one's membership.
    "leave_session" LeaveSession(SessionOnly) Control,
    /// Asks someone in by name.
    "invite_user" InviteUser(InviteUser) Control,
    /// Ends someone's membership, or takes an invitation back.
    "remove_user" RemoveUser(PersonOnly) Control,
    /// Gives someone another role, and rights on top of it.
    "set_role" SetRole(SetRole) Control,
    /// Gives the session to another of its people.
    "transfer_ownership" TransferOwnership(PersonOnly) Control,
    /// Makes an invite link.
    "create_invite" CreateInvite(CreateInvite) Control,
    /// Asks for the invite links that still hold.
    "list_invites" ListInvites(SessionOnly) Control,
    /// Ends an invite link.
    "revoke_invite" RevokeInvite(RevokeInvite) Control,
    /// Changes a message of one's own.
    "edit_message" EditMessage(EditMessage) Chat,
    /// Deletes a message of one's own.
    "delete_message" DeleteMessage(MessageOnly) Control,
    /// Asks for the texts that a message once had.
    "get_revisions" GetRevisions(MessageOnly) Control,
    /// Puts an emoji under a message.
    "react" React(React) Control,
    /// Says that one is typing.
    "set_typing" SetTyping(SetTyping) Awareness,
    /// Remembers how far one has read.
    "mark_read" MarkRead(MessageOnly) Awareness,
    /// Limits what the session may spend.
    "set_budget" SetBudget(SetBudget) Control,
    /// Asks what happened meanwhile.
    "summarize" Summarize(Summarize) Chat,
    /// Finds messages.
    "search" Search(Search) Control,
    /// Has the connection hear of a document's changes.
    "open_document" OpenDocument(OpenDocument) Control,
    /// Ends that.
    "close_document" CloseDocument(DocumentOnly) Control,
    /// Makes a document.
    "create_document" CreateDocument(CreateDocument) Control,
    /// Gives a document another name.
    "rename_document" RenameDocument(RenameDocument) Control,
    /// Deletes a document.
    "delete_document" DeleteDocument(DocumentOnly) Control,
    /// Changes a document's text.
    "code_change" CodeChange(CodeChange) Code,
    /// Says where one is in a document.
    "cursor_update" CursorUpdate(CursorUpdate) Awareness,
    /// Keeps a document's text as it is now, under a name.
    "save_version" SaveVersion(SaveVersion) Control,
    /// Asks for the versions of a document that were kept.
    "list_versions" ListVersions(DocumentOnly) Control,
    /// Asks for the text that a document once had.
    "get_version" GetVersion(VersionOnly) Control,
    /// Gives a document the text that it once had.
    "restore_version" RestoreVersion(VersionOnly) Control,
    /// Asks who wrote which range of a document.
    "get_blame" GetBlame(DocumentOnly) Control,
}
