//! What the model is sent: the branch's earlier turns byte for byte, and a new message for this one.
//!
//! Append-only and verbatim, because newer models bind their thinking to the exact prefix.

use std::collections::HashMap;
use std::sync::Arc;

use madang_model::Request;
use madang_protocol::{Actor, MessageId, Part, PartKind, TurnId, UnixMs};
use madang_session::{Fork, Session, Turn};
use madang_store::{Record, Store, StoreError, Stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::prompt;

/// Records read from the store at a time.
const PAGE: u32 = 500;

/// One stored message of the upstream history.
#[derive(Serialize, Deserialize)]
struct Entry {
    turn: TurnId,
    message: Box<RawValue>,
}

/// The upstream messages of one session, by turn.
#[derive(Default)]
pub(crate) struct History {
    loaded: bool,
    position: u64,
    by_turn: HashMap<TurnId, Vec<Arc<RawValue>>>,
}

impl History {
    /// Reads what is stored, once.
    pub(crate) async fn load(&mut self, store: &dyn Store, session: &Session) -> Result<(), StoreError> {
        while !self.loaded {
            let page = store.read(session.id(), Stream::MODEL, self.position, PAGE).await?;
            self.loaded = page.len() < PAGE as usize;
            for record in page {
                self.position = record.position;
                let entry: Entry = serde_json::from_str(&record.data).map_err(|source| {
                    StoreError::Failed { during: "reading the model's history", source: Box::new(source) }
                })?;
                self.by_turn.entry(entry.turn).or_default().push(Arc::from(entry.message));
            }
        }
        Ok(())
    }

    /// Forgets everything: memory was ahead of the disk.
    pub(crate) fn reset(&mut self) {
        *self = History::default();
    }

    /// Adds a message to a turn and returns the record to store.
    pub(crate) fn add(&mut self, turn: TurnId, at: UnixMs, role: &str, message: Box<RawValue>) -> Record {
        self.position += 1;
        let data =
            serde_json::to_string(&Entry { turn, message: message.clone() }).expect("raw JSON is JSON");
        self.by_turn.entry(turn).or_default().push(Arc::from(message));
        let actor = if role == "user" { Actor::Server } else { Actor::Claude };
        Record { stream: Stream::MODEL, position: self.position, at, actor, kind: role.to_owned(), data }
    }

    /// The request for a turn whose own message was added.
    pub(crate) fn request(&self, session: &Session, turn: &Turn, reply_tokens_max: u32) -> Request {
        let before = session.turns_before(turn.reply_id);
        let all = before.iter().map(|turn| turn.turn_id).chain([turn.turn_id]);
        let messages = all.filter_map(|turn| self.by_turn.get(&turn)).flatten().cloned().collect();
        Request {
            model: session.model().to_owned(),
            effort: session.effort(),
            system: Arc::from(prompt::system(session.prompt_version())),
            tools: None,
            messages,
            max_tokens: reply_tokens_max,
            user_hash: None,
        }
    }

    /// The records that a fork takes along.
    pub(crate) fn copy(&self, fork: &Fork) -> Vec<(TurnId, String, Box<RawValue>)> {
        let role =
            |raw: &RawValue| if raw.get().starts_with(r#"{"role":"user""#) { "user" } else { "assistant" };
        let turns = fork.turns.iter().filter_map(|turn| Some((*turn, self.by_turn.get(turn)?)));
        turns
            .flat_map(|(turn, messages)| {
                messages.iter().map(move |raw| (turn, role(raw).to_owned(), (**raw).to_owned()))
            })
            .collect()
    }
}

/// The newest message of a turn: what people said since Claude's last one, then the prompt.
pub(crate) fn user_message(session: &Session, turn: &Turn) -> Box<RawValue> {
    let several = session.people().count() > 1;
    let say = |id: MessageId| {
        let message = session.transcript().get(id)?;
        let name = &message.author.display_name;
        Some(if several || message.message_id != turn.prompt_id {
            format!("[{name}] {}", message.content)
        } else {
            message.content.clone()
        })
    };
    let mut blocks: Vec<_> = turn.heard.iter().filter_map(|id| say(*id)).collect();
    let prompt = session.transcript().get(turn.prompt_id);
    if prompt.is_some_and(|prompt| prompt.continues.is_some()) {
        blocks.push(prompt::CONTINUE.to_owned());
    }
    blocks.extend(say(turn.prompt_id));
    let blocks: Vec<_> = blocks.iter().map(|text| json!({"type": "text", "text": text})).collect();
    // `role` comes first and tells the two kinds of record apart; serde_json's map would sort it last.
    let text = format!(r#"{{"role":"user","content":{}}}"#, serde_json::Value::from(blocks));
    RawValue::from_string(text).expect("built from JSON")
}

/// Claude's message from the blocks as they came; none when nothing is worth keeping.
pub(crate) fn assistant_message(blocks: &[Box<RawValue>]) -> Option<Box<RawValue>> {
    if blocks.is_empty() {
        return None;
    }
    let blocks = blocks.iter().map(|raw| raw.get()).collect::<Vec<_>>().join(",");
    RawValue::from_string(format!(r#"{{"role":"assistant","content":[{blocks}]}}"#)).ok()
}

/// The blocks of a reply that broke off: whole text and thinking verbatim, the last unfinished text as far as it came.
///
/// Unfinished thinking and tool calls can't be sent back, and a call without its result must not be.
pub(crate) fn broken_off(whole: &[(u32, Box<RawValue>)], parts: &[Part]) -> Vec<Box<RawValue>> {
    let keep = |part: &&Part| matches!(part.kind, PartKind::Text | PartKind::Thinking);
    let mut blocks: Vec<Box<RawValue>> = Vec::new();
    for part in parts.iter().filter(keep) {
        let raw = whole.iter().find(|(index, _)| *index == part.index).map(|(_, raw)| raw.clone());
        match raw {
            Some(raw) => blocks.push(raw),
            None if part.kind == PartKind::Text && !part.content.trim().is_empty() => {
                let text = json!({"type": "text", "text": part.content}).to_string();
                blocks.extend(RawValue::from_string(text));
            }
            None => {}
        }
    }
    // Thinking alone is no reply: the API wants it followed by something.
    if parts.iter().any(|part| part.kind == PartKind::Text && !part.content.trim().is_empty()) {
        blocks
    } else {
        Vec::new()
    }
}
