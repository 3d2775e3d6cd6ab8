//! Taking away what is good for nothing any more: logins that ran out, old tokens, links that let nobody in.

use std::time::Duration;

use madang_protocol::{AuditKind, UnixMs};
use madang_store::{Before, PersonChange, Stale};
use serde_json::json;

use crate::Refusal;
use crate::accounts::{Accounts, By, Step};

/// Rows of each kind that go in one commit: it must not keep others waiting for long.
const BATCH: u32 = 300;
/// Commits of one tidying; what is left goes with the next.
const BATCHES_MAX: u32 = 40;
/// Between two of them others have a turn.
const PAUSE: Duration = Duration::from_millis(50);
/// Tokens and links are shown for so long after they ended: a week.
const SHOWN_MS: u64 = 7 * 24 * 3_600_000;

impl Accounts {
    /// Takes away what is good for nothing at a moment, some of it if there is much; returns how many rows went.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn tidy(&self, now: UnixMs) -> Result<usize, Refusal> {
        self.forget_stale_bootstrap(now);
        let ago = |ms: u64| UnixMs(now.0.saturating_sub(ms));
        let before = Before { now, idle: ago(self.settings().login_idle_ms), shown: ago(SHOWN_MS) };
        let mut gone = 0;
        for _ in 0..BATCHES_MAX {
            let Stale { logins, tokens, invites } = self.inner.store.stale(before, BATCH).await?;
            let counts = [logins.len(), tokens.len(), invites.len()];
            if counts == [0; 3] {
                break;
            }
            let details = json!({ "logins": counts[0], "tokens": counts[1], "invites": counts[2] });
            let logins = logins.into_iter().map(PersonChange::EndLogin);
            let tokens = tokens.into_iter().map(PersonChange::EndToken);
            let people = logins.chain(tokens).chain(invites.into_iter().map(PersonChange::ForgetInvite));
            let step = Step {
                people: people.collect(),
                audit: vec![self.line(&By::operator(), AuditKind::Tidied, None, &details)],
                // Nothing ends by this that had not ended before.
                ends: Vec::new(),
            };
            self.carry_out(step).await?;
            gone += counts.iter().sum::<usize>();
            if counts.iter().all(|count| *count < BATCH as usize) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(gone)
    }
}
