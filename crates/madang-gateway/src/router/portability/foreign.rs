//! Conversations as others write them: Claude's export, ChatGPT's export, our own. Only what is needed is read; all else
//! is passed over.

use madang_protocol::{Message, MessageKind, Part, PartKind, ReplyStatus, UnixMs};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::arrange::{Entry, Voice};
use super::{time, weight};

/// A conversation, whoever wrote it: which fields are there says which it is.
#[derive(Deserialize)]
pub(super) struct Foreign {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    name: Option<String>,
    /// Ours.
    #[serde(default)]
    madang: Option<IgnoredAny>,
    #[serde(default)]
    session: Option<OurSession>,
    #[serde(default, deserialize_with = "weight::list")]
    messages: Option<Vec<Message>>,
    /// Claude's.
    #[serde(default, deserialize_with = "weight::list")]
    chat_messages: Option<Vec<ClaudeMessage>>,
    /// ChatGPT's.
    #[serde(default, deserialize_with = "weight::map")]
    mapping: Option<Vec<(String, Node)>>,
    #[serde(default)]
    current_node: Option<String>,
}

#[derive(Deserialize)]
struct OurSession {
    title: String,
    /// The last entry of the branch that was shown; the first version had that branch alone.
    #[serde(default)]
    head: Option<String>,
}

#[derive(Deserialize)]
struct ClaudeMessage {
    #[serde(default)]
    uuid: Option<String>,
    #[serde(default)]
    parent_message_uuid: Option<String>,
    #[serde(default)]
    sender: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    content: Vec<ClaudeBlock>,
    #[serde(default)]
    created_at: String,
}

#[derive(Deserialize)]
struct ClaudeBlock {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    message: Option<NodeMessage>,
}

#[derive(Deserialize)]
struct NodeMessage {
    #[serde(default)]
    author: NodeAuthor,
    #[serde(default)]
    content: NodeContent,
    #[serde(default)]
    create_time: Option<f64>,
    #[serde(default)]
    metadata: NodeMetadata,
}

#[derive(Deserialize, Default)]
struct NodeAuthor {
    #[serde(default)]
    role: String,
}

#[derive(Deserialize, Default)]
struct NodeContent {
    #[serde(default)]
    parts: Vec<Piece>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize, Default)]
struct NodeMetadata {
    #[serde(default)]
    model_slug: Option<String>,
    #[serde(default)]
    is_visually_hidden_from_conversation: bool,
}

/// A piece of a message: text, or something that is not taken over.
#[derive(Deserialize)]
#[serde(untagged)]
enum Piece {
    Text(String),
    Other(IgnoredAny),
}

/// A conversation as it can be put in order.
pub(super) struct Conversation {
    pub(super) title: String,
    pub(super) entries: Vec<Entry>,
    /// The last entry of the branch that was shown.
    pub(super) shown: Option<String>,
}

impl Foreign {
    /// What the conversation says; none for what is none of the kinds that are known.
    pub(super) fn read(self) -> Option<Conversation> {
        let title = self.title.or(self.name).unwrap_or_default();
        if self.madang.is_some() {
            let entries: Vec<_> = self.messages?.into_iter().map(ours).collect();
            let last = entries.last().map(|entry| entry.key.clone());
            let (title, head) = self.session.map_or((title, None), |own| (own.title, own.head));
            return Some(Conversation { title, entries, shown: head.or(last) });
        }
        if let Some(messages) = self.chat_messages {
            let entries = claudes(messages);
            let shown = entries.last().map(|entry| entry.key.clone());
            return Some(Conversation { title, entries, shown });
        }
        let entries = self.mapping?.into_iter().map(|(key, node)| chatgpts(key, node)).collect();
        Some(Conversation { title, entries, shown: self.current_node })
    }
}

/// An entry of our own export; its ids say only which belongs to which.
fn ours(message: Message) -> Entry {
    let voice = match message.kind {
        MessageKind::Prompt => Voice::Prompt,
        MessageKind::Chat => Voice::Chat,
        MessageKind::Reply => Voice::Reply,
    };
    let reply = message.reply;
    let (parts, model, status) = reply.map_or((Vec::new(), String::new(), ReplyStatus::Complete), |reply| {
        (reply.parts, reply.model, reply.status)
    });
    Entry {
        key: message.message_id.to_string(),
        parent: message.parent_id.map(|parent| parent.to_string()),
        voice,
        author: Some((message.author.user_id.to_string(), message.author.display_name)),
        text: message.content,
        parts,
        model,
        status,
        at: Some(message.created_at),
        edited_at: message.edited_at,
        deleted_at: message.deleted_at,
    }
}

/// Claude's export is a list; where it names parents, they count.
fn claudes(messages: Vec<ClaudeMessage>) -> Vec<Entry> {
    let mut before: Option<String> = None;
    let mut entries = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let key = message.uuid.unwrap_or_else(|| format!("#{index}"));
        let parent = message.parent_message_uuid.or(before);
        before = Some(key.clone());
        let blocks = message.content.into_iter().filter_map(|block| match block.kind.as_str() {
            "text" => Some((PartKind::Text, block.text?)),
            "thinking" => Some((PartKind::Thinking, block.thinking?)),
            _ => None,
        });
        let parts: Vec<Part> =
            (0..).zip(blocks).map(|(index, (kind, content))| part(index, kind, content)).collect();
        let spoken = || parts.iter().filter(|part| part.kind == PartKind::Text).map(|part| &*part.content);
        let text = if message.text.is_empty() { spoken().collect() } else { message.text };
        let voice = match message.sender.as_str() {
            "human" => Voice::Prompt,
            "assistant" => Voice::Reply,
            _ => Voice::Silent,
        };
        let at = time::from_rfc3339(&message.created_at);
        entries.push(Entry { at, parts, ..Entry::new(key, parent, voice, text) });
    }
    entries
}

/// ChatGPT's export is a tree of nodes, some without a message.
fn chatgpts(key: String, node: Node) -> Entry {
    let Some(message) = node.message else {
        return Entry::new(key, node.parent, Voice::Silent, String::new());
    };
    let texts = message.content.parts.into_iter().filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Other(_) => None,
    });
    let mut text = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    if text.is_empty() {
        text = message.content.text.unwrap_or_default();
    }
    let voice = match message.author.role.as_str() {
        _ if message.metadata.is_visually_hidden_from_conversation => Voice::Silent,
        "user" => Voice::Prompt,
        "assistant" => Voice::Reply,
        _ => Voice::Silent,
    };
    Entry {
        author: (voice == Voice::Reply).then(|| (String::new(), "ChatGPT".to_owned())),
        model: message.metadata.model_slug.unwrap_or_default(),
        at: message.create_time.and_then(time::from_seconds),
        ..Entry::new(key, node.parent, voice, text)
    }
}

/// A part of a reply.
pub(super) fn part(index: u32, kind: PartKind, content: String) -> Part {
    Part { index, kind, content, name: None, tool_use_id: None, citations: None, duration_ms: None }
}

impl Entry {
    /// An entry with nothing but what every one has.
    fn new(key: String, parent: Option<String>, voice: Voice, text: String) -> Entry {
        Entry {
            key,
            parent,
            voice,
            author: None,
            text,
            parts: Vec::new(),
            model: String::new(),
            status: ReplyStatus::Complete,
            at: None::<UnixMs>,
            edited_at: None,
            deleted_at: None,
        }
    }
}
