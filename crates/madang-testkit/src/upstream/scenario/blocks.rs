//! Scenarios about content blocks other than text: tools, thinking, server tools, betas, and blocks nobody knows.

use serde_json::{Value, json};

use crate::upstream::draft::Draft;
use crate::upstream::error::ApiError;
use crate::upstream::event::Delta;
use crate::upstream::knobs::DELTAS_MAX;
use crate::upstream::plan::{Plan, Step};
use crate::upstream::wire::value_of;
use crate::upstream::words;

use super::{Scene, texts};

/// Bytes per piece of a tool's input: small, so that strings, escapes and keys are cut.
const INPUT_PIECE_BYTES: usize = 7;

/// Text, then one tool call; when the tool's result comes back, text about it.
pub(super) fn tool(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    if !scene.request.tool_results().is_empty() {
        return texts::reply(scene);
    }
    let mut draft = Draft::start(scene);
    draft.text(words::pieces("I will look that up."));
    let name = scene.knobs.text("name").or(scene.request.first_tool()).unwrap_or("get_weather");
    draft.tool(name, input_pieces(&weather_input()));
    Ok(Plan::Message(draft.finish("tool_use")))
}

pub(super) fn tools2(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    if !scene.request.tool_results().is_empty() {
        return texts::reply(scene);
    }
    let mut draft = Draft::start(scene);
    draft.tool("get_weather", input_pieces(&weather_input()));
    draft.tool("get_time", input_pieces(&json!({ "zone": "Asia/Seoul" })));
    Ok(Plan::Message(draft.finish("tool_use")))
}

pub(super) fn think_tool(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    if !scene.request.tool_results().is_empty() {
        return texts::reply(scene);
    }
    let mut draft = Draft::start(scene);
    draft.thinking(thought(), shown(scene));
    draft.text(words::pieces("I need the weather first."));
    draft.tool("get_weather", input_pieces(&weather_input()));
    Ok(Plan::Message(draft.finish("tool_use")))
}

pub(super) fn thinking(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    with_thinking(scene, shown(scene))
}

pub(super) fn think_omit(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    with_thinking(scene, false)
}

fn with_thinking(scene: &Scene<'_>, shown: bool) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.thinking(thought(), shown);
    draft.text(words::pieces("The answer is 42."));
    Ok(Plan::Message(draft.finish("end_turn")))
}

pub(super) fn redacted(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.whole(json!({ "type": "redacted_thinking", "data": scene.ids.opaque("redacted") }));
    draft.text(words::pieces("The answer is 42."));
    Ok(Plan::Message(draft.finish("end_turn")))
}

/// A tool call whose input stops in the middle, as `max_tokens` does to it.
pub(super) fn bad_json(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.tool("get_weather", vec!["{\"location\": \"Se".to_owned()]);
    Ok(Plan::Message(draft.finish("max_tokens")))
}

/// A web search that runs upstream: call, the whole result in one event, cited text.
pub(super) fn server_tool(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let results = scene.knobs.at_most("results", 2, DELTAS_MAX)?;
    let mut draft = Draft::start(scene);
    draft.web_searches = 1;
    let query = json!({ "query": "latest \"courtyard\" 마당 news" });
    let id = draft.server_tool("web_search", input_pieces(&query));
    let list: Vec<Value> = (0..results).map(|n| search_result(scene, n)).collect();
    draft.whole(json!({
        "type": "web_search_tool_result", "tool_use_id": id, "content": list, "caller": { "type": "direct" },
    }));
    let citation = json!({
        "type": "web_search_result_location",
        "cited_text": "A courtyard is a place where people meet.",
        "url": "https://example.com/result/0",
        "title": "Result 0",
        "encrypted_index": scene.ids.opaque("citation"),
    });
    draft.cited_text(citation, words::pieces("A courtyard is where people meet."));
    Ok(Plan::Message(draft.finish("end_turn")))
}

fn search_result(scene: &Scene<'_>, n: usize) -> Value {
    json!({
        "type": "web_search_result",
        "title": format!("Result {n}"),
        "url": format!("https://example.com/result/{n}"),
        "encrypted_content": scene.ids.opaque(&format!("result {n}")),
        "page_age": if n == 0 { Value::Null } else { json!("2 weeks ago") },
    })
}

pub(super) fn fallback(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let to = "claude-sonnet-5-5";
    let mut draft = Draft::start(scene);
    draft.whole(json!({
        "type": "fallback",
        "from": { "model": scene.request.model() },
        "to": { "model": to },
        "trigger": { "type": "refusal", "category": null },
    }));
    draft.text(words::pieces("Another model answers here."));
    Ok(Plan::Message(draft.finish("end_turn")))
}

pub(super) fn compaction(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    let summary = Delta::Compaction {
        content: Some("Earlier conversation summarised.".to_owned()),
        encrypted_content: Some(scene.ids.opaque("compaction")),
    };
    draft.other(json!({ "type": "compaction", "content": null, "encrypted_content": null }), vec![summary]);
    draft.text(words::pieces("Hello again!"));
    Ok(Plan::Message(draft.finish("end_turn")))
}

pub(super) fn context_edit(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    let edit =
        json!({ "type": "clear_tool_uses_20250919", "cleared_input_tokens": 1500, "cleared_tool_uses": 2 });
    draft.context_management = Some(json!({ "applied_edits": [edit] }));
    draft.text(words::pieces("Some old tool results were cleared."));
    Ok(Plan::Message(draft.finish("end_turn")))
}

/// Unknown things among known ones: an event, a block and a delta that a client has to pass over.
pub(super) fn unknown(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.step(foreign("constellation", json!({ "type": "constellation", "stars": [1, 2, 3] })));
    draft.text(words::pieces("Known text."));
    draft.step(foreign(
        "content_block_glow",
        json!({ "type": "content_block_glow", "index": 0, "glow": null }),
    ));
    draft.step(Step::Raw(b": a comment line\n\n".to_vec()));
    draft.text(words::pieces("More known text."));
    Ok(Plan::Message(draft.finish("end_turn")))
}

fn foreign(name: &str, data: Value) -> Step {
    Step::Foreign { name: name.to_owned(), data }
}

/// The sparse stream of a local model server: thinking without a signature, no pings, the least of usage.
pub(super) fn local(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.thinking(thought(), true);
    draft.text(words::pieces("The answer is 42."));
    let events = draft
        .finish("end_turn")
        .iter()
        .map(value_of)
        .filter(is_sparse)
        .map(without_extras)
        .collect::<Vec<_>>();
    let steps = events.into_iter().map(|data| {
        let name = data["type"].as_str().unwrap_or("").to_owned();
        foreign(&name, data)
    });
    Ok(Plan::Message(steps.collect()))
}

fn is_sparse(data: &Value) -> bool {
    data["type"] != "ping" && data["delta"]["type"] != "signature_delta"
}

/// Leaves `input_tokens` and `output_tokens` in every usage, and takes the empty signature away.
fn without_extras(mut data: Value) -> Value {
    for at in ["/usage", "/message/usage"] {
        if let Some(usage) = data.pointer_mut(at).and_then(Value::as_object_mut) {
            usage.retain(|key, _| key == "input_tokens" || key == "output_tokens");
        }
    }
    if let Some(block) = data["content_block"].as_object_mut() {
        block.remove("signature");
    }
    data
}

fn shown(scene: &Scene<'_>) -> bool {
    scene.request.shows_thinking(scene.profile.hides_thinking)
}

fn thought() -> Vec<String> {
    words::pieces("They ask for the answer. 6 × 7 is 42, so that is what I will say.")
}

/// Input with Unicode, escapes, nesting and every JSON type.
fn weather_input() -> Value {
    json!({
        "location": "서울 \"강남\" \\ \u{1F326}\n둘째 줄",
        "unit": "celsius",
        "days": [1, 2.5, -3],
        "options": { "wind": true, "source": null, "empty": {} },
    })
}

fn input_pieces(input: &Value) -> Vec<String> {
    words::every(&input.to_string(), INPUT_PIECE_BYTES)
}
