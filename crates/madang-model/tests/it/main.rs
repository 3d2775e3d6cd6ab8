//! Tests of the models at their boundary: requests go in, items come out, a server on loopback in between.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

mod behaviour;
mod catalog;
mod garbage;
mod requests;
mod retries;
mod scenarios;
mod serve;
mod simulated;
mod streams;
mod support;
mod tls;
