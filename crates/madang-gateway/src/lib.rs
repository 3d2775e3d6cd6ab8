//! The edge: HTTP, WebSocket, identity, limits. Alone knows axum; hands commands to the hub and events to sockets.
//!
//! It must never hold session state. Start at [`Gateway`]; the wire's codec is in [`codec`].

pub mod codec;
