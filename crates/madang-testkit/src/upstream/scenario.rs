//! The scenarios: every way an answer can come, by name.
//!
//! A scenario only decides what is sent; `player.rs` sends it. Names, knobs and one sentence for each are in [`ALL`],
//! from which the model list and `GET /_scenarios` are made.

mod blocks;
mod ends;
mod refusals;
mod texts;

use serde_json::{Value, json};

use super::error::{ApiError, sentence_of};
use super::event::Event;
use super::ids::Ids;
use super::knobs::Knobs;
use super::plan::{Cut, HttpReply, Plan, Step};
use super::prefix::Signer;
use super::profile::Profile;
use super::request::MessagesRequest;
use super::usage::Usage;

/// Everything a scenario may look at.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a MessagesRequest,
    pub(crate) knobs: &'a Knobs,
    pub(crate) profile: Profile,
    pub(crate) signer: Signer,
    pub(crate) ids: Ids,
    pub(crate) usage: Usage,
    /// How often this very scenario was asked for, this time included.
    pub(crate) attempt: u64,
    pub(crate) request_id: String,
    /// Thinking blocks that were dropped from the input, in the API's words.
    pub(crate) transformations: Vec<Value>,
    /// Why the cache missed, when the request asks.
    pub(crate) diagnostics: Option<Value>,
    /// Text deltas carry their send time.
    pub(crate) stamps: bool,
    /// The deliberately wrong build: input tokens are strings.
    pub(crate) broken: bool,
}

impl Scene<'_> {
    /// The signature of a thinking block that shows this text.
    pub(crate) fn sign(&self, thinking: &str) -> String {
        self.signer.sign(thinking)
    }

    /// Whether this attempt is one that `times=k` lets fail.
    pub(crate) fn fails_now(&self) -> Result<bool, ApiError> {
        Ok(self.attempt <= self.knobs.number("times", u64::MAX)?)
    }
}

/// One scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Knobs of its own, beside the common ones.
    pub(crate) knobs: &'static [&'static str],
    /// What it does, for people.
    pub(crate) about: &'static str,
    pub(crate) plan: fn(&Scene<'_>) -> Result<Plan, ApiError>,
}

const fn scenario(
    name: &'static str,
    knobs: &'static [&'static str],
    about: &'static str,
    plan: fn(&Scene<'_>) -> Result<Plan, ApiError>,
) -> Scenario {
    Scenario { name, knobs, about, plan }
}

/// The scenario whose response also lacks the API's own headers.
pub(crate) const LOCAL: &str = "local";

/// Every scenario there is.
pub(crate) const ALL: &[Scenario] = &[
    scenario("reply", &[], "the default answer: Markdown about the last user text", texts::reply),
    scenario("normal", &["n"], "n words, one in each delta", texts::normal),
    scenario("echo", &[], "the last user text, word for word", texts::echo),
    scenario(
        "markdown",
        &[],
        "a page with tables, code, a diagram, mathematics and a script tag",
        texts::markdown,
    ),
    scenario("unicode", &[], "Hangul, joined emoji, line separators; for use with split", texts::unicode),
    scenario("slowfirst", &["s", "n"], "s seconds of silence after message_start", texts::slow_first),
    scenario("pinggap", &["s", "n", "every"], "s seconds of pings alone in the middle", texts::ping_gap),
    scenario("huge", &["n"], "n deltas", texts::huge),
    scenario(
        "hugeevent",
        &["bytes_in_event"],
        "one delta of so many characters of two bytes",
        texts::huge_event,
    ),
    scenario("empty", &[], "a message without content", texts::empty),
    scenario("tool", &["name"], "text and one tool call; then text about the result", blocks::tool),
    scenario("tools2", &[], "two tool calls side by side", blocks::tools2),
    scenario("thinktool", &[], "thinking, text and a tool call", blocks::think_tool),
    scenario("thinking", &[], "thinking that is shown, then text", blocks::thinking),
    scenario("thinkomit", &[], "thinking that is hidden, then text", blocks::think_omit),
    scenario("redacted", &[], "redacted thinking, then text", blocks::redacted),
    scenario("badjson", &[], "a tool call cut off in the middle of its input", blocks::bad_json),
    scenario(
        "servertool",
        &["results"],
        "a web search upstream, its result in one event, cited text",
        blocks::server_tool,
    ),
    scenario("fallback", &[], "a fallback block: another model took over", blocks::fallback),
    scenario("compaction", &[], "a compaction block, then text", blocks::compaction),
    scenario("contextedit", &[], "context_management reported at the end", blocks::context_edit),
    scenario("unknown", &[], "unknown events, blocks and deltas among known ones", blocks::unknown),
    scenario(
        LOCAL,
        &[],
        "what a local model server sends: no ping, signature, cache counts or API headers",
        blocks::local,
    ),
    scenario("refusal", &["category"], "stop_reason refusal with its details", ends::refusal),
    scenario("maxtokens", &[], "stop_reason max_tokens", ends::max_tokens),
    scenario("stopseq", &[], "stop_reason stop_sequence", ends::stop_sequence),
    scenario("pause", &[], "stop_reason pause_turn after a server tool; then the rest", ends::pause),
    scenario("context", &[], "stop_reason model_context_window_exceeded", ends::context_window),
    scenario("nousage", &[], "a message_delta without usage", ends::no_usage),
    scenario("miderror", &["message", "n"], "an error event after k deltas, then the end", ends::mid_error),
    scenario("reset", &["n"], "a TCP reset after k deltas", ends::reset),
    scenario("trunc", &["n"], "the connection closes after k deltas without the last chunk", ends::truncate),
    scenario("eof", &["n"], "a clean end after k deltas without message_stop", ends::eof),
    scenario("stall", &["n"], "silence after k deltas", ends::stall),
    scenario("garbage", &["kind", "n"], "bytes that are no valid event after k deltas", ends::garbage),
    scenario("hang", &[], "no response head", refusals::hang),
    scenario("preheaderreset", &[], "a TCP reset before the response head", refusals::reset_first),
    scenario("disconnect", &[], "the connection closes after the request body", refusals::disconnect),
    scenario(
        "http",
        &["status", "ra", "rams", "code", "xsr", "kind", "message", "html"],
        "any status",
        refusals::http,
    ),
    scenario("redirect", &["to", "status"], "a redirect, which a client must not follow", refusals::redirect),
    scenario("earlyhints", &[], "103 Early Hints before the real head", refusals::early_hints),
];

/// The scenario of this name; `http529` is `http?status=529`.
pub(crate) fn find(name: &str) -> Option<&'static Scenario> {
    let name = if refusals::status_in(name).is_some() { "http" } else { name };
    ALL.iter().find(|scenario| scenario.name == name)
}

/// Plans the answer to a request.
pub(crate) fn plan(name: &str, scene: &Scene<'_>) -> Result<Plan, ApiError> {
    let scenario = find(name).ok_or_else(|| ApiError::new(404, format!("model: sim-{name}")))?;
    scene.knobs.check(scenario.knobs)?;
    if let Some(status) = refusals::status_in(name) {
        return refusals::with_status(scene, status);
    }
    let plan = (scenario.plan)(scene)?;
    let (Some(fault), Plan::Message(steps)) = (scene.knobs.text("fault"), &plan) else { return Ok(plan) };
    if !scene.fails_now()? || scene.knobs.has("bytes") {
        return Ok(plan);
    }
    let ending = ending(fault, scene)?;
    Ok(Plan::Message(break_off(steps.clone(), ending, scene.knobs)?))
}

/// The last steps of a stream that fails in this way.
fn ending(fault: &str, scene: &Scene<'_>) -> Result<Vec<Step>, ApiError> {
    if let Some(cut) = cut_named(fault) {
        return Ok(vec![Step::Cut(cut)]);
    }
    match fault {
        "error" => Ok(ends::error_steps(scene)),
        "garbage" => ends::garbage_steps(scene),
        _ => Err(ApiError::invalid(format!(
            "scenario knob `fault={fault}` is unknown; it is one of error, garbage, reset, trunc, eof, stall"
        ))),
    }
}

/// The cut a knob names, reset when it names none.
pub(crate) fn cut_of(knobs: &Knobs) -> Cut {
    knobs.text("fault").and_then(cut_named).unwrap_or(Cut::Reset)
}

fn cut_named(fault: &str) -> Option<Cut> {
    match fault {
        "reset" => Some(Cut::Reset),
        "trunc" => Some(Cut::Truncate),
        "eof" => Some(Cut::Eof),
        "stall" => Some(Cut::Stall),
        _ => None,
    }
}

/// Deltas sent before a fault when neither `after` nor `events` says so.
const AFTER_DEFAULT: usize = 3;

/// Cuts the steps after `after=k` deltas, or after `events=k` events of any kind, and adds the ending.
fn break_off(steps: Vec<Step>, ending: Vec<Step>, knobs: &Knobs) -> Result<Vec<Step>, ApiError> {
    let by_event: Option<usize> = knobs.maybe("events")?;
    let limit = by_event.map_or_else(|| knobs.number("after", AFTER_DEFAULT), Ok)?;
    let mut seen = 0;
    let mut kept: Vec<Step> = steps
        .into_iter()
        .take_while(|step| {
            let counts = if by_event.is_some() { step.is_event() } else { step.is_delta() || is_stop(step) };
            seen += usize::from(counts);
            seen <= limit
        })
        .collect();
    kept.extend(ending);
    Ok(kept)
}

/// A message that is over can no longer break off, so its end counts like a delta.
fn is_stop(step: &Step) -> bool {
    matches!(step, Step::Event(Event::MessageDelta(_)))
}

/// The `error` event of a stream.
pub(crate) fn error_event(kind: &str, message: Option<&str>, request_id: &str) -> Event {
    let message = message.unwrap_or_else(|| sentence_of(kind));
    let error = json!({ "details": null, "type": kind, "message": message });
    Event::Error { error, request_id: request_id.to_owned() }
}

/// A refusal as a plan.
pub(crate) fn refused(error: &ApiError, request_id: &str) -> Plan {
    let headers = error.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    Plan::Http(HttpReply {
        status: error.status,
        headers: headers.collect(),
        body: error.body(request_id).to_string().into_bytes(),
    })
}

/// Every scenario with its knobs, as JSON for `GET /_scenarios`.
pub(crate) fn catalogue() -> Value {
    let list = ALL.iter().map(|scenario| {
        json!({ "model": format!("sim-{}", scenario.name), "knobs": scenario.knobs, "about": scenario.about })
    });
    json!({ "scenarios": list.collect::<Vec<_>>(), "common_knobs": super::knobs::COMMON })
}
