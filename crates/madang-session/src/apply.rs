//! A command in, events out: the exhaustive match that is the routing table.

use madang_protocol::{
    Ack, Actor, Author, Command, Effort, ErrorCode, Event, InviteId, Invited, MessageId, ModelInfo, Role,
    SessionId, TurnId, UnixMs, UserId,
};
use rand::Rng;

use crate::{Action, Object, Place, Rejection, Session, Standing, authorize};

/// Who sends a command, as the edge has established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub user: UserId,
    /// The name others see.
    pub display_name: String,
    /// Their colour, as CSS.
    pub color: String,
    /// What their credential and their account allow, whatever the session.
    pub standing: Standing,
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
    /// The person that the command's `target_user_id` names; none when it names nobody.
    pub target: Option<&'a Target>,
    /// The invite link that the caller came by, if it holds.
    pub door: Option<&'a Door>,
}

/// A person that a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The person.
    pub user: UserId,
    /// The name others see.
    pub display_name: String,
}

/// An invite link that lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The link.
    pub invite_id: InviteId,
    /// The role it gives.
    pub role: Role,
}

/// Who has a reply stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopper {
    /// Someone who may.
    Person(UserId),
    /// The server, because the account of whoever asked was suspended.
    Suspension,
    /// The server, because whoever asked no longer belongs to the session.
    Departure,
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
        by: Stopper,
    },
    /// Cut the person's connections off from the session (SE4).
    Cut {
        /// The person.
        user: UserId,
        /// Who did it.
        by: Author,
    },
    /// Tell the person that they were asked in (SE7).
    TellInvited {
        /// The person.
        user: UserId,
        /// What they are told.
        invited: Box<Invited>,
    },
    /// Take a deleted message's text out of what is stored (TU5).
    Erase {
        /// The message.
        message_id: MessageId,
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
        let answer = Ack { session_id: Some(session.id), ..Ack::default() };
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

/// A caller in a session, with the place that everything they do is measured by.
pub(crate) struct Member<'a> {
    pub(crate) user: UserId,
    pub(crate) caller: &'a Caller,
    pub(crate) place: Place,
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

    /// Asks for more than the command itself needs: what it touches may be another's.
    pub(crate) fn may(&self, action: Action) -> Result<(), Rejection> {
        authorize(self.caller.standing, action, Object::Session(self.place))
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
        let Sender { caller, command_id, models, target, door } = *sender;
        let place = match self.place(caller.user) {
            Place::Stranger if door.is_some() => Place::Invited,
            place @ (Place::Stranger | Place::Invited | Place::Member(..)) => place,
        };
        let member = Member { user: caller.user, caller, place, command: command_id };
        let action = Action::of(command)
            .ok_or_else(|| Rejection::new(ErrorCode::InvalidData, "This command is not for a session."))?;
        self.admit(caller.standing, action, place)?;
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
            Command::JoinCollaboration(_) => step.join(&member, door),
            Command::LeaveSession(_) => step.leave(&member),
            Command::InviteUser(data) => step.invite(&member, target, data.role),
            Command::RemoveUser(_) => step.remove(&member, target),
            Command::SetRole(data) => step.set_role(target, &member, data),
            Command::TransferOwnership(_) => step.transfer(&member, target),
            Command::EditMessage(data) => step.edit_message(&member, data),
            Command::DeleteMessage(data) => step.delete_message(&member, data),
            Command::React(data) => step.react(&member, data),
            Command::SetBudget(data) => step.set_budget(&member, data),
            Command::CreateDocument(data) => step.create_document(&member, data),
            Command::RenameDocument(data) => step.rename_document(&member, data),
            Command::DeleteDocument(data) => step.delete_document(&member, data),
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
            | Command::LeaveCollaboration(_)
            | Command::CreateInvite(_)
            | Command::ListInvites(_)
            | Command::RevokeInvite(_)
            | Command::GetRevisions(_)
            | Command::SetTyping(_)
            | Command::MarkRead(_)
            | Command::Summarize(_)
            | Command::Search(_)
            | Command::OpenDocument(_)
            | Command::CloseDocument(_)
            | Command::CodeChange(_)
            | Command::CursorUpdate(_)
            | Command::SaveVersion(_)
            | Command::ListVersions(_)
            | Command::GetVersion(_)
            | Command::RestoreVersion(_)
            | Command::GetBlame(_)
            | Command::ForkSession(_) => {
                Err(Rejection::new(ErrorCode::InvalidData, "This command is not for a session's log."))
            }
        }?;
        Ok(step.applied)
    }

    /// Whether the caller may do this here: the gate for what is answered outside of [`Session::apply`].
    ///
    /// # Errors
    /// As [`authorize`]; INVALID_SESSION once the session is deleted.
    pub fn check(&self, caller: &Caller, action: Action) -> Result<(), Rejection> {
        self.admit(caller.standing, action, self.place(caller.user))
    }

    fn admit(&self, standing: Standing, action: Action, place: Place) -> Result<(), Rejection> {
        authorize(standing, action, Object::Session(place))?;
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
