//! Which connections a person has: so that a changed line of their list reaches every device; what they joined last.

use std::collections::HashMap;
use std::sync::Arc;

use madang_protocol::{ConnectionId, SessionId, UserId};
use parking_lot::Mutex;

use crate::{Caller, Viewer};

/// People whose last joined session is remembered; beyond, all are forgotten, and a version-1 client joins again.
const JOINED_MAX: usize = 100_000;

/// One person who is connected.
struct Connected {
    /// The name others see, as their newest connection has it.
    name: Arc<str>,
    viewers: Vec<Arc<dyn Viewer>>,
}

/// Connections by person.
#[derive(Default)]
pub(crate) struct People {
    by_user: Mutex<HashMap<UserId, Connected>>,
    /// What version-1 clients joined last: they don't join again when they reconnect (CN8).
    joined: Mutex<HashMap<UserId, SessionId>>,
}

impl People {
    pub(crate) fn add(&self, caller: &Caller, viewer: Arc<dyn Viewer>) {
        let name = caller.display_name.clone();
        let mut people = self.by_user.lock();
        // One connection is what most people have: no spare room for more.
        let new = || Connected { name: name.clone(), viewers: Vec::with_capacity(1) };
        let connected = people.entry(caller.user).or_insert_with(new);
        connected.name.clone_from(&name);
        connected.viewers.push(viewer);
    }

    pub(crate) fn remove(&self, user: UserId, connection: ConnectionId) {
        let mut people = self.by_user.lock();
        let Some(Connected { viewers, .. }) = people.get_mut(&user) else { return };
        // One entry alone: a connection that says anew who it is has a new link before the old one goes.
        if let Some(place) = viewers.iter().position(|viewer| viewer.connection_id() == connection) {
            viewers.swap_remove(place);
        }
        if viewers.is_empty() {
            people.remove(&user);
        }
    }

    pub(crate) fn viewers(&self, user: UserId) -> Vec<Arc<dyn Viewer>> {
        self.by_user.lock().get(&user).map(|connected| connected.viewers.clone()).unwrap_or_default()
    }

    /// The name of someone who is connected.
    pub(crate) fn name(&self, user: UserId) -> Option<Arc<str>> {
        self.by_user.lock().get(&user).map(|connected| connected.name.clone())
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
        self.by_user.lock().values().map(|connected| connected.viewers.len()).sum()
    }
}
