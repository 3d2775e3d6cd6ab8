//! How an event changes a session: the same for a live command and for a log that is read back.

use madang_protocol::{
    Actor, ClaudeResponse, Event, Message, MessageId, MessageKind, ReplyStatus, SessionCreated, TurnId,
    TurnStarted, UnixMs,
};

use crate::state::{Running, Waiting};
use crate::{Session, Transcript, Turn};

/// Events that no log has: they change no session, and nobody did them. In one place, so that both matches stay whole.
macro_rules! not_in_a_log {
    () => {
        Event::Connected(_)
            | Event::Disconnected(_)
            | Event::Pong(_)
            | Event::Ack(_)
            | Event::Error(_)
            | Event::Resumed(_)
            | Event::SessionState(_)
            | Event::SessionStatus(_)
            | Event::Sessions(_)
            | Event::Models(_)
            | Event::History(_)
            | Event::SessionChanged(_)
            | Event::ParticipantJoined(_)
            | Event::ParticipantLeft(_)
            | Event::PresenceChanged(_)
            | Event::Invited(_)
            | Event::Removed(_)
            | Event::InviteCreated(_)
            | Event::Invites(_)
            | Event::Revisions(_)
            | Event::ReadMarked(_)
            | Event::Summary(_)
            | Event::SearchResults(_)
            | Event::TurnWaiting(_)
            // A document's own log has these.
            | Event::CodeChanged(_)
            | Event::DocumentState(_)
            | Event::DocumentResumed(_)
            | Event::DocumentClosed(_)
            | Event::CursorMoved(_)
            | Event::CursorRemoved(_)
            | Event::Versions(_)
            | Event::DocumentVersion(_)
            | Event::Blame(_)
    };
}

impl Session {
    /// Makes a session from its first event.
    #[must_use]
    pub fn begin(created: &SessionCreated, epoch: madang_protocol::Epoch) -> Session {
        Session {
            id: created.session_id,
            epoch,
            seq: 1,
            title: created.title.clone(),
            title_from: None,
            closed: false,
            deleted: false,
            created_at: created.created_at,
            last_activity: created.created_at,
            model: created.model.clone(),
            effort: created.effort,
            prompt_version: created.prompt_version,
            participants: vec![created.owner.clone(), crate::lifecycle::claude(created.created_at)],
            transcript: Transcript::default(),
            head: None,
            queue: std::collections::VecDeque::new(),
            running: None,
            turns: Vec::new(),
            invitations: Vec::new(),
            barred: std::collections::VecDeque::new(),
            budget: None,
            documents: crate::documents::Documents::at_birth(created.created_at),
            simulated: false,
            held: false,
        }
    }

    /// Takes in the next durable event. Others, and a second `session_created`, count and change nothing else.
    pub fn evolve(&mut self, at: UnixMs, event: &Event) {
        self.seq += 1;
        self.last_activity = self.last_activity.max(at);
        match event {
            Event::MessagesCopied(data) => data.messages.iter().for_each(|message| self.copy(message)),
            Event::MessageCreated(data) => self.add(data.message.clone()),
            Event::PromptEdited(data) => {
                self.transcript
                    .change(data.message_id, |message, _| message.content.clone_from(&data.content));
            }
            Event::TurnQueued(data) => self.queue.push_back(Waiting {
                turn_id: data.turn_id,
                prompt_id: data.prompt_id,
                regenerates: data.regenerates,
                by: data.by,
                command: None,
            }),
            Event::TurnDequeued(data) => self.queue.retain(|waiting| waiting.turn_id != data.turn_id),
            Event::TurnStarted(data) => self.start_turn(data),
            Event::ClaudeResponse(data) if data.completed => self.finish(data),
            Event::HeadChanged(data) => self.head = Some(data.head),
            Event::SessionRenamed(data) => {
                self.title.clone_from(&data.title);
                self.title_from = data.message_id;
            }
            Event::SessionConfigured(data) => {
                self.model.clone_from(&data.model);
                self.effort = data.effort;
            }
            Event::SessionClosed(_) => self.closed = true,
            Event::SessionReopened(_) => self.closed = false,
            Event::SessionDeleted(_) => self.deleted = true,
            Event::MemberAdded(_)
            | Event::MemberChanged(_)
            | Event::MemberRemoved(_)
            | Event::RoleChanged(_)
            | Event::UserInvited(_)
            | Event::InvitationWithdrawn(_)
            | Event::MessageEdited(_)
            | Event::MessageDeleted(_)
            | Event::ReactionChanged(_)
            | Event::BudgetChanged(_) => self.evolve_people(event),
            Event::DocumentCreated(data) => self.documents.created(data),
            Event::DocumentRenamed(data) => self.documents.renamed(data),
            Event::DocumentDeleted(data) => self.documents.deleted(data),
            Event::VersionSaved(data) => self.documents.saved(data),
            Event::SessionCreated(_) | Event::ClaudeResponse(_) | not_in_a_log!() => {}
        }
    }

    fn start_turn(&mut self, data: &TurnStarted) {
        let waited = self.queue.iter().position(|waiting| waiting.turn_id == data.turn_id);
        let waited = waited.and_then(|place| self.queue.remove(place));
        self.add(data.message.clone());
        self.begin_turn((data.turn_id, data.prompt_id), data.message.message_id);
        self.running = Some(Running {
            turn_id: data.turn_id,
            prompt_id: data.prompt_id,
            message_id: data.message.message_id,
            by: waited.as_ref().and_then(|waiting| waiting.by),
            command: waited.and_then(|waiting| waiting.command),
        });
    }

    /// What people did to each other and to what they said.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "called for these events alone; `evolve` has the whole match"
    )]
    fn evolve_people(&mut self, event: &Event) {
        match event {
            Event::MemberAdded(data) => self.add_member(&data.participant),
            Event::MemberChanged(data) => self.change_member(&data.participant),
            Event::MemberRemoved(data) => self.remove_member(data),
            Event::RoleChanged(data) => self.change_role(data),
            Event::UserInvited(data) => self.add_invitation(&data.invitation),
            Event::InvitationWithdrawn(data) => self.drop_invitation(data.user_id),
            Event::MessageEdited(data) => self.edit(data),
            Event::MessageDeleted(data) => self.bury(data),
            Event::ReactionChanged(data) => self.change_reaction(data),
            Event::BudgetChanged(data) => self.budget = data.budget,
            _ => {}
        }
    }

    /// Adds an entry; it becomes the head, unless the shown branch is another one.
    fn add(&mut self, message: Message) {
        // A reply that starts on a branch nobody looks at any more must not pull everyone there.
        let quiet = message.kind == MessageKind::Reply
            && message.parent_id != self.head
            && !self.is_asked_anew(&message);
        if !quiet {
            self.head = Some(message.message_id);
        }
        self.transcript.insert(message);
    }

    /// Whether a reply answers the shown branch's own prompt again: then it is what people want to see.
    fn is_asked_anew(&self, reply: &Message) -> bool {
        reply.parent_id.is_some_and(|parent| self.transcript.leads_to(parent, self.head))
    }

    /// Adds an entry of another session, with the turn that a reply ended there.
    fn copy(&mut self, message: &Message) {
        self.add(message.clone());
        let Some(turn_id) = message.turn_id.filter(|_| message.kind == MessageKind::Reply) else { return };
        let prompts =
            || self.transcript.branch(message.parent_id).filter(|entry| entry.kind == MessageKind::Prompt);
        // An answer given anew has a turn of its own: the nearest prompt before it is the one it answers.
        let asked = prompts().find(|entry| entry.turn_id == Some(turn_id)).or_else(|| prompts().next());
        if let Some(prompt) = asked.map(|entry| entry.message_id) {
            self.begin_turn((turn_id, prompt), message.message_id);
        }
    }

    fn begin_turn(&mut self, turn: (TurnId, MessageId), reply: MessageId) {
        self.turns.extend(Turn::begin(&self.transcript, turn, reply));
    }

    fn finish(&mut self, data: &ClaudeResponse) {
        if self.running.as_ref().is_some_and(|running| running.message_id == data.message_id) {
            self.running = None;
        }
        self.transcript.change(data.message_id, |message, _| {
            message.content.clone_from(&data.content);
            let Some(reply) = &mut message.reply else { return };
            reply.status = data.status.unwrap_or(ReplyStatus::Complete);
            reply.parts = data.parts.clone().unwrap_or_default();
            reply.stop_reason.clone_from(&data.stop_reason);
            reply.usage = data.usage;
            reply.cost.clone_from(&data.cost);
            reply.stopped_by.clone_from(&data.stopped_by);
            reply.error.clone_from(&data.error);
            reply.ended_at = data.ended_at;
            if let Some(model) = &data.model {
                reply.model.clone_from(model);
            }
        });
    }

    /// Who did an event, for the log's `actor` column.
    #[must_use]
    pub fn actor_of(&self, event: &Event) -> Actor {
        match event {
            Event::SessionCreated(data) => data.owner.user_id,
            Event::SessionRenamed(data) => data.by.user_id,
            Event::SessionConfigured(data) => data.by.user_id,
            Event::SessionClosed(data) => data.0.by.user_id,
            Event::SessionReopened(data) => data.0.by.user_id,
            Event::SessionDeleted(data) => data.0.by.user_id,
            Event::MessageCreated(data) => data.message.author.user_id,
            Event::HeadChanged(data) => data.by.user_id,
            Event::TurnDequeued(data) => data.by.user_id,
            Event::TurnStarted(_) | Event::ClaudeResponse(_) => Actor::Claude,
            Event::MemberAdded(data) => data.by.user_id,
            Event::MemberChanged(data) => data.participant.user_id,
            Event::MemberRemoved(data) => data.by.user_id,
            Event::RoleChanged(data) => data.by.user_id,
            Event::UserInvited(data) => data.invitation.by.user_id,
            Event::InvitationWithdrawn(data) => data.by.user_id,
            Event::MessageEdited(data) => {
                self.transcript.get(data.message_id).map_or(Actor::Server, |message| message.author.user_id)
            }
            Event::MessageDeleted(data) => data.by.user_id,
            Event::ReactionChanged(data) => Actor::User(data.user_id),
            Event::BudgetChanged(data) => data.by.user_id,
            Event::DocumentCreated(data) => data.created.by.user_id,
            Event::DocumentRenamed(data) => data.by.user_id,
            Event::DocumentDeleted(data) => data.by.user_id,
            Event::VersionSaved(data) => data.saved.by.user_id,
            Event::MessagesCopied(_) | Event::PromptEdited(_) | Event::TurnQueued(_) | not_in_a_log!() => {
                Actor::Server
            }
        }
    }
}
