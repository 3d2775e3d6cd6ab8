//! The contract of a bus.

use madang_protocol::SessionId;

/// The right to own a session; appends carry its token, so a stale owner can't write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The session.
    pub session: SessionId,
    /// Grows with every owner.
    pub token: u64,
}

/// Who owns what. Publishing between nodes comes with the first bus that has several.
pub trait Bus: Send + Sync + 'static {
    /// Takes the session, unless another node has it.
    fn acquire(&self, session: SessionId) -> Option<Lease>;

    /// Gives it back.
    fn release(&self, lease: Lease);
}
