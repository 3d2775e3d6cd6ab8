//! Branches: asking again, asking something else instead, choosing what is shown, leaving with a copy (TU5).

use std::collections::HashSet;

use madang_protocol::{EditPrompt, ErrorCode, HeadChanged, Message, MessageId, MessageKind, MessageOnly};

use crate::apply::{Member, Step, session_of};
use crate::conversation::check_content;
use crate::state::{Fork, Waiting};
use crate::{Action, Caller, Rejection, Session};

impl Step<'_> {
    pub(crate) fn regenerate(
        &mut self,
        member: &Member<'_>,
        data: &madang_protocol::Regenerate,
    ) -> Result<(), Rejection> {
        self.session.writable()?;
        self.check_room()?;
        let (prompt_id, reply) = self.prompt_of(data.message_id)?;
        if reply
            .is_some_and(|id| self.session.running.as_ref().is_some_and(|running| running.message_id == id))
        {
            return Err(Rejection::new(
                ErrorCode::Conflict,
                "This reply is still being written. Stop it first.",
            ));
        }
        let turn_id = self.turn_id();
        self.applied.answer.message_id = Some(prompt_id);
        self.start_or_queue(
            member,
            Waiting {
                turn_id,
                prompt_id,
                regenerates: reply,
                by: Some(member.user),
                command: member.command_key(),
            },
        );
        Ok(())
    }

    pub(crate) fn edit_prompt(&mut self, member: &Member<'_>, data: &EditPrompt) -> Result<(), Rejection> {
        self.session.writable()?;
        check_content(&data.content)?;
        self.check_room()?;
        let (prompt_id, _) = self.prompt_of(data.message_id)?;
        let Some(old) = self.session.transcript.get(prompt_id).cloned() else {
            return Err(Rejection::not_found("prompt"));
        };
        let turn_id = self.turn_id();
        let message = Message {
            parent_id: old.parent_id,
            turn_id: Some(turn_id),
            reply_to: old.reply_to,
            ..self.entry(member, MessageKind::Prompt, &data.content)
        };
        self.ask(member, message, turn_id);
        Ok(())
    }

    pub(crate) fn select_branch(&mut self, member: &Member<'_>, data: &MessageOnly) -> Result<(), Rejection> {
        self.session.writable()?;
        self.known(data.message_id, "message_id")?;
        let head = self.session.transcript.newest_leaf(data.message_id);
        self.applied.answer.message_id = Some(head);
        if self.session.head == Some(head) {
            return Ok(());
        }
        let by = self.session.author(member.actor());
        self.emit(HeadChanged { session_id: session_of(self), head, by });
        Ok(())
    }

    /// The prompt that a message is, or that it answers, and the reply if it was one.
    fn prompt_of(&self, id: MessageId) -> Result<(MessageId, Option<MessageId>), Rejection> {
        let message = self.session.transcript.get(id).ok_or_else(|| Rejection::not_found("message"))?;
        match message.kind {
            MessageKind::Prompt => {
                let reply = self
                    .session
                    .turns
                    .iter()
                    .rev()
                    .find(|turn| turn.prompt_id == id)
                    .map(|turn| turn.reply_id);
                Ok((id, reply))
            }
            MessageKind::Reply => {
                let turn = self.session.turns.iter().find(|turn| turn.reply_id == id);
                Ok((turn.ok_or_else(|| Rejection::not_found("prompt"))?.prompt_id, Some(id)))
            }
            MessageKind::Chat => {
                Err(Rejection::invalid("message_id", "names a chat message, not a prompt or reply"))
            }
        }
    }
}

impl Session {
    /// Copies the branch up to a message, for a session of the caller's own.
    ///
    /// # Errors
    /// NOT_FOUND for strangers and unknown messages, CONFLICT for a reply that is still being written.
    pub fn fork(&self, caller: &Caller, message: MessageId) -> Result<Fork, Rejection> {
        self.check(caller, Action::Fork)?;
        if self.transcript.get(message).is_none() {
            return Err(Rejection::not_found("message"));
        }
        let running = self.running.as_ref().map(|running| running.message_id);
        if running.is_some_and(|running| self.transcript.leads_to(running, Some(message))) {
            return Err(Rejection::new(
                ErrorCode::Conflict,
                "A reply on this branch is still being written.",
            ));
        }
        let mut messages: Vec<_> = self.transcript.branch(Some(message)).cloned().collect();
        messages.reverse();
        let kept: HashSet<_> = messages.iter().map(|message: &Message| message.message_id).collect();
        Ok(Fork {
            from: self.id,
            title: self.title_from.is_none().then(|| self.title.clone()),
            model: self.model.clone(),
            effort: self.effort,
            prompt_version: self.prompt_version,
            turns: self
                .turns
                .iter()
                .filter(|turn| kept.contains(&turn.reply_id))
                .map(|turn| turn.turn_id)
                .collect(),
            messages,
        })
    }
}
