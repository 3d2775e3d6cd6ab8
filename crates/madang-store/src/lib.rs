//! Where what must not be lost is kept: session logs, sessions, people, the ledger of upstream requests.
//!
//! Alone names SQL. Start at [`Store`]; [`SqliteStore`] is the embedded implementation.

mod api;
mod batch;
mod bind;
mod check;
mod connect;
mod fault;
mod heads;
mod lock;
mod reads;
mod rows;
mod settings;
mod sqlite;
mod state;
mod statements;
mod writer;

pub use api::*;
pub use settings::Settings;
pub use sqlite::SqliteStore;
pub use state::Integrity;
