//! Conversations from elsewhere: checked by the edge, they become sessions by the same path as a fork.

use std::collections::HashMap;
use std::sync::Arc;

use madang_protocol::{Command, CreateSession, Message, MessageId, MessageKind, SessionId, TurnId};
use serde_json::json;
use serde_json::value::RawValue;

use crate::Link;
use crate::Rejection;
use crate::link::Submission;
use crate::live::Origin;

/// Bytes of imported text that Claude is told of in one session; the turns beyond it are shown and not told.
const HISTORY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Messages that are looked at for what a reply answers; what people said before them is not told to Claude.
const HEARD_MAX: usize = 100;

/// A conversation from elsewhere.
///
/// Its ids are new, each message comes after its parent, and a reply has a turn of its own: whoever makes it sees to
/// that, and to the limits of what one message may hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The title; cut to what a title may be.
    pub title: String,
    /// The messages; the last one's branch is shown.
    pub messages: Vec<Message>,
}

/// What Claude is told of a turn: whose message, word for word.
pub(crate) type Told = (TurnId, String, Arc<RawValue>);

impl Link {
    /// Makes a session of the caller's own from a conversation; answered through the viewer as `create_session` is.
    /// Returns the new session.
    ///
    /// # Errors
    /// As `create_session`; a repeat of the same id is answered, and makes nothing.
    pub async fn import(
        &self,
        id: String,
        digest: [u8; 16],
        imported: Imported,
    ) -> Result<Option<SessionId>, Rejection> {
        let data = CreateSession { title: Some(imported.title.clone()), model: None, effort: None };
        let command = Command::CreateSession(data.clone());
        let submission = Submission { id, idempotent: true, digest, command };
        if self.answered_before(&submission).await? {
            return Ok(None);
        }
        let told = told(&imported.messages);
        self.create(submission, Origin::Import { data, messages: imported.messages, told }).await.map(Some)
    }
}

/// The upstream history of the turns that the messages tell of.
fn told(messages: &[Message]) -> Vec<Told> {
    let known: HashMap<MessageId, &Message> =
        messages.iter().map(|message| (message.message_id, message)).collect();
    let mut told = Vec::new();
    let mut bytes = 0;
    for reply in messages.iter().filter(|message| message.kind == MessageKind::Reply) {
        let Some(turn) = reply.turn_id.filter(|_| !reply.content.trim().is_empty()) else { continue };
        let before = std::iter::successors(Some(reply), |message| {
            message.parent_id.and_then(|parent| known.get(&parent).copied())
        });
        let heard = before.skip(1).take(HEARD_MAX).take_while(|message| message.kind != MessageKind::Reply);
        let mut asked: Vec<&str> = heard.map(|message| message.content.as_str()).collect();
        asked.retain(|text| !text.trim().is_empty());
        asked.reverse();
        bytes += reply.content.len() + asked.iter().map(|text| text.len()).sum::<usize>();
        if bytes > HISTORY_BYTES_MAX {
            break;
        }
        if !asked.is_empty() {
            told.push((turn, "user".to_owned(), raw("user", &asked)));
        }
        told.push((turn, "assistant".to_owned(), raw("assistant", &[reply.content.as_str()])));
    }
    told
}

fn raw(role: &str, texts: &[&str]) -> Arc<RawValue> {
    let blocks: Vec<_> = texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
    // `role` first: it tells the two kinds of record apart (see the history's copy).
    let text = format!(r#"{{"role":"{role}","content":{}}}"#, serde_json::Value::from(blocks));
    Arc::from(RawValue::from_string(text).expect("built from JSON"))
}

#[cfg(test)]
mod tests {
    use madang_protocol::{Actor, Author, UnixMs};

    use super::*;

    fn message(n: u8, parent: Option<u8>, kind: MessageKind, content: &str) -> Message {
        let id = |n: u8| MessageId::new(UnixMs(1), [n; 10]);
        Message {
            message_id: id(n),
            parent_id: parent.map(id),
            kind,
            author: Author { user_id: Actor::Server, display_name: "x".into() },
            content: content.into(),
            created_at: UnixMs(1),
            turn_id: (kind == MessageKind::Reply).then(|| TurnId::new(UnixMs(1), [n; 10])),
            reply_to: None,
            continues: None,
            reply: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            edited_at: None,
            deleted_at: None,
        }
    }

    #[test]
    fn claude_is_told_each_turn_once_and_in_order() {
        let messages = [
            message(1, None, MessageKind::Chat, "we talk"),
            message(2, Some(1), MessageKind::Prompt, "and ask"),
            message(3, Some(2), MessageKind::Reply, "one answer"),
            message(4, Some(2), MessageKind::Reply, "another"),
            message(5, Some(4), MessageKind::Reply, "and more"),
            message(6, Some(5), MessageKind::Reply, "  "),
        ];
        let told: Vec<_> =
            told(&messages).into_iter().map(|(_, role, raw)| (role, raw.get().to_owned())).collect();
        let user = r#"{"role":"user","content":[{"text":"we talk","type":"text"},{"text":"and ask","type":"text"}]}"#;
        let claude =
            |text: &str| format!(r#"{{"role":"assistant","content":[{{"text":"{text}","type":"text"}}]}}"#);
        let expected = [
            ("user", user.to_owned()),
            ("assistant", claude("one answer")),
            ("user", user.to_owned()),
            ("assistant", claude("another")),
            ("assistant", claude("and more")),
        ];
        assert_eq!(told, expected.map(|(role, raw)| (role.to_owned(), raw)));
    }
}
