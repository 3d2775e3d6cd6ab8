//! Whether a prompt can be paid for, and what a session has spent.

use madang_model::ModelError;
use madang_protocol::{Command, Spent};
use madang_session::{Action, Rejection, names_claude};

use super::{Live, Request};
use crate::budget::Payer;
use crate::hub::store_rejection;

impl Live {
    /// Refuses a prompt when whoever pays for it has nothing left, or when the server's queue is full; whoever may not
    /// ask at all is refused by the core.
    pub(super) async fn afford(&mut self, request: &Request) -> Result<(), Rejection> {
        if !self.asks_claude(request) {
            return Ok(());
        }
        self.check_in_force(request.caller.user).await?;
        let at_once = self.session.running_reply().is_none();
        if at_once {
            self.hub.inner.pool.check_room().map_err(rejection)?;
        }
        self.hub.inner.budgets.admit(self.payer(request.caller.user), at_once).await
    }

    /// Whether a command asks Claude for a reply: `@claude` of one who may only chat does not (TU6).
    pub(super) fn asks_claude(&self, request: &Request) -> bool {
        asks_claude(&request.submission.command)
            && self.session.check(&request.caller.in_session(), Action::Prompt).is_ok()
    }

    /// Who pays when this person asks here.
    pub(super) fn payer(&self, user: madang_protocol::UserId) -> Payer {
        Payer { user, session: self.session.id(), budget: self.session.budget() }
    }

    /// What the session spent in its budget's current period, or today.
    pub(super) async fn spent(&mut self) -> Result<Spent, Rejection> {
        let budgets = &self.hub.inner.budgets;
        let spent = budgets.spent_in(self.session.id(), self.session.budget()).await;
        spent.map_err(|error| store_rejection(&error))
    }
}

/// A failure of ours before the upstream was asked, as a refusal.
pub(crate) fn rejection(error: ModelError) -> Rejection {
    Rejection { retry_after_ms: error.retry_after_ms, ..Rejection::new(error.code, error.message) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else asks Claude for a reply")]
fn asks_claude(command: &Command) -> bool {
    match command {
        Command::ClaudeMessage(_) | Command::Regenerate(_) | Command::EditPrompt(_) => true,
        Command::ChatMessage(data) => names_claude(&data.content),
        _ => false,
    }
}
