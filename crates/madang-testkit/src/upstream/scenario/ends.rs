//! Scenarios about how a message ends: the stop reasons, and the ways a stream breaks off.

use serde_json::json;

use crate::upstream::draft::{Draft, Stop};
use crate::upstream::error::ApiError;
use crate::upstream::plan::{Cut, Plan, Step};
use crate::upstream::words;

use super::{Scene, break_off, error_event, texts};

pub(super) fn refusal(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.text([]);
    let category = scene.knobs.text("category").unwrap_or("cyber");
    let details = json!({
        "type": "refusal",
        "category": category,
        "explanation": "This request was refused by the simulated policy.",
    });
    Ok(Plan::Message(draft.finish(Stop {
        reason: "refusal".to_owned(),
        sequence: None,
        details: Some(details),
    })))
}

pub(super) fn max_tokens(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    ended(scene, "This text stops in the mid", "max_tokens")
}

pub(super) fn context_window(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    ended(scene, "There is no more room in the", "model_context_window_exceeded")
}

fn ended(scene: &Scene<'_>, text: &str, reason: &str) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.text(words::pieces(text));
    Ok(Plan::Message(draft.finish(reason)))
}

pub(super) fn stop_sequence(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.text(words::pieces("One, two, three"));
    let asked = scene.request.body["stop_sequences"][0].as_str().unwrap_or("four");
    Ok(Plan::Message(draft.finish(Stop {
        reason: "stop_sequence".to_owned(),
        sequence: Some(asked.to_owned()),
        details: None,
    })))
}

/// A turn that pauses on a server tool; sent back unchanged, it goes on.
pub(super) fn pause(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    if scene.request.messages().last().is_some_and(|message| message["role"] == "assistant") {
        return ended(scene, "The search went on and found a courtyard.", "end_turn");
    }
    let mut draft = Draft::start(scene);
    draft.text(words::pieces("Let me search."));
    draft.server_tool("web_search", vec!["{\"query\":\"마당\"}".to_owned()]);
    Ok(Plan::Message(draft.finish("pause_turn")))
}

pub(super) fn no_usage(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.text(words::pieces("The end of this message reports no usage."));
    Ok(Plan::Message(draft.finish_with("end_turn", None)))
}

pub(super) fn mid_error(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    broken(scene, error_steps(scene))
}

/// An `error` event of the knob `type`, and the end of the body.
pub(super) fn error_steps(scene: &Scene<'_>) -> Vec<Step> {
    let kind = scene.knobs.text("type").unwrap_or("overloaded_error");
    let event = error_event(kind, scene.knobs.text("message"), &scene.request_id);
    vec![Step::Event(event), Step::Cut(Cut::Eof)]
}

pub(super) fn reset(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    broken(scene, vec![Step::Cut(Cut::Reset)])
}

pub(super) fn truncate(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    broken(scene, vec![Step::Cut(Cut::Truncate)])
}

pub(super) fn eof(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    broken(scene, vec![Step::Cut(Cut::Eof)])
}

pub(super) fn stall(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    broken(scene, vec![Step::Cut(Cut::Stall)])
}

pub(super) fn garbage(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    broken(scene, garbage_steps(scene)?)
}

/// Bytes that a careless client trips over, and the end of the body.
pub(super) fn garbage_steps(scene: &Scene<'_>) -> Result<Vec<Step>, ApiError> {
    let kind = scene.knobs.text("kind").unwrap_or("notjson");
    let bytes: &[u8] = match kind {
        "notjson" => b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\n\n",
        "html" => b"<html><body><h1>502 Bad Gateway</h1></body></html>\n\n",
        "binary" => b"\xff\xfe\x00\x01data: \xc3\x28\n\n\x80\x80\n\n",
        "array" => b"event: content_block_delta\ndata: [1,2,3]\n\n",
        "null" => b"event: content_block_delta\ndata: null\n\n",
        "wrongtypes" => b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":\"x\",\"delta\":7}\n\n",
        "noblock" => b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":99,\"delta\":{\"type\":\"text_delta\",\"text\":\"?\"}}\n\n",
        "restart" => b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n",
        _ => {
            return Err(ApiError::invalid(format!(
                "scenario knob `kind={kind}` is unknown; it is one of notjson, html, binary, array, null, wrongtypes, noblock, restart"
            )));
        }
    };
    Ok(vec![Step::Raw(bytes.to_vec()), Step::Cut(Cut::Eof)])
}

/// The scenario `normal` up to the fault, or whole once the fault has happened `times` times.
fn broken(scene: &Scene<'_>, ending: Vec<Step>) -> Result<Plan, ApiError> {
    let Plan::Message(steps) = texts::normal(scene)? else {
        return Err(ApiError::new(500, "the scenario normal is not a message"));
    };
    if !scene.fails_now()? {
        return Ok(Plan::Message(steps));
    }
    Ok(Plan::Message(break_off(steps, ending, scene.knobs)?))
}
