//! Which connections a person has: so that a changed line of their list reaches every device; what they joined last.

use std::collections::HashMap;
use std::sync::Arc;

use madang_protocol::{ConnectionId, SessionId, UserId};
use parking_lot::Mutex;

use crate::Viewer;

/// People whose last joined session is remembered; beyond, all are forgotten, and a version-1 client joins again.
const JOINED_MAX: usize = 100_000;

/// Connections by person.
#[derive(Default)]
pub(crate) struct People {
    by_user: Mutex<HashMap<UserId, Vec<Arc<dyn Viewer>>>>,
    /// What version-1 clients joined last: they don't join again when they reconnect (CN8).
    joined: Mutex<HashMap<UserId, SessionId>>,
}

impl People {
    pub(crate) fn add(&self, user: UserId, viewer: Arc<dyn Viewer>) {
        // One connection is what most people have: no spare room for more.
        self.by_user.lock().entry(user).or_insert_with(|| Vec::with_capacity(1)).push(viewer);
    }

    pub(crate) fn remove(&self, user: UserId, connection: ConnectionId) {
        let mut people = self.by_user.lock();
        let Some(viewers) = people.get_mut(&user) else { return };
        // One entry alone: a connection that says anew who it is has a new link before the old one goes.
        if let Some(place) = viewers.iter().position(|viewer| viewer.connection_id() == connection) {
            viewers.swap_remove(place);
        }
        if viewers.is_empty() {
            people.remove(&user);
        }
    }

    pub(crate) fn viewers(&self, user: UserId) -> Vec<Arc<dyn Viewer>> {
        self.by_user.lock().get(&user).cloned().unwrap_or_default()
    }

    /// Notes what a person's version-1 client joined, or that it left.
    pub(crate) fn joined(&self, user: UserId, session: Option<SessionId>) {
        let mut joined = self.joined.lock();
        if joined.len() >= JOINED_MAX {
            joined.clear();
        }
        match session {
            Some(session) => joined.insert(user, session),
            None => joined.remove(&user),
        };
    }

    /// What a person's version-1 client joined last.
    pub(crate) fn last_joined(&self, user: UserId) -> Option<SessionId> {
        self.joined.lock().get(&user).copied()
    }

    pub(crate) fn connections(&self) -> usize {
        self.by_user.lock().values().map(Vec::len).sum()
    }
}
