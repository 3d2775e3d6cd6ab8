//! Speaking: prompts, chat, waiting prompts, stopping.

use madang_protocol::limits::{CONTENT_BYTES_MAX, QUEUED_TURNS_MAX};
use madang_protocol::{
    Cancel, ChatMessage, ClaudeMessage, EditQueued, ErrorCode, Message, MessageCreated, MessageId,
    MessageKind, PromptEdited, ReplyStatus, TurnDequeued, TurnId, TurnQueued, UserId,
};

use crate::apply::{Effect, Member, Step, Stopper, session_of};
use crate::state::{Asked, Waiting};
use crate::{Action, Rejection};

/// What a prompt says when a person only pressed "continue".
const CONTINUE_PROMPT: &str = "Continue.";

/// Checks a text: not empty, not too long.
pub(crate) fn check_content(content: &str) -> Result<(), Rejection> {
    if content.trim().is_empty() {
        return Err(Rejection::invalid("content", "is empty"));
    }
    if content.len() > CONTENT_BYTES_MAX {
        return Err(Rejection::invalid("content", "is too long")
            .details(format!("content: {CONTENT_BYTES_MAX} bytes at most")));
    }
    Ok(())
}

/// Whether a text calls Claude: `@claude`, in any case, as a word of its own (a Korean particle may follow).
#[must_use]
pub fn names_claude(content: &str) -> bool {
    const CALL: &str = "@claude";
    let lower = content.to_ascii_lowercase();
    lower.match_indices(CALL).any(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + CALL.len()..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric())
            && after.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_'))
    })
}

impl Step<'_> {
    pub(crate) fn claude_message(
        &mut self,
        member: &Member<'_>,
        data: &ClaudeMessage,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        let content = match data.continues {
            Some(_) if data.content.trim().is_empty() => CONTINUE_PROMPT,
            _ => &data.content,
        };
        check_content(content)?;
        self.check_room()?;
        data.reply_to.map_or(Ok(()), |id| self.known(id, "reply_to"))?;
        data.continues.map_or(Ok(()), |id| self.check_continues(id))?;

        let turn_id = self.turn_id();
        let message = Message {
            parent_id: self.parent_of_prompt(data.continues),
            turn_id: Some(turn_id),
            reply_to: data.reply_to,
            continues: data.continues,
            mentions: self.session.mentions(content, &data.mentions),
            ..self.entry(member, MessageKind::Prompt, content)
        };
        self.ask(member, message, turn_id);
        Ok(())
    }

    /// Where a prompt goes: after what is shown; one that continues a reply needs that to be Claude's last word.
    fn parent_of_prompt(&self, continues: Option<MessageId>) -> Option<MessageId> {
        let head = self.session.head;
        match continues {
            Some(reply) if self.session.transcript.last_reply(head) != Some(reply) => Some(reply),
            _ => head,
        }
    }

    pub(crate) fn chat_message(&mut self, member: &Member<'_>, data: &ChatMessage) -> Result<(), Rejection> {
        self.session.writable()?;
        check_content(&data.content)?;
        data.reply_to.map_or(Ok(()), |id| self.known(id, "reply_to"))?;
        // TU6: `@claude` asks Claude; of one who may only chat it stays a word between people.
        let asks = names_claude(&data.content) && member.may(Action::Prompt).is_ok();
        if asks {
            self.check_room()?;
        }
        let kind = if asks { MessageKind::Prompt } else { MessageKind::Chat };
        let mut message = Message {
            reply_to: data.reply_to,
            mentions: self.session.mentions(&data.content, &data.mentions),
            ..self.entry(member, kind, &data.content)
        };
        if asks {
            let turn_id = self.turn_id();
            message.turn_id = Some(turn_id);
            self.ask(member, message, turn_id);
            return Ok(());
        }
        self.applied.answer.message_id = Some(message.message_id);
        self.emit(MessageCreated { session_id: session_of(self), message });
        Ok(())
    }

    pub(crate) fn cancel(&mut self, member: &Member<'_>, data: &Cancel) -> Result<(), Rejection> {
        // Ids of commands are their sender's own: another person's may read the same.
        let wanted = |id: MessageId, prompt: MessageId, command: &Option<(UserId, String)>| {
            data.message_id.is_some_and(|wanted| wanted == id || wanted == prompt)
                || command
                    .as_ref()
                    .is_some_and(|(user, id)| *user == member.user && data.command_id.as_ref() == Some(id))
        };
        let waiting = {
            let mut all = self
                .session
                .queue
                .iter()
                .filter(|waiting| wanted(waiting.prompt_id, waiting.prompt_id, &waiting.command));
            // One prompt may wait for several people who asked again: one's own goes first.
            let first = all.clone().next();
            all.find(|waiting| self.session.asker(&waiting.asked()) == Some(member.user)).or(first).cloned()
        };
        let own = |asked: &Asked<'_>| self.session.asker(asked) == Some(member.user);
        let own_waits = waiting.as_ref().is_some_and(|waiting| own(&waiting.asked()));
        if let Some(running) = self.session.running.clone()
            && wanted(running.message_id, running.prompt_id, &running.command)
            && (own(&running.asked()) || data.message_id == Some(running.message_id) || !own_waits)
        {
            member.may(self.stop_action(member, &running.asked()))?;
            self.applied.answer.message_id = Some(running.message_id);
            self.applied
                .effects
                .push(Effect::Stop { message_id: running.message_id, by: Stopper::Person(member.user) });
            return Ok(());
        }
        let Some(waiting) = waiting else {
            // A reply that has just ended is no error worth a word: what was asked for is so.
            let ended = data.message_id.and_then(|id| self.session.transcript.get(id));
            return ended.map(|_| ()).ok_or_else(|| Rejection::not_found("reply or waiting prompt"));
        };
        member.may(self.stop_action(member, &waiting.asked()))?;
        self.applied.answer.turn_id = Some(waiting.turn_id);
        let by = self.session.author(member.actor());
        self.emit(TurnDequeued {
            session_id: session_of(self),
            turn_id: waiting.turn_id,
            prompt_id: waiting.prompt_id,
            by,
        });
        Ok(())
    }

    pub(crate) fn edit_queued(&mut self, member: &Member<'_>, data: &EditQueued) -> Result<(), Rejection> {
        let own =
            self.session.transcript.get(data.message_id).is_some_and(|m| m.author.user_id == member.actor());
        member.may(if own { Action::EditOwn } else { Action::EditAny })?;
        self.session.writable()?;
        check_content(&data.content)?;
        // A prompt that is asked anew has been answered once: its text is history, and history only grows.
        let answered = self.session.turns.iter().any(|turn| turn.prompt_id == data.message_id);
        if answered || !self.session.queue.iter().any(|waiting| waiting.prompt_id == data.message_id) {
            return Err(Rejection::new(ErrorCode::Conflict, "This prompt is not waiting any more."));
        }
        self.applied.answer.message_id = Some(data.message_id);
        self.emit(PromptEdited {
            session_id: session_of(self),
            message_id: data.message_id,
            content: data.content.clone(),
        });
        Ok(())
    }

    /// A new entry after the head.
    pub(crate) fn entry(&mut self, member: &Member<'_>, kind: MessageKind, content: &str) -> Message {
        Message {
            message_id: self.message_id(),
            parent_id: self.session.head,
            kind,
            author: self.session.author(member.actor()),
            content: content.to_owned(),
            created_at: self.now,
            turn_id: None,
            reply_to: None,
            continues: None,
            reply: None,
            mentions: Vec::new(),
            reactions: Vec::new(),
            edited_at: None,
            deleted_at: None,
        }
    }

    /// Adds a prompt and starts its turn, or lets it wait.
    pub(crate) fn ask(&mut self, member: &Member<'_>, message: Message, turn_id: TurnId) {
        let prompt_id = message.message_id;
        let untitled = self.session.title.is_empty();
        self.applied.answer.message_id = Some(prompt_id);
        self.emit(MessageCreated { session_id: session_of(self), message });
        if untitled {
            self.take_title();
        }
        self.start_or_queue(
            member,
            Waiting { turn_id, prompt_id, regenerates: None, by: None, command: member.command_key() },
        );
    }

    /// Starts a turn at once when none is running, in order otherwise (TU4).
    pub(crate) fn start_or_queue(&mut self, member: &Member<'_>, turn: Waiting) {
        self.applied.answer.turn_id = Some(turn.turn_id);
        if self.session.running.is_none() && self.session.queue.is_empty() {
            self.start(&turn);
        } else {
            let position = u32::try_from(self.session.queue.len() + 1).unwrap_or(u32::MAX);
            self.emit(TurnQueued {
                session_id: session_of(self),
                turn_id: turn.turn_id,
                prompt_id: turn.prompt_id,
                position,
                regenerates: turn.regenerates,
                by: turn.by,
            });
        }
        self.remember_command(turn.turn_id, member);
    }

    /// Keeps which command asked for a turn, so that `cancel` can name it.
    fn remember_command(&mut self, turn_id: TurnId, member: &Member<'_>) {
        let command = member.command_key();
        if let Some(running) = self.session.running.as_mut().filter(|running| running.turn_id == turn_id) {
            running.command = command;
        } else if let Some(waiting) = self.session.queue.iter_mut().find(|waiting| waiting.turn_id == turn_id)
        {
            waiting.command = command;
        }
    }

    pub(crate) fn check_room(&self) -> Result<(), Rejection> {
        if self.session.queue.len() < QUEUED_TURNS_MAX {
            return Ok(());
        }
        Err(Rejection::new(
            ErrorCode::QueueFull,
            "Too many prompts wait in this session. Try again when some are answered.",
        ))
    }

    pub(crate) fn known(&self, id: MessageId, field: &str) -> Result<(), Rejection> {
        self.session
            .transcript
            .get(id)
            .map(|_| ())
            .ok_or_else(|| Rejection::not_found("message").details(field))
    }

    fn check_continues(&self, id: MessageId) -> Result<(), Rejection> {
        self.known(id, "continues")?;
        let reply = self.session.transcript.get(id).and_then(|message| message.reply.as_ref());
        match reply.map(|reply| reply.status) {
            Some(ReplyStatus::Interrupted | ReplyStatus::Cancelled | ReplyStatus::Error) => Ok(()),
            Some(ReplyStatus::Complete)
                if reply.and_then(|r| r.stop_reason.as_deref()) == Some("max_tokens") =>
            {
                Ok(())
            }
            _ => Err(Rejection::new(ErrorCode::Conflict, "Only a reply that was cut off can be continued.")),
        }
    }

    /// Whose a turn is to stop: whoever asked for it, which for an answer given anew is not who wrote the prompt.
    fn stop_action(&self, member: &Member<'_>, asked: &Asked<'_>) -> Action {
        if self.session.asker(asked) == Some(member.user) { Action::StopOwn } else { Action::StopAny }
    }
}
