//! Hostile input against the real binary, from a client that writes raw bytes (trust.md 2.2 and 2.3).
//!
//! `hostile/table.rs` has every row: where it is tested, or why it does not apply. To see the canary's times:
//! `cargo test -p madang-server --test it hostile -- --nocapture --test-threads 1`.

mod credentials;
mod envelope;
mod fields;
mod frames;
mod generated;
mod handshake;
mod rates;
mod rest;
pub(crate) mod scene;
mod strangers;
mod table;
pub(crate) mod wire;
