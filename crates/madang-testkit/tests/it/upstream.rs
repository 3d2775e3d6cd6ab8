//! The stand-in of the Claude Messages API, over raw TCP.

mod binary;
mod client;
mod memory;
mod rules;
mod scenarios;
mod splits;
mod thinking;
mod transport;
