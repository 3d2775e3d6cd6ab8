//! The rules a Messages request has to keep before anything answers it; the conversation's own are in `history.rs`.

use serde_json::Value;

use super::error::ApiError;
use super::history;
use super::profile::Profile;
use super::request::{Caller, MessagesRequest, VERSION_2026};

/// Fields of the request body that are generally available.
const FIELDS: &[&str] = &[
    "model",
    "max_tokens",
    "messages",
    "system",
    "stream",
    "stop_sequences",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
    "metadata",
    "container",
    "service_tier",
    "speed",
    "inference_geo",
    "diagnostics",
];
/// Fields that need a beta header or `?beta=true`.
const BETA_FIELDS: &[&str] = &[
    "mcp_servers",
    "context_management",
    "compaction",
    "fallbacks",
    "fallback_credit_token",
    "thread",
    "billing_policy",
    "user_profile_id",
    "output_format",
];
/// Sampling fields that version 2026-10-21 removed.
const SAMPLING_FIELDS: &[&str] = &["temperature", "top_p", "top_k"];
/// Most cache breakpoints in one request.
const BREAKPOINTS_MAX: usize = 4;
/// Smallest `thinking.budget_tokens`.
const BUDGET_TOKENS_MIN: u64 = 1_024;

/// Which of the two endpoints is asked: counting needs no `max_tokens` and cannot stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Answer,
    Count,
}

/// Checks a whole request.
pub(crate) fn check(
    request: &MessagesRequest,
    caller: &Caller,
    profile: Profile,
    purpose: Purpose,
) -> Result<(), ApiError> {
    let body = &request.body;
    check_fields(body, caller)?;
    if purpose == Purpose::Answer {
        check_max_tokens(body, profile)?;
    }
    if !matches!(body["stream"], Value::Null | Value::Bool(_)) {
        return Err(ApiError::invalid("stream: Input should be a valid boolean"));
    }
    check_stop_sequences(&body["stop_sequences"])?;
    check_thinking(body, profile)?;
    check_effort(&body["output_config"]["effort"], profile)?;
    check_tools(body, profile)?;
    check_breakpoints(body)?;
    history::check(request, caller, profile)
}

fn check_fields(body: &Value, caller: &Caller) -> Result<(), ApiError> {
    for field in body.as_object().into_iter().flat_map(|fields| fields.keys()).map(String::as_str) {
        if SAMPLING_FIELDS.contains(&field) {
            if caller.version == VERSION_2026 {
                return Err(ApiError::invalid(format!(
                    "{field}: not supported from API version {VERSION_2026} on"
                )));
            }
        } else if BETA_FIELDS.contains(&field) {
            if caller.betas.is_empty() {
                return Err(ApiError::invalid(format!("{field}: Extra inputs are not permitted")));
            }
        } else if !FIELDS.contains(&field) {
            return Err(ApiError::invalid(format!("{field}: Extra inputs are not permitted")));
        }
    }
    Ok(())
}

fn check_max_tokens(body: &Value, profile: Profile) -> Result<(), ApiError> {
    if body["max_tokens"].is_null() {
        return Err(ApiError::invalid("max_tokens: Field required"));
    }
    let asked = body["max_tokens"].as_u64();
    let asked = asked.ok_or_else(|| ApiError::invalid("max_tokens: Input should be a valid integer"))?;
    if asked > profile.output_tokens_max as u64 {
        return Err(ApiError::invalid(format!(
            "max_tokens: {asked} > {}, which is the maximum allowed number of output tokens for {}",
            profile.output_tokens_max,
            body["model"].as_str().unwrap_or("this model"),
        )));
    }
    Ok(())
}

fn check_stop_sequences(sequences: &Value) -> Result<(), ApiError> {
    let valid = match sequences {
        Value::Null => true,
        Value::Array(list) => list.iter().all(Value::is_string),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    };
    if valid {
        Ok(())
    } else {
        Err(ApiError::invalid("stop_sequences: Input should be a valid list of strings"))
    }
}

fn check_thinking(body: &Value, profile: Profile) -> Result<(), ApiError> {
    let thinking = &body["thinking"];
    if thinking.is_null() {
        return Ok(());
    }
    let kind = thinking["type"].as_str().unwrap_or("");
    if !profile.thinking.contains(&kind) {
        return Err(ApiError::invalid(format!(
            "thinking.type: `{kind}` is not supported by this model; it accepts {}",
            profile.thinking.join(", ")
        )));
    }
    if let Some(display) = thinking.get("display").filter(|display| !display.is_null()) {
        let known = matches!(display.as_str(), Some("summarized" | "omitted" | "updates"));
        if !known {
            return Err(ApiError::invalid("thinking.display: Input should be 'summarized' or 'omitted'"));
        }
    }
    if kind != "enabled" {
        return Ok(());
    }
    let budget = thinking["budget_tokens"].as_u64().unwrap_or(0);
    if budget < BUDGET_TOKENS_MIN {
        return Err(ApiError::invalid(format!(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to {BUDGET_TOKENS_MIN}"
        )));
    }
    if body["max_tokens"].as_u64().is_some_and(|max| max <= budget) {
        return Err(ApiError::invalid("`max_tokens` must be greater than `thinking.budget_tokens`"));
    }
    Ok(())
}

fn check_effort(effort: &Value, profile: Profile) -> Result<(), ApiError> {
    match effort.as_str() {
        None if effort.is_null() => Ok(()),
        Some("low" | "medium" | "high") => Ok(()),
        Some("xhigh" | "max") if profile.high_efforts => Ok(()),
        _ => Err(ApiError::invalid("output_config.effort: this model does not support that effort level")),
    }
}

fn check_tools(body: &Value, profile: Profile) -> Result<(), ApiError> {
    let tools = match &body["tools"] {
        Value::Null => &[][..],
        Value::Array(tools) => tools,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(ApiError::invalid("tools: Input should be a valid list"));
        }
    };
    let mut names = Vec::with_capacity(tools.len());
    for (at, tool) in tools.iter().enumerate() {
        check_tool(at, tool)?;
        let name = tool["name"].as_str().unwrap_or("");
        if !name.is_empty() && names.contains(&name) {
            return Err(ApiError::invalid("tools: Tool names must be unique."));
        }
        names.push(name);
    }
    let choice = &body["tool_choice"];
    let kind = choice["type"].as_str().unwrap_or(if choice.is_null() { "auto" } else { "" });
    match kind {
        "auto" | "none" => Ok(()),
        "any" | "tool" if !profile.forces_tools => {
            Err(ApiError::invalid(format!("tool_choice.type: `{kind}` is not supported by this model")))
        }
        "any" if names.is_empty() => Err(ApiError::invalid("tool_choice: Tools must be provided")),
        "tool" if !names.iter().any(|name| choice["name"] == **name) => {
            Err(ApiError::invalid("tool_choice.name: Tool not found in provided tools"))
        }
        "any" | "tool" => Ok(()),
        _ => Err(ApiError::invalid("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")),
    }
}

fn check_tool(at: usize, tool: &Value) -> Result<(), ApiError> {
    let custom = matches!(tool["type"].as_str(), None | Some("custom"));
    let name = tool["name"].as_str().unwrap_or("");
    if !custom {
        return Ok(());
    }
    let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    if name.is_empty() || name.len() > 128 || !letters {
        return Err(ApiError::invalid(format!(
            "tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        )));
    }
    if tool["input_schema"]["type"] != "object" {
        return Err(ApiError::invalid(format!(
            "tools.{at}.custom.input_schema.type: Input should be 'object'"
        )));
    }
    Ok(())
}

fn check_breakpoints(body: &Value) -> Result<(), ApiError> {
    let found = count_breakpoints(body);
    if found > BREAKPOINTS_MAX {
        return Err(ApiError::invalid(format!(
            "A maximum of {BREAKPOINTS_MAX} blocks with cache_control may be provided. Found {found}."
        )));
    }
    Ok(())
}

fn count_breakpoints(body: &Value) -> usize {
    let marked = |block: &Value| usize::from(!block["cache_control"].is_null());
    let in_list = |list: &Value| list.as_array().into_iter().flatten().map(marked).sum::<usize>();
    let in_messages =
        body["messages"].as_array().into_iter().flatten().map(|message| in_list(&message["content"]));
    marked(body) + in_list(&body["tools"]) + in_list(&body["system"]) + in_messages.sum::<usize>()
}
