//! Scenarios that answer in text and end well.

use std::time::Duration;

use crate::upstream::draft::{Draft, Stop};
use crate::upstream::error::ApiError;
use crate::upstream::event::Event;
use crate::upstream::knobs::{DELTAS_MAX, EVENT_BYTES_MAX};
use crate::upstream::plan::{Plan, Step};
use crate::upstream::request::BYTES_PER_TOKEN;
use crate::upstream::words::{self, MARKDOWN, UNICODE};

use super::Scene;

/// The default answer, within `max_tokens` and up to the first stop sequence.
pub(super) fn reply(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    if scene.request.max_tokens() == 0 {
        // A request for nothing warms the cache.
        return Ok(Plan::Message(draft.finish("max_tokens")));
    }
    let request = scene.request;
    let (text, stop) =
        bounded(words::default_reply(&request.last_user_text(), &request.tool_results()), scene);
    let asked = matches!(request.body["thinking"]["type"].as_str(), Some("adaptive" | "enabled"));
    let refused = request.body["thinking"]["type"] == "between_tools";
    if asked || (scene.profile.thinks && !refused) {
        let thought = words::pieces("The question is clear. I will answer it plainly and keep it short.");
        draft.thinking(thought, request.shows_thinking(scene.profile.hides_thinking));
    }
    draft.text(words::pieces(&text));
    Ok(Plan::Message(draft.finish(stop)))
}

fn bounded(mut text: String, scene: &Scene<'_>) -> (String, Stop) {
    let sequences = scene.request.body["stop_sequences"].as_array().map_or(&[][..], Vec::as_slice);
    let found = sequences.iter().filter_map(|value| value.as_str()).filter(|sequence| !sequence.is_empty());
    let first = found.filter_map(|sequence| text.find(sequence).map(|at| (at, sequence))).min();
    let mut stop = Stop::from("end_turn");
    if let Some((at, sequence)) = first {
        text.truncate(at);
        stop =
            Stop { reason: "stop_sequence".to_owned(), sequence: Some(sequence.to_owned()), details: None };
    }
    let bytes_max = scene.request.max_tokens().saturating_mul(BYTES_PER_TOKEN);
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        stop = Stop::from("max_tokens");
    }
    (text, stop)
}

pub(super) fn normal(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    numbered(scene, 50)
}

pub(super) fn huge(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    numbered(scene, 20_000)
}

fn numbered(scene: &Scene<'_>, default: usize) -> Result<Plan, ApiError> {
    let deltas = scene.knobs.at_most("n", default, DELTAS_MAX)?;
    let mut draft = Draft::start(scene);
    draft.text((0..deltas).map(words::word));
    Ok(Plan::Message(draft.finish("end_turn")))
}

pub(super) fn echo(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    whole_text(scene, &scene.request.last_user_text())
}

pub(super) fn markdown(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    whole_text(scene, MARKDOWN)
}

pub(super) fn unicode(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    whole_text(scene, UNICODE)
}

fn whole_text(scene: &Scene<'_>, text: &str) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.text(words::pieces(text));
    Ok(Plan::Message(draft.finish("end_turn")))
}

pub(super) fn slow_first(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let mut draft = Draft::start(scene);
    draft.pause(scene.knobs.seconds("s", 1.0)?);
    draft.text((0..scene.knobs.at_most("n", 10, DELTAS_MAX)?).map(words::word));
    Ok(Plan::Message(draft.finish("end_turn")))
}

/// Pings alone, `every` milliseconds, between two text blocks.
pub(super) fn ping_gap(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let gap = scene.knobs.seconds("s", 1.0)?;
    let every = Duration::from_millis(scene.knobs.number("every", 100)?).max(Duration::from_millis(1));
    let deltas = scene.knobs.at_most("n", 10, DELTAS_MAX)?;
    let mut draft = Draft::start(scene);
    draft.text((0..deltas / 2).map(words::word));
    let mut passed = every;
    while passed <= gap {
        draft.pause(every);
        draft.step(Step::Event(Event::Ping {}));
        passed += every;
    }
    draft.text((deltas / 2..deltas).map(words::word));
    Ok(Plan::Message(draft.finish("end_turn")))
}

/// One delta of `bytes_in_event` characters, each two bytes long in UTF-8.
pub(super) fn huge_event(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let characters = scene.knobs.at_most("bytes_in_event", 2_000_000, EVENT_BYTES_MAX)?;
    let mut draft = Draft::start(scene);
    draft.text([String::from("é").repeat(characters)]);
    Ok(Plan::Message(draft.finish("end_turn")))
}

pub(super) fn empty(scene: &Scene<'_>) -> Result<Plan, ApiError> {
    Ok(Plan::Message(Draft::start(scene).finish("end_turn")))
}
