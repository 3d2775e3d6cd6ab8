//! Tests of the edge: rules EN, CN, DC, RS, CM, TU and HT of `PROTOCOL.md`.

#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::unused_result_ok,
    reason = "a test fails by panicking, and looks for one thing among all others"
)]

mod accounts;
mod clients;
mod codec;
mod connecting;
mod cut;
mod delivery;
mod docs;
mod documents;
mod envelope;
mod frames;
mod gate;
mod hostile;
mod http;
mod jwt;
mod links;
mod pool;
mod portability;
mod raw;
mod refusals;
mod rest;
mod revocation;
mod server;
mod sse;
mod version1;
mod version1_people;
