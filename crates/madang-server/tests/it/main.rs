//! The binary from outside, and its configuration.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod binary;
mod config;
mod docs;
mod hostile;
mod people;
mod refusals;
mod serving;
mod storm;
mod tls;
