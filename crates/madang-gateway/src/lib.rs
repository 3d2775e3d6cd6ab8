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
mod ids;
mod limiter;
mod listener;
mod message_router;
mod proxies;
mod random;
mod refusals;
mod revocation;
mod router;
mod settings;
mod streams;
mod tidying;

pub use error::{ApiError, sentence};
pub use gateway::{Gateway, Host};
pub use listener::serve;
pub use settings::{Settings, SettingsError};
