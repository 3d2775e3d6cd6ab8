//! Which sessions a connection follows: shared between its link and the sessions' tasks, under one lock.
//!
//! A link that is gone can't be attached any more, however late its commands are taken up: nobody would detach it.

use madang_protocol::SessionId;
use madang_protocol::limits::FOLLOWED_SESSIONS_MAX;
use parking_lot::Mutex;

/// Why a connection can't follow a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotFollowed {
    /// The connection is gone.
    Gone,
    /// It follows as many as it may.
    Full,
}

/// The sessions that one connection follows.
#[derive(Debug, Default)]
pub(crate) struct Followed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    gone: bool,
    sessions: Vec<SessionId>,
    /// The last session that it joined (version 1).
    joined: Option<SessionId>,
}

impl Followed {
    /// Notes that a session's task is about to attach the connection.
    pub(crate) fn enter(&self, session: SessionId) -> Result<(), NotFollowed> {
        let mut state = self.0.lock();
        if state.gone {
            return Err(NotFollowed::Gone);
        }
        if state.sessions.contains(&session) {
            return Ok(());
        }
        if state.sessions.len() >= FOLLOWED_SESSIONS_MAX {
            return Err(NotFollowed::Full);
        }
        // Most connections follow one: no spare room for more.
        state.sessions.reserve_exact(1);
        state.sessions.push(session);
        Ok(())
    }

    /// Notes that a session's task detached the connection.
    pub(crate) fn leave(&self, session: SessionId) {
        self.0.lock().sessions.retain(|followed| *followed != session);
    }

    /// Notes that the connection joined a session, and returns the one that it joined before, if that is another.
    pub(crate) fn join(&self, session: SessionId) -> Option<SessionId> {
        self.0.lock().joined.replace(session).filter(|before| *before != session)
    }

    /// Notes that the connection left a session; whether that was the last one it joined.
    pub(crate) fn forget_joined(&self, session: SessionId) -> bool {
        self.0.lock().joined.take_if(|joined| *joined == session).is_some()
    }

    /// Whether one more would be too many.
    pub(crate) fn is_full(&self) -> bool {
        self.0.lock().sessions.len() >= FOLLOWED_SESSIONS_MAX
    }

    /// The connection is gone: what it has to be detached from.
    pub(crate) fn close(&self) -> Vec<SessionId> {
        let mut state = self.0.lock();
        state.gone = true;
        std::mem::take(&mut state.sessions)
    }
}
