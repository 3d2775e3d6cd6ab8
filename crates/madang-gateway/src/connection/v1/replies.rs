//! Replies one after the other: the first is on the air, the others are held back, merged, until it has ended (TU4).

use std::collections::VecDeque;

use madang_protocol::limits::FOLLOWED_SESSIONS_MAX;
use madang_protocol::{ClaudeResponse, ErrorCode, Event, MessageId, PartKind, ReplyStatus, SessionId};
use serde_json::json;

use super::asked::Asked;
use super::{Line, new_message_id, shapes};
use crate::connection::backlog::encode;

/// Replies of which it is remembered that they are over: those of every session that one connection follows.
const OVER_MAX: usize = FOLLOWED_SESSIONS_MAX;

/// The replies that a version-1 connection is being sent.
#[derive(Debug, Default)]
pub(super) struct Replies {
    /// The first is on the air.
    line: VecDeque<Reply>,
    /// Replies that were ended here before their own end came, which must not be told as well.
    over: VecDeque<MessageId>,
}

#[derive(Debug)]
struct Reply {
    message: MessageId,
    /// None for the answer to a prompt that was refused.
    session: Option<SessionId>,
    /// The last delta of it that came.
    n: u32,
    /// Whether a delta was sent.
    shown: bool,
    /// Begins anew at the client (RS2), with `held`.
    anew: bool,
    /// Text that could not be sent yet.
    held: String,
    end: Option<End>,
}

/// The end of a reply.
#[derive(Debug)]
pub(super) struct End {
    message: MessageId,
    session: Option<SessionId>,
    /// Which event of the batch it is, when it is sent at once.
    index: Option<usize>,
    /// The final's data as JSON text, when it is not.
    data: String,
    /// What a person is told, where no text says it.
    sentence: Option<String>,
    /// Says the sentence even after text: the reply broke off.
    broke_off: bool,
    /// The whole text, for a client that was shown none of it.
    text: String,
    /// Whether deltas are not wanted.
    quiet: bool,
}

impl End {
    /// The end of a reply of Claude's.
    pub(super) fn of_reply(index: usize, last: &ClaudeResponse, quiet: bool) -> End {
        let status = last.status.unwrap_or(ReplyStatus::Complete);
        let sentence = match status {
            ReplyStatus::Error => {
                let said = last.error.as_ref().map(|error| error.message.clone());
                Some(said.unwrap_or_else(|| "The reply failed.".into()))
            }
            ReplyStatus::Cancelled => {
                let why = last.error.as_ref().map(|error| error.message.clone());
                Some(why.unwrap_or_else(|| "The reply was stopped.".into()))
            }
            ReplyStatus::Interrupted => Some("The reply was interrupted.".into()),
            ReplyStatus::Complete | ReplyStatus::Streaming => None,
        };
        let mut without_parts = last.clone();
        without_parts.parts = None;
        let mut index = Some(index);
        if quiet && last.content.is_empty() && sentence.is_some() {
            // No delta can say it, so the final does.
            without_parts.content = sentence.clone().unwrap_or_default();
            index = None;
        }
        End {
            message: last.message_id,
            session: Some(last.session_id),
            index,
            data: Event::ClaudeResponse(Box::new(without_parts)).data_json(),
            sentence,
            broke_off: status == ReplyStatus::Error,
            text: last.content.clone(),
            quiet,
        }
    }

    /// The answer to a prompt that gets no reply.
    fn of_refusal(asked: &Asked, sentence: &str, code: Option<ErrorCode>, message: MessageId) -> End {
        let status = if code.is_some() { "error" } else { "cancelled" };
        let error = code.map(|code| json!({ "code": code, "message": sentence }));
        let data = json!({
            "message_id": message, "content": sentence, "stream": false, "completed": true, "status": status,
            "error": error,
        });
        End {
            message,
            session: None,
            index: None,
            data: data.to_string(),
            sentence: Some(sentence.to_owned()),
            broke_off: false,
            text: String::new(),
            quiet: !asked.stream,
        }
    }
}

impl Replies {
    pub(super) fn held_bytes(&self) -> usize {
        self.line
            .iter()
            .map(|reply| reply.held.len() + reply.end.as_ref().map_or(0, |end| end.data.len()))
            .sum()
    }

    /// A delta: sent on as it is when its reply is on the air.
    pub(super) fn piece(
        &mut self,
        index: usize,
        delta: &ClaudeResponse,
        (n, kind): (u32, PartKind),
        line: &mut Line,
    ) {
        if self.over.contains(&delta.message_id) {
            return;
        }
        let (on_air, reply) = self.reply(delta.session_id, delta.message_id);
        let new = n > reply.n;
        reply.n = reply.n.max(n);
        if !new || kind != PartKind::Text {
            return;
        }
        if on_air {
            reply.shown = true;
            line.sorted.pass(index);
        } else {
            reply.held.push_str(&delta.content);
        }
    }

    /// Everything written so far, to begin from anew (RS2).
    pub(super) fn snapshot(
        &mut self,
        session: SessionId,
        message: MessageId,
        (n, text): (u32, String),
        line: &mut Line,
    ) {
        self.over.retain(|over| *over != message);
        let (on_air, reply) = self.reply(session, message);
        if reply.shown && !reply.anew && n <= reply.n {
            // The connection has all of it.
            return;
        }
        reply.n = n;
        reply.held = text;
        reply.anew = true;
        if on_air {
            reply.send_held(line);
        }
    }

    /// A reply's end; lets the next one on the air.
    pub(super) fn end(&mut self, end: End, line: &mut Line) {
        if self.over.contains(&end.message) {
            return;
        }
        match self.line.iter_mut().find(|reply| reply.message == end.message) {
            Some(reply) => reply.end = Some(end),
            None => self.line.push_back(Reply::of(end.session, end.message).ending(end)),
        }
        self.advance(line);
        // Events of later batches have other indexes: what still waits is sent from its data.
        self.line.iter_mut().filter_map(|reply| reply.end.as_mut()).for_each(|end| end.index = None);
    }

    /// Answers a prompt that gets no reply, in its turn.
    pub(super) fn refuse(&mut self, asked: &Asked, sentence: &str, code: Option<ErrorCode>, line: &mut Line) {
        let message = new_message_id(line.now);
        let end = End::of_refusal(asked, sentence, code, message);
        self.line.push_back(Reply::of(None, message).ending(end));
        self.advance(line);
    }

    /// Ends what a session's connection can hear no more of.
    pub(super) fn keep_only(&mut self, session: SessionId, running: Option<MessageId>, line: &mut Line) {
        for reply in &mut self.line {
            if reply.session == Some(session) && Some(reply.message) != running && reply.end.is_none() {
                let asked = Asked { id: String::new(), stream: true };
                self.over.push_back(reply.message);
                reply.end = Some(End::of_refusal(&asked, "The reply was interrupted.", None, reply.message));
            }
        }
        let more = self.over.len().saturating_sub(OVER_MAX);
        self.over.drain(..more);
        self.advance(line);
    }

    fn reply(&mut self, session: SessionId, message: MessageId) -> (bool, &mut Reply) {
        let at = self.line.iter().position(|reply| reply.message == message).unwrap_or_else(|| {
            self.line.push_back(Reply::of(Some(session), message));
            self.line.len() - 1
        });
        (at == 0, &mut self.line[at])
    }

    /// Sends what may be sent, up to the first reply that has not ended.
    fn advance(&mut self, line: &mut Line) {
        while let Some(first) = self.line.front_mut() {
            first.send_held(line);
            if first.end.is_none() {
                return;
            }
            if let Some(reply) = self.line.pop_front() {
                reply.send_end(line);
            }
        }
    }
}

impl Reply {
    fn of(session: Option<SessionId>, message: MessageId) -> Reply {
        Reply { message, session, n: 0, shown: false, anew: false, held: String::new(), end: None }
    }

    fn ending(mut self, end: End) -> Reply {
        self.end = Some(end);
        self
    }

    fn send_held(&mut self, line: &mut Line) {
        if std::mem::take(&mut self.anew) {
            self.send("", false, line);
        } else if self.held.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.held);
        self.send(&text, true, line);
        self.shown = true;
    }

    /// Sends the final, after whatever a client must have been shown before it (TU2).
    fn send_end(mut self, line: &mut Line) {
        let Some(end) = self.end.take() else { return };
        if !end.quiet {
            match (&end.sentence, self.shown) {
                (Some(sentence), true) if end.broke_off => self.send(&format!("\n\n{sentence}"), true, line),
                (_, true) => {}
                (_, false) if !end.text.is_empty() => self.send(&end.text, true, line),
                (sentence, false) => self.send(sentence.as_deref().unwrap_or(""), true, line),
            }
        }
        match end.index {
            Some(index) => line.sorted.pass(index),
            None => line.made(shapes::envelope("claude_response", &end.data, end.session, line.now)),
        }
    }

    fn send(&self, text: &str, stream: bool, line: &mut Line) {
        let envelope = match self.session {
            Some(session) => {
                let mut delta =
                    ClaudeResponse { stream, ..ClaudeResponse::bare(session, self.message, text.to_owned()) };
                delta.n = stream.then_some(self.n);
                encode(&Event::from(delta), Some(session), line.now)
            }
            None => {
                let data = json!({
                    "message_id": self.message, "content": text, "stream": stream, "completed": false,
                });
                shapes::envelope("claude_response", &data.to_string(), None, line.now)
            }
        };
        line.made(envelope);
    }
}
