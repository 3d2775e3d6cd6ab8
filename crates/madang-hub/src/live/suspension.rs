//! Nothing goes on in the name of someone whose account is suspended: heard while the session is live, looked up before a
//! turn starts, since a session that was not loaded heard nothing.

use madang_protocol::{ErrorCode, ReplyError, UserId};
use madang_session::Rejection;
use madang_store::StoreError;

use super::Live;
use super::write::Draft;
use crate::hub::store_rejection;

impl Live {
    /// Takes back what waits in their name and stops the reply that they asked for.
    pub(super) async fn suspend(&mut self, user: UserId) {
        let now = self.hub.inner.clock.now();
        let applied = self.session.suspend(now, &mut self.rng, user);
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
            let weeded = self.session.suspend(draft.at, &mut self.rng, user);
            draft.events.extend(weeded.events);
        }
        Ok(())
    }
}

/// Why a reply was stopped that nobody stopped.
pub(super) fn suspended() -> ReplyError {
    ReplyError {
        code: ErrorCode::Forbidden,
        message: "The reply was stopped, because the account of whoever asked for it was suspended.".into(),
    }
}
