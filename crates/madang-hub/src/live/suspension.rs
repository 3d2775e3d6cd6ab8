//! Nothing goes on in the name of someone whose account is suspended: heard while the session is live, looked up before a
//! turn starts, since a session that was not loaded heard nothing. Nor in that of someone who no longer belongs.

use madang_protocol::{ErrorCode, ReplyError, ReplyStatus, UserId};
use madang_session::{Rejection, Stopper};
use madang_store::StoreError;

use super::Live;
use super::ending::Ending;
use super::write::Draft;
use crate::hub::store_rejection;

impl Live {
    /// Takes back what waits in their name and stops the reply and the summary that they asked for.
    pub(super) async fn suspend(&mut self, user: UserId) {
        // What they had sent by then may have begun one.
        self.hub.inner.summaries.suspended(user);
        let now = self.hub.inner.clock.now();
        let applied = self.session.suspend(now, &mut rand::rng(), user);
        if !applied.events.is_empty() || !applied.effects.is_empty() {
            self.carry_out(now, applied, None).await;
        }
    }

    /// Refuses a prompt of someone who was suspended after they sent it.
    pub(super) async fn check_in_force(&mut self, user: UserId) -> Result<(), Rejection> {
        let suspended = self.hub.is_suspended(user).await.map_err(|error| store_rejection(&error))?;
        if suspended {
            return Err(Rejection::new(ErrorCode::InvalidAuth, "This account is suspended."));
        }
        Ok(())
    }

    /// Takes back prompts of suspended people until the next that waits may start.
    pub(super) async fn weed(&mut self, draft: &mut Draft) -> Result<(), StoreError> {
        while let Some(user) = self.session.next_asker() {
            if !self.hub.is_suspended(user).await? {
                return Ok(());
            }
            let weeded = self.session.suspend(draft.at, &mut rand::rng(), user);
            draft.events.extend(weeded.events);
        }
        Ok(())
    }
}

/// Why a reply was stopped that nobody stopped.
pub(super) fn why(by: Stopper) -> Option<ReplyError> {
    let message = match by {
        Stopper::Person(_) => return None,
        Stopper::Suspension => {
            "The reply was stopped, because the account of whoever asked for it was suspended."
        }
        Stopper::Departure => {
            "The reply was stopped, because whoever asked for it no longer belongs to this session."
        }
    };
    Some(ReplyError { code: ErrorCode::Forbidden, message: message.into() })
}

/// A departure was not saved: whoever asked still belongs, and what is left to say is that their reply broke off.
pub(super) fn forget_departure(ending: &mut Ending) {
    let outcome = &mut ending.outcome;
    if outcome.stopped_by == Some(Stopper::Departure) {
        (outcome.status, outcome.stopped_by, outcome.error) = (ReplyStatus::Interrupted, None, None);
    }
}
