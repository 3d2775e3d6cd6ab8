//! The mirror's people: members, invitations, presence; and what they do to messages afterwards.

use std::collections::BTreeMap;

use madang_protocol::{Actor, Delivery, Event, PartKind, Presence, PresenceState, Reaction, SessionState};

use super::{SessionMirror, Shared};

/// Whether an event tells of a session to those who follow it; a line of the list may be the first word of a return.
pub(super) fn is_news(event: &Event) -> bool {
    event.delivery() != Delivery::Direct && !matches!(event, Event::SessionChanged(_))
}

impl SessionMirror {
    /// What all who belong to it must see alike.
    #[must_use]
    pub fn shared(&self) -> Shared {
        let message = |text: &super::Text| (text.text(), text.status, text.reactions.clone(), text.deleted);
        Shared {
            seq: self.seq,
            messages: self.messages.iter().map(|(id, text)| (*id, message(text))).collect(),
            people: self.people.clone(),
            invited: self.invited.clone(),
            presence: self.presence.clone(),
        }
    }

    pub(super) fn take_people(&mut self, state: &SessionState) {
        let people = state.participants.iter().cloned();
        self.people = people.map(|participant| (participant.user_id, participant)).collect();
        self.invited = state.invitations.iter().map(|invitation| invitation.user_id).collect();
        self.presence = state.presence.iter().cloned().map(|presence| (presence.user_id, presence)).collect();
        self.read_to = state.read_to;
    }

    /// What is not in the log.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a mirror of people cares for few events")]
    pub(super) fn people_now(&mut self, event: &Event) {
        match event {
            Event::ParticipantJoined(data) => {
                let Some(user_id) = data.user_id.user() else { return };
                let presence = Presence { user_id, state: PresenceState::Here, devices: 1, typing: false };
                self.presence.insert(user_id, presence);
            }
            Event::ParticipantLeft(data) => {
                self.presence.remove(&data.user_id);
            }
            Event::PresenceChanged(data) => {
                self.presence.insert(data.presence.user_id, data.presence.clone());
            }
            Event::ReadMarked(data) => self.read_to = Some(data.message_id),
            Event::Removed(_) => self.removed = true,
            _ => {}
        }
    }

    /// What is.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a mirror of people cares for few events")]
    pub(super) fn people_event(&mut self, event: &Event) {
        match event {
            Event::SessionCreated(data) => {
                self.people.insert(data.owner.user_id, data.owner.clone());
                self.people.insert(Actor::Claude, claude(data.created_at));
            }
            Event::MemberAdded(data) => {
                let participant = &data.participant;
                self.invited.retain(|user| Actor::User(*user) != participant.user_id);
                self.people.insert(participant.user_id, participant.clone());
            }
            Event::MemberChanged(data) => {
                self.people.insert(data.participant.user_id, data.participant.clone());
            }
            Event::MemberRemoved(data) => {
                self.people.remove(&Actor::User(data.user_id));
            }
            Event::RoleChanged(data) => {
                if let Some(known) = self.people.get_mut(&Actor::User(data.user_id)) {
                    known.role = data.role;
                    known.rights.clone_from(&data.rights);
                }
            }
            Event::UserInvited(data) => {
                self.invited.insert(data.invitation.user_id);
            }
            Event::InvitationWithdrawn(data) => {
                self.invited.remove(&data.user_id);
            }
            _ => self.message_event(event),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest changes no message")]
    fn message_event(&mut self, event: &Event) {
        match event {
            Event::MessageEdited(data) => {
                let Some(text) = self.messages.get_mut(&data.message_id) else { return };
                text.parts = BTreeMap::from([(0, (PartKind::Text, data.content.clone()))]);
            }
            Event::MessageDeleted(data) => {
                let Some(text) = self.messages.get_mut(&data.message_id) else { return };
                text.parts = BTreeMap::from([(0, (PartKind::Text, String::new()))]);
                text.reactions.clear();
                text.deleted = true;
            }
            Event::ReactionChanged(data) => {
                let Some(text) = self.messages.get_mut(&data.message_id) else { return };
                let reactions = &mut text.reactions;
                if !data.on {
                    reactions.iter_mut().filter(|known| known.emoji == data.emoji).for_each(|known| {
                        known.users.retain(|user| *user != data.user_id);
                    });
                    reactions.retain(|known| !known.users.is_empty());
                } else if let Some(known) = reactions.iter_mut().find(|known| known.emoji == data.emoji) {
                    known.users.push(data.user_id);
                } else {
                    reactions.push(Reaction { emoji: data.emoji.clone(), users: vec![data.user_id] });
                }
            }
            _ => {}
        }
    }
}

fn claude(joined_at: madang_protocol::UnixMs) -> madang_protocol::Participant {
    madang_protocol::Participant {
        user_id: Actor::Claude,
        display_name: "Claude".into(),
        role: madang_protocol::Role::Collaborator,
        color: madang_protocol::CLAUDE_COLOR.into(),
        joined_at,
        rights: Vec::new(),
    }
}
