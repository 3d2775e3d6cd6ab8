//! CM4: the body of `fuzz/fuzz_targets/envelope.rs`, seeded.

use madang_protocol::{Command, Inbound, ProtocolVersion};
use proptest::prelude::*;

/// Reads a text as both versions; anything but a command or a bounded error is a fault.
fn read(text: &str) {
    for version in [ProtocolVersion::V1, ProtocolVersion::V2] {
        match Inbound::read(text, version) {
            Ok(read) => assert!(!read.is_empty() && read.len() <= 64),
            Err(error) => assert!(error.details().len() < 1000),
        }
    }
}

proptest! {
    #[test]
    fn cm4_any_text_is_answered(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn cm4_any_cut_or_change_of_an_envelope_is_answered(
        kind in prop::sample::select(Command::TYPES),
        content in any::<String>(),
        cut in any::<prop::sample::Index>(),
        change in any::<char>(),
    ) {
        let text = serde_json::json!([{"type": kind, "id": "1", "data": {"content": content, "session_id": null}}]);
        let chars: Vec<char> = text.to_string().chars().collect();
        let at = cut.index(chars.len());
        read(&chars[..at].iter().collect::<String>());
        let mut changed = chars;
        changed[at] = change;
        read(&changed.iter().collect::<String>());
    }
}
