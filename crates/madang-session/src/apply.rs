//! A command in, events out: the exhaustive match that is the routing table.

use madang_protocol::{
    Ack, Actor, Command, Effort, ErrorCode, Event, MessageId, ModelInfo, Role, SessionId, TurnId, UnixMs,
    UserId,
};
use rand::Rng;

use crate::{Rejection, Session};

/// Who sends a command, as the edge has established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The name others see.
    pub display_name: String,
}

/// Who sends a command, and what is known of the world while it is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The person.
    pub caller: &'a Caller,
    /// Their id for the command, to cancel by later.
    pub command_id: Option<&'a str>,
    /// The models one may choose; empty when they are not known, and then any is taken.
    pub models: &'a [ModelInfo],
}

/// What the hub must do besides writing and sending the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask the model.
    Start {
        /// The turn.
        turn_id: TurnId,
        /// The reply to be written.
        message_id: MessageId,
        /// Its prompt.
        prompt_id: MessageId,
    },
    /// Stop the reply; [`Session::end_turn`] follows when it has stopped.
    Stop {
        /// The reply.
        message_id: MessageId,
        /// Who stopped it.
        by: UserId,
    },
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// Its events with their positions.
    pub events: Vec<(u64, Event)>,
    /// What the hub must do.
    pub effects: Vec<Effect>,
    /// The data of the `ack`.
    pub answer: Ack,
}

/// One command being applied: events are emitted into it and change the session at once.
///
/// Everything that can be refused is refused before the first event.
pub(crate) struct Step<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) now: UnixMs,
    pub(crate) rng: &'a mut dyn Rng,
    pub(crate) applied: Applied,
}

impl<'a> Step<'a> {
    pub(crate) fn new(session: &'a mut Session, now: UnixMs, rng: &'a mut dyn Rng) -> Self {
        let answer = Ack { seq: None, session_id: Some(session.id), message_id: None, turn_id: None };
        Step { session, now, rng, applied: Applied { answer, ..Applied::default() } }
    }

    pub(crate) fn emit(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.session.evolve(self.now, &event);
        let seq = self.session.seq;
        self.applied.answer.seq.get_or_insert(seq);
        self.applied.events.push((seq, event));
    }

    pub(crate) fn random(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn message_id(&mut self) -> MessageId {
        MessageId::new(self.now, self.random())
    }

    pub(crate) fn turn_id(&mut self) -> TurnId {
        TurnId::new(self.now, self.random())
    }
}

/// A caller in a session, with the role that everything they do is measured by.
pub(crate) struct Member<'a> {
    pub(crate) user: UserId,
    pub(crate) role: Option<Role>,
    /// The id of the command being applied, to cancel by later.
    pub(crate) command: Option<&'a str>,
}

impl Member<'_> {
    pub(crate) fn command_key(&self) -> Option<(UserId, String)> {
        self.command.map(|id| (self.user, id.to_owned()))
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.user)
    }
}

impl Session {
    /// Carries out a command, or says why not; a rejected command changes nothing.
    ///
    /// # Errors
    /// The [`Rejection`] to answer with. INVALID_DATA for commands that are not a session's.
    pub fn apply(
        &mut self,
        now: UnixMs,
        rng: &mut dyn Rng,
        sender: &Sender<'_>,
        command: &Command,
    ) -> Result<Applied, Rejection> {
        let Sender { caller, command_id, models } = *sender;
        let member = Member { user: caller.user, role: self.role(caller.user), command: command_id };
        self.admit(&member)?;
        let mut step = Step::new(self, now, rng);
        match command {
            Command::ClaudeMessage(data) => step.claude_message(&member, data),
            Command::ChatMessage(data) => step.chat_message(&member, data),
            Command::Cancel(data) => step.cancel(&member, data),
            Command::EditQueued(data) => step.edit_queued(&member, data),
            Command::Regenerate(data) => step.regenerate(&member, data),
            Command::EditPrompt(data) => step.edit_prompt(&member, data),
            Command::SelectBranch(data) => step.select_branch(&member, data),
            Command::RenameSession(data) => step.rename(&member, data),
            Command::ConfigureSession(data) => step.configure(&member, data, models),
            Command::CloseSession(_) => step.close(&member),
            Command::ReopenSession(_) => step.reopen(&member),
            Command::DeleteSession(_) => step.delete(&member),
            Command::Hello(_)
            | Command::Auth(_)
            | Command::Ping(_)
            | Command::CreateSession(_)
            | Command::ListSessions(_)
            | Command::ListModels(_)
            | Command::FollowSession(_)
            | Command::UnfollowSession(_)
            | Command::SessionStatus(_)
            | Command::GetHistory(_)
            | Command::ForkSession(_) => {
                Err(Rejection::new(ErrorCode::InvalidData, "This command is not for a session's log."))
            }
        }?;
        Ok(step.applied)
    }

    /// Refuses everyone but members, and everyone once it is deleted.
    fn admit(&self, member: &Member<'_>) -> Result<(), Rejection> {
        crate::authorize(member.role, crate::Action::Read)?;
        if self.deleted {
            return Err(Rejection::new(ErrorCode::InvalidSession, "This session was deleted."));
        }
        Ok(())
    }

    /// Refuses changes of content while the session is closed.
    pub(crate) fn writable(&self) -> Result<(), Rejection> {
        if self.closed {
            return Err(Rejection::new(ErrorCode::Conflict, "This session is closed. Reopen it to write."));
        }
        Ok(())
    }
}

/// Checks a chosen model and effort against what the upstream offers.
pub(crate) fn check_choice(
    model: Option<&str>,
    effort: Option<Effort>,
    models: &[ModelInfo],
) -> Result<(), Rejection> {
    let Some(model) = model else { return Ok(()) };
    if model.is_empty() || model.len() > madang_protocol::limits::MODEL_ID_BYTES_MAX {
        return Err(Rejection::invalid("model", "is empty or too long"));
    }
    let Some(known) = models.iter().find(|info| info.id == model) else {
        // The list can be unknown (upstream down) or behind: the upstream has the last word then.
        return Ok(());
    };
    match effort {
        Some(effort) if !known.efforts.contains(&effort) => {
            Err(Rejection::invalid("effort", "is not one that this model takes"))
        }
        _ => Ok(()),
    }
}

/// A session id in an event.
pub(crate) fn session_of(step: &Step<'_>) -> SessionId {
    step.session.id
}
