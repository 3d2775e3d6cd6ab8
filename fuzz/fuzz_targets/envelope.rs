//! Inbound envelopes on hostile text: a command or an error with a code, never a panic.
//!
//! `cargo +nightly fuzz run envelope`. The same body runs seeded in `crates/madang-gateway/tests/it/envelope.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use madang_protocol::{Inbound, ProtocolVersion};

fuzz_target!(|text: &str| {
    for version in [ProtocolVersion::V1, ProtocolVersion::V2] {
        match Inbound::read(text, version) {
            Ok(read) => assert!(!read.is_empty() && read.len() <= 64),
            Err(error) => assert!(error.details().len() < 1000),
        }
    }
});
