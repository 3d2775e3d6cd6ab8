//! What a faithful client knows after the envelopes it was sent; every broken promise is noted as a fault.

mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use madang_protocol::{
    Actor, ClaudeResponse, Event, Message, MessageId, PartKind, Participant, Presence, Reaction, ReplyStatus,
    SessionId, UserId,
};
use serde_json::Value;

/// A message as a client shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The number of the last delta in it.
    pub n: u32,
    /// Parts by index: kind and content; a message that is no reply has one.
    pub parts: BTreeMap<u32, (PartKind, String)>,
    /// A reply's state; none for what people wrote.
    pub status: Option<ReplyStatus>,
    /// What people put under it.
    pub reactions: Vec<Reaction>,
    /// Whether it was deleted.
    pub deleted: bool,
}

impl Text {
    /// What is read: the text parts, joined.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.parts.values().filter(|(kind, _)| *kind == PartKind::Text);
        text.map(|(_, content)| content.as_str()).collect()
    }

    fn of(message: &Message) -> Text {
        let parts = match &message.reply {
            Some(reply) if !reply.parts.is_empty() => {
                reply.parts.iter().map(|part| (part.index, (part.kind, part.content.clone()))).collect()
            }
            _ => BTreeMap::from([(0, (PartKind::Text, message.content.clone()))]),
        };
        let parts =
            if message.content.is_empty() && message.reply.as_ref().is_some_and(|r| r.parts.is_empty()) {
                BTreeMap::new()
            } else {
                parts
            };
        let status = message.reply.as_ref().map(|reply| reply.status);
        let deleted = message.deleted_at.is_some();
        Text { n: 0, parts, status, reactions: message.reactions.clone(), deleted }
    }

    fn is_final(&self) -> bool {
        self.status != Some(ReplyStatus::Streaming)
    }
}

/// One session as a client knows it.
#[derive(Debug, Clone, Default)]
pub struct SessionMirror {
    /// The log's identity.
    pub epoch: String,
    /// The last event it has.
    pub seq: u64,
    /// The messages it was shown.
    pub messages: BTreeMap<MessageId, Text>,
    /// The durable events it was sent since its last `session_state`: position, name, data.
    pub log: Vec<(u64, String, Value)>,
    /// Whole states it was sent.
    pub states: u32,
    /// Who belongs to it.
    pub people: BTreeMap<Actor, Participant>,
    /// Who was asked in and has not come.
    pub invited: BTreeSet<UserId>,
    /// Who is here.
    pub presence: BTreeMap<UserId, Presence>,
    /// How far its reader has read.
    pub read_to: Option<MessageId>,
    /// Whether its reader was told that they do not belong any more.
    pub removed: bool,
}

/// What all who belong to a session must see alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The last event.
    pub seq: u64,
    /// The messages: text, state, reactions, whether deleted.
    pub messages: BTreeMap<MessageId, (String, Option<ReplyStatus>, Vec<Reaction>, bool)>,
    /// The people.
    pub people: BTreeMap<Actor, Participant>,
    /// Who was asked in.
    pub invited: BTreeSet<UserId>,
    /// Who is here.
    pub presence: BTreeMap<UserId, Presence>,
}

/// Everything a connection was sent.
#[derive(Debug, Clone, Default)]
pub struct Mirror {
    /// Every envelope, in order.
    pub envelopes: Vec<Value>,
    /// The sessions it knows.
    pub sessions: BTreeMap<SessionId, SessionMirror>,
    /// Broken promises; empty at the end of a good test.
    pub faults: Vec<String>,
    /// Whether the hub told it to go away and come back.
    pub invalidated: bool,
}

impl Mirror {
    /// A session it was told of.
    #[must_use]
    pub fn session(&self, session: SessionId) -> Option<&SessionMirror> {
        self.sessions.get(&session)
    }

    /// A message's text as it stands.
    #[must_use]
    pub fn text(&self, session: SessionId, message: MessageId) -> Option<String> {
        Some(self.session(session)?.messages.get(&message)?.text())
    }

    /// A reply's state.
    #[must_use]
    pub fn status(&self, session: SessionId, message: MessageId) -> Option<ReplyStatus> {
        self.session(session)?.messages.get(&message)?.status
    }

    /// The envelopes of a type.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.envelopes.iter().filter(move |envelope| envelope["type"] == kind)
    }

    /// The types that came, in order: what a failed wait prints.
    #[must_use]
    pub fn outline(&self) -> String {
        self.envelopes.iter().fold(String::new(), |mut out, envelope| {
            let kind = envelope["type"].as_str().unwrap_or("?");
            write!(out, "{kind}").expect("writing to a String cannot fail");
            for key in ["seq", "correlation_id"] {
                if let Some(value) = envelope.get(key) {
                    write!(out, " {value}").expect("writing to a String cannot fail");
                }
            }
            if kind == "claude_response" || kind == "error" {
                write!(out, " {}", envelope["data"]).expect("writing to a String cannot fail");
            }
            out.push('\n');
            out
        })
    }

    /// What a client keeps over a lost connection: what it knows, not what it was sent.
    #[must_use]
    pub fn reconnected(&self) -> Mirror {
        Mirror {
            envelopes: Vec::new(),
            sessions: self.sessions.clone(),
            faults: self.faults.clone(),
            invalidated: false,
        }
    }

    /// Takes in one envelope.
    pub fn take(&mut self, envelope: &[u8]) {
        let Ok(envelope) = serde_json::from_slice::<Value>(envelope) else {
            return self.faults.push(format!("not JSON: {}", String::from_utf8_lossy(envelope)));
        };
        if let Err(fault) = self.apply(&envelope) {
            self.faults.push(fault);
        }
        self.envelopes.push(envelope);
    }

    fn apply(&mut self, envelope: &Value) -> Result<(), String> {
        let kind = envelope["type"].as_str().unwrap_or_default();
        let event = Event::parse(kind, &envelope["data"].to_string()).map_err(|e| format!("{kind}: {e}"))?;
        if let Event::SessionState(state) = &event {
            let session = self.sessions.entry(state.session_id).or_default();
            let states = session.states + 1;
            *session = SessionMirror {
                epoch: state.epoch.to_string(),
                seq: state.seq,
                states,
                ..Default::default()
            };
            session.messages = state.messages.iter().map(|m| (m.message_id, Text::of(m))).collect();
            session.take_people(state);
            if let Some(running) = &state.running {
                let parts = running.parts.iter().map(|p| (p.index, (p.kind, p.content.clone()))).collect();
                let status = Some(ReplyStatus::Streaming);
                let text = Text { n: running.n, parts, status, reactions: Vec::new(), deleted: false };
                session.messages.insert(running.message_id, text);
            }
            return Ok(());
        }
        let Some(id) = envelope["session_id"].as_str().and_then(|id| id.parse::<SessionId>().ok()) else {
            return Ok(());
        };
        if self.session(id).is_some_and(|session| session.removed) && people::is_news(&event) {
            return Err(format!("{kind} after removed"));
        }
        if let Event::Resumed(resumed) = &event {
            let session = self.sessions.entry(id).or_default();
            // What was streamed meanwhile was missed: a snapshot or the final follows.
            session.messages.values_mut().filter(|text| !text.is_final()).for_each(|text| text.n = 0);
            // Comings and goings are in no log: who is here is told after the replay.
            session.presence.clear();
            let seq = session.seq;
            return (resumed.from == seq)
                .then_some(())
                .ok_or(format!("resumed from {} at {seq}", resumed.from));
        }
        match envelope.get("seq").and_then(Value::as_u64) {
            Some(seq) => {
                let session = self.sessions.entry(id).or_default();
                session.advance(seq, envelope, kind)?;
                session.durable(&event)
            }
            None => match (&event, self.sessions.get_mut(&id)) {
                (Event::ClaudeResponse(piece), Some(session)) => session.piece(piece),
                (Event::ClaudeResponse(_), None) => Err("a delta of an unknown session".into()),
                (event, Some(session)) => {
                    session.people_now(event);
                    Ok(())
                }
                (_, None) => Ok(()),
            },
        }
    }
}

impl SessionMirror {
    fn advance(&mut self, seq: u64, envelope: &Value, kind: &str) -> Result<(), String> {
        let epoch = envelope["epoch"].as_str().unwrap_or_default();
        if self.seq == 0 {
            epoch.clone_into(&mut self.epoch);
        }
        if self.epoch != epoch {
            return Err(format!("epoch {epoch} after {}", self.epoch));
        }
        if seq != self.seq + 1 {
            return Err(format!("seq {seq} ({kind}) after {}", self.seq));
        }
        self.seq = seq;
        self.log.push((seq, kind.to_owned(), envelope["data"].clone()));
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a mirror of texts cares for few events")]
    fn durable(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::MessageCreated(data) => self.insert(&data.message),
            Event::TurnStarted(data) => self.insert(&data.message),
            Event::MessagesCopied(data) => data.messages.iter().try_for_each(|message| self.insert(message)),
            Event::PromptEdited(data) => match self.messages.get_mut(&data.message_id) {
                Some(text) => {
                    text.parts = BTreeMap::from([(0, (PartKind::Text, data.content.clone()))]);
                    Ok(())
                }
                // Older than the page that it was shown.
                None => Ok(()),
            },
            Event::ClaudeResponse(data) => self.finish(data),
            _ => {
                self.people_event(event);
                Ok(())
            }
        }
    }

    fn insert(&mut self, message: &Message) -> Result<(), String> {
        let before = self.messages.insert(message.message_id, Text::of(message));
        before.map_or(Ok(()), |_| Err(format!("{} was made twice", message.message_id)))
    }

    fn piece(&mut self, data: &ClaudeResponse) -> Result<(), String> {
        let id = data.message_id;
        let n = data.n.ok_or("a delta without n")?;
        let text = self.messages.get_mut(&id).ok_or(format!("a delta of {id} before its start"))?;
        if text.is_final() {
            return Err(format!("delta {n} of {id} after its end"));
        }
        if let Some(parts) = &data.parts {
            text.n = n;
            text.parts = parts.iter().map(|p| (p.index, (p.kind, p.content.clone()))).collect();
            return (text.text() == data.content).then_some(()).ok_or("a snapshot contradicts itself".into());
        }
        if n != text.n + 1 {
            return Err(format!("delta {n} of {id} after {}", text.n));
        }
        text.n = n;
        let part = data.part.ok_or("a delta without part")?;
        let kind = data.kind.ok_or("a delta without kind")?;
        text.parts.entry(part).or_insert((kind, String::new())).1.push_str(&data.content);
        Ok(())
    }

    fn finish(&mut self, data: &ClaudeResponse) -> Result<(), String> {
        let Some(text) = self.messages.get_mut(&data.message_id) else { return Ok(()) };
        if text.is_final() {
            return Err(format!("{} ended twice", data.message_id));
        }
        let (before, streamed) = (text.text(), text.n > 0);
        text.status = data.status;
        text.parts = data.parts.iter().flatten().map(|p| (p.index, (p.kind, p.content.clone()))).collect();
        if text.text() != data.content {
            return Err(format!("{}: the final's parts contradict its content", data.message_id));
        }
        // After a kill the stored text may be shorter than what was seen (RS5).
        if streamed && data.status != Some(ReplyStatus::Interrupted) && before != data.content {
            return Err(format!("{}: streamed {before:?}, stored {:?}", data.message_id, data.content));
        }
        Ok(())
    }
}
