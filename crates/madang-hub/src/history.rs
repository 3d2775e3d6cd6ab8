//! What the model is sent: the branch's earlier turns byte for byte, and a new message for this one.
//!
//! Append-only and verbatim, because newer models bind their thinking to the exact prefix.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use madang_model::{Request, assistant_message};
use madang_protocol::{Actor, MessageId, Part, PartKind, TurnId, UnixMs};
use madang_session::{Fork, Session, Turn};
use madang_store::{Record, Store, StoreError, Stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::prompt;
use crate::turn::Block;

/// Records read from the store at a time.
const PAGE: u32 = 500;
/// Bytes of what people said among themselves that go along with one prompt; the oldest beyond it are left out.
const HEARD_BYTES_MAX: usize = 256 * 1024;

/// One stored message of the upstream history.
#[derive(Deserialize)]
struct Entry {
    turn: TurnId,
    message: Box<RawValue>,
}

/// An [`Entry`] to be stored.
#[derive(Serialize)]
struct NewEntry<'a> {
    turn: TurnId,
    message: &'a RawValue,
}

/// The upstream messages of one session, by turn.
#[derive(Default)]
pub(crate) struct History {
    loaded: bool,
    position: u64,
    by_turn: HashMap<TurnId, Vec<Arc<RawValue>>>,
}

impl History {
    /// Nothing is stored yet, so nothing has to be read before the first prompt.
    pub(crate) fn of_a_new_session() -> History {
        History { loaded: true, ..History::default() }
    }

    /// Reads what is stored, once.
    pub(crate) async fn load(&mut self, store: &dyn Store, session: &Session) -> Result<(), StoreError> {
        while !self.loaded {
            let page = store.read(session.id(), Stream::MODEL, self.position, PAGE).await?;
            self.loaded = page.len() < PAGE as usize;
            for record in page {
                let entry: Entry = serde_json::from_str(&record.data).map_err(|source| {
                    StoreError::Failed { during: "reading the model's history", source: Box::new(source) }
                })?;
                self.position = record.position;
                self.by_turn.entry(entry.turn).or_default().push(Arc::from(entry.message));
            }
        }
        Ok(())
    }

    /// Forgets everything: memory was ahead of the disk.
    pub(crate) fn reset(&mut self) {
        *self = History::default();
    }

    /// Adds a message to a turn and returns the record to store. The history must be loaded, or the session new.
    pub(crate) fn add(&mut self, turn: TurnId, at: UnixMs, role: &str, message: Arc<RawValue>) -> Record {
        self.position += 1;
        let data = serde_json::to_string(&NewEntry { turn, message: &message }).expect("raw JSON is JSON");
        self.by_turn.entry(turn).or_default().push(message);
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
    pub(crate) fn copy(&self, fork: &Fork) -> Vec<(TurnId, String, Arc<RawValue>)> {
        let role =
            |raw: &RawValue| if raw.get().starts_with(r#"{"role":"user""#) { "user" } else { "assistant" };
        let turns = fork.turns.iter().filter_map(|turn| Some((*turn, self.by_turn.get(turn)?)));
        turns
            .flat_map(|(turn, messages)| {
                messages.iter().map(move |raw| (turn, role(raw).to_owned(), raw.clone()))
            })
            .collect()
    }
}

/// The newest message of a turn: what people said since Claude's last one, then the prompt.
pub(crate) fn user_message(session: &Session, turn: &Turn) -> Arc<RawValue> {
    let several = session.people().count() > 1;
    let say = |id: MessageId| {
        let message = session.transcript().get(id)?;
        if message.deleted_at.is_some() {
            // Nobody is told it again; a prompt that is asked anew says that much (TU5).
            return (id == turn.prompt_id).then_some(Cow::Borrowed(prompt::DELETED));
        }
        let name = &message.author.display_name;
        Some(if several || message.message_id != turn.prompt_id {
            Cow::Owned(format!("[{name}] {}", message.content))
        } else {
            Cow::Borrowed(message.content.as_str())
        })
    };
    let mut blocks: Vec<Cow<'_, str>> = Vec::new();
    let mut bytes = 0;
    for said in turn.heard.iter().rev().filter_map(|id| say(*id)) {
        bytes += said.len();
        if bytes > HEARD_BYTES_MAX {
            blocks.push(prompt::LEFT_OUT.into());
            break;
        }
        blocks.push(said);
    }
    blocks.reverse();
    let prompt = session.transcript().get(turn.prompt_id);
    if prompt.is_some_and(|prompt| prompt.continues.is_some()) {
        blocks.push(prompt::CONTINUE.into());
    }
    blocks.extend(say(turn.prompt_id));
    let blocks: Vec<_> = blocks.iter().map(|text| json!({"type": "text", "text": text})).collect();
    // `role` comes first and tells the two kinds of record apart; serde_json's map would sort it last.
    let text = format!(r#"{{"role":"user","content":{}}}"#, serde_json::Value::from(blocks));
    Arc::from(RawValue::from_string(text).expect("built from JSON"))
}

/// Claude's message from what came before a reply broke off: whole text and thinking verbatim, then unfinished text.
///
/// Unfinished thinking and tool calls can't be sent back, and a call without its result must not be. `parts` are those
/// of this message alone. None when there is no text: thinking alone is no message.
pub(crate) fn broken_off(blocks: &mut [Block], parts: &[Part]) -> Option<Arc<RawValue>> {
    let texts = || parts.iter().filter(|part| part.kind == PartKind::Text && !part.content.trim().is_empty());
    texts().next()?;
    blocks.sort_by_key(|block| block.index);
    let whole = blocks.iter().filter(|block| is_text_or_thinking(&block.raw)).map(|block| block.raw.clone());
    let is_whole = |part: &&Part| blocks.iter().any(|block| block.part == Some(part.index));
    let unfinished = texts().filter(|part| !is_whole(part)).filter_map(|part| {
        RawValue::from_string(json!({"type": "text", "text": part.content}).to_string()).ok()
    });
    let all: Vec<_> = whole.chain(unfinished).collect();
    assistant_message(all.iter().map(|raw| &**raw))
}

fn is_text_or_thinking(raw: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Kind<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
    }
    serde_json::from_str(raw.get())
        .is_ok_and(|block: Kind<'_>| matches!(&*block.kind, "text" | "thinking" | "redacted_thinking"))
}
