//! What a store promises, and how the SQLite one keeps it when it is killed, full, damaged or locked.

#![expect(clippy::unwrap_used, reason = "tests may panic, helpers outside of a #[test] function too")]

mod child;
mod commands;
mod contract;
mod erase;
mod full;
mod kill;
mod power;
mod redo;
mod sqlite;
mod support;
mod tamper;
