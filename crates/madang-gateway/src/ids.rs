//! Names for what the edge itself makes: events that are in no log, commands that came without an id.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the ids of commands that the edge itself makes begin with.
const OWN_ID: &str = "madang:";

/// A number that no other event of this process has; far from those that the hub counts.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 52);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The id of a command that came without one, or that the edge makes.
pub(crate) fn own_id() -> String {
    format!("{OWN_ID}{}", unique())
}

/// Whether a command is no client's: the edge's, or the hub's (which has no id).
pub(crate) fn is_own_id(id: &str) -> bool {
    id.is_empty() || id.starts_with(OWN_ID)
}
