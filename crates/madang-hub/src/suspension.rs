//! Accounts that are suspended: nothing goes on in their name, and nobody pays for it (SE4).

use std::time::Duration;

use madang_protocol::UserId;
use madang_store::StoreError;

use crate::Hub;
use crate::live::ToLive;
use crate::mailbox::Refused;

/// Times that the account is looked up while the store can't be read; beyond, sessions look themselves when a turn starts.
const TRIES: u32 = 20;

impl Hub {
    /// Something ended all of a person's credentials. If their account was suspended, every live session takes their
    /// waiting prompts back and stops the reply that they asked for. Returns at once.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn look_at_account(&self, user: UserId) {
        let hub = self.clone();
        tokio::spawn(async move {
            let wait = Duration::from_millis(hub.inner.settings.save_retry_ms);
            for _ in 0..TRIES {
                match hub.is_suspended(user).await {
                    Ok(true) => return hub.tell_suspended(user),
                    Ok(false) => return,
                    Err(_) => tokio::time::sleep(wait).await,
                }
            }
            tracing::error!(user.id = %user, "the store can't be read: running replies of someone who may be suspended go on");
        });
    }

    /// Whether an account is there and not in force; guests have none.
    pub(crate) async fn is_suspended(&self, user: UserId) -> Result<bool, StoreError> {
        let account = self.inner.store.account(user).await?;
        Ok(account.is_some_and(|account| account.disabled_at.is_some()))
    }

    fn tell_suspended(&self, user: UserId) {
        self.inner.summaries.suspended(user);
        for mailbox in self.inner.registry.all() {
            if let Err(Refused::Full(word)) = mailbox.try_send(ToLive::Suspended(user)) {
                // One session that is behind must not hold up the others.
                tokio::spawn(async move { drop(mailbox.send(word).await) });
            }
        }
    }
}
