//! Where what must not be lost is kept: session logs, sessions, people, the ledger of upstream requests.
//!
//! Alone names SQL. Start at [`Store`]; [`SqliteStore`] is the embedded implementation.

mod api;
mod audit;
mod batch;
mod behind;
mod bind;
mod changes;
mod check;
mod checkpoints;
mod connect;
mod connection;
mod database;
mod fault;
mod fold;
mod group;
mod heads;
mod lock;
mod lookups;
mod people;
mod people_reads;
mod reads;
mod redact;
mod redo;
mod rows;
mod search;
mod seen;
mod settings;
mod size;
mod sqlite;
mod sqlite_people;
mod state;
mod statements;
mod usage;
mod writer;

pub use api::*;
pub use people::*;
pub use settings::Settings;
pub use sqlite::SqliteStore;
pub use state::Integrity;
