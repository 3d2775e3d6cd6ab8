//! Has the accounts take away what is good for nothing any more: once at the start, and every hour.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::gateway::Shared;

/// Between two tidyings.
const EVERY: Duration = Duration::from_secs(3_600);

/// Tidies until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let tidied = tokio::select! {
            tidied = shared.accounts.tidy(shared.now()) => tidied,
            () = stop.cancelled() => return,
        };
        if let Err(refusal) = tidied {
            tracing::warn!(error = &refusal as &dyn std::error::Error, "what ran out was not tidied away");
        }
    }
}
