//! Tests of the edge: rules EN, CN, DC, RS, CM, TU and HT of `PROTOCOL.md`.

mod clients;
mod codec;
mod connecting;
mod delivery;
mod frames;
mod hostile;
mod raw;
mod server;
mod version1;
