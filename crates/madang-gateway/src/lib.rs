//! The edge: HTTP, WebSocket, identity, limits. Alone knows axum; hands commands to the hub and events to sockets.
//!
//! It must never hold session state. Start at [`Gateway`] and [`serve`]; the wire's codec is in [`codec`].

mod caps;
pub mod codec;
mod connection;
mod error;
mod frames;
mod gateway;
pub mod handshake;
pub mod identity;
mod limiter;
mod listener;
mod random;
mod router;
mod settings;

use std::sync::atomic::{AtomicU64, Ordering};

pub use error::{ApiError, sentence};
pub use gateway::Gateway;
pub use listener::serve;
pub use settings::{Settings, SettingsError};

/// What the ids of commands that the edge itself makes begin with.
const OWN_ID: &str = "madang:";

/// A number that no other event of this process has; far from those that the hub counts.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 52);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The id of a command that came without one, or that the edge makes.
fn own_id() -> String {
    format!("{OWN_ID}{}", unique())
}

/// Whether a command is no client's: the edge's, or the hub's (which has no id).
fn is_own_id(id: &str) -> bool {
    id.is_empty() || id.starts_with(OWN_ID)
}
