//! The WebSocket codec on hostile bytes: it must read the same in any pieces, and hold no more than its limits.
//!
//! `cargo +nightly fuzz run codec`. The same body runs seeded in `crates/madang-gateway/tests/it/codec.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use madang_gateway::codec::{Decoder, Item};

/// What a decoder said: the items, and the close code of a violation.
fn read(input: &[u8], cut: usize) -> Vec<String> {
    let mut decoder = Decoder::new(1 << 16);
    let mut said = Vec::new();
    for piece in input.chunks(cut) {
        let mut piece = piece.to_vec();
        let mut at = 0;
        while at < piece.len() {
            match decoder.decode(&mut piece[at..]) {
                Ok(decoded) => {
                    assert!(decoded.used > 0);
                    at += decoded.used;
                    match decoded.item {
                        Some(Item::Close(frame)) => {
                            said.push(format!("close {:?}", frame.code));
                            return said;
                        }
                        Some(Item::Text(text, _)) => {
                            assert!(text.len() <= 1 << 16);
                            said.push(format!("text {text}"));
                        }
                        Some(Item::Ping(payload)) => {
                            assert!(payload.len() <= 125);
                            said.push(format!("ping {payload:?}"));
                        }
                        Some(item @ (Item::Binary | Item::Refused | Item::Pong)) => said.push(format!("{item:?}")),
                        None => assert_eq!(at, piece.len()),
                    }
                }
                Err(violation) => {
                    said.push(format!("failed {}", violation.close.number()));
                    return said;
                }
            }
        }
    }
    said
}

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    assert_eq!(read(bytes, usize::from(cut).max(1)), read(bytes, usize::MAX));
});
