//! The models the stand-in pretends to be: what each accepts, and how `GET /v1/models` describes it.
//!
//! Capabilities follow the documentation of November 2026; release dates that are not in an id are the epoch, which
//! the API uses for "unknown". A model string is open: unknown `claude-` names answer like an older model.

use serde_json::{Value, json};

use super::error::ApiError;
use super::knobs::Choice;
use super::profile::{
    BETWEEN_TOOLS, FIVE, FIVE_SONNET, FOUR_FIVE, FOUR_SEVEN, FOUR_SIX, HAIKU_55, NEWEST, Profile, SIMULATED,
};
use super::scenario;

/// One line of the catalogue.
struct Entry {
    id: &'static str,
    /// Another name for it, empty when there is none.
    alias: &'static str,
    display_name: &'static str,
    line: &'static str,
    created_at: &'static str,
    life: Life,
    context_tokens: usize,
    profile: Profile,
}

enum Life {
    Active,
    Deprecated { at: &'static str, retires: &'static str },
    Retired { at: &'static str, retired: &'static str },
}

const UNKNOWN_DATE: &str = "1970-01-01T00:00:00Z";
/// What `model_id` stands for: the name the official SDK's own tests ask for.
const ALIAS_OF_SDK_TESTS: &str = "model_id";

const fn current(
    id: &'static str,
    display_name: &'static str,
    line: &'static str,
    profile: Profile,
) -> Entry {
    Entry {
        id,
        alias: "",
        display_name,
        line,
        created_at: UNKNOWN_DATE,
        life: Life::Active,
        context_tokens: 1_000_000,
        profile: Profile { binding: id, ..profile },
    }
}

const fn older(entry: Entry, alias: &'static str, created_at: &'static str, context_tokens: usize) -> Entry {
    Entry { alias, created_at, context_tokens, ..entry }
}

const fn with_life(entry: Entry, life: Life) -> Entry {
    Entry { life, ..entry }
}

/// Newest first, as the API lists them.
const CATALOGUE: &[Entry] = &[
    current("claude-fable-5-2", "Claude Fable 5.2", "fable", NEWEST),
    current("claude-mythos-5-2", "Claude Mythos 5.2", "mythos", NEWEST),
    current("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", HAIKU_55),
    current("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", BETWEEN_TOOLS),
    current("claude-fable-5-1", "Claude Fable 5.1", "fable", NEWEST),
    current("claude-opus-5-5", "Claude Opus 5.5", "opus", NEWEST),
    current("claude-mythos-5-1", "Claude Mythos 5.1", "mythos", NEWEST),
    current("claude-sonnet-5", "Claude Sonnet 5", "sonnet", FIVE_SONNET),
    current("claude-fable-5", "Claude Fable 5", "fable", Profile { forces_tools: true, ..NEWEST }),
    current("claude-mythos-5", "Claude Mythos 5", "mythos", Profile { forces_tools: true, ..NEWEST }),
    current("claude-opus-5", "Claude Opus 5", "opus", FIVE),
    current("claude-opus-4-8", "Claude Opus 4.8", "opus", FOUR_SEVEN),
    current("claude-opus-4-7", "Claude Opus 4.7", "opus", FOUR_SEVEN),
    with_life(
        current("claude-mythos-preview", "Claude Mythos Preview", "mythos", FOUR_SIX),
        Life::Deprecated { at: "2026-05-01T00:00:00Z", retires: "2026-06-30T00:00:00Z" },
    ),
    current("claude-opus-4-6", "Claude Opus 4.6", "opus", FOUR_SIX),
    current("claude-sonnet-4-6", "Claude Sonnet 4.6", "sonnet", FOUR_SIX),
    older(
        current("claude-opus-4-5-20251101", "Claude Opus 4.5", "opus", FOUR_FIVE),
        "claude-opus-4-5",
        "2025-11-01T00:00:00Z",
        200_000,
    ),
    older(
        current("claude-haiku-4-5-20251001", "Claude Haiku 4.5", "haiku", FOUR_FIVE),
        "claude-haiku-4-5",
        "2025-10-01T00:00:00Z",
        200_000,
    ),
    with_life(
        older(
            current("claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "sonnet", FOUR_FIVE),
            "claude-sonnet-4-5",
            "2025-09-29T00:00:00Z",
            200_000,
        ),
        Life::Deprecated { at: "2026-05-29T00:00:00Z", retires: "2026-11-30T00:00:00Z" },
    ),
    with_life(
        older(
            current("claude-3-5-sonnet-20241022", "Claude Sonnet 3.5", "sonnet", FOUR_FIVE),
            "",
            "2024-10-22T00:00:00Z",
            200_000,
        ),
        Life::Retired { at: "2025-08-13T00:00:00Z", retired: "2025-10-28T00:00:00Z" },
    ),
];

/// What a model string asks for.
pub(crate) fn resolve(model: &str) -> Result<Profile, ApiError> {
    let entry = find(model);
    if let Some(Entry { life: Life::Retired { .. }, .. }) = entry {
        return Err(not_found(model));
    }
    match entry {
        Some(entry) => Ok(entry.profile),
        None if model.starts_with("sim-") => simulated(model),
        None if model.starts_with("claude-") => Ok(Profile { binding: "claude-unlisted", ..FOUR_FIVE }),
        None => Err(not_found(model)),
    }
}

/// A simulated model behaves like the one in its knob `as`, and accepts nearly everything without it.
fn simulated(model: &str) -> Result<Profile, ApiError> {
    let choice = Choice::parse(model.trim_start_matches("sim-"));
    match choice.knobs.text("as") {
        Some(name) if !name.starts_with("sim-") => resolve(name),
        Some(_) | None => Ok(SIMULATED),
    }
}

fn not_found(model: &str) -> ApiError {
    ApiError::new(404, format!("model: {model}"))
}

fn find(id: &str) -> Option<&'static Entry> {
    let id = if id == ALIAS_OF_SDK_TESTS { CATALOGUE[0].id } else { id };
    CATALOGUE.iter().find(|entry| entry.id == id || (!entry.alias.is_empty() && entry.alias == id))
}

/// `GET /v1/models/{id}`.
pub(crate) fn describe(id: &str) -> Result<Value, ApiError> {
    if let Some(entry) = find(id) {
        return Ok(info(entry));
    }
    let name = id.strip_prefix("sim-").map(|rest| Choice::parse(rest).name);
    match name.as_deref().and_then(scenario::find) {
        Some(scenario) => Ok(simulated_info(scenario)),
        None => Err(not_found(id)),
    }
}

/// Every model in these stages of life, newest first, the simulated ones last.
pub(crate) fn list(lifecycles: &[String], with_simulated: bool) -> Vec<Value> {
    let wanted = |life: &str| lifecycles.iter().any(|wanted| wanted == life);
    let simulated = scenario::ALL.iter().filter(|_| with_simulated).map(simulated_info);
    let all = CATALOGUE.iter().map(info).chain(simulated);
    all.filter(|model| wanted(model["lifecycle"].as_str().unwrap_or(""))).collect()
}

fn simulated_info(scenario: &scenario::Scenario) -> Value {
    let id = format!("sim-{}", scenario.name);
    let entry = Entry {
        id: "",
        alias: "",
        display_name: "",
        line: "",
        created_at: UNKNOWN_DATE,
        life: Life::Active,
        context_tokens: 1_000_000,
        profile: SIMULATED,
    };
    let mut model = info(&entry);
    model["display_name"] = json!(format!("Simulated: {}", scenario.name));
    model["id"] = json!(id);
    model
}

fn info(entry: &Entry) -> Value {
    let (lifecycle, deprecated_at, retires_at) = match entry.life {
        Life::Active => ("active", None, None),
        Life::Deprecated { at, retires } => ("deprecated", Some(at), Some(retires)),
        Life::Retired { at, retired } => ("retired", Some(at), Some(retired)),
    };
    json!({
        "type": "model",
        "id": entry.id,
        "display_name": entry.display_name,
        "created_at": entry.created_at,
        "lifecycle": lifecycle,
        "line": if entry.line.is_empty() { Value::Null } else { json!(entry.line) },
        "max_input_tokens": entry.context_tokens,
        "max_tokens": entry.profile.output_tokens_max,
        "deprecated_at": deprecated_at,
        "retires_at": retires_at,
        "capabilities": capabilities(&entry.profile),
    })
}

fn capabilities(profile: &Profile) -> Value {
    let supported = |yes: bool| json!({ "supported": yes });
    let thinks = |kind: &str| supported(profile.thinking.contains(&kind));
    json!({
        "batch": supported(true),
        "citations": supported(true),
        "code_execution": supported(true),
        "context_management": {
            "supported": true,
            "clear_thinking_20251015": supported(true),
            "clear_tool_uses_20250919": supported(true),
            "compact_20260112": supported(profile.high_efforts),
        },
        "effort": {
            "supported": profile.high_efforts,
            "low": supported(profile.high_efforts),
            "medium": supported(profile.high_efforts),
            "high": supported(profile.high_efforts),
            "xhigh": supported(profile.high_efforts),
            "max": supported(profile.high_efforts),
        },
        "image_input": supported(true),
        "pdf_input": supported(true),
        "server_tools": {
            "supported": true,
            "code_execution": supported(true),
            "web_search": supported(true),
        },
        "structured_outputs": supported(true),
        "thinking": {
            "supported": true,
            "types": {
                "adaptive": thinks("adaptive"),
                "enabled": thinks("enabled"),
                "disabled": thinks("disabled"),
                "between_tools": thinks("between_tools"),
            },
        },
    })
}
