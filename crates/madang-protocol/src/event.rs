//! Events: what the server tells, past tense. The macro at the end says which are durable.

use serde::{Deserialize, Serialize};

use crate::event_data::*;
use crate::event_documents::*;
use crate::event_people::*;

/// How an event is delivered (DC1-DC3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// In a log, the session's or a document's, before anyone sees it.
    Durable,
    /// A reply's delta: never lost on a live connection, not logged.
    Stream,
    /// Newest wins; not logged.
    Ephemeral,
    /// An answer to one connection.
    Direct,
}

macro_rules! events {
    ($($(#[$doc:meta])* $text:literal $name:ident($data:ty) $delivery:ident,)*) => {
        /// An event of any version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $name(Box<$data>),)* }

        impl Event {
            /// Every event's name on the wire.
            pub const TYPES: &'static [&'static str] = &[$($text),*];

            /// The name on the wire.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Event::$name(_) => $text,)* }
            }

            /// How it is delivered. A final `claude_response` alone is durable; see [`ClaudeResponse::completed`].
            #[must_use]
            pub fn delivery(&self) -> Delivery {
                match self {
                    Event::ClaudeResponse(data) if data.completed => Delivery::Durable,
                    $(Event::$name(_) => Delivery::$delivery,)*
                }
            }

            /// Its data as JSON text: what is stored is what is sent.
            #[must_use]
            pub fn data_json(&self) -> String {
                match self {
                    $(Event::$name(data) => serde_json::to_string(data),)*
                }
                .expect("event data has string keys and finite numbers")
            }

            /// Reads stored or received data back.
            ///
            /// # Errors
            /// When the kind is unknown or the data has another shape.
            pub fn parse(kind: &str, data: &str) -> Result<Event, serde_json::Error> {
                match kind {
                    $($text => Ok(Event::$name(serde_json::from_str(data)?)),)*
                    _ => Err(serde::de::Error::custom(format_args!("unknown event {kind:?}"))),
                }
            }
        }

        $(impl From<$data> for Event {
            fn from(data: $data) -> Event { Event::$name(Box::new(data)) }
        })*

        /// Every event's name and the schema of its data.
        #[cfg(feature = "schema")]
        pub(crate) fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($text, generator.subschema_for::<$data>())),*]
        }

        #[cfg(feature = "ts")]
        pub(crate) fn typescript(file: &mut crate::typescript::File) {
            $(file.entry::<$data>("EventData", $text);)*
        }
    };
}

/// A session was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Closed(pub SessionBy);
/// A session was reopened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reopened(pub SessionBy);
/// A session was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deleted(pub SessionBy);

macro_rules! alias_ts {
    ($($name:ident)*) => { $(
        #[cfg(feature = "ts")]
        impl ts_rs::TS for $name {
            type WithoutGenerics = Self;
            type OptionInnerType = Self;
            fn name(cfg: &ts_rs::Config) -> String { <SessionBy as ts_rs::TS>::name(cfg) }
            fn inline(cfg: &ts_rs::Config) -> String { <SessionBy as ts_rs::TS>::inline(cfg) }
            fn visit_dependencies(visitor: &mut impl ts_rs::TypeVisitor)
            where
                Self: 'static,
            {
                visitor.visit::<SessionBy>();
            }
        }
    )* };
}
alias_ts!(Closed Reopened Deleted);

events! {
    /// Who the connection is.
    "connected" Connected(Connected) Direct,
    /// A close follows.
    "disconnected" Disconnected(Disconnected) Direct,
    /// Answers `ping`.
    "pong" Pong(Pong) Direct,
    /// Done, and on disk.
    "ack" Ack(Ack) Direct,
    /// Refused or failed.
    "error" Error(ErrorData) Direct,
    /// Exact replay follows.
    "resumed" Resumed(Resumed) Direct,
    /// A session whole.
    "session_state" SessionState(SessionState) Direct,
    /// Answers `session_status`.
    "session_status" SessionStatus(SessionStatusData) Direct,
    /// Answers `list_sessions`.
    "sessions" Sessions(Sessions) Direct,
    /// Answers `list_models`.
    "models" Models(Models) Direct,
    /// Answers `get_history`.
    "history" History(History) Direct,
    /// A line of the list changed.
    "session_changed" SessionChanged(SessionChanged) Ephemeral,
    /// The upstream makes us wait.
    "turn_waiting" TurnWaiting(TurnWaiting) Ephemeral,
    /// First event of a log.
    "session_created" SessionCreated(SessionCreated) Durable,
    /// Another title.
    "session_renamed" SessionRenamed(SessionRenamed) Durable,
    /// Another model or effort.
    "session_configured" SessionConfigured(SessionConfigured) Durable,
    /// Read-only from now on.
    "session_closed" SessionClosed(Closed) Durable,
    /// Writable again.
    "session_reopened" SessionReopened(Reopened) Durable,
    /// Gone.
    "session_deleted" SessionDeleted(Deleted) Durable,
    /// What a fork begins with.
    "messages_copied" MessagesCopied(MessagesCopied) Durable,
    /// A prompt or chat message.
    "message_created" MessageCreated(MessageCreated) Durable,
    /// A waiting prompt has another text.
    "prompt_edited" PromptEdited(PromptEdited) Durable,
    /// A prompt waits.
    "turn_queued" TurnQueued(TurnQueued) Durable,
    /// A waiting prompt was taken back.
    "turn_dequeued" TurnDequeued(TurnDequeued) Durable,
    /// Claude begins.
    "turn_started" TurnStarted(TurnStarted) Durable,
    /// Another branch is shown.
    "head_changed" HeadChanged(HeadChanged) Durable,
    /// A piece of a reply, or its end.
    "claude_response" ClaudeResponse(ClaudeResponse) Stream,
    /// A new member.
    "member_added" MemberAdded(MemberAdded) Durable,
    /// Another name or colour.
    "member_changed" MemberChanged(MemberChanged) Durable,
    /// A member less.
    "member_removed" MemberRemoved(MemberRemoved) Durable,
    /// Another role.
    "role_changed" RoleChanged(RoleChanged) Durable,
    /// Asked in by name.
    "user_invited" UserInvited(UserInvited) Durable,
    /// Not asked in any more.
    "invitation_withdrawn" InvitationWithdrawn(InvitationWithdrawn) Durable,
    /// Another text.
    "message_edited" MessageEdited(MessageEdited) Durable,
    /// A tombstone.
    "message_deleted" MessageDeleted(MessageDeleted) Durable,
    /// An emoji came or went.
    "reaction_changed" ReactionChanged(ReactionChanged) Durable,
    /// Another budget.
    "budget_changed" BudgetChanged(BudgetChanged) Durable,
    /// Someone is here.
    "participant_joined" ParticipantJoined(ParticipantJoined) Ephemeral,
    /// Someone is no longer here.
    "participant_left" ParticipantLeft(ParticipantLeft) Ephemeral,
    /// How someone is here.
    "presence_changed" PresenceChanged(PresenceChanged) Ephemeral,
    /// This person was asked in.
    "invited" Invited(Invited) Direct,
    /// This person does not belong any more.
    "removed" Removed(Removed) Direct,
    /// Answers `create_invite`.
    "invite_created" InviteCreated(InviteCreated) Direct,
    /// Answers `list_invites`.
    "invites" Invites(Invites) Direct,
    /// Answers `get_revisions`.
    "revisions" Revisions(Revisions) Direct,
    /// Answers `mark_read`, on all of the person's connections.
    "read_marked" ReadMarked(ReadMarked) Ephemeral,
    /// Answers `summarize`.
    "summary" Summary(Summary) Direct,
    /// Answers `search`.
    "search_results" SearchResults(SearchResults) Direct,
    /// A document more.
    "document_created" DocumentCreated(DocumentCreated) Durable,
    /// A document has another name.
    "document_renamed" DocumentRenamed(DocumentRenamed) Durable,
    /// A document less.
    "document_deleted" DocumentDeleted(DocumentDeleted) Durable,
    /// A version of a document was kept.
    "version_saved" VersionSaved(VersionSaved) Durable,
    /// A document's next version; in the document's own log.
    "code_changed" CodeChanged(CodeChanged) Durable,
    /// A document whole.
    "document_state" DocumentState(DocumentState) Direct,
    /// What a document was changed by meanwhile.
    "document_resumed" DocumentResumed(DocumentResumed) Direct,
    /// To be opened again.
    "document_closed" DocumentClosed(DocumentClosed) Direct,
    /// Where someone is in a document.
    "cursor_moved" CursorMoved(CursorMoved) Ephemeral,
    /// Where someone is no more.
    "cursor_removed" CursorRemoved(CursorRemoved) Ephemeral,
    /// Answers `list_versions`.
    "versions" Versions(Versions) Direct,
    /// Answers `get_version`.
    "document_version" DocumentVersion(DocumentVersion) Direct,
    /// Answers `get_blame`.
    "blame" Blame(Blame) Direct,
}
