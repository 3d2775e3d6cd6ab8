//! What events say: the data of each, in the order in which a session meets them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::limits::Limits;
use crate::message::ReplyError;
use crate::{
    Author, Budget, ConnectionId, Cost, DocumentId, DocumentState, DocumentSummary, Effort, Epoch, ErrorCode,
    Invitation, Message, MessageId, ModelInfo, Part, PartKind, Participant, Presence, QueuedTurn,
    ReplyStatus, RunningTurn, SessionId, SessionStatus, SessionSummary, Spent, TurnId, UnixMs, Usage, UserId,
};

data! {
    /// `connected`: who the connection is, and what the server can do (CN3).
    Connected {
        /// This socket.
        connection_id: ConnectionId,
        /// The person.
        user_id: UserId,
        /// The name others see.
        display_name: String,
        /// Whether the person is a guest.
        guest: bool,
        /// Whether the person administers the server.
        #[serde(default)]
        admin: bool,
        /// Their colour.
        #[serde(default)]
        color: String,
        /// The language they chose (`en`, `ko`); absent while they have not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        language: Option<String>,
        /// The session a version-1 connection is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        session_id: Option<SessionId>,
        /// `claude-websocket-v1` or `madang.v2.json`.
        protocol: String,
        /// The server's version.
        server_version: String,
        /// What this server offers beyond the base.
        capabilities: Vec<String>,
        /// Milliseconds of silence after which the server pings.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        heartbeat_ms: u64,
        /// The limits.
        limits: Limits,
        /// True when the simulated model answers.
        simulated: bool,
    }
    /// `disconnected`: comes before every close that the server starts (CN6).
    Disconnected {
        /// The close code that follows.
        code: u16,
        /// A sentence.
        reason: String,
        /// When to come back, in milliseconds; absent where the code's range says it all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        reconnect_after_ms: Option<u64>,
    }
    /// `pong`.
    Pong {
        /// The client's own clock, as it was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        timestamp: Option<serde_json::Number>,
        /// The server's clock.
        server_time: UnixMs,
    }
    /// `ack`: the command was carried out, and what it made is on disk (CM1).
    #[derive(Default)]
    Ack {
        /// The position of the command's first event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        seq: Option<u64>,
        /// The session concerned or made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        session_id: Option<SessionId>,
        /// The message made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        message_id: Option<MessageId>,
        /// The turn asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        turn_id: Option<TurnId>,
        /// The document concerned or made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        document: Option<DocumentId>,
        /// The version of it that the command made, or kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        version: Option<u64>,
    }
    /// `error`: the command was refused, or something failed (CM3).
    ErrorData {
        /// The code.
        code: ErrorCode,
        /// A sentence.
        message: String,
        /// Which field, which limit: for developers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        details: Option<String>,
        /// Milliseconds to wait before trying again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        retry_after: Option<u64>,
        /// Whether the same thing can succeed later.
        recoverable: bool,
    }
    /// `resumed`: what follows is exactly what was missed (RS1).
    Resumed {
        /// The session.
        session_id: SessionId,
        /// The position the client had.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        from: u64,
        /// The position it will have after the events that follow.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        to: u64,
        /// Always true; without recovery a `session_state` comes instead.
        recovered: bool,
    }
    /// `session_state`: a session whole, as of `seq` (SE3).
    SessionState {
        /// The session.
        session_id: SessionId,
        /// Its log's identity.
        epoch: Epoch,
        /// The last event it contains.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        seq: u64,
        /// Whether this answers a resume that could be served exactly: never.
        recovered: bool,
        /// The reader's line of the list.
        summary: SessionSummary,
        /// The chosen model.
        model: String,
        /// The chosen effort.
        effort: Option<Effort>,
        /// Who belongs to it, Claude included.
        participants: Vec<Participant>,
        /// The newest page of the current branch.
        messages: Vec<Message>,
        /// Whether there are older ones.
        has_more: bool,
        /// The last entry of the current branch.
        head: Option<MessageId>,
        /// Per entry of the page that has siblings: all of them, itself included, oldest first.
        branches: BTreeMap<MessageId, Vec<MessageId>>,
        /// The reply being written.
        running: Option<RunningTurn>,
        /// The prompts that wait.
        queued: Vec<QueuedTurn>,
        /// Who was asked in by name and has not come.
        invitations: Vec<Invitation>,
        /// Who is here.
        presence: Vec<Presence>,
        /// The last message that the reader marked as read.
        read_to: Option<MessageId>,
        /// What the session may spend.
        budget: Option<Budget>,
        /// What it spent in the budget's current period.
        spent: Spent,
        /// Its documents, oldest first.
        documents: Vec<DocumentSummary>,
        /// To version 1: the one that the connection follows, whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        document: Option<DocumentState>,
    }
    /// `session_status` (SE6).
    SessionStatusData {
        /// The session.
        session_id: SessionId,
        /// Where it stands.
        status: SessionStatus,
        /// When it was made.
        created_at: UnixMs,
        /// When something durable last happened.
        last_activity: UnixMs,
        /// Participants, Claude not counted.
        participant_count: u32,
        /// Messages on all branches.
        message_count: u32,
    }
    /// `sessions`: a page of the reader's sessions.
    Sessions {
        /// Newest activity first.
        sessions: Vec<SessionSummary>,
        /// Where the next page begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        next: Option<String>,
    }
    /// `models`: what one may choose.
    Models {
        /// Newest first.
        models: Vec<ModelInfo>,
        /// The one used when none is chosen.
        default: String,
        /// True when the simulated model answers, whatever is chosen.
        simulated: bool,
    }
    /// `history`: a page of the transcript.
    History {
        /// The session.
        session_id: SessionId,
        /// Oldest first.
        messages: Vec<Message>,
        /// Whether there are older ones.
        has_more: bool,
        /// As in `session_state`.
        branches: BTreeMap<MessageId, Vec<MessageId>>,
    }
    /// `session_changed`: a line of the list is new or changed; to the person's connections, whatever they follow.
    SessionChanged {
        /// The line.
        summary: SessionSummary,
    }
    /// `session_created`: a session's first event.
    SessionCreated {
        /// The session.
        session_id: SessionId,
        /// Its title.
        title: String,
        /// When.
        created_at: UnixMs,
        /// Who made it.
        owner: Participant,
        /// The chosen model.
        model: String,
        /// The chosen effort.
        effort: Option<Effort>,
        /// The version of the tool set and system prompt it keeps.
        prompt_version: u32,
        /// The session it was forked from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        forked_from: Option<SessionId>,
    }
    /// `messages_copied`: what a fork begins with; several when it is much.
    MessagesCopied {
        /// The session.
        session_id: SessionId,
        /// Oldest first, each after its parent.
        messages: Vec<Message>,
    }
    /// `session_renamed`.
    SessionRenamed {
        /// The session.
        session_id: SessionId,
        /// The new title; empty when the prompt that it was taken from was deleted and there is no other.
        title: String,
        /// Who; `server` for a title taken from a prompt.
        by: Author,
        /// The prompt that the title was taken from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        message_id: Option<MessageId>,
    }
    /// `session_configured`.
    SessionConfigured {
        /// The session.
        session_id: SessionId,
        /// The model from now on.
        model: String,
        /// The effort from now on.
        effort: Option<Effort>,
        /// Who.
        by: Author,
    }
    /// `session_closed`, `session_reopened`, `session_deleted`.
    SessionBy {
        /// The session.
        session_id: SessionId,
        /// Who.
        by: Author,
    }
    /// `message_created`: a prompt or a chat message.
    MessageCreated {
        /// The session.
        session_id: SessionId,
        /// The entry.
        message: Message,
    }
    /// `prompt_edited`: a waiting prompt has another text.
    PromptEdited {
        /// The session.
        session_id: SessionId,
        /// The prompt.
        message_id: MessageId,
        /// Its text from now on.
        content: String,
    }
    /// `turn_queued`: a prompt waits (TU4).
    TurnQueued {
        /// The session.
        session_id: SessionId,
        /// The turn.
        turn_id: TurnId,
        /// Its prompt.
        prompt_id: MessageId,
        /// 1 for the next.
        position: u32,
        /// The reply that it answers anew (`regenerate`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        regenerates: Option<MessageId>,
        /// Who asked anew, and pays for it; none where the prompt's author did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        by: Option<UserId>,
    }
    /// `turn_dequeued`: a waiting prompt was taken back.
    TurnDequeued {
        /// The session.
        session_id: SessionId,
        /// The turn.
        turn_id: TurnId,
        /// Its prompt; stays in the transcript.
        prompt_id: MessageId,
        /// Who.
        by: Author,
    }
    /// `turn_started`: Claude begins to answer.
    TurnStarted {
        /// The session.
        session_id: SessionId,
        /// The turn.
        turn_id: TurnId,
        /// Its prompt.
        prompt_id: MessageId,
        /// The reply as it begins: empty, streaming.
        message: Message,
    }
    /// `head_changed`: another branch is shown to everyone.
    HeadChanged {
        /// The session.
        session_id: SessionId,
        /// The last entry of the branch.
        head: MessageId,
        /// Who.
        by: Author,
    }
    /// `claude_response`: a delta, a re-attachment snapshot, or the final (TU2, RS2).
    ClaudeResponse {
        /// The session.
        session_id: SessionId,
        /// The reply.
        message_id: MessageId,
        /// A delta's new text; a snapshot's and the final's full text.
        content: String,
        /// True for a delta or snapshot.
        stream: bool,
        /// True for the final alone.
        completed: bool,
        /// The delta's number; of merged deltas the last one's; a client drops what is not beyond the last it has.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        n: Option<u32>,
        /// The part a delta belongs to (version 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        part: Option<u32>,
        /// What that part is (version 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        kind: Option<PartKind>,
        /// The tool's name, on the first delta of a tool part (version 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        name: Option<String>,
        /// The parts: of a snapshot so far, of the final whole (version 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        parts: Option<Vec<Part>>,
        /// How it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        status: Option<ReplyStatus>,
        /// Tokens.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        usage: Option<Usage>,
        /// Money.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        cost: Option<Cost>,
        /// The model that answered, in the upstream's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        model: Option<String>,
        /// The upstream's own word for why it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        stop_reason: Option<String>,
        /// True when the simulated model answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        simulated: Option<bool>,
        /// Who stopped it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        stopped_by: Option<Author>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        error: Option<ReplyError>,
        /// When it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        ended_at: Option<UnixMs>,
    }
    /// `turn_waiting`: the upstream makes us wait, or others come first (ephemeral).
    TurnWaiting {
        /// The session.
        session_id: SessionId,
        /// The reply.
        message_id: MessageId,
        /// Why: MODEL_OVERLOADED (the upstream is, or all places are taken), MODEL_RATE_LIMITED or MODEL_UNAVAILABLE.
        code: ErrorCode,
        /// Requests of this server that will be made before this one, when it waits in our own queue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        ahead: Option<u32>,
        /// Milliseconds until the next try; 0 when that depends on others.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        retry_after: u64,
        /// Which try comes next (TU8): 1 for a request that was not tried yet.
        attempt: u32,
    }
}

impl ClaudeResponse {
    /// A response with nothing but what every one has: neither a delta nor a final yet.
    #[must_use]
    pub fn bare(session_id: SessionId, message_id: MessageId, content: String) -> ClaudeResponse {
        ClaudeResponse {
            session_id,
            message_id,
            content,
            stream: false,
            completed: false,
            n: None,
            part: None,
            kind: None,
            name: None,
            parts: None,
            status: None,
            usage: None,
            cost: None,
            model: None,
            stop_reason: None,
            simulated: None,
            stopped_by: None,
            error: None,
            ended_at: None,
        }
    }
}
