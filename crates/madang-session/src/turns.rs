//! Turns: one at a time, each a prompt and the reply streamed for it (TU4).

use madang_protocol::{
    Actor, ClaudeResponse, Cost, Message, MessageId, MessageKind, Part, PartKind, Reply, ReplyError,
    ReplyStatus, TurnId, TurnStarted, UnixMs, Usage, UserId,
};
use rand::Rng;

use crate::apply::{Effect, Step, Stopper, session_of};
use crate::membership::the_server;
use crate::state::Waiting;
use crate::{Applied, Session, Transcript};

/// A turn that was started: what the model was told, in terms of the transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its id.
    pub turn_id: TurnId,
    /// Its prompt.
    pub prompt_id: MessageId,
    /// Its reply.
    pub reply_id: MessageId,
    /// What people said since Claude's last turn on this branch, oldest first: told along with the prompt (TU6).
    pub heard: Vec<MessageId>,
    /// Where its reply stands in the transcript.
    pub(crate) place: u32,
}

impl Turn {
    pub(crate) fn begin(
        transcript: &Transcript,
        (turn_id, prompt_id): (TurnId, MessageId),
        reply: MessageId,
    ) -> Option<Turn> {
        let place = u32::try_from(transcript.place(reply)?).ok()?;
        let heard = transcript.said_before(reply);
        Some(Turn { turn_id, prompt_id, reply_id: reply, heard, place })
    }
}

/// How a running reply ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The reply.
    pub message_id: MessageId,
    /// How.
    pub status: ReplyStatus,
    /// What was written.
    pub parts: Vec<Part>,
    /// The model in the upstream's words, when it answered at all.
    pub model: Option<String>,
    /// The upstream's own word for why.
    pub stop_reason: Option<String>,
    /// Tokens.
    pub usage: Option<Usage>,
    /// Money.
    pub cost: Option<Cost>,
    /// Who stopped it.
    pub stopped_by: Option<Stopper>,
    /// Why it failed.
    pub error: Option<ReplyError>,
}

impl Outcome {
    /// The text of the reply: its text parts, joined.
    #[must_use]
    pub fn text(parts: &[Part]) -> String {
        parts.iter().filter(|part| part.kind == PartKind::Text).map(|part| part.content.as_str()).collect()
    }
}

impl Session {
    /// Puts the end of the running reply into the log, and starts the next turn. Nothing when it is not the running one.
    pub fn end_turn(&mut self, now: UnixMs, rng: &mut dyn Rng, outcome: Outcome) -> Applied {
        let simulated = match &self.running {
            Some(running) if running.message_id == outcome.message_id => self
                .transcript
                .get(running.message_id)
                .and_then(|m| m.reply.as_ref())
                .map(|reply| reply.simulated),
            _ => return Applied::default(),
        };
        let stopped_by = outcome.stopped_by.map(|by| match by {
            Stopper::Person(user) => self.author(Actor::User(user)),
            Stopper::Suspension | Stopper::Departure => the_server(),
        });
        let mut step = Step::new(self, now, rng);
        step.emit(ClaudeResponse {
            session_id: session_of(&step),
            message_id: outcome.message_id,
            content: Outcome::text(&outcome.parts),
            stream: false,
            completed: true,
            n: None,
            part: None,
            kind: None,
            name: None,
            parts: Some(outcome.parts),
            status: Some(outcome.status),
            usage: outcome.usage,
            cost: outcome.cost,
            model: outcome.model,
            stop_reason: outcome.stop_reason,
            simulated,
            stopped_by,
            error: outcome.error,
            ended_at: Some(now),
        });
        step.start_waiting();
        step.applied
    }

    /// Starts the first waiting turn when none is running: after a log was read back.
    pub fn resume_queue(&mut self, now: UnixMs, rng: &mut dyn Rng) -> Applied {
        let mut step = Step::new(self, now, rng);
        step.start_waiting();
        step.applied
    }

    /// A turn that was started.
    #[must_use]
    pub fn turn(&self, turn_id: TurnId) -> Option<&Turn> {
        self.turns.iter().rev().find(|turn| turn.turn_id == turn_id)
    }

    /// Who asked for the running turn: whoever pressed "again", not who wrote the prompt.
    ///
    /// For a turn that waited this outlives a restart; else the author of its prompt counts from then on.
    #[must_use]
    pub fn asked_by(&self, turn_id: TurnId) -> Option<UserId> {
        let running = self.running.as_ref().filter(|running| running.turn_id == turn_id)?;
        self.asker(&running.asked())
    }

    /// Takes over which commands asked for what runs and waits: the log does not say it, the session before did.
    pub fn keep_askers(&mut self, before: &Session) {
        let same = |turn: TurnId| before.queue.iter().find(move |known| known.turn_id == turn);
        for waiting in &mut self.queue {
            waiting.command = same(waiting.turn_id).and_then(|known| known.command.clone());
        }
        if let Some(running) = &mut self.running {
            let ran = before.running.as_ref().filter(|known| known.turn_id == running.turn_id);
            let waited = || same(running.turn_id).and_then(|known| known.command.clone());
            running.command = ran.map_or_else(waited, |known| known.command.clone());
        }
    }

    /// The turns whose replies are on the branch before this reply, oldest first: what the model is reminded of.
    #[must_use]
    pub fn turns_before(&self, reply: MessageId) -> Vec<&Turn> {
        self.transcript.turns_before(reply, &self.turns)
    }
}

impl Step<'_> {
    pub(crate) fn start_waiting(&mut self) {
        let session = &self.session;
        if session.running.is_some() || session.closed || session.deleted || session.held {
            return;
        }
        if let Some(next) = self.session.queue.front().cloned() {
            self.start(&next);
        }
    }

    pub(crate) fn start(&mut self, turn: &Waiting) {
        let message_id = self.message_id();
        let message = Message {
            message_id,
            parent_id: Some(self.reply_parent(turn)),
            kind: MessageKind::Reply,
            author: self.session.author(Actor::Claude),
            content: String::new(),
            created_at: self.now,
            turn_id: Some(turn.turn_id),
            reply_to: None,
            continues: None,
            reply: Some(Reply {
                status: ReplyStatus::Streaming,
                parts: Vec::new(),
                model: self.session.model.clone(),
                simulated: self.session.simulated,
                stop_reason: None,
                usage: None,
                cost: None,
                stopped_by: None,
                error: None,
                ended_at: None,
            }),
            mentions: Vec::new(),
            reactions: Vec::new(),
            edited_at: None,
            deleted_at: None,
        };
        self.applied.effects.push(Effect::Start {
            turn_id: turn.turn_id,
            message_id,
            prompt_id: turn.prompt_id,
        });
        self.emit(TurnStarted {
            session_id: session_of(self),
            turn_id: turn.turn_id,
            prompt_id: turn.prompt_id,
            message,
        });
    }

    /// Where a reply goes: beside the one it replaces, else at the end of the shown branch if that is its prompt's.
    fn reply_parent(&self, turn: &Waiting) -> MessageId {
        let replaced = turn.regenerates.and_then(|reply| self.session.transcript.get(reply));
        if let Some(parent) = replaced.and_then(|reply| reply.parent_id) {
            return parent;
        }
        let head =
            self.session.head.filter(|head| self.session.transcript.leads_to(turn.prompt_id, Some(*head)));
        head.unwrap_or(turn.prompt_id)
    }
}

/// Tokens of a text by its length, where the upstream gives no figure: four bytes each, low for Korean, and marked as estimated.
#[must_use]
pub fn estimate_tokens(text_bytes: usize) -> u64 {
    (text_bytes as u64).div_ceil(4)
}
