//! What commands say: the data of each, and how a client names a session.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Effort, Epoch, MessageId, SessionId, UserId};

/// How a client names a session.
///
/// On version 1, null, absent and empty mean the user's default session (TU1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SessionRef {
    /// The user's default session.
    #[default]
    Default,
    /// This one.
    Id(SessionId),
    /// A text that is no session id: malformed, or an invite code.
    Other(String),
}

impl SessionRef {
    /// The id, when one was given.
    #[must_use]
    pub fn id(&self) -> Option<SessionId> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Default | Self::Other(_) => None,
        }
    }
}

impl Serialize for SessionRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Default => serializer.serialize_none(),
            Self::Id(id) => id.serialize(serializer),
            Self::Other(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for SessionRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = SessionRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a session id or null")
            }
            fn visit_unit<E>(self) -> Result<SessionRef, E> {
                Ok(SessionRef::Default)
            }
            fn visit_str<E>(self, text: &str) -> Result<SessionRef, E> {
                Ok(match text.parse() {
                    _ if text.is_empty() => SessionRef::Default,
                    Ok(id) => SessionRef::Id(id),
                    Err(_) => SessionRef::Other(text.to_owned()),
                })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(feature = "ts")]
impl ts_rs::TS for SessionRef {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;
    fn name(_: &ts_rs::Config) -> String {
        "string".into()
    }
    fn inline(_: &ts_rs::Config) -> String {
        "string".into()
    }
}

data! {
    /// Who the client program is.
    ClientInfo {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    }
    /// Where a client stands in one session.
    ResumePoint {
        /// The log's identity.
        epoch: Epoch,
        /// The last event it has.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        seq: u64,
        /// Per running reply, the last delta it has.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        streams: BTreeMap<MessageId, u32>,
    }
    /// What a client had before it lost its connection.
    ResumeRequest {
        /// Per session, where it stands.
        #[serde(default)]
        sessions: BTreeMap<SessionId, ResumePoint>,
    }
    /// `hello`: the first command of version 2 (CN4).
    Hello {
        /// The client program.
        client: ClientInfo,
        /// What to resume.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        resume: Option<ResumeRequest>,
    }
    /// `auth`: says who the connection is, and sends `connected` again (CN1).
    Auth {
        /// The credential.
        token: String,
        /// What kind; only `bearer` is known.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        token_type: Option<String>,
    }
    /// `ping`: answered by `pong` (CN5).
    Ping {
        /// The client's own clock, given back unread.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional, type = "number"))]
        timestamp: Option<serde_json::Number>,
    }
    /// `create_session`; answered by `ack {session_id}`.
    CreateSession {
        /// Empty until named.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        title: Option<String>,
        /// A model's id; the server's default otherwise.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        model: Option<String>,
        /// The effort; the model's default otherwise.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        effort: Option<Effort>,
    }
    /// `list_sessions`; answered by `sessions`, newest activity first.
    ListSessions {
        /// Only titles that contain this, whatever the case.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        query: Option<String>,
        /// Continue after this page's `next`.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        cursor: Option<String>,
        /// At most this many.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        limit: Option<u32>,
    }
    /// A command that names a session and nothing else.
    SessionOnly {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
    }
    /// `follow_session`: attaches the connection; answered by `session_state`, or by `resumed` and the events missed.
    FollowSession {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// Where the client stands in it.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        resume: Option<ResumePoint>,
    }
    /// `rename_session`.
    RenameSession {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The new title.
        title: String,
    }
    /// `configure_session`: who answers from the next prompt on; an absent field is left as it is.
    ConfigureSession {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// A model's id.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        model: Option<String>,
        /// The effort.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        effort: Option<Effort>,
    }
    /// `get_history`: a page of the transcript's current branch; answered by `history`.
    GetHistory {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The page that ends just before this message; the newest page otherwise.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        before: Option<MessageId>,
        /// At most this many.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        limit: Option<u32>,
        /// True for the messages of all branches in the order in which they were made, instead of the shown one's.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        all: Option<bool>,
    }
    /// `claude_message`: asks Claude (TU1).
    ClaudeMessage {
        /// The session; on version 1, absent means the default one.
        #[serde(default)]
        session_id: SessionRef,
        /// The prompt.
        content: String,
        /// Whether this connection wants deltas; without, the final alone (version 1).
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        stream: bool,
        /// The message this one answers.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        reply_to: Option<MessageId>,
        /// The interrupted reply that Claude should go on with (RS5).
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        continues: Option<MessageId>,
        /// The participants it names, beside those that the text names as `@display name`.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        mentions: Vec<UserId>,
    }
    /// `chat_message`: to people; wakes Claude only where it says `@claude` (TU6).
    ChatMessage {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The text.
        content: String,
        /// The message this one answers.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        reply_to: Option<MessageId>,
        /// The participants it names, beside those that the text names as `@display name`.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(as = "Option<_>", optional))]
        mentions: Vec<UserId>,
    }
    /// `cancel`: stops a running reply or takes a waiting prompt out of the queue (TU5).
    Cancel {
        /// The session; may be left out where the message is known.
        #[serde(default)]
        session_id: SessionRef,
        /// The reply, or its prompt, or a waiting prompt.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        message_id: Option<MessageId>,
        /// The id of the command that asked.
        #[serde(default)]
        #[cfg_attr(feature = "ts", ts(optional))]
        command_id: Option<String>,
    }
    /// `edit_queued`: changes a prompt that still waits (TU4).
    EditQueued {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The waiting prompt.
        message_id: MessageId,
        /// Its new text.
        content: String,
    }
    /// `regenerate`: asks the same prompt again, as a sibling of the reply (TU5).
    Regenerate {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The reply, or its prompt.
        message_id: MessageId,
    }
    /// `edit_prompt`: asks something else instead, as a sibling of the prompt (TU5).
    EditPrompt {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The prompt.
        message_id: MessageId,
        /// The new text.
        content: String,
    }
    /// A command on one message.
    MessageOnly {
        /// The session.
        #[serde(default)]
        session_id: SessionRef,
        /// The message.
        message_id: MessageId,
    }
    /// A command without data.
    Nothing {}
}
