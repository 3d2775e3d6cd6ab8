//! What the store's tasks tell the rest about themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// How the check after an unclean stop stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integrity {
    /// The last stop was clean: nothing was checked.
    NotNeeded,
    /// The check runs.
    Running,
    /// Nothing wrong was found.
    Sound,
    /// Pages are damaged; the first findings, for the log. What they don't touch still works.
    Damaged(Vec<String>),
    /// The check could not be done, or the store was closed before it ended; the next start does it again.
    Unfinished(String),
}

/// Shared by the store, its writer and its check.
#[derive(Debug)]
pub(crate) struct State {
    healthy: AtomicBool,
    integrity: Mutex<Integrity>,
}

impl State {
    /// The state at start.
    pub(crate) fn new(integrity: Integrity) -> Self {
        Self { healthy: AtomicBool::new(true), integrity: Mutex::new(integrity) }
    }

    /// Whether the last commit succeeded.
    pub(crate) fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    /// Notes how the last commit went.
    pub(crate) fn set_healthy(&self, healthy: bool) {
        self.healthy.store(healthy, Ordering::Release);
    }

    /// How the check stands.
    pub(crate) fn integrity(&self) -> Integrity {
        self.integrity.lock().clone()
    }

    /// Notes how the check stands.
    pub(crate) fn set_integrity(&self, integrity: Integrity) {
        *self.integrity.lock() = integrity;
    }

    /// A guard for the writer: when it ends, for whatever reason, nothing is written any more.
    pub(crate) fn writing(self: &Arc<Self>) -> Writing {
        Writing(Arc::clone(self))
    }
}

/// Held by a running writer.
pub(crate) struct Writing(Arc<State>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.set_healthy(false);
    }
}
