//! What answers: the [`Model`] trait, the client of the Messages API, the simulated model.
//!
//! Alone names Anthropic. Knows nothing of sessions, people or sockets.

mod api;

pub use api::*;
