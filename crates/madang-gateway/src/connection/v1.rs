//! What version-1 clients need on their way out: replies one after the other, each with an end; the design document's
//! shapes (TU2, TU4, TU7, RS2, SE3). Their code keeps one "streaming" message and unlocks its input on a final alone.

mod asked;
mod replies;
mod shapes;
mod sorted;

use std::sync::Arc;

use bytes::Bytes;
use madang_hub::{Batch, Outgoing};
use madang_protocol::limits::FOLLOWED_SESSIONS_MAX;
use madang_protocol::{ClaudeResponse, Event, MessageId, SessionId, SessionState, UnixMs};

pub(crate) use asked::Asked;
use asked::Prompts;
use replies::{End, Replies};
pub(crate) use sorted::Sorted;

/// What one version-1 connection has asked, and which replies it is being sent.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// The commands by which it asked to hear no more of a session.
    leaving: Vec<String>,
    prompts: Prompts,
    replies: Replies,
}

/// Where the envelopes of a batch are put in order.
pub(crate) struct Line {
    pub(crate) sorted: Sorted,
    pub(crate) now: UnixMs,
}

impl Line {
    fn made(&mut self, envelope: impl Into<Bytes>) {
        self.sorted.made(envelope.into());
    }
}

impl Gate {
    /// Notes that the connection hands in a prompt.
    pub(crate) fn ask(&mut self, asked: Asked) {
        self.prompts.ask(asked);
    }

    /// Notes that the connection asks to hear no more of a session; the newest of such commands are remembered.
    pub(crate) fn leave(&mut self, id: &str) {
        if self.leaving.len() >= FOLLOWED_SESSIONS_MAX {
            self.leaving.remove(0);
        }
        self.leaving.push(id.to_owned());
    }

    /// Bytes of replies that are held back.
    pub(crate) fn held_bytes(&self) -> usize {
        self.replies.held_bytes()
    }

    /// Sorts what a batch sends to this connection.
    pub(crate) fn sort(&mut self, batch: &Arc<Batch>, now: UnixMs) -> Sorted {
        let mut line = Line { sorted: Sorted::default(), now };
        for (index, outgoing) in batch.events().iter().enumerate() {
            self.event(index, outgoing, &mut line);
        }
        line.sorted
    }

    fn event(&mut self, index: usize, outgoing: &Outgoing, line: &mut Line) {
        let correlation = outgoing.correlation_id.as_deref();
        if correlation.is_some_and(crate::ids::is_own_id) && matches!(&outgoing.event, Some(Event::Ack(_))) {
            return;
        }
        match &outgoing.event {
            Some(Event::ClaudeResponse(response)) => return self.response(index, response, line),
            Some(Event::SessionState(state)) => return self.state(state, line),
            Some(Event::Ack(ack)) => self.prompts.acknowledged(correlation, ack),
            Some(Event::TurnStarted(started)) => {
                self.prompts.started(started.turn_id, started.message.message_id)
            }
            _ => {}
        }
        line.sorted.pass(index);
        match &outgoing.event {
            Some(Event::Error(error)) => {
                if let Some(asked) = correlation.and_then(|id| self.prompts.refused(id)) {
                    self.replies.refuse(&asked, &error.message, Some(error.code), line);
                }
            }
            Some(Event::TurnDequeued(data)) => {
                if let Some(asked) = self.prompts.dequeued(data.turn_id) {
                    self.replies.refuse(&asked, "The prompt was taken back before Claude began.", None, line);
                }
            }
            Some(Event::Ack(ack)) => {
                let left = self.leaving.iter().position(|id| Some(id.as_str()) == correlation);
                if let Some(session) = left.map(|at| self.leaving.remove(at)).and(ack.session_id) {
                    self.gone(session, "The session is not followed any more.", line);
                }
            }
            Some(Event::Removed(data)) => {
                self.gone(data.session_id, "You do not belong to this session any more.", line);
            }
            Some(Event::SessionDeleted(data)) => {
                self.gone(data.0.session_id, "The session was deleted.", line);
            }
            _ => {}
        }
    }

    fn response(&mut self, index: usize, response: &ClaudeResponse, line: &mut Line) {
        let message = response.message_id;
        let quiet = self.prompts.is_quiet(message);
        if response.completed {
            self.prompts.ended(message);
            self.replies.end(End::of_reply(index, response, quiet), line);
            return;
        }
        if quiet {
            return;
        }
        match (response.n, response.part, response.kind) {
            (Some(n), Some(_), Some(kind)) => self.replies.piece(index, response, (n, kind), line),
            (n, ..) => {
                let parts = response.parts.as_ref();
                let text = parts.map_or_else(|| response.content.clone(), |parts| shapes::text_of(parts));
                self.replies.snapshot(response.session_id, message, (n.unwrap_or(0), text), line);
            }
        }
    }

    fn state(&mut self, state: &SessionState, line: &mut Line) {
        line.made(shapes::session_state(state, line.now));
        let session = state.session_id;
        self.replies.keep_only(session, state.running.as_ref().map(|running| running.message_id), line);
        if let Some(running) = &state.running
            && !self.prompts.is_quiet(running.message_id)
        {
            let text = shapes::text_of(&running.parts);
            self.replies.snapshot(session, running.message_id, (running.n, text), line);
        }
    }

    /// Ends what a session owes to a connection that hears no more of it.
    fn gone(&mut self, session: SessionId, sentence: &str, line: &mut Line) {
        let waiting = self.prompts.in_session(session);
        self.replies.keep_only(session, None, line);
        for asked in waiting {
            self.replies.refuse(&asked, sentence, None, line);
        }
    }
}

/// A message id for an answer that has none of its own.
fn new_message_id(now: UnixMs) -> MessageId {
    MessageId::new(now, crate::random::bytes())
}
