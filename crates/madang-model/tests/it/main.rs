//! Tests of the models at their boundary: requests go in, items come out, a server on loopback in between.

mod behaviour;
mod requests;
mod retries;
mod serve;
mod simulated;
mod streams;
mod support;
