//! The bus of a single node: it owns everything that it asks for, once.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use madang_protocol::SessionId;
use parking_lot::Mutex;

use crate::{Bus, Lease};

/// Leases within this process.
#[derive(Debug, Default)]
pub struct LocalBus {
    held: Mutex<HashSet<SessionId>>,
    token: AtomicU64,
}

impl Bus for LocalBus {
    fn acquire(&self, session: SessionId) -> Option<Lease> {
        let taken = self.held.lock().insert(session);
        taken.then(|| Lease { session, token: self.token.fetch_add(1, Ordering::Relaxed) + 1 })
    }

    fn release(&self, lease: Lease) {
        self.held.lock().remove(&lease.session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use madang_protocol::UnixMs;

    #[test]
    fn a_session_has_one_owner_and_tokens_grow() {
        let bus = LocalBus::default();
        let session = SessionId::new(UnixMs(1), [0; 10]);
        let first = bus.acquire(session).unwrap();
        assert_eq!(bus.acquire(session), None);
        bus.release(first);
        assert!(bus.acquire(session).unwrap().token > first.token);
    }
}
