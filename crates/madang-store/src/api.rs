//! The contract of a store, whatever database is behind it.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use madang_protocol::{
    Actor, DocumentId, Epoch, MessageId, SessionId, SessionStatus, TurnId, UnixMs, UserId,
};

use crate::people::{AuditRow, MentionRow, People, PersonChange, ReadRow, TextRow};

/// A boxed future, so that a store can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One of a session's logs: 0 is its own (its position is `seq`), 1 the verbatim upstream history, the others its documents'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stream(pub i64);

impl Stream {
    /// The session's own log.
    pub const SESSION: Stream = Stream(0);
    /// Messages as they went to and came from the model, byte for byte; never sent to clients.
    pub const MODEL: Stream = Stream(1);

    /// A document's: its position is the document's version.
    #[must_use]
    pub fn document(document: DocumentId) -> Stream {
        Stream(i64::from(document.0) + 1)
    }
}

/// One row of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which log of the session.
    pub stream: Stream,
    /// From 1 without gaps in its stream.
    pub position: u64,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub actor: Actor,
    /// The event's name (at most 64 bytes).
    pub kind: String,
    /// JSON text, at most `EVENT_BYTES_MAX`; what is stored is what is sent.
    pub data: String,
}

/// A command that was carried out, kept as long as the log (CM2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRow {
    /// Who sent it.
    pub user: UserId,
    /// The sender's id for it.
    pub id: String,
    /// Hash of its type and data, to tell a repeat from a reuse of the id.
    pub digest: [u8; 16],
    /// The session it changed.
    pub session: SessionId,
    /// The `seq` of its first event; none when it made none.
    pub position: Option<u64>,
    /// The answer's data as JSON text, given again to a repeat.
    pub answer: String,
}

/// What the list of sessions shows without loading one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The session.
    pub session: SessionId,
    /// The log's identity.
    pub epoch: Epoch,
    /// The title.
    pub title: String,
    /// `Idle` for every session that is neither closed nor deleted: presence is not stored.
    pub status: SessionStatus,
    /// When it was made.
    pub created_at: UnixMs,
    /// When something durable last happened.
    pub last_activity: UnixMs,
    /// Messages on all branches.
    pub message_count: u32,
    /// Participants, Claude not counted.
    pub participant_count: u32,
}

/// A person's membership of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The person.
    pub user: UserId,
    /// `owner`, `collaborator` or `viewer`; none removes the membership.
    pub role: Option<madang_protocol::Role>,
}

/// A person, stored from their first act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// The person.
    pub user: UserId,
    /// The name shown.
    pub display_name: String,
    /// Whether they are a guest.
    pub guest: bool,
    /// When they first acted.
    pub created_at: UnixMs,
    /// The session that version-1 clients mean when they name none (TU1).
    pub default_session: Option<SessionId>,
    /// The session that their version-1 clients joined last and did not leave (CN8).
    pub joined_session: Option<SessionId>,
}

/// A running reply's text as it is streamed, so that a kill loses at most one journal interval (RS5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalEntry {
    /// A reply begins; `turn` is what the restart has to finalise.
    Begin {
        /// The reply.
        message: MessageId,
        /// Its turn.
        turn: TurnId,
    },
    /// Pieces since the last entry, as JSON text of an array that the hub writes and reads.
    Piece {
        /// The reply.
        message: MessageId,
        /// The last delta it contains; grows.
        n: u32,
        /// The pieces.
        pieces: String,
    },
    /// The reply is in the log: its journal goes.
    End {
        /// The reply.
        message: MessageId,
    },
}

/// A reply that was running when the server went away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournaledReply {
    /// The session.
    pub session: SessionId,
    /// The reply.
    pub message: MessageId,
    /// Its turn.
    pub turn: TurnId,
    /// The pieces, oldest first.
    pub pieces: Vec<String>,
}

/// One upstream request: what it used, what it cost, who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// When it ended.
    pub at: UnixMs,
    /// Whose session.
    pub session: SessionId,
    /// Which turn.
    pub turn: TurnId,
    /// Who asked.
    pub user: UserId,
    /// The model that answered, in the upstream's words.
    pub model: String,
    /// The upstream's `request-id`, when it gave one.
    pub request_id: Option<String>,
    /// The upstream's message id, when one came.
    pub upstream_id: Option<String>,
    /// All usage fields, raw JSON text; `{}` when none came.
    pub usage: String,
    /// Tokens read, the cache included.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Millionths of a US dollar; none without a price.
    pub cost_micro_usd: Option<u64>,
    /// Version of the price table used.
    pub price_table: String,
    /// True when tokens were counted here because the stream ended early.
    pub estimated: bool,
    /// How it ended: `complete`, `cancelled`, `error`, `interrupted`.
    pub outcome: String,
}

/// A part of a compacted state of one stream.
///
/// The parts written in one append belong together, with those before them that were not written again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// Which log.
    pub stream: Stream,
    /// Which part of it, from 0.
    pub part: u32,
    /// It contains everything up to here. An older one never replaces a newer one.
    pub position: u64,
    /// Text; only who wrote it reads it.
    pub data: String,
}

/// Everything one step of a session writes: committed whole or not at all.
///
/// The line of a new session (`sessions`) comes with or before whatever else names the session; without it the
/// append is [`StoreError::Failed`].
#[derive(Debug, Clone, Default)]
pub struct Append {
    /// Rows of the session's logs. A position that is not the stream's next is [`StoreError::Conflict`].
    pub records: Vec<(SessionId, Record)>,
    /// The command that caused it. A (user, id) that exists already is [`StoreError::Conflict`].
    pub command: Option<CommandRow>,
    /// New or changed lines of the list.
    pub sessions: Vec<SessionRow>,
    /// New, changed or removed memberships.
    pub members: Vec<(SessionId, MemberRow)>,
    /// New or changed people.
    pub users: Vec<UserRow>,
    /// The journal of running replies.
    pub journal: Vec<(SessionId, JournalEntry)>,
    /// Upstream requests.
    pub ledger: Vec<LedgerRow>,
    /// Parts of compacted states; each replaces the stream's older one.
    pub snapshots: Vec<(SessionId, SnapshotRow)>,
    /// Changes to people's rows, in order; one that can't be is [`StoreError::Taken`] and nothing of the append is kept.
    pub people: Vec<PersonChange>,
    /// Lines of the audit log; the writer chains them.
    pub audit: Vec<AuditRow>,
    /// How far people have read.
    pub reads: Vec<(SessionId, ReadRow)>,
    /// How many unread messages concern people.
    pub mentions: Vec<(SessionId, MentionRow)>,
    /// What the search knows of messages.
    pub texts: Vec<(SessionId, TextRow)>,
    /// Stored records whose data is replaced, because a person deleted what it said (TU5); all else of them stays.
    pub redactions: Vec<(SessionId, Stream, u64, String)>,
}

/// A session as it is loaded: its row, who belongs to it, how far they have read.
#[derive(Debug, Clone)]
pub struct LoadedSession {
    /// The list's line.
    pub row: SessionRow,
    /// The members.
    pub members: Vec<(UserId, madang_protocol::Role)>,
    /// How far each has read.
    pub reads: Vec<ReadRow>,
    /// How many messages after that concern them; who is not there has none.
    pub mentions: Vec<MentionRow>,
}

/// A line of a person's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The line.
    pub row: SessionRow,
    /// The person's role; `viewer` where an administrator lists everyone's.
    pub role: madang_protocol::Role,
    /// Messages up to the person's mark; 0 without one.
    pub read_count: u32,
    /// Messages after the mark that concern the person.
    pub unread_mentions: u32,
}

/// A page of a person's sessions.
#[derive(Debug, Clone)]
pub struct SessionPage {
    /// Newest activity first, deleted ones left out.
    pub sessions: Vec<ListedSession>,
    /// Pass as `cursor` for the next page.
    pub next: Option<String>,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct SessionQuery {
    /// Only titles that contain this, whatever the case; `%` and `_` are plain characters.
    pub title: Option<String>,
    /// Where the page begins; a malformed one is [`StoreError::BadCursor`].
    pub cursor: Option<String>,
    /// At most this many.
    pub limit: u32,
}

/// A commit on its way to the disk: resolves when it is there, or when it is certain that it never will be.
pub type Commit = BoxFuture<'static, Result<(), StoreError>>;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A position or command id is taken: another owner wrote, or the same command came twice at once.
    #[error("the append conflicts with what is stored")]
    Conflict,
    /// A name, an outside identity or an invite link is taken; nothing of the append was kept.
    #[error("a name is taken, or a link used up")]
    Taken,
    /// The disk is full; reading goes on, writing may succeed later.
    #[error("no space left for the database")]
    Full,
    /// A cursor that this store did not give out.
    #[error("the cursor is not one of ours")]
    BadCursor,
    /// The schema is newer than this program.
    #[error("the database has schema {found}, this program knows {known}: use a newer madang")]
    NewerSchema {
        /// In the file.
        found: i64,
        /// In this build.
        known: i64,
    },
    /// The data directory is in use by another server.
    #[error("another server uses this data directory")]
    Locked,
    /// Anything else: the message is for the log, never for a client.
    #[error("the database failed during {during}")]
    Failed {
        /// What was being done.
        during: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Where sessions are kept. Reads see every commit that was acked before they began.
pub trait Store: People {
    /// Hands an append to the writer and returns once it is queued; waits while the queue is full.
    ///
    /// Appends are committed in the order in which their `submit` calls returned, many in one transaction;
    /// one that conflicts fails alone.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the writer is gone.
    fn submit(&self, append: Append) -> BoxFuture<'_, Result<Commit, StoreError>>;

    /// Loads a session's row, members and marks; none for one that never was. Deleted ones are loaded too.
    fn load(&self, session: SessionId) -> BoxFuture<'_, Result<Option<LoadedSession>, StoreError>>;

    /// Reads the parts of the newest snapshot of [`Stream::SESSION`], in order; damaged ones are left out.
    fn snapshot(&self, session: SessionId) -> BoxFuture<'_, Result<Vec<SnapshotRow>, StoreError>>;

    /// Reads one part of a stream's snapshots; none for one that is not there, or is damaged.
    fn snapshot_part(
        &self,
        session: SessionId,
        stream: Stream,
        part: u32,
    ) -> BoxFuture<'_, Result<Option<SnapshotRow>, StoreError>>;

    /// Reads a stream's records after `after`, oldest first, at most `limit`.
    fn read(
        &self,
        session: SessionId,
        stream: Stream,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>>;

    /// Finds a command that was carried out.
    fn command<'a>(
        &'a self,
        user: UserId,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<CommandRow>, StoreError>>;

    /// A page of the person's sessions.
    fn sessions_of(
        &self,
        user: UserId,
        query: SessionQuery,
    ) -> BoxFuture<'_, Result<SessionPage, StoreError>>;

    /// A person, if they ever acted.
    fn user(&self, user: UserId) -> BoxFuture<'_, Result<Option<UserRow>, StoreError>>;

    /// Replies that were running when the server went away; read once at start.
    fn journaled_replies(&self) -> BoxFuture<'_, Result<Vec<JournaledReply>, StoreError>>;

    /// A page of all sessions, for administrators; deleted ones are left out.
    fn all_sessions(&self, query: SessionQuery) -> BoxFuture<'_, Result<SessionPage, StoreError>>;

    /// Whether the last append reached the disk, for `/readyz`.
    fn healthy(&self) -> bool;
}
