//! The pure core from outside: commands in, events out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail tests by panicking")]

mod changes;
mod clients;
mod codemirror;
mod commands;
mod documents;
mod editors;
mod edits;
mod gate;
mod listed;
mod members;
mod messages;
mod snapshots;
mod support;
mod turns;
mod walks;
