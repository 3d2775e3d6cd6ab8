//! The wire's hard bounds, each with its unit and reason. Announced to clients in `connected.data.limits` (EN4).

use serde::{Deserialize, Serialize};

/// Bytes of one inbound message before the credential is known (EN5). Beyond: close 1009.
pub const ANONYMOUS_MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one inbound message of a known person (EN5). Beyond: close 1009.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Bytes of one version-1 `file_upload` or `code_change` (EN5): a 16 MiB file in base64 and its envelope.
pub const LARGE_MESSAGE_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Fragments of one message (EN5): Chromium sends a 22 MB message in some 200. Beyond: close 1009.
pub const FRAGMENTS_MAX: usize = 4096;
/// Empty fragments of one message (EN5): they cost work and carry nothing. Beyond: close 1009.
pub const EMPTY_FRAGMENTS_MAX: usize = 64;
/// Envelopes in one version-2 text frame (EN3).
pub const BATCH_ENVELOPES_MAX: usize = 64;
/// Bytes of a version-2 text frame that holds several envelopes (EN3).
pub const BATCH_BYTES_MAX: usize = 64 * 1024;
/// Bytes of one stored event's data (EN5).
pub const EVENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Bytes of a prompt or chat message. Beyond: INVALID_DATA.
pub const CONTENT_BYTES_MAX: usize = 200 * 1024;
/// Characters of a session's title. Beyond: INVALID_DATA.
pub const TITLE_CHARS_MAX: usize = 200;
/// Bytes of an envelope's `id`: generous for any client's scheme. Beyond: INVALID_JSON.
pub const COMMAND_ID_BYTES_MAX: usize = 128;
/// Bytes of an envelope's `type`. Beyond: INVALID_JSON.
pub const TYPE_BYTES_MAX: usize = 64;
/// Bytes of a model's id. Beyond: INVALID_DATA.
pub const MODEL_ID_BYTES_MAX: usize = 128;
/// Prompts that wait in one session. Beyond: QUEUE_FULL.
pub const QUEUED_TURNS_MAX: usize = 20;
/// People who belong to one session, Claude not counted (trust.md §6 row 15). Beyond: SESSION_FULL.
pub const PARTICIPANTS_MAX: usize = 200;
/// People who were asked in by name and have not come. Beyond: SESSION_FULL.
pub const INVITATIONS_MAX: usize = 100;
/// Invite links of one session that still hold. Beyond: CONFLICT.
pub const INVITES_MAX: usize = 50;
/// Milliseconds that an invite link holds at most: 30 days. Longer: INVALID_DATA.
pub const INVITE_LIFE_MS_MAX: u64 = 30 * 24 * 3_600_000;
/// Milliseconds that an invite link holds when nothing is said: 7 days.
pub const INVITE_LIFE_MS: u64 = 7 * 24 * 3_600_000;
/// How often one invite link can be used at most. More: INVALID_DATA.
pub const INVITE_USES_MAX: u32 = 1_000;
/// Characters of a display name. Beyond: INVALID_DATA.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;
/// People named in one message; further ones are not marked as mentioned.
pub const MENTIONS_MAX: usize = 20;
/// Bytes of one reaction: the longest emoji sequence of Unicode 16 has 35. Beyond: INVALID_DATA.
pub const EMOJI_BYTES_MAX: usize = 64;
/// Different reactions under one message. Beyond: CONFLICT.
pub const REACTIONS_MAX: usize = 20;
/// Texts that a message keeps; editing more often drops the oldest but the first.
pub const REVISIONS_MAX: usize = 50;
/// Characters of a search. Beyond: INVALID_DATA.
pub const QUERY_CHARS_MAX: usize = 200;
/// Hits in one page of a search.
pub const HITS_PAGE_MAX: usize = 50;
/// Milliseconds after which someone who said that they are typing no longer is.
pub const TYPING_MS: u64 = 6_000;
/// Milliseconds after which a person whose last connection vanished has left (RS4).
pub const AWAY_MS: u64 = 15_000;
/// Messages of the transcript in one page (`session_state`, `history`).
pub const HISTORY_PAGE_MAX: usize = 100;
/// Sessions in one page of `sessions`.
pub const SESSIONS_PAGE_MAX: usize = 100;
/// Sessions that one connection follows at once; more are refused with INVALID_DATA.
pub const FOLLOWED_SESSIONS_MAX: usize = 32;
/// Sessions that one `hello` resumes; a client with more opens them when they are looked at.
pub const RESUMED_SESSIONS_MAX: usize = FOLLOWED_SESSIONS_MAX;
/// Malformed messages in a row before the connection is closed with 1008 (CM4).
pub const MALFORMED_IN_A_ROW_MAX: u32 = 10;
/// Nested arrays and objects in a command's data; serde_json refuses more than 128 itself.
pub const JSON_DEPTH_MAX: usize = 128;

/// Bytes of a shared document's text (DO1), as UTF-8. Beyond: INVALID_DATA.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Sections of one change of a document (DO2): 5,000 replaced places. Beyond: INVALID_DATA.
pub const CHANGE_SECTIONS_MAX: usize = 10_000;
/// Changes that a document remembers to take stale bases (DO3). A base before them: STALE_BASE.
pub const DOCUMENT_WINDOW_CHANGES_MAX: usize = 10_000;
/// Bytes of the changes that a document remembers (DO3); the oldest go first.
pub const DOCUMENT_WINDOW_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a change's `op_id`: generous for any client's scheme. Beyond: INVALID_DATA.
pub const OP_ID_BYTES_MAX: usize = 128;
/// Documents of one session. Beyond: CONFLICT.
pub const DOCUMENTS_MAX: usize = 100;
/// Characters of a document's name, or of a version's. Beyond: INVALID_DATA.
pub const DOCUMENT_NAME_CHARS_MAX: usize = 200;
/// Versions of one document that people gave a name. Beyond: CONFLICT.
pub const NAMED_VERSIONS_MAX: usize = 200;
/// Versions of one document that were kept by themselves; the oldest goes.
pub const AUTOMATIC_VERSIONS_MAX: usize = 100;
/// Documents that one connection has open in one session. Beyond: INVALID_DATA.
pub const OPEN_DOCUMENTS_MAX: usize = 32;

/// The limits a client is told of, and can keep to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Bytes of one message that the client sends.
    pub message_bytes: usize,
    /// Bytes of one `file_upload` or `code_change` of a version-1 client.
    pub large_message_bytes: usize,
    /// Bytes of a prompt or chat message.
    pub content_bytes: usize,
    /// Characters of a title.
    pub title_chars: usize,
    /// Prompts that wait in one session.
    pub queued_turns: usize,
    /// Messages in one page of history.
    pub history_page: usize,
    /// Sessions followed at once by one connection.
    pub followed_sessions: usize,
    /// Bytes of a document's text.
    pub document_bytes: usize,
    /// Sections of one change of a document.
    pub change_sections: usize,
    /// Bytes of a change's `op_id`.
    pub op_id_bytes: usize,
    /// Documents of one session.
    pub documents: usize,
    /// Characters of a document's name, or of a version's.
    pub document_name_chars: usize,
    /// Documents that one connection has open in one session.
    pub open_documents: usize,
}

impl Limits {
    /// The limits of this build.
    pub const CURRENT: Limits = Limits {
        message_bytes: MESSAGE_BYTES_MAX,
        large_message_bytes: LARGE_MESSAGE_BYTES_MAX,
        content_bytes: CONTENT_BYTES_MAX,
        title_chars: TITLE_CHARS_MAX,
        queued_turns: QUEUED_TURNS_MAX,
        history_page: HISTORY_PAGE_MAX,
        followed_sessions: FOLLOWED_SESSIONS_MAX,
        document_bytes: DOCUMENT_BYTES_MAX,
        change_sections: CHANGE_SECTIONS_MAX,
        op_id_bytes: OP_ID_BYTES_MAX,
        documents: DOCUMENTS_MAX,
        document_name_chars: DOCUMENT_NAME_CHARS_MAX,
        open_documents: OPEN_DOCUMENTS_MAX,
    };
}
