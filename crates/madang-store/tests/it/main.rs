//! What a store promises, and how the SQLite one keeps it when it is killed, full, damaged or locked.

mod contract;
mod sqlite;
mod support;
