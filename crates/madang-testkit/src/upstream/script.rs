//! Answers uploaded by a test: `POST /_script`, or [`Upstream::script`](super::Upstream::script).
//!
//! A script is chosen by its name (model `sim-<name>`) or by words in the last user text, oldest first, while it has
//! uses left. It answers with a scenario, with content blocks, with events verbatim or with any HTTP response.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::draft::Draft;
use super::error::ApiError;
use super::event::Delta;
use super::plan::{Cut, HttpReply, Plan, Step};
use super::scenario::Scene;
use super::words;

/// Scripts kept at a time; one more is refused.
const SCRIPTS_MAX: usize = 1_000;

/// One uploaded answer; exactly one of `scenario`, `reply`, `events` and `http` is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Answers the model `sim-<name>`.
    pub name: Option<String>,
    /// Answers any model when the last user text contains this.
    pub matches: Option<String>,
    /// Answers every request to this path, such as `/v1/models`; only with `http`.
    pub path: Option<String>,
    /// Uses before the script is spent; none means for ever.
    pub times: Option<u64>,
    /// Another scenario with knobs, such as `tool?rate=50`.
    pub scenario: Option<String>,
    /// Content blocks, streamed in natural pieces.
    pub reply: Option<Reply>,
    /// Steps of the stream, verbatim.
    pub events: Option<Vec<ScriptStep>>,
    /// A plain HTTP response.
    pub http: Option<ScriptHttp>,
    /// Transport knobs for `reply`, `events` and `http`, such as `rate=50&split=3`.
    pub knobs: String,
}

/// A scripted message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reply {
    /// Blocks: `{"type":"text","text"}`, `{"type":"thinking","thinking"}`, `{"type":"tool_use","name","input"}`, or any
    /// other block, sent whole. Ids and signatures are made by the stand-in.
    pub blocks: Vec<Value>,
    /// Left out, it is `tool_use` when there is a tool call and `end_turn` when not.
    pub stop_reason: Option<String>,
}

/// A scripted step: exactly one field is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptStep {
    /// Data of an event; its `type` is also the name on the `event:` line.
    pub data: Option<Value>,
    /// Bytes in place of an event.
    pub raw: Option<String>,
    /// Milliseconds of silence.
    pub pause_ms: Option<u64>,
    /// `reset`, `trunc`, `eof` or `stall`.
    pub cut: Option<String>,
}

/// A scripted HTTP response.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptHttp {
    /// Status code.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// Body as JSON; a string is sent as it is.
    pub body: Value,
}

/// The scripts in the order of their upload.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    list: Vec<Script>,
}

impl Scripts {
    pub(crate) fn add(&mut self, script: Script) -> Result<(), ApiError> {
        let answers = [
            script.scenario.is_some(),
            script.reply.is_some(),
            script.events.is_some(),
            script.http.is_some(),
        ];
        if answers.iter().filter(|set| **set).count() != 1 {
            return Err(ApiError::invalid("a script sets exactly one of scenario, reply, events and http"));
        }
        if script.path.is_some() && script.http.is_none() {
            return Err(ApiError::invalid("a script with a path answers with http"));
        }
        if self.list.len() >= SCRIPTS_MAX {
            return Err(ApiError::invalid(format!(
                "there are {SCRIPTS_MAX} scripts already; POST /_reset removes them"
            )));
        }
        self.list.push(script);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    /// The first script for this model and text, one of its uses spent.
    pub(crate) fn take(&mut self, model: &str, last_user_text: &str) -> Option<Script> {
        let named = model.strip_prefix("sim-").map(|name| name.split('?').next().unwrap_or(""));
        self.use_first(|script| {
            let by_name = script.name.is_some() && script.name.as_deref() == named;
            let by_text = script.matches.as_deref().is_some_and(|words| last_user_text.contains(words));
            by_name || by_text
        })
    }

    /// The first response for this path, one of its uses spent.
    pub(crate) fn take_path(&mut self, path: &str) -> Option<HttpReply> {
        self.use_first(|script| script.path.as_deref() == Some(path))
            .and_then(|script| script.http)
            .map(http_reply)
    }

    fn use_first(&mut self, fits: impl Fn(&Script) -> bool) -> Option<Script> {
        let script = self.list.iter_mut().find(|script| script.times != Some(0) && fits(script))?;
        if let Some(left) = &mut script.times {
            *left -= 1;
        }
        Some(script.clone())
    }
}

/// The plan of a script that is not another scenario.
pub(crate) fn plan(script: &Script, scene: &Scene<'_>) -> Result<Plan, ApiError> {
    if let Some(http) = &script.http {
        let body = http.body.as_str().map_or_else(|| http.body.to_string(), str::to_owned);
        return Ok(Plan::Http(HttpReply {
            status: http.status,
            headers: http.headers.clone(),
            body: body.into_bytes(),
        }));
    }
    if let Some(steps) = &script.events {
        return Ok(Plan::Message(steps.iter().map(step).collect::<Result<_, _>>()?));
    }
    Ok(Plan::Message(reply(script.reply.clone().unwrap_or_default(), scene)))
}

fn http_reply(http: ScriptHttp) -> HttpReply {
    let body = http.body.as_str().map_or_else(|| http.body.to_string(), str::to_owned);
    HttpReply { status: http.status, headers: http.headers, body: body.into_bytes() }
}

fn step(step: &ScriptStep) -> Result<Step, ApiError> {
    let wrong = || ApiError::invalid("a scripted step sets one of data, raw, pause_ms and cut");
    Ok(match (&step.data, &step.raw, step.pause_ms, step.cut.as_deref()) {
        (Some(data), None, None, None) => {
            Step::Foreign { name: data["type"].as_str().unwrap_or("").to_owned(), data: data.clone() }
        }
        (None, Some(raw), None, None) => Step::Raw(raw.clone().into_bytes()),
        (None, None, Some(ms), None) => Step::Pause(Duration::from_millis(ms)),
        (None, None, None, Some("reset")) => Step::Cut(Cut::Reset),
        (None, None, None, Some("trunc")) => Step::Cut(Cut::Truncate),
        (None, None, None, Some("eof")) => Step::Cut(Cut::Eof),
        (None, None, None, Some("stall")) => Step::Cut(Cut::Stall),
        _ => return Err(wrong()),
    })
}

/// Bytes per piece of a scripted tool input.
const INPUT_PIECE_BYTES: usize = 12;

fn reply(reply: Reply, scene: &Scene<'_>) -> Vec<Step> {
    let calls_tool = reply.blocks.iter().any(|block| block["type"] == "tool_use");
    let mut draft = Draft::start(scene);
    for block in reply.blocks {
        match block["type"].as_str() {
            Some("text") => draft.text(words::pieces(block["text"].as_str().unwrap_or(""))),
            Some("thinking") => {
                draft.thinking(words::pieces(block["thinking"].as_str().unwrap_or("")), true);
            }
            Some("tool_use") => {
                let input = block["input"].to_string();
                draft.tool(block["name"].as_str().unwrap_or("tool"), words::every(&input, INPUT_PIECE_BYTES));
            }
            _ => draft.other(block, Vec::<Delta>::new()),
        }
    }
    let default = if calls_tool { "tool_use" } else { "end_turn" };
    draft.finish(reply.stop_reason.unwrap_or_else(|| default.to_owned()))
}
