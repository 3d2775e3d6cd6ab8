//! Puts a foreign conversation in order: a tree whose every branch is kept, under new ids, with nothing left to execute.
//!
//! What comes in is hostile until shown otherwise: parents that go in circles, depths without end, names that lie.

use std::collections::HashMap;

use madang_hub::{Caller, Imported};
use madang_protocol::limits::{
    CONTENT_BYTES_MAX, DISPLAY_NAME_CHARS_MAX, MODEL_ID_BYTES_MAX, TITLE_CHARS_MAX,
};
use madang_protocol::{
    Actor, Author, Message, MessageId, MessageKind, Part, PartKind, Reply, ReplyStatus, TurnId, UnixMs,
    UserId,
};

use super::foreign::{Conversation, part};

/// Messages of one imported conversation; one with more is left out.
pub(super) const MESSAGES_MAX: usize = 20_000;
/// Bytes of an imported reply's text, and of all its parts: together, written out as JSON, below what an event may have.
/// The rest is cut, and said to be.
const REPLY_BYTES_MAX: usize = 768 * 1024;
/// Parts of an imported reply.
const PARTS_MAX: usize = 100;
/// What stands where text was cut.
const CUT: &str = "\n\n[cut when it was imported]";

/// Whose words an entry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// A person's, to Claude.
    Prompt,
    /// A person's, to people.
    Chat,
    /// The model's.
    Reply,
    /// Nobody's that is taken over: a tool, a system prompt, an empty node.
    Silent,
}

/// One entry of a foreign conversation.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) parent: Option<String>,
    pub(super) voice: Voice,
    /// The author's id there and name; none for the importing person, or Claude.
    pub(super) author: Option<(String, String)>,
    pub(super) text: String,
    pub(super) parts: Vec<Part>,
    pub(super) model: String,
    pub(super) status: ReplyStatus,
    pub(super) at: Option<UnixMs>,
    pub(super) edited_at: Option<UnixMs>,
    pub(super) deleted_at: Option<UnixMs>,
}

/// Makes a session's messages of a conversation; none when there is nothing in it, or far too much.
pub(super) fn arrange(conversation: Conversation, caller: &Caller, now: UnixMs) -> Option<Imported> {
    let Conversation { title, entries, shown } = conversation;
    if entries.len() > MESSAGES_MAX {
        return None;
    }
    let order = order(&entries, shown.as_deref());
    let mut entries: Vec<Option<Entry>> = entries.into_iter().map(Some).collect();
    let mut scribe = Scribe { caller, now, authors: HashMap::new() };
    let mut messages = Vec::new();
    // The new id that stands for each old entry: its own, or that of the nearest one before it that was kept.
    let mut ids: HashMap<usize, Option<MessageId>> = HashMap::new();
    for (at, parent) in order {
        let Some(entry) = entries[at].take() else { continue };
        let parent_id = parent.and_then(|parent| ids.get(&parent).copied().flatten());
        let message = scribe.message(entry, parent_id);
        ids.insert(at, message.as_ref().map(|message| message.message_id).or(parent_id));
        messages.extend(message);
    }
    (!messages.is_empty()).then(|| Imported { title: title_of(&title), messages })
}

/// Every entry that hangs together with a root, parents first; of each one's followers the shown branch last, so that
/// it is the one that is shown in the end.
fn order(entries: &[Entry], shown: Option<&str>) -> Vec<(usize, Option<usize>)> {
    let places: HashMap<&str, usize> =
        entries.iter().enumerate().map(|(at, entry)| (entry.key.as_str(), at)).collect();
    let parent_of = |at: usize| {
        let parent = entries[at].parent.as_deref().and_then(|parent| places.get(parent).copied());
        parent.filter(|parent| *parent != at)
    };
    let mut on_shown = vec![false; entries.len()];
    let mut next = shown.and_then(|key| places.get(key).copied());
    while let Some(at) = next.filter(|at| !on_shown[*at]) {
        on_shown[at] = true;
        next = parent_of(at);
    }
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
    let mut roots = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        // Of two entries with one key the later stands for it; the other leads nowhere.
        if places.get(entry.key.as_str()) != Some(&at) {
            continue;
        }
        match parent_of(at) {
            Some(parent) => followers[parent].push(at),
            None => roots.push(at),
        }
    }
    // A stack gives back last what is put in first: the shown one goes in first, then the others, the newest first.
    let by_age = |list: &mut Vec<usize>| {
        list.sort_by_key(|at| (!on_shown[*at], std::cmp::Reverse((entries[*at].at, *at))));
    };
    by_age(&mut roots);
    followers.iter_mut().for_each(by_age);
    let mut stack: Vec<(usize, Option<usize>)> = roots.into_iter().map(|root| (root, None)).collect();
    let mut order = Vec::with_capacity(entries.len());
    // What goes in a circle has no root, and is never come to; all else has one parent, and is come to once.
    while let Some((at, parent)) = stack.pop() {
        order.push((at, parent));
        stack.extend(followers[at].iter().map(|follower| (*follower, Some(at))));
    }
    order
}

/// Writes entries as messages.
struct Scribe<'a> {
    caller: &'a Caller,
    now: UnixMs,
    /// The new id of each author there.
    authors: HashMap<String, UserId>,
}

impl Scribe<'_> {
    fn message(&mut self, entry: Entry, parent_id: Option<MessageId>) -> Option<Message> {
        let kind = match entry.voice {
            Voice::Silent => return None,
            Voice::Prompt => MessageKind::Prompt,
            Voice::Chat => MessageKind::Chat,
            Voice::Reply => MessageKind::Reply,
        };
        if entry.text.trim().is_empty() && entry.deleted_at.is_none() && entry.parts.is_empty() {
            return None;
        }
        let past = |at: UnixMs| at.min(self.now);
        let created_at = past(entry.at.unwrap_or(self.now));
        let (edited_at, deleted_at) = (entry.edited_at.map(past), entry.deleted_at.map(past));
        let author = self.author(entry.voice, entry.author);
        let most = if kind == MessageKind::Reply { REPLY_BYTES_MAX } else { CONTENT_BYTES_MAX };
        let content = if deleted_at.is_some() { String::new() } else { cut(written(entry.text), most) };
        let is_reply = kind == MessageKind::Reply;
        let reply = is_reply.then(|| Reply {
            // Nothing of it is being written here.
            status: if entry.status == ReplyStatus::Streaming {
                ReplyStatus::Interrupted
            } else {
                entry.status
            },
            parts: parts(entry.parts, &content),
            model: cut_to(entry.model, MODEL_ID_BYTES_MAX),
            simulated: false,
            stop_reason: None,
            usage: None,
            cost: None,
            stopped_by: None,
            error: None,
            ended_at: Some(created_at),
        });
        Some(Message {
            message_id: MessageId::new(created_at, crate::random::bytes()),
            parent_id,
            kind,
            author,
            content,
            created_at,
            turn_id: is_reply.then(|| TurnId::new(created_at, crate::random::bytes())),
            reply_to: None,
            continues: None,
            reply,
            mentions: Vec::new(),
            reactions: Vec::new(),
            edited_at,
            deleted_at,
        })
    }

    /// Keeps the name and no id: a file says nothing about who someone is here. One's own words stay one's own.
    fn author(&mut self, voice: Voice, author: Option<(String, String)>) -> Author {
        if voice == Voice::Reply {
            let name = author.map(|(_, name)| name_of(&name)).filter(|name| !name.is_empty());
            return Author {
                user_id: Actor::Claude,
                display_name: name.unwrap_or_else(|| "Claude".to_owned()),
            };
        }
        let own = Author {
            user_id: Actor::User(self.caller.user),
            display_name: self.caller.display_name.to_string(),
        };
        let Some((id, name)) = author.filter(|(id, _)| *id != self.caller.user.to_string()) else {
            return own;
        };
        let (now, random) = (self.now, crate::random::bytes);
        let user = *self.authors.entry(id).or_insert_with(|| UserId::new(now, random()));
        let name = name_of(&name);
        let display_name = if name.is_empty() { "?".to_owned() } else { name };
        Author { user_id: Actor::User(user), display_name }
    }
}

/// The parts of a reply: its texts and thoughts as they were told, or the text alone.
fn parts(told: Vec<Part>, content: &str) -> Vec<Part> {
    let kept: Vec<Part> = told
        .into_iter()
        .filter(|told| matches!(told.kind, PartKind::Text | PartKind::Thinking))
        .take(PARTS_MAX)
        .zip(0..)
        .map(|(told, index)| part(index, told.kind, written(told.content)))
        .collect();
    let spoken: String =
        kept.iter().filter(|part| part.kind == PartKind::Text).map(|part| part.content.as_str()).collect();
    let bytes: usize = kept.iter().map(|part| part.content.len()).sum();
    // What is shown and what is searched must be the same words.
    if spoken == content && bytes <= REPLY_BYTES_MAX {
        return kept;
    }
    vec![part(0, PartKind::Text, content.to_owned())]
}

fn title_of(title: &str) -> String {
    let plain = title.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(TITLE_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// A name as it may be shown: no line breaks, and nothing that turns the letters around it.
fn name_of(name: &str) -> String {
    let turning = |letter: &char| matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = name.chars().filter(|letter| !letter.is_control() && !turning(letter));
    plain.take(DISPLAY_NAME_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// A text without what nobody writes and JSON takes six bytes for each.
fn written(text: String) -> String {
    let strange = |letter: char| letter.is_ascii_control() && !matches!(letter, '\n' | '\r' | '\t');
    if text.contains(strange) { text.replace(strange, "") } else { text }
}

fn cut(text: String, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text;
    }
    cut_to(text, bytes_max - CUT.len()) + CUT
}

fn cut_to(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use madang_hub::Via;
    use madang_protocol::Scope;
    use serde_json::{Value, json};

    use super::super::foreign::Foreign;
    use super::*;

    fn caller() -> Caller {
        let text = |text: &str| Arc::from(text);
        Caller {
            user: UserId::new(UnixMs(1), [9; 10]),
            display_name: text("Me"),
            color: text(""),
            language: text(""),
            guest: false,
            admin: false,
            scope: Scope::Full,
            via: Via::Guest,
        }
    }

    fn import(conversation: &Value) -> Option<Imported> {
        let read: Foreign = serde_json::from_str(&conversation.to_string()).ok()?;
        arrange(read.read()?, &caller(), UnixMs(1_800_000_000_000))
    }

    /// Per message: its text, and that of its parent.
    fn outline(imported: &Imported) -> Vec<(String, Option<String>)> {
        let text =
            |id: MessageId| imported.messages.iter().find(|m| m.message_id == id).unwrap().content.clone();
        imported.messages.iter().map(|m| (m.content.clone(), m.parent_id.map(text))).collect()
    }

    fn node(parent: Option<&str>, role: &str, text: &str) -> Value {
        json!({"parent": parent, "message": {"author": {"role": role}, "content": {"parts": [text]}}})
    }

    fn pairs(list: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        list.iter().map(|(text, parent)| ((*text).to_owned(), parent.map(str::to_owned))).collect()
    }

    #[test]
    fn a_tree_keeps_its_branches_and_shows_the_one_that_was_shown() {
        let conversation = json!({"title": "T", "current_node": "d", "mapping": {
            "r": {"parent": null}, "s": node(Some("r"), "system", "be nice"),
            "a": node(Some("s"), "user", "ask"), "b": node(Some("a"), "assistant", "first"),
            "c": node(Some("a"), "assistant", "second"), "d": node(Some("c"), "user", "more"),
            "e": node(Some("b"), "user", "elsewhere"),
        }});
        let imported = import(&conversation).unwrap();
        let expected = [
            ("ask", None),
            ("first", Some("ask")),
            ("elsewhere", Some("first")),
            ("second", Some("ask")),
            ("more", Some("second")),
        ];
        assert_eq!(outline(&imported), pairs(&expected));
        assert_eq!(imported.messages[1].author.display_name, "ChatGPT");
        assert_eq!(imported.messages[0].author.user_id, Actor::User(caller().user));
    }

    #[test]
    fn circles_strays_and_twins_end_nowhere() {
        let conversation = json!({"current_node": "x", "mapping": {
            "x": node(Some("y"), "user", "circle"), "y": node(Some("x"), "assistant", "circle"),
            "z": node(Some("z"), "user", "alone"), "w": node(Some("nobody"), "user", "stray"),
        }});
        let mut outline = outline(&import(&conversation).unwrap());
        outline.sort();
        assert_eq!(outline, pairs(&[("alone", None), ("stray", None)]));
        assert!(
            import(
                &json!({"mapping": {"x": node(Some("x2"), "user", "c"), "x2": node(Some("x"), "user", "c")}})
            )
            .is_none()
        );
        assert!(import(&json!({"title": "nothing", "mapping": {}})).is_none());
        assert!(import(&json!({"title": "no kind that is known"})).is_none());
    }

    #[test]
    fn a_deep_chain_needs_no_deep_stack() {
        let mut mapping = serde_json::Map::new();
        for n in 0..MESSAGES_MAX {
            let parent = n.checked_sub(1).map(|before| before.to_string());
            mapping.insert(n.to_string(), node(parent.as_deref(), "user", "x"));
        }
        assert_eq!(import(&json!({"mapping": mapping})).unwrap().messages.len(), MESSAGES_MAX);
        mapping.insert("one more".into(), node(None, "user", "x"));
        assert!(import(&json!({"mapping": mapping})).is_none());
    }

    #[test]
    fn claudes_export_is_read_with_its_thoughts() {
        let conversation = json!({"uuid": "c", "name": "About tea", "chat_messages": [
            {"uuid": "1", "sender": "human", "text": "What is tea?", "created_at": "2024-05-01T12:00:00Z"},
            {"uuid": "2", "sender": "assistant", "content": [
                {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "A drink."}, {"type": "tool_use"}]},
        ]});
        let imported = import(&conversation).unwrap();
        assert_eq!(imported.title, "About tea");
        assert_eq!(outline(&imported), pairs(&[("What is tea?", None), ("A drink.", Some("What is tea?"))]));
        assert_eq!(imported.messages[0].created_at, UnixMs(1_714_564_800_000));
        let parts = &imported.messages[1].reply.as_ref().unwrap().parts;
        assert_eq!(
            parts.iter().map(|part| part.kind).collect::<Vec<_>>(),
            [PartKind::Thinking, PartKind::Text]
        );
    }

    #[test]
    fn nobody_is_spoken_for_and_nothing_is_longer_than_it_may_be() {
        let stranger = UserId::new(UnixMs(1), [3; 10]);
        let id = MessageId::new(UnixMs(1), [1; 10]);
        let conversation = json!({"madang": {"format": 1}, "session": {"title": format!("a\nb{}", "x".repeat(500))}, "messages": [
            {"message_id": id, "parent_id": null, "kind": "chat", "content": "x".repeat(CONTENT_BYTES_MAX + 1), "created_at": u64::MAX,
             "author": {"user_id": stranger, "display_name": "\u{202e}Ann\u{0}"},
             "mentions": [stranger], "reactions": [{"emoji": "x", "users": [stranger]}]},
        ]});
        let imported = import(&conversation).unwrap();
        let message = &imported.messages[0];
        assert_ne!(message.message_id, id);
        assert_ne!(message.author.user_id, Actor::User(stranger));
        assert_eq!(message.author.display_name, "Ann");
        assert!(message.content.len() <= CONTENT_BYTES_MAX && message.content.ends_with(CUT));
        assert!(message.mentions.is_empty() && message.reactions.is_empty());
        assert_eq!(message.created_at, UnixMs(1_800_000_000_000));
        assert!(imported.title.starts_with("a b") && imported.title.chars().count() == TITLE_CHARS_MAX);
    }
}
