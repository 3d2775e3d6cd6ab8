//! What people do to messages afterwards: editing, deleting, reactions; and whom a text names.

use std::collections::HashSet;

use madang_protocol::limits::{EMOJI_BYTES_MAX, MENTIONS_MAX, REACTIONS_MAX, REVISIONS_MAX};
use madang_protocol::{
    EditMessage, ErrorCode, Message, MessageDeleted, MessageEdited, MessageId, MessageKind, MessageOnly,
    React, Reaction, ReactionChanged, Revision, UserId,
};

use crate::apply::{Effect, Member, Step, session_of};
use crate::conversation::check_content;
use crate::{Action, Rejection, Session};

impl Session {
    /// The participants that a text names as `@display name`, and those that the client says it names.
    pub(crate) fn mentions(&self, content: &str, given: &[UserId]) -> Vec<UserId> {
        let named = self.participants.iter().filter_map(|participant| {
            let user = participant.user_id.user()?;
            let named = given.contains(&user)
                || content.contains('@') && content.contains(&format!("@{}", participant.display_name));
            named.then_some(user)
        });
        named.take(MENTIONS_MAX).collect()
    }

    pub(crate) fn edit(&mut self, data: &MessageEdited) {
        self.transcript.change(data.message_id, |message, revisions| {
            let old = std::mem::replace(&mut message.content, data.content.clone());
            let revision = Revision { content: old, at: message.edited_at.unwrap_or(message.created_at) };
            message.mentions.clone_from(&data.mentions);
            message.edited_at = Some(data.edited_at);
            revisions.push(revision);
            // The first text stays: it is what others answered to.
            if revisions.len() >= REVISIONS_MAX {
                revisions.remove(1);
            }
        });
    }

    pub(crate) fn bury(&mut self, data: &MessageDeleted) {
        self.transcript.change(data.message_id, |message, revisions| {
            revisions.clear();
            message.content.clear();
            message.mentions.clear();
            message.reactions.clear();
            message.edited_at = None;
            message.deleted_at = Some(data.deleted_at);
        });
    }

    pub(crate) fn change_reaction(&mut self, data: &ReactionChanged) {
        self.transcript.change(data.message_id, |message, _| {
            let reactions = &mut message.reactions;
            if data.on {
                match reactions.iter_mut().find(|reaction| reaction.emoji == data.emoji) {
                    Some(reaction) => reaction.users.push(data.user_id),
                    None => reactions.push(Reaction { emoji: data.emoji.clone(), users: vec![data.user_id] }),
                }
            } else {
                for reaction in reactions.iter_mut().filter(|reaction| reaction.emoji == data.emoji) {
                    reaction.users.retain(|user| *user != data.user_id);
                }
                reactions.retain(|reaction| !reaction.users.is_empty());
            }
        });
    }

    /// What is stored of a message may be in these events of the log: those that say its text, or a title of it.
    #[must_use]
    pub fn says_text_of(kind: &str, data: &str, message: MessageId) -> bool {
        matches!(
            kind,
            "message_created" | "message_edited" | "prompt_edited" | "messages_copied" | "session_renamed"
        ) && data.contains(&message.to_string())
    }
}

impl Step<'_> {
    pub(crate) fn edit_message(&mut self, member: &Member<'_>, data: &EditMessage) -> Result<(), Rejection> {
        self.session.writable()?;
        check_content(&data.content)?;
        let message = self.living(data.message_id)?;
        if message.author.user_id != member.actor() {
            return Err(Rejection::new(ErrorCode::Forbidden, "Only its author may change a message."));
        }
        if message.kind != MessageKind::Chat {
            return Err(Rejection::invalid("message_id", "names a prompt or reply: edit_prompt asks anew"));
        }
        let same = message.content == data.content;
        self.applied.answer.message_id = Some(data.message_id);
        if same {
            return Ok(());
        }
        self.emit(MessageEdited {
            session_id: session_of(self),
            message_id: data.message_id,
            content: data.content.clone(),
            mentions: self.session.mentions(&data.content, &[]),
            edited_at: self.now,
        });
        Ok(())
    }

    pub(crate) fn delete_message(
        &mut self,
        member: &Member<'_>,
        data: &MessageOnly,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let message = self.living(data.message_id)?;
        if message.kind == MessageKind::Reply {
            return Err(Rejection::invalid(
                "message_id",
                "names a reply of Claude's, which can't be deleted",
            ));
        }
        if message.author.user_id != member.actor() {
            member.may(Action::DeleteAny)?;
        }
        let asked = |prompt: MessageId| prompt == data.message_id;
        let running = self.session.running.as_ref().is_some_and(|running| asked(running.prompt_id));
        if running || self.session.queue.iter().any(|waiting| asked(waiting.prompt_id)) {
            return Err(Rejection::new(
                ErrorCode::Conflict,
                "Claude is answering this prompt, or will. Stop it first.",
            ));
        }
        let by = self.session.author(member.actor());
        self.applied.answer.message_id = Some(data.message_id);
        self.emit(MessageDeleted {
            session_id: session_of(self),
            message_id: data.message_id,
            deleted_at: self.now,
            by,
        });
        if self.session.title_from == Some(data.message_id) {
            self.take_title();
        }
        self.applied.effects.push(Effect::Erase { message_id: data.message_id });
        Ok(())
    }

    pub(crate) fn react(&mut self, member: &Member<'_>, data: &React) -> Result<(), Rejection> {
        self.session.writable()?;
        if !is_emoji(&data.emoji) {
            return Err(Rejection::invalid("emoji", "is not an emoji"));
        }
        let message = self.living(data.message_id)?;
        let there = message
            .reactions
            .iter()
            .any(|reaction| reaction.emoji == data.emoji && reaction.users.contains(&member.user));
        let kinds: HashSet<_> = message.reactions.iter().map(|reaction| reaction.emoji.as_str()).collect();
        if data.on && !kinds.contains(data.emoji.as_str()) && kinds.len() >= REACTIONS_MAX {
            return Err(Rejection::new(ErrorCode::Conflict, "This message has as many reactions as it can."));
        }
        self.applied.answer.message_id = Some(data.message_id);
        if there != data.on {
            self.emit(ReactionChanged {
                session_id: session_of(self),
                message_id: data.message_id,
                user_id: member.user,
                emoji: data.emoji.clone(),
                on: data.on,
            });
        }
        Ok(())
    }

    fn living(&self, id: MessageId) -> Result<&Message, Rejection> {
        let message = self.session.transcript.get(id).ok_or_else(|| Rejection::not_found("message"))?;
        if message.deleted_at.is_some() {
            return Err(Rejection::new(ErrorCode::Conflict, "This message was deleted."));
        }
        Ok(message)
    }
}

/// Whether a text can stand for an emoji: short, with a sign beyond ASCII, and of ASCII only what keycaps are made of.
///
/// Which sequences are emoji changes every year; what matters is that no words, spaces or markup come this way.
fn is_emoji(text: &str) -> bool {
    let fits = text.len() <= EMOJI_BYTES_MAX && !text.is_ascii();
    fits && text.chars().all(|c| match c {
        '0'..='9' | '#' | '*' => true,
        c if c.is_ascii() => false,
        // Joiners and variation selectors hold sequences together; flags of regions are spelled in tags.
        '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{e0020}'..='\u{e007f}' => true,
        c => {
            !c.is_alphanumeric()
                && !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_emoji;

    #[test]
    fn an_emoji_is_told_from_words() {
        for good in ["👍", "❤️", "1️⃣", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇰🇷", "👍🏽"]
        {
            assert!(is_emoji(good), "{good}");
        }
        for bad in ["", "a", "1", "<b>", "안녕", "👍 yes", "\u{202e}👍", "é", &"👍".repeat(17)] {
            assert!(!is_emoji(bad), "{bad:?}");
        }
    }
}
