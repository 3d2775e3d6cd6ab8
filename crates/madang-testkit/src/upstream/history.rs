//! The rules of a conversation: roles, blocks, and tools that must be answered.

use serde_json::Value;

use super::error::ApiError;
use super::profile::Profile;
use super::request::{Caller, MessagesRequest, VERSION_2026, text_of};

/// Most messages in one request.
const MESSAGES_MAX: usize = 100_000;

/// Checks `messages`.
pub(crate) fn check(request: &MessagesRequest, caller: &Caller, profile: Profile) -> Result<(), ApiError> {
    let messages = match &request.body["messages"] {
        Value::Null => return Err(ApiError::invalid("messages: Field required")),
        Value::Array(messages) => messages,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(ApiError::invalid("messages: Input should be a valid list"));
        }
    };
    if messages.is_empty() {
        return Err(ApiError::invalid("messages: at least one message is required"));
    }
    if messages.len() > MESSAGES_MAX {
        return Err(ApiError::invalid(format!("messages: at most {MESSAGES_MAX} messages are allowed")));
    }
    for (at, message) in messages.iter().enumerate() {
        check_message(at, message, profile)?;
        check_blocks(at, message, caller)?;
    }
    if messages[0]["role"] == "assistant" {
        return Err(ApiError::invalid("messages: first message must use the \"user\" role"));
    }
    check_tool_pairs(messages)?;
    check_prefill(messages, profile)
}

fn check_message(at: usize, message: &Value, profile: Profile) -> Result<(), ApiError> {
    match message["role"].as_str() {
        Some("user" | "assistant") => {}
        Some("system") if profile.middle_system => {}
        Some("system") => {
            return Err(ApiError::invalid(format!(
                "messages.{at}.role: `system` is not supported by this model"
            )));
        }
        _ => {
            return Err(ApiError::invalid(format!(
                "messages.{at}.role: Input should be 'user', 'assistant' or 'system'"
            )));
        }
    }
    let empty = match &message["content"] {
        Value::String(text) => text.is_empty(),
        Value::Array(blocks) => blocks.is_empty() && message["role"] != "assistant",
        Value::Null => return Err(ApiError::invalid(format!("messages.{at}.content: Field required"))),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            return Err(ApiError::invalid(format!(
                "messages.{at}.content: Input should be a valid string or list"
            )));
        }
    };
    if empty {
        return Err(ApiError::invalid(format!("messages.{at}: all messages must have non-empty content")));
    }
    Ok(())
}

/// Block types a client may send, beside every `…_tool_result`.
const BLOCKS: &[&str] = &[
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "server_tool_use",
    "container_upload",
    "compaction",
    "fallback",
    "tool_addition",
    "tool_removal",
];

fn check_blocks(at: usize, message: &Value, caller: &Caller) -> Result<(), ApiError> {
    let strict = caller.version == VERSION_2026;
    for (position, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        let path = format!("messages.{at}.content.{position}");
        let kind = block["type"].as_str().unwrap_or("");
        if !BLOCKS.contains(&kind) && !kind.ends_with("_tool_result") {
            return Err(ApiError::invalid(format!(
                "{path}: Input tag '{kind}' does not match any of the expected tags"
            )));
        }
        let assistant = message["role"] == "assistant";
        if strict && assistant && kind == "document" {
            return Err(ApiError::invalid(format!(
                "{path}: `document` blocks are not permitted in assistant messages"
            )));
        }
        if strict && !assistant && has_citations(block) {
            return Err(ApiError::invalid(format!(
                "{path}.citations: citations are not permitted in user messages"
            )));
        }
        match kind {
            "text" if !block["text"].is_string() => {
                return Err(ApiError::invalid(format!("{path}.text.text: Field required")));
            }
            "text" if text_of(&Value::Array(vec![block.clone()])).trim().is_empty() => {
                return Err(ApiError::invalid(
                    "messages: text content blocks must contain non-whitespace text",
                ));
            }
            "tool_use" if !block["input"].is_object() => {
                return Err(ApiError::invalid(format!(
                    "{path}.tool_use.input: Input should be a valid dictionary"
                )));
            }
            "thinking" if !block["signature"].is_string() => {
                return Err(ApiError::invalid(format!("{path}.thinking.signature: Field required")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Text with citations, at the top or inside a search result.
fn has_citations(block: &Value) -> bool {
    let own = block["type"] == "text" && block["citations"].as_array().is_some_and(|list| !list.is_empty());
    let inside = block["type"] == "search_result"
        && block["content"].as_array().into_iter().flatten().any(has_citations);
    own || inside
}

/// Every call needs its result in the next message, and every result its call in the one before.
fn check_tool_pairs(messages: &[Value]) -> Result<(), ApiError> {
    let mut open: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut at = 0;
    while at < messages.len() {
        // Messages of one role in a row are one turn.
        let role = &messages[at]["role"];
        let end = at + messages[at..].iter().take_while(|message| message["role"] == *role).count();
        let turn: Vec<&Value> = messages[at..end]
            .iter()
            .flat_map(|message| message["content"].as_array().into_iter().flatten())
            .collect();
        if role == "user" {
            settle(at, &turn, &mut open)?;
        }
        if role == "assistant" {
            for block in turn.iter().filter(|block| block["type"] == "tool_use") {
                let id = block["id"].as_str().unwrap_or("").to_owned();
                if seen.contains(&id) {
                    return Err(ApiError::invalid(format!("messages.{at}: `tool_use` ids must be unique")));
                }
                seen.push(id.clone());
                open.push(id);
            }
        }
        at = end;
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(messages.len() - 1, &open)) }
}

fn settle(at: usize, turn: &[&Value], open: &mut Vec<String>) -> Result<(), ApiError> {
    for block in turn.iter().filter(|block| block["type"] == "tool_result") {
        let id = block["tool_use_id"].as_str().unwrap_or("");
        let Some(position) = open.iter().position(|waiting| waiting == id) else {
            return Err(ApiError::invalid(format!(
                "messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block \
                 must have a corresponding `tool_use` block in the previous message."
            )));
        };
        open.remove(position);
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(at, open)) }
}

fn unanswered(at: usize, open: &[String]) -> ApiError {
    ApiError::invalid(format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` \
         block must have a corresponding `tool_result` block in the next message.",
        open.join(", ")
    ))
}

/// The assistant may come last only where a model still takes a prefill, or where a paused turn goes on.
fn check_prefill(messages: &[Value], profile: Profile) -> Result<(), ApiError> {
    let last = &messages[messages.len() - 1];
    let paused = last["content"].as_array().and_then(|blocks| blocks.last()).is_some_and(|block| {
        block["type"].as_str().is_some_and(|kind| kind == "server_tool_use" || kind.ends_with("_tool_result"))
    });
    if last["role"] == "assistant" && !profile.prefills && !paused {
        return Err(ApiError::invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ));
    }
    Ok(())
}
