//! Tests of the edge: rules EN, CN, DC, RS, CM, TU and HT of `PROTOCOL.md`.

mod codec;
mod connecting;
mod frames;
mod hostile;
mod raw;
mod server;
