//! What a session is, between two commands.

use std::collections::VecDeque;

use madang_protocol::{
    Actor, Author, Budget, Effort, Epoch, Invitation, Message, MessageId, Participant, Role, SessionId,
    SessionStatus, TurnId, UnixMs, UserId,
};
use serde::{Deserialize, Serialize};

use crate::documents::Documents;
use crate::{Place, Transcript, Turn};

/// A prompt that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) turn_id: TurnId,
    pub(crate) prompt_id: MessageId,
    pub(crate) regenerates: Option<MessageId>,
    /// Who asked anew; none where the prompt's author did.
    #[serde(default)]
    pub(crate) by: Option<UserId>,
    /// The command that asked, to cancel by; not kept over a restart.
    #[serde(skip)]
    pub(crate) command: Option<(UserId, String)>,
}

/// The turn that is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) turn_id: TurnId,
    pub(crate) prompt_id: MessageId,
    pub(crate) message_id: MessageId,
    /// As in [`Waiting`].
    #[serde(default)]
    pub(crate) by: Option<UserId>,
    #[serde(skip)]
    pub(crate) command: Option<(UserId, String)>,
}

/// Which prompt is to be answered, and what is known of who asked for that.
pub(crate) struct Asked<'a> {
    pub(crate) prompt_id: MessageId,
    by: Option<UserId>,
    command: &'a Option<(UserId, String)>,
}

impl Waiting {
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { prompt_id: self.prompt_id, by: self.by, command: &self.command }
    }
}

impl Running {
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { prompt_id: self.prompt_id, by: self.by, command: &self.command }
    }
}

/// One session: a pure value, made by its events.
///
/// Its own serialised form is a snapshot's head: all but the transcript and the turns ([`Session::take_snapshot`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub(crate) id: SessionId,
    pub(crate) epoch: Epoch,
    pub(crate) seq: u64,
    pub(crate) title: String,
    /// The prompt that the title was taken from; none for one that a person gave.
    #[serde(default)]
    pub(crate) title_from: Option<MessageId>,
    pub(crate) closed: bool,
    pub(crate) deleted: bool,
    pub(crate) created_at: UnixMs,
    pub(crate) last_activity: UnixMs,
    pub(crate) model: String,
    pub(crate) effort: Option<Effort>,
    pub(crate) prompt_version: u32,
    pub(crate) participants: Vec<Participant>,
    #[serde(skip)]
    pub(crate) transcript: Transcript,
    pub(crate) head: Option<MessageId>,
    pub(crate) queue: VecDeque<Waiting>,
    pub(crate) running: Option<Running>,
    /// In the order of their replies.
    #[serde(skip)]
    pub(crate) turns: Vec<Turn>,
    #[serde(default)]
    pub(crate) invitations: Vec<Invitation>,
    /// Who was removed by another: no link lets them in again, only an invitation by name.
    #[serde(default)]
    pub(crate) barred: VecDeque<UserId>,
    #[serde(default)]
    pub(crate) budget: Option<Budget>,
    pub(crate) documents: Documents,
    /// Whether the simulated model answers; set by the hub, kept in each reply and not here.
    #[serde(skip)]
    pub(crate) simulated: bool,
    /// Whether waiting prompts go on waiting although nothing runs; set by the hub.
    #[serde(skip)]
    pub(crate) held: bool,
}

/// What a fork takes from the session it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// The session left.
    pub from: SessionId,
    /// Its title; none when it was taken from a prompt: the copy takes its own.
    pub title: Option<String>,
    /// Its model.
    pub model: String,
    /// Its effort.
    pub effort: Option<Effort>,
    /// The tool set and system prompt that its history was made with.
    pub prompt_version: u32,
    /// The branch up to the chosen message, oldest first.
    pub messages: Vec<Message>,
    /// The turns on it, in order.
    pub turns: Vec<TurnId>,
}

impl Session {
    /// Says whether the simulated model answers the turns that start from now on.
    ///
    /// Each reply carries it, so that it stays true after a key is set.
    pub fn set_simulated(&mut self, simulated: bool) {
        self.simulated = simulated;
    }

    /// Says whether prompts go on waiting when a turn ends: while the server drains, so that they survive it (CN8).
    pub fn hold_queue(&mut self, held: bool) {
        self.held = held;
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The identity of its log.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The position of its last event.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Its title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The chosen model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The chosen effort.
    #[must_use]
    pub fn effort(&self) -> Option<Effort> {
        self.effort
    }

    /// The version of the tool set and system prompt.
    #[must_use]
    pub fn prompt_version(&self) -> u32 {
        self.prompt_version
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> UnixMs {
        self.created_at
    }

    /// When something durable last happened.
    #[must_use]
    pub fn last_activity(&self) -> UnixMs {
        self.last_activity
    }

    /// The transcript.
    #[must_use]
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The last entry of the shown branch.
    #[must_use]
    pub fn head(&self) -> Option<MessageId> {
        self.head
    }

    /// Who belongs to it, Claude included.
    #[must_use]
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The people in it.
    pub fn people(&self) -> impl Iterator<Item = (UserId, Role)> + '_ {
        self.participants
            .iter()
            .filter_map(|participant| Some((participant.user_id.user()?, participant.role)))
    }

    /// A person's role; none for someone who does not belong.
    #[must_use]
    pub fn role(&self, user: UserId) -> Option<Role> {
        self.people().find(|(person, _)| *person == user).map(|(_, role)| role)
    }

    /// What someone is in it.
    #[must_use]
    pub fn place(&self, user: UserId) -> Place {
        let known = self.participants.iter().find(|participant| participant.user_id == Actor::User(user));
        match known {
            Some(member) => Place::Member(member.role, member.rights.iter().copied().collect()),
            None if self.invitations.iter().any(|invitation| invitation.user_id == user) => Place::Invited,
            None => Place::Stranger,
        }
    }

    /// One of its people, or Claude.
    #[must_use]
    pub fn participant(&self, who: Actor) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.user_id == who)
    }

    /// Who was asked in by name and has not come.
    #[must_use]
    pub fn invitations(&self) -> &[Invitation] {
        &self.invitations
    }

    /// What it may spend.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// Whether it was deleted.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.deleted
    }

    /// Where it stands; whether someone is present is the caller's knowledge.
    #[must_use]
    pub fn status(&self, present: bool) -> SessionStatus {
        match (self.deleted, self.closed) {
            (true, _) => SessionStatus::Deleted,
            (false, true) => SessionStatus::Closed,
            (false, false) if present => SessionStatus::Active,
            (false, false) => SessionStatus::Idle,
        }
    }

    /// The reply that is being written.
    #[must_use]
    pub fn running_reply(&self) -> Option<(TurnId, MessageId)> {
        self.running.as_ref().map(|running| (running.turn_id, running.message_id))
    }

    /// Who asked for an answer: whoever pressed "again", else who wrote the prompt.
    pub(crate) fn asker(&self, asked: &Asked<'_>) -> Option<UserId> {
        let author = || self.transcript.get(asked.prompt_id)?.author.user_id.user();
        asked.by.or_else(|| asked.command.as_ref().map(|(user, _)| *user)).or_else(author)
    }

    /// A person, or Claude, as an author.
    pub(crate) fn author(&self, who: Actor) -> Author {
        let name = self.participant(who).map_or_else(String::new, |known| known.display_name.clone());
        Author { user_id: who, display_name: name }
    }
}
