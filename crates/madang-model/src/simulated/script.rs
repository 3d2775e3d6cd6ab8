//! What the simulated model will say, written whole before the first word leaves.

use std::fmt::Write;

use madang_protocol::PartKind;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::words::{self, Both};
use crate::Request;

/// Words of the longest answer; more are not written.
pub(crate) const WORDS_MAX: usize = 32_000;

/// Characters of the question that are repeated.
const ECHO_CHARS_MAX: usize = 400;

/// What stands where a real upstream's signature stands: no upstream takes it, and so it can be told apart.
pub(crate) const SIGNATURE: &str = "madang-simulated";

/// A reply before it is played.
#[derive(Debug)]
pub(crate) struct Script {
    /// Whether to pretend that the upstream is busy first.
    pub(crate) waits: bool,
    pub(crate) parts: Vec<ScriptPart>,
    pub(crate) end: End,
    pub(crate) input_tokens: u64,
}

/// A part of it.
#[derive(Debug)]
pub(crate) struct ScriptPart {
    pub(crate) kind: PartKind,
    pub(crate) name: Option<String>,
    pub(crate) tool_use_id: Option<String>,
    /// What is shown, piece by piece.
    pub(crate) content: String,
    /// The block as a real upstream would have sent it.
    pub(crate) raw: Box<RawValue>,
}

/// How it ends.
#[derive(Debug)]
pub(crate) enum End {
    /// With a stop reason and perhaps an explanation.
    Stop(&'static str, Option<&'static str>),
    /// With an error after the last part's first half.
    Failure(&'static str),
}

impl Script {
    /// Writes the reply.
    pub(crate) fn write(ask: &Ask, request: &Request) -> Self {
        let say = |both: &Both| both.get(ask.korean);
        let mut parts = Vec::new();
        let mut end = End::Stop("end_turn", None);
        if ask.wants_thinking {
            parts.push(thinking(say(&words::THOUGHT)));
        }
        if ask.wants_refusal {
            end = End::Stop("refusal", Some(say(&words::REFUSAL)));
        } else if !ask.tool_results.is_empty() {
            parts.push(text(say(&words::TOOL_ANSWER).to_owned() + &fenced(&ask.tool_results.join("\n"))));
        } else if ask.wants_tool {
            parts.push(text(say(&words::TOOL_CALL).to_owned()));
            match first_tool(request) {
                Some((name, input)) => {
                    parts.push(call("tool_use", &name, input, ask.prompts));
                    end = End::Stop("tool_use", None);
                }
                None => {
                    parts.extend(own_tool(ask));
                    parts.push(text(answer(ask)));
                }
            }
        } else {
            parts.push(text(answer(ask)));
        }
        if ask.wants_error {
            end = End::Failure(say(&words::FAILURE));
        }
        Self { waits: ask.wants_wait, parts, end, input_tokens: input_tokens(request) }
    }
}

fn answer(ask: &Ask) -> String {
    let say = |both: &Both| both.get(ask.korean);
    let mut answer = say(&words::GREETING).to_owned();
    answer.push_str(&quoted(&ask.text));
    let shows = [
        (ask.wants_table, words::TABLE),
        (ask.wants_code, words::CODE),
        (ask.wants_math, words::MATH),
        (ask.wants_diagram, words::DIAGRAM),
    ];
    for (_, both) in shows.iter().filter(|(wanted, _)| *wanted) {
        answer.push_str(say(both));
    }
    if let Some(count) = ask.long_words {
        answer.push_str(say(&words::LONG_TITLE));
        answer.push_str(&long(count.clamp(1, WORDS_MAX), ask.korean));
    }
    if ask.long_words.is_none() && shows.iter().all(|(wanted, _)| !wanted) {
        answer.push_str(&count(ask));
        answer.push_str(say(&words::HINT));
    }
    answer
}

fn count(ask: &Ask) -> String {
    match (ask.korean, ask.prompts) {
        (_, 0 | 1) => String::new(),
        (true, prompts) => format!("이 대화에서 {prompts}번째 메시지입니다. "),
        (false, prompts) => format!("It is message {prompts} of this conversation. "),
    }
}

/// The question as a quotation.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    let mut kept: String = text.chars().take(ECHO_CHARS_MAX).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    for line in kept.lines() {
        quoted.push_str("> ");
        quoted.push_str(line);
        quoted.push('\n');
    }
    quoted.push('\n');
    quoted
}

fn fenced(text: &str) -> String {
    let kept: String = text.chars().take(ECHO_CHARS_MAX).collect();
    format!("```\n{}\n```\n", kept.replace("```", "'''"))
}

/// A text of `count` words in paragraphs, the same for the same count.
fn long(count: usize, korean: bool) -> String {
    let list = if korean { words::KOREAN } else { words::ENGLISH };
    let mut text = String::with_capacity(count * 8);
    let mut state = 0x9e37_79b9_u32;
    for number in 1..=count {
        // A small generator (xorshift) suffices to make the text look unlike a loop.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let word = list[state as usize % list.len()];
        let ends_sentence = number % 12 == 0 || number == count;
        let gap = if number % 96 == 0 {
            ".\n\n"
        } else if ends_sentence {
            ". "
        } else {
            " "
        };
        // Writing to a string can't fail.
        write!(text, "{word}{gap}").expect("strings grow");
    }
    text.trim_end().to_owned() + "\n"
}

fn text(content: String) -> ScriptPart {
    let raw = raw(&json!({ "type": "text", "text": content }));
    ScriptPart { kind: PartKind::Text, name: None, tool_use_id: None, content, raw }
}

fn thinking(content: &str) -> ScriptPart {
    let raw = raw(&json!({ "type": "thinking", "thinking": content, "signature": SIGNATURE }));
    ScriptPart { kind: PartKind::Thinking, name: None, tool_use_id: None, content: content.to_owned(), raw }
}

fn call(block_type: &str, name: &str, input: Value, number: usize) -> ScriptPart {
    let prefix = if block_type == "tool_use" { "toolu" } else { "srvtoolu" };
    let id = format!("{prefix}_{SIGNATURE}_{number}");
    let raw = raw(&json!({ "type": block_type, "id": id, "name": name, "input": input }));
    ScriptPart {
        kind: PartKind::ToolUse,
        name: Some(name.to_owned()),
        tool_use_id: Some(id),
        content: input.to_string(),
        raw,
    }
}

/// A call that answers itself, for when the request brings no tools.
fn own_tool(ask: &Ask) -> [ScriptPart; 2] {
    let call = call("server_tool_use", "simulated_lookup", json!({ "query": ask.text }), ask.prompts);
    let content = json!({ "type": "simulated_result", "found": ask.text.chars().count() });
    let block_type = "simulated_tool_result";
    let raw = raw(&json!({ "type": block_type, "tool_use_id": call.tool_use_id, "content": content }));
    let result = ScriptPart {
        kind: PartKind::ToolResult,
        name: Some(block_type.to_owned()),
        tool_use_id: call.tool_use_id.clone(),
        content: content.to_string(),
        raw,
    };
    [call, result]
}

/// The first tool of the request and an input that its schema asks for.
fn first_tool(request: &Request) -> Option<(String, Value)> {
    let tools: Value = serde_json::from_str(request.tools.as_ref()?.get()).ok()?;
    let tool = tools.get(0)?;
    let schema = &tool["input_schema"];
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let input: Map<String, Value> = required
        .iter()
        .filter_map(Value::as_str)
        .map(|name| (name.to_owned(), example(&schema["properties"][name])))
        .collect();
    Some((tool["name"].as_str()?.to_owned(), Value::Object(input)))
}

fn example(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("number" | "integer") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("simulated"),
    }
}

/// About four bytes to a token.
fn input_tokens(request: &Request) -> u64 {
    let tools = request.tools.as_ref().map_or(0, |tools| tools.get().len());
    let messages: usize = request.messages.iter().map(|message| message.get().len()).sum();
    (request.system.len() + tools + messages).div_ceil(4) as u64
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).expect("a value is JSON")
}
