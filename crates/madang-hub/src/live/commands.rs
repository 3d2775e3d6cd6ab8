//! Commands that reach a live session: questions are answered, the rest goes to the pure core.

use std::collections::VecDeque;

use madang_protocol::{Ack, Actor, Cancel, Command, ErrorCode, Event, MessageId};
use madang_session::{Action, Rejection, Sender, Target};
use tokio::time::Instant;

use super::documents::shows_document;
use super::followers::Parting;
use super::write::Cause;
use super::{Live, Request, Seed, ToLive};
use crate::hub::store_rejection;
use crate::{Batch, Caller};

impl Live {
    /// Takes one message. What shows or copies the session waits for the committed state, and all after it in line.
    pub(super) async fn message(&mut self, message: ToLive) {
        self.idle_since = Instant::now();
        if self.parked.is_empty() && !self.must_wait(&message) {
            // Boxed, so that the task of a session that rests is small.
            Box::pin(self.take(message)).await;
        } else {
            self.parked.push_back(message);
        }
    }

    /// Serves what waited for the committed state.
    pub(super) async fn serve_parked(&mut self) {
        while self.parked.front().is_some_and(|message| !self.must_wait(message))
            && let Some(message) = self.parked.pop_front()
        {
            Box::pin(self.take(message)).await;
        }
        if self.parked.is_empty() {
            // No room is kept for what seldom comes.
            self.parked = VecDeque::new();
        }
    }

    fn must_wait(&self, message: &ToLive) -> bool {
        let shows = match message {
            ToLive::Command(request) => {
                let command = &request.submission.command;
                self.attaches(request)
                    || self.enters(request)
                    || shows_state(command)
                    || shows_document(command)
                    || self.reads_document(request)
            }
            ToLive::Fork { .. } => true,
            ToLive::Birth(_)
            // What waits for the disk makes nobody who looks at a link wait: joining by it looks again.
            | ToLive::LinkStands { .. }
            | ToLive::Detach(_)
            | ToLive::Leave(_)
            | ToLive::Late(_)
            | ToLive::Suspended(_)
            | ToLive::Wake
            | ToLive::Drain { .. } => false,
        };
        shows && !self.pending.is_empty()
    }

    async fn take(&mut self, message: ToLive) {
        match message {
            ToLive::Command(request) if request.entered && self.refused_entry.is_some() => {
                self.refuse_entry(&request);
            }
            ToLive::Command(request) if self.enters(&request) => self.enter(request).await,
            ToLive::Command(request) if self.attaches(&request) => self.attach(*request).await,
            ToLive::Command(request) => self.command(*request).await,
            ToLive::Fork { caller, message, reply } => {
                let seed = self.seed(&caller, message).await;
                // The asker may have gone: nothing was changed.
                drop(reply.send(seed));
            }
            ToLive::LinkStands { by, role, reply } => {
                // As above.
                drop(reply.send(Ok(self.opens(by, role))));
            }
            ToLive::Detach(followed) => self.unwatch(&followed, Parting::Vanished),
            ToLive::Leave(followed) => self.unwatch(&followed, Parting::Left),
            ToLive::Late(answer) => self.answer_late(*answer),
            ToLive::Suspended(user) => self.suspend(user).await,
            ToLive::Wake => {}
            ToLive::Drain { deadline, done } => {
                self.session.hold_queue(true);
                self.drain = Some((deadline, done));
            }
            ToLive::Birth(birth) => {
                let taken = Rejection::new(ErrorCode::Conflict, "This session exists already.");
                drop(birth.born.send(Err(taken)));
            }
        }
    }

    /// Answers or carries out a command.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all but the questions goes to the core, whose match is whole"
    )]
    pub(super) async fn command(&mut self, request: Request) {
        let command = &request.submission.command;
        if shows_state(command) || shows_document(command) {
            self.tell_before_answer(&request);
        }
        let caller = request.caller.in_session();
        let done = match &request.submission.command {
            Command::SessionStatus(_) => {
                let status = self.session.status_data(&caller, self.presence.count() > 0);
                status.map(|status| self.reply_to(&request, status.into()))
            }
            Command::GetHistory(data) => {
                let history = self.session.history(&caller, data);
                history.map(|history| self.reply_to(&request, history.into()))
            }
            Command::GetRevisions(data) => {
                let revisions = self.session.revisions(&caller, data.message_id);
                revisions.map(|revisions| self.reply_to(&request, revisions.into()))
            }
            Command::UnfollowSession(_) | Command::LeaveCollaboration(_) => {
                let may = self.session.check(&caller, Action::Read);
                if may.is_ok() {
                    self.depart(&request).await;
                    self.acknowledge(&request);
                }
                may
            }
            Command::SetTyping(data) => self.session.check(&caller, Action::Signal).map(|()| {
                self.set_typing(&request, data.typing);
                self.acknowledge(&request);
            }),
            Command::MarkRead(data) => self.mark_read(&request, data.message_id).await,
            Command::CreateInvite(data) => self.create_invite(&request, data).await,
            Command::ListInvites(_) => self.list_invites(&request).await,
            Command::RevokeInvite(data) => self.revoke_invite(&request, data.invite_id).await,
            Command::Summarize(data) => self.summarize(&request, data.since),
            Command::OpenDocument(_)
            | Command::CloseDocument(_)
            | Command::CreateDocument(_)
            | Command::CodeChange(_)
            | Command::CursorUpdate(_)
            | Command::SaveVersion(_)
            | Command::ListVersions(_)
            | Command::GetVersion(_)
            | Command::RestoreVersion(_)
            | Command::GetBlame(_) => Box::pin(self.document_command(&request)).await,
            _ => self.change(&request).await,
        };
        if let Err(rejection) = done {
            self.reply_to(&request, rejection.to_error().into());
        }
    }

    /// Whoever asks how things stand has heard before of all that the answer contains.
    pub(super) fn tell_before_answer(&mut self, request: &Request) {
        let connection = request.viewer.connection_id();
        self.tell_before(|watcher| watcher.connection == connection);
    }

    fn acknowledge(&self, request: &Request) {
        self.reply_to(request, Ack { session_id: Some(self.session.id()), ..Ack::default() }.into());
    }

    pub(super) fn reply_to(&self, request: &Request, event: Event) {
        let id = Some(request.submission.id.as_str());
        let answer = self.hub.outgoing(Some(self.session.id()), id, event);
        request.viewer.deliver(&[Batch::asked_for(vec![answer])]);
    }

    /// Answers a command that came before, if it did.
    pub(super) fn answered(&mut self, request: &Request) -> Result<bool, Rejection> {
        let submission = &request.submission;
        if submission.idempotent
            && let Some((digest, answer)) = self.recent.find(request.caller.user, &submission.id).cloned()
        {
            // Under way: answered with the first one. Done: answered at once.
            if !self.answer_with(request, &digest, &answer)? {
                self.reply_to(request, answer.into());
            }
            return Ok(true);
        }
        Ok(false)
    }

    async fn change(&mut self, request: &Request) -> Result<(), Rejection> {
        if self.answered(request)? {
            return Ok(());
        }
        let submission = &request.submission;
        if self.hub.draining() && self.asks_claude(request) {
            return Err(Rejection::new(
                ErrorCode::ServiceUnavailable,
                "The server is restarting. Ask again in a moment.",
            ));
        }
        self.afford(request).await?;
        let now = self.hub.inner.clock.now();
        let models = self.hub.models();
        let caller = request.caller.in_session();
        let target = self.target(request);
        let sender = Sender {
            caller: &caller,
            command_id: Some(&submission.id),
            models: &models,
            target: target.as_ref(),
            door: None,
        };
        let mut applied = self.session.apply(now, &mut rand::rng(), &sender, &submission.command);
        if let Err(rejection) = &applied
            && rejection.code == ErrorCode::NotFound
            && let Some(cancel) = self.cancel_by_answer(request).await
        {
            applied = self.session.apply(now, &mut rand::rng(), &sender, &cancel);
        }
        let applied = applied?;
        let cause = Cause::of(request, applied.answer.clone());
        self.carry_out(now, applied, Some(cause)).await;
        Ok(())
    }

    /// The person that a command is about: one of its people or of those asked in under the name that they have here.
    fn target(&self, request: &Request) -> Option<Target> {
        let target = request.target.clone()?;
        let here = self.session.participant(Actor::User(target.user)).map(|known| &known.display_name);
        let asked = || self.session.invitations().iter().find(|asked| asked.user_id == target.user);
        let name = here.or_else(|| asked().map(|asked| &asked.display_name)).cloned();
        Some(Target { display_name: name.unwrap_or(target.display_name), ..target })
    }

    /// A `cancel` that names a command the session has forgotten (over a restart, or because its turn has ended): what
    /// that command was answered says which turn is meant.
    async fn cancel_by_answer(&mut self, request: &Request) -> Option<Command> {
        let Command::Cancel(cancel) = &request.submission.command else { return None };
        let id = cancel.command_id.as_deref()?;
        let user = request.caller.user;
        let answer = match self.recent.find(user, id) {
            Some((_, answer)) => answer.clone(),
            None => {
                let row = self.hub.inner.store.command(user, id).await.ok()??;
                serde_json::from_str(&row.answer).ok()?
            }
        };
        let turn_id = answer.turn_id.filter(|_| answer.session_id == Some(self.session.id()))?;
        let waiting = || self.session.queued().into_iter().find(|waiting| waiting.turn_id == turn_id);
        let message = self.session.turn(turn_id).map(|turn| turn.reply_id);
        let message = message.or_else(|| waiting().map(|waiting| waiting.prompt_id)).or(answer.message_id)?;
        Some(Command::Cancel(Cancel { message_id: Some(message), command_id: None, ..cancel.clone() }))
    }

    /// What a fork takes along.
    pub(super) async fn seed(&mut self, caller: &Caller, message: MessageId) -> Result<Seed, Rejection> {
        let fork = self.session.fork(&caller.in_session(), message)?;
        let loaded = self.history.load(self.hub.inner.store.as_ref(), &self.session).await;
        loaded.map_err(|error| store_rejection(&error))?;
        let history = self.history.copy(&fork);
        Ok(Seed { fork, history })
    }
}

/// Whether a command's answer shows the session: it must show nothing that may yet be lost.
fn shows_state(command: &Command) -> bool {
    matches!(
        command,
        Command::FollowSession(_)
            | Command::GetHistory(_)
            | Command::GetRevisions(_)
            | Command::SessionStatus(_)
            // It erases what is stored: all of it has to be there.
            | Command::DeleteMessage(_)
    )
}
