//! Where what must not be lost is kept: session logs, sessions, people, the ledger of upstream requests.
//!
//! Alone names SQL. Start at [`Store`]; [`SqliteStore`] is the embedded implementation.

mod api;

pub use api::*;
