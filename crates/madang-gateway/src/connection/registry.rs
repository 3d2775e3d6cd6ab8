//! All sockets of this server, for the sweeper and for the drain.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;

use super::Connection;

/// The live connections, in no order.
#[derive(Default)]
pub(crate) struct Registry {
    connections: Mutex<Vec<Arc<Connection>>>,
}

impl Registry {
    pub(super) fn add(&self, connection: &Arc<Connection>) {
        let mut connections = self.connections.lock();
        connection.slot.store(connections.len(), Ordering::Relaxed);
        connections.push(Arc::clone(connection));
    }

    pub(super) fn remove(&self, connection: &Connection) {
        let mut connections = self.connections.lock();
        let slot = connection.slot.load(Ordering::Relaxed);
        if connections.get(slot).is_some_and(|found| std::ptr::eq(&**found, connection)) {
            connections.swap_remove(slot);
            if let Some(moved) = connections.get(slot) {
                moved.slot.store(slot, Ordering::Relaxed);
            }
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.connections.lock().len()
    }

    /// Every `stride`-th connection from `first` on.
    pub(crate) fn some(&self, first: usize, stride: usize) -> Vec<Arc<Connection>> {
        self.connections.lock().iter().skip(first).step_by(stride).map(Arc::clone).collect()
    }
}
