//! Commands that reach a live session: questions are answered, the rest goes to the pure core.

use madang_protocol::{Command, ErrorCode, Event, MessageId};
use madang_session::Rejection;

use super::commit::Cause;
use super::load::caller;
use super::{Live, Request, Seed};
use crate::hub::store_rejection;
use crate::{Batch, Caller};

impl Live {
    /// Takes one request; one that attaches a connection waits for the committed state.
    pub(super) async fn request(&mut self, request: Request) {
        let attaches = request.follows && !self.is_watching(request.viewer.connection_id());
        let asks_state = matches!(request.submission.command, Command::FollowSession(_));
        if attaches || asks_state {
            self.parked.push_back(request);
        } else {
            self.command(request).await;
        }
    }

    /// Answers or carries out a command.
    pub(super) async fn command(&mut self, request: Request) {
        let done = match &request.submission.command {
            Command::SessionStatus(_) => {
                let present = !self.watchers.is_empty();
                self.session
                    .status_data(request.caller.user, present)
                    .map(|status| self.reply_to(&request, status.into()))
            }
            Command::GetHistory(data) => self
                .session
                .history(request.caller.user, data)
                .map(|history| self.reply_to(&request, history.into())),
            Command::UnfollowSession(_) => {
                self.unwatch(request.viewer.connection_id());
                let ack = madang_protocol::Ack { session_id: Some(self.session.id()), ..Default::default() };
                self.reply_to(&request, ack.into());
                Ok(())
            }
            _ => self.change(&request).await,
        };
        if let Err(rejection) = done {
            self.reply_to(&request, rejection.to_error().into());
        }
    }

    fn reply_to(&self, request: &Request, event: Event) {
        let id = Some(request.submission.id.as_str());
        let answer = self.hub.outgoing(Some(self.session.id()), id, event);
        request.viewer.deliver(&[Batch::new(vec![answer])]);
    }

    async fn change(&mut self, request: &Request) -> Result<(), Rejection> {
        let submission = &request.submission;
        if submission.idempotent
            && let Some((digest, answer)) = self.recent.find(request.caller.user, &submission.id).cloned()
        {
            // Under way: answered with the first one. Done: answered at once.
            if !self.answer_with(request, &digest, &answer)? {
                self.reply_to(request, answer.into());
            }
            return Ok(());
        }
        if self.hub.draining() && asks_claude(&submission.command) {
            return Err(Rejection::new(
                ErrorCode::ServiceUnavailable,
                "The server is restarting. Ask again in a moment.",
            ));
        }
        let now = self.hub.inner.clock.now();
        let who = (&caller(&request.caller), Some(submission.id.as_str()));
        let models = self.hub.models();
        let applied = self.session.apply(now, &mut self.rng, who, &submission.command, &models)?;
        let cause = Cause::of(request, applied.answer.clone());
        self.carry_out(applied, Some(cause)).await;
        Ok(())
    }

    /// What a fork takes along.
    pub(super) async fn seed(&mut self, caller_of: &Caller, message: MessageId) -> Result<Seed, Rejection> {
        let fork = self.session.fork(&caller(caller_of), message)?;
        let loaded = self.history.load(self.hub.inner.store.as_ref(), &self.session).await;
        loaded.map_err(|error| store_rejection(&error))?;
        let history = self.history.copy(&fork);
        Ok(Seed { fork, history })
    }
}

fn asks_claude(command: &Command) -> bool {
    matches!(command, Command::ClaudeMessage(_) | Command::Regenerate(_) | Command::EditPrompt(_))
}
