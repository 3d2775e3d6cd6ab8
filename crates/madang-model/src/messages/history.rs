//! Takes out of a history what only the simulated model can have written.
//!
//! A conversation that began without a key goes on with one. Simulated thinking has no valid signature and a simulated
//! lookup no tool, so the upstream would refuse the whole request. What is left is the same bytes each time.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{Object, json_string};
use crate::simulated::SIGNATURE;

/// What stands for a message of which nothing is left; an empty one is refused.
const NOTHING_LEFT: &str = r#"{"type":"text","text":"(simulated)"}"#;

#[derive(Deserialize)]
struct Message<'a> {
    role: String,
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
}

/// A message as the upstream takes it.
pub(crate) fn without_simulated(message: &RawValue) -> Cow<'_, str> {
    let text = message.get();
    if !text.contains(SIGNATURE) {
        return Cow::Borrowed(text);
    }
    let Ok(Message { role, content }) = serde_json::from_str(text) else { return Cow::Borrowed(text) };
    let mut kept: Vec<&str> =
        content.iter().filter(|block| !is_simulated(block)).map(|block| block.get()).collect();
    if kept.len() == content.len() {
        return Cow::Borrowed(text);
    }
    if kept.is_empty() {
        kept.push(NOTHING_LEFT);
    }
    Cow::Owned(format!("{{\"role\":{},\"content\":[{}]}}", json_string(&role), kept.join(",")))
}

fn is_simulated(block: &RawValue) -> bool {
    let Some(block) = Object::parse(block) else { return false };
    let is_own_tool = |field: &str| {
        block.string(field).is_some_and(|id| id.starts_with("srvtoolu_") && id.contains(SIGNATURE))
    };
    block.string("signature").as_deref() == Some(SIGNATURE) || is_own_tool("id") || is_own_tool("tool_use_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &str) {
        let raw = RawValue::from_string(message.to_owned()).unwrap();
        assert_eq!(without_simulated(&raw), expected);
    }

    #[test]
    fn real_messages_stay_as_they_are() {
        for message in [
            r#"{"role": "user","content":"madang-simulated"}"#,
            r#"{"role": "user","content":[ {"type":"text","text":"madang-simulated"} ]}"#,
            r#"{"role": "assistant", "content": [{"type":"thinking","thinking":"x","signature":"real"}]}"#,
            "7",
        ] {
            check(message, message);
        }
    }

    #[test]
    fn simulated_thinking_and_lookups_go_and_texts_and_calls_stay() {
        let text = r#"{"type":"text", "text":"hi"}"#;
        let call = r#"{"id":"toolu_madang-simulated_1","type":"tool_use","name":"t","input":{}}"#;
        let message = format!(
            r#"{{"role":"assistant","content":[{{"signature":"madang-simulated","thinking":"x","type":"thinking"}},
            {{"type":"server_tool_use","id":"srvtoolu_madang-simulated_1","name":"x","input":{{}}}},
            {{"type":"simulated_tool_result","tool_use_id":"srvtoolu_madang-simulated_1"}},{text},{call}]}}"#
        );
        check(&message, &format!(r#"{{"role":"assistant","content":[{text},{call}]}}"#));
    }

    #[test]
    fn a_message_is_never_left_empty() {
        check(
            r#"{"role":"assistant","content":[{"signature":"madang-simulated"}]}"#,
            r#"{"role":"assistant","content":[{"type":"text","text":"(simulated)"}]}"#,
        );
    }
}
