//! Which connections a person has: so that a changed line of their list reaches every device.

use std::collections::HashMap;
use std::sync::Arc;

use madang_protocol::{ConnectionId, UserId};
use parking_lot::Mutex;

use crate::{Caller, Viewer};

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
}

impl People {
    pub(crate) fn add(&self, caller: &Caller, viewer: Arc<dyn Viewer>) {
        let name = caller.display_name.clone();
        let mut people = self.by_user.lock();
        let new = || Connected { name: name.clone(), viewers: Vec::new() };
        let connected = people.entry(caller.user).or_insert_with(new);
        connected.name.clone_from(&name);
        // A person has few connections: no spare room for more.
        connected.viewers.reserve_exact(1);
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

    /// Whether this connection of theirs is there.
    pub(crate) fn has(&self, user: UserId, connection: ConnectionId) -> bool {
        let people = self.by_user.lock();
        let connected = people.get(&user);
        connected.is_some_and(|known| known.viewers.iter().any(|viewer| viewer.connection_id() == connection))
    }

    /// The name of someone who is connected.
    pub(crate) fn name(&self, user: UserId) -> Option<Arc<str>> {
        self.by_user.lock().get(&user).map(|connected| connected.name.clone())
    }

    pub(crate) fn connections(&self) -> usize {
        self.by_user.lock().values().map(|connected| connected.viewers.len()).sum()
    }
}
