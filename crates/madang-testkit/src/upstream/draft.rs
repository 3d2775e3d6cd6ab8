//! Builds the steps of a message block by block, counting what it costs.

use std::time::Duration;

use serde_json::{Value, json};

use super::event::{Block, Delta, Event, MessageEnd, MessageHead, StopDelta};
use super::plan::Step;
use super::request::tokens_of_bytes;
use super::scenario::Scene;
use super::usage::Spent;

/// A message in the making.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    scene: &'a Scene<'a>,
    steps: Vec<Step>,
    next_index: usize,
    output_bytes: usize,
    thinking_bytes: usize,
    /// Web searches to report in the final usage.
    pub(crate) web_searches: usize,
    /// Beta `usage.iterations` to report at the end.
    pub(crate) iterations: Option<Value>,
    /// Beta `context_management` to report at the end.
    pub(crate) context_management: Option<Value>,
}

/// Why a message ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    pub(crate) reason: String,
    pub(crate) sequence: Option<String>,
    pub(crate) details: Option<Value>,
}

impl From<&str> for Stop {
    fn from(reason: &str) -> Self {
        Self { reason: reason.to_owned(), ..Self::default() }
    }
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Self { reason, ..Self::default() }
    }
}

impl<'a> Draft<'a> {
    /// A message with its `message_start`.
    pub(crate) fn start(scene: &'a Scene<'a>) -> Self {
        let transformations = &scene.transformations;
        let head = MessageHead {
            model: scene.request.model().to_owned(),
            id: scene.ids.message(),
            kind: "message",
            role: "assistant",
            content: [],
            stop_reason: None,
            stop_sequence: None,
            stop_details: None,
            input_transformations: (!transformations.is_empty()).then(|| json!(transformations)),
            diagnostics: scene.diagnostics.clone(),
            usage: scene.usage.at_start(scene.broken),
        };
        Self {
            scene,
            steps: vec![Step::Event(Event::MessageStart { message: Box::new(head) })],
            next_index: 0,
            output_bytes: 0,
            thinking_bytes: 0,
            web_searches: 0,
            iterations: None,
            context_management: None,
        }
    }

    /// A text block, one delta for each piece.
    pub(crate) fn text<I: IntoIterator<Item = String>>(&mut self, pieces: I) {
        let index = self.open(Block::Text { citations: None, text: String::new() });
        for text in pieces {
            if self.scene.stamps {
                self.steps.push(Step::Stamp { index });
                continue;
            }
            self.delta(index, Delta::Text { text });
        }
        self.close(index);
    }

    /// A text block whose citations arrive before its text.
    pub(crate) fn cited_text(&mut self, citation: Value, pieces: Vec<String>) {
        let index = self.open(Block::Text { citations: Some(json!([])), text: String::new() });
        self.delta(index, Delta::Citations { citation });
        for text in pieces {
            self.delta(index, Delta::Text { text });
        }
        self.close(index);
    }

    /// A thinking block with its signature; hidden thinking has a signature alone.
    pub(crate) fn thinking(&mut self, pieces: Vec<String>, shown: bool) {
        let index = self.open(Block::Thinking { thinking: String::new(), signature: String::new() });
        let whole: String = pieces.concat();
        self.thinking_bytes += whole.len();
        let visible = if shown { whole.as_str() } else { "" };
        let signature = self.scene.sign(visible);
        if shown {
            for thinking in pieces {
                self.delta(index, Delta::Thinking { thinking });
            }
        } else {
            self.output_bytes += whole.len();
        }
        self.delta(index, Delta::Signature { signature });
        self.close(index);
    }

    /// A call of one of the client's tools; the first piece of its input is always empty, as on the real wire.
    pub(crate) fn tool(&mut self, name: &str, pieces: Vec<String>) {
        let id = self.scene.ids.tool(self.next_index);
        let caller = json!({ "type": "direct" });
        self.call(Block::ToolUse { id, name: name.to_owned(), caller, input: json!({}) }, pieces);
    }

    /// A call of a tool that runs upstream; returns its id.
    pub(crate) fn server_tool(&mut self, name: &str, pieces: Vec<String>) -> String {
        let id = self.scene.ids.server_tool(self.next_index);
        let caller = json!({ "type": "direct" });
        self.call(
            Block::ServerToolUse { id: id.clone(), name: name.to_owned(), caller, input: json!({}) },
            pieces,
        );
        id
    }

    /// A block that is whole in its start and has no deltas.
    pub(crate) fn whole(&mut self, block: Value) {
        let index = self.open(Block::Other(block));
        self.close(index);
    }

    /// A block that starts as `block` and gets these deltas.
    pub(crate) fn other(&mut self, block: Value, deltas: Vec<Delta>) {
        let index = self.open(Block::Other(block));
        for delta in deltas {
            self.delta(index, delta);
        }
        self.close(index);
    }

    /// Any other step, where the stream is now.
    pub(crate) fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Silence, where the stream is now.
    pub(crate) fn pause(&mut self, time: Duration) {
        self.step(Step::Pause(time));
    }

    /// Ends the message and reports its cost.
    pub(crate) fn finish<S: Into<Stop>>(mut self, stop: S) -> Vec<Step> {
        let spent = Spent {
            output: tokens_of_bytes(self.output_bytes),
            thinking: tokens_of_bytes(self.thinking_bytes),
            web_searches: self.web_searches,
            iterations: self.iterations.take(),
        };
        let usage = Some(self.scene.usage.at_end(&spent, self.scene.broken));
        self.finish_with(stop, usage)
    }

    /// Ends the message with a `usage` of the scenario's own, or with none.
    pub(crate) fn finish_with<S: Into<Stop>>(mut self, stop: S, usage: Option<Value>) -> Vec<Step> {
        let stop = stop.into();
        let delta =
            StopDelta { stop_reason: stop.reason, stop_sequence: stop.sequence, stop_details: stop.details };
        let end = MessageEnd {
            delta,
            usage,
            context_management: self.context_management.take(),
            input_transformations: None,
        };
        self.steps.push(Step::Event(Event::MessageDelta(Box::new(end))));
        self.steps.push(Step::Event(Event::MessageStop {}));
        self.steps
    }

    fn call(&mut self, block: Block, pieces: Vec<String>) {
        let index = self.open(block);
        self.delta(index, Delta::InputJson { partial_json: String::new() });
        for partial_json in pieces {
            self.delta(index, Delta::InputJson { partial_json });
        }
        self.close(index);
    }

    fn open(&mut self, content_block: Block) -> usize {
        let index = self.next_index;
        self.next_index += 1;
        self.steps.push(Step::Event(Event::ContentBlockStart { index, content_block }));
        if index == 0 {
            // The real API sends its first ping here.
            self.steps.push(Step::Event(Event::Ping {}));
        }
        index
    }

    fn delta(&mut self, index: usize, delta: Delta) {
        self.output_bytes += delta.output_bytes();
        self.steps.push(Step::Event(Event::ContentBlockDelta { index, delta }));
    }

    fn close(&mut self, index: usize) {
        self.steps.push(Step::Event(Event::ContentBlockStop { index }));
    }
}
