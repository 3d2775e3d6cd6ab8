//! Summaries that are being written: one at a time for each person, and none for someone who is gone.

use std::collections::HashMap;
use std::sync::Arc;

use madang_protocol::{ConnectionId, ErrorCode, SessionId, UserId};
use madang_session::Rejection;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// Milliseconds after which someone whose summary is being written may ask for another.
const BUSY_RETRY_MS: u64 = 5_000;

/// Who has a summary written: one at a time for each.
#[derive(Debug, Default)]
pub(crate) struct Summaries(Mutex<HashMap<UserId, UnderWay>>);

/// What a person's summary is of, and who waits for it.
#[derive(Debug)]
struct UnderWay {
    session: SessionId,
    connection: ConnectionId,
    stop: CancellationToken,
}

/// One person's summary that is being written.
pub(super) struct Writing {
    summaries: Arc<Summaries>,
    user: UserId,
    /// Says that nobody may have it, or wants it, any more.
    pub(super) stop: CancellationToken,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.summaries.0.lock().remove(&self.user);
    }
}

impl Summaries {
    pub(super) fn begin(
        self: &Arc<Self>,
        user: UserId,
        (session, connection): (SessionId, ConnectionId),
    ) -> Result<Writing, Rejection> {
        let mut all = self.0.lock();
        if all.contains_key(&user) {
            let busy = "A summary is being written for you already. Wait until it is there.";
            let rejection = Rejection::new(ErrorCode::RateLimited, busy);
            return Err(Rejection { retry_after_ms: Some(BUSY_RETRY_MS), ..rejection });
        }
        let stop = CancellationToken::new();
        all.insert(user, UnderWay { session, connection, stop: stop.clone() });
        Ok(Writing { summaries: self.clone(), user, stop })
    }

    /// Stops what is written for someone who no longer belongs to the session.
    pub(crate) fn left(&self, session: SessionId, user: UserId) {
        self.stop_if(user, |summary| summary.session == session);
    }

    /// Stops what is written for someone whose connection that asked is gone: nobody would hear it.
    pub(crate) fn gone(&self, connection: ConnectionId, user: UserId) {
        self.stop_if(user, |summary| summary.connection == connection);
    }

    /// Stops what is written for someone whose account is suspended.
    pub(crate) fn suspended(&self, user: UserId) {
        self.stop_if(user, |_| true);
    }

    /// Stops all that is written of a session that was deleted.
    pub(crate) fn deleted(&self, session: SessionId) {
        for summary in self.0.lock().values().filter(|summary| summary.session == session) {
            summary.stop.cancel();
        }
    }

    fn stop_if(&self, user: UserId, is_it: impl Fn(&UnderWay) -> bool) {
        if let Some(summary) = self.0.lock().get(&user).filter(|summary| is_it(summary)) {
            summary.stop.cancel();
        }
    }
}
