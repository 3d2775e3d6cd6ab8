//! Which messages concern whom, and how many of them are unread: what the list of sessions says beside the mere number (SE9).
//!
//! An index over the transcript, so that neither a message nor a mark makes anybody go through what is unread. The numbers
//! are stored as they change, for the lists of sessions that are not live.

use madang_protocol::{Event, MessageId, UserId};
use madang_session::Session;
use madang_store::{Append, MentionRow};

use super::Live;
use crate::few::Few;

/// What of a session concerns whom.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    /// The places of the messages in the transcript, ascending.
    places: Few<UserId, Vec<u32>>,
    /// What is stored of each person, where it is not 0.
    stored: Few<UserId, u32>,
}

impl Mentions {
    /// The index of a session as it was read back.
    pub(super) fn of(session: &Session, stored: &[MentionRow]) -> Mentions {
        let stored = stored.iter().map(|row| (row.user, row.unread)).collect();
        let mut mentions = Mentions { places: Few::default(), stored };
        for (place, user) in session.concerns() {
            mentions.places.get_or_make(user, Vec::new).push(place);
        }
        mentions
    }

    fn put(&mut self, user: UserId, place: u32) {
        let places = self.places.get_or_make(user, Vec::new);
        // A reply concerns someone when it ends, and by then others may have been written after it.
        if let Err(at) = places.binary_search(&place) {
            places.insert(at, place);
        }
    }

    /// Takes a message out; says whom it concerned.
    fn take(&mut self, place: u32) -> Vec<UserId> {
        let mut concerned = Vec::new();
        self.places.retain(|user, places| {
            if let Ok(at) = places.binary_search(&place) {
                places.remove(at);
                concerned.push(user);
            }
            !places.is_empty()
        });
        concerned
    }

    /// How many come after so many messages.
    fn after(&self, user: UserId, read: u32) -> u32 {
        let places = self.places.get(user).map_or(&[][..], Vec::as_slice);
        let unread = places.len() - places.partition_point(|place| *place < read);
        u32::try_from(unread).unwrap_or(u32::MAX)
    }
}

impl Live {
    /// How many messages that concern a person came after their mark.
    pub(super) fn unread_mentions(&self, user: UserId) -> u32 {
        let mark = self.marks.get(user);
        let read = mark.and_then(|mark| self.session.count_to(*mark)).unwrap_or_default();
        self.mentions.after(user, read)
    }

    /// Takes in what an event, which the session has taken in, says about whom; adds those whose number may be another now.
    #[expect(clippy::wildcard_enum_match_arm, reason = "few events are about what concerns people")]
    pub(super) fn concern(&mut self, event: &Event, changed: &mut Vec<UserId>) {
        match event {
            Event::MessageCreated(data) => {
                // Who writes has read what stands above.
                changed.extend(data.message.author.user_id.user());
                self.note(data.message.message_id, changed);
            }
            Event::MessagesCopied(data) => {
                data.messages.iter().for_each(|message| self.note(message.message_id, changed));
            }
            Event::ClaudeResponse(data) if data.completed => self.note(data.message_id, changed),
            Event::MessageEdited(data) => self.note_anew(data.message_id, changed),
            Event::MessageDeleted(data) => self.note_anew(data.message_id, changed),
            Event::MemberAdded(data) => changed.extend(data.participant.user_id.user()),
            _ => {}
        }
    }

    fn note(&mut self, message: MessageId, changed: &mut Vec<UserId>) {
        let transcript = self.session.transcript();
        let (Some(place), Some(message)) = (transcript.place(message), transcript.get(message)) else {
            return;
        };
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        for user in self.session.concerned(message) {
            self.mentions.put(user, place);
            changed.push(user);
        }
    }

    fn note_anew(&mut self, message: MessageId, changed: &mut Vec<UserId>) {
        if let Some(place) = self.session.transcript().place(message) {
            changed.extend(self.mentions.take(u32::try_from(place).unwrap_or(u32::MAX)));
        }
        self.note(message, changed);
    }

    /// Adds the rows of those whose number is not the stored one any more.
    pub(super) fn count_mentions(&mut self, append: &mut Append, users: &[UserId]) {
        for user in users {
            let unread = self.unread_mentions(*user);
            let stored = self.mentions.stored.get(*user).copied().unwrap_or_default();
            // Of whom a session mentions and has not among its people, no list asks.
            if unread == stored || self.session.role(*user).is_none() {
                continue;
            }
            match unread {
                0 => self.mentions.stored.remove(*user),
                _ => self.mentions.stored.insert(*user, unread),
            };
            append.mentions.push((self.session.id(), MentionRow { user: *user, unread }));
        }
    }
}
