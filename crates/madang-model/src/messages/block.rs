//! One content block as it grows: what people see of it, and the whole of it to be sent back.
//!
//! The block that is sent back is the one that began, with its fields in their order and bytes, and in them what the
//! deltas said: newer models check that it is unchanged.

use madang_protocol::PartKind;
use serde_json::value::RawValue;

use super::wire::{BlockDelta, Object, json_array, json_string};
use crate::StreamItem;

/// What is known about a block's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Thinking,
    RedactedThinking,
    Call,
    Result,
    Other,
}

/// An open block.
#[derive(Debug)]
pub(crate) struct Block {
    index: u32,
    shape: Shape,
    object: Object,
    /// The block as it began, as long as no delta changed it.
    untouched: Option<Box<RawValue>>,
    /// Text, thinking, or the JSON text of a call's input, as far as the deltas told.
    grown: String,
    citations: Vec<Box<RawValue>>,
}

/// A delta that does not belong to its block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misplaced;

impl Block {
    /// Begins the part `index` with the block as it was announced; none when it is no block.
    pub(crate) fn start(index: u32, raw: &RawValue, out: &mut impl Extend<StreamItem>) -> Option<Self> {
        let object = Object::parse(raw)?;
        let block_type = object.string("type")?;
        let shape = shape(&block_type);
        out.extend([StreamItem::PartStarted {
            index,
            kind: kind(shape),
            name: match shape {
                Shape::Text | Shape::Thinking => None,
                Shape::Call => object.string("name"),
                Shape::RedactedThinking | Shape::Result | Shape::Other => Some(block_type),
            },
            tool_use_id: match shape {
                Shape::Call => object.string("id"),
                Shape::Result => object.string("tool_use_id"),
                Shape::Text | Shape::Thinking | Shape::RedactedThinking | Shape::Other => None,
            },
        }]);
        let is_complete = field(shape).is_none_or(|field| object.get(field).is_some());
        let untouched = is_complete.then(|| raw.to_owned());
        let mut block = Self { index, shape, object, untouched, grown: String::new(), citations: Vec::new() };
        block.take_what_came_whole(out);
        Some(block)
    }

    /// Whether the block has something to show already, or never will have more.
    pub(crate) fn is_whole_at_start(&self) -> bool {
        match self.shape {
            Shape::RedactedThinking | Shape::Result | Shape::Other => true,
            Shape::Text | Shape::Thinking | Shape::Call => !self.grown.is_empty(),
        }
    }

    fn take_what_came_whole(&mut self, out: &mut impl Extend<StreamItem>) {
        match self.shape {
            Shape::Text => {
                let text = self.object.string("text").unwrap_or_default();
                let cited = self.object.get("citations");
                let cited: Option<Vec<_>> = cited.and_then(|raw| serde_json::from_str(raw.get()).ok());
                self.show(text, out);
                for citation in cited.unwrap_or_default() {
                    self.cite(citation, out);
                }
            }
            Shape::Thinking => {
                let thinking = self.object.string("thinking").unwrap_or_default();
                self.show(thinking, out);
            }
            Shape::Result => {
                let content = self.object.get("content").map(|raw| raw.get().to_owned());
                out.extend(content.map(|content| StreamItem::Delta { index: self.index, content }));
            }
            Shape::RedactedThinking | Shape::Call | Shape::Other => {}
        }
    }

    /// Applies a delta. Kinds that this build does not know are passed over.
    ///
    /// # Errors
    /// [`Misplaced`] when the delta is of a known kind that this block cannot have.
    pub(crate) fn grow(
        &mut self,
        delta: BlockDelta<'_>,
        out: &mut impl Extend<StreamItem>,
    ) -> Result<(), Misplaced> {
        let before = self.grown.len();
        match (delta.kind.as_ref(), self.shape) {
            ("text_delta", Shape::Text) => self.show(delta.text.ok_or(Misplaced)?, out),
            ("thinking_delta", Shape::Thinking) => self.show(delta.thinking.ok_or(Misplaced)?, out),
            ("input_json_delta", Shape::Call) => self.show(delta.partial_json.ok_or(Misplaced)?, out),
            ("signature_delta", Shape::Thinking) => {
                self.untouched = None;
                self.object.set("signature", json_string(&delta.signature.ok_or(Misplaced)?));
            }
            ("citations_delta", Shape::Text) => {
                self.untouched = None;
                self.cite(delta.citation.ok_or(Misplaced)?, out);
            }
            ("compaction_delta", Shape::Other) => {
                self.untouched = None;
                for (name, value) in
                    [("content", delta.content), ("encrypted_content", delta.encrypted_content)]
                {
                    if let Some(value) = value {
                        self.object.set(name, value);
                    }
                }
            }
            (
                "text_delta" | "thinking_delta" | "input_json_delta" | "signature_delta" | "citations_delta",
                Shape::Text | Shape::Thinking | Shape::RedactedThinking | Shape::Call | Shape::Result,
            ) => return Err(Misplaced),
            _ => {}
        }
        if self.grown.len() > before {
            self.untouched = None;
        }
        Ok(())
    }

    fn show(&mut self, piece: String, out: &mut impl Extend<StreamItem>) {
        if !piece.is_empty() {
            self.grown.push_str(&piece);
            out.extend([StreamItem::Delta { index: self.index, content: piece }]);
        }
    }

    fn cite(&mut self, citation: Box<RawValue>, out: &mut impl Extend<StreamItem>) {
        out.extend([StreamItem::Citation { index: self.index, json: citation.get().to_owned() }]);
        self.citations.push(citation);
    }

    /// Ends the part.
    pub(crate) fn end(mut self, out: &mut impl Extend<StreamItem>) {
        let raw = self.untouched.take().unwrap_or_else(|| self.with_changes());
        // What nothing was shown of yet is shown whole.
        let content = match self.shape {
            Shape::Other => Some(raw.get().to_owned()),
            Shape::Call if self.grown.is_empty() => {
                Some(self.object.get("input").map_or("{}", RawValue::get).to_owned())
            }
            Shape::Call | Shape::Text | Shape::Thinking | Shape::RedactedThinking | Shape::Result => None,
        };
        let index = self.index;
        out.extend(content.map(|content| StreamItem::Delta { index, content }));
        out.extend([StreamItem::PartEnded { index, raw }]);
    }

    /// The block as it began, with what the deltas said.
    fn with_changes(&mut self) -> Box<RawValue> {
        if let Some(field) = field(self.shape) {
            let is_call = self.shape == Shape::Call;
            self.object.set(field, if is_call { input(&self.grown) } else { json_string(&self.grown) });
        }
        if !self.citations.is_empty() {
            self.object.set("citations", json_array(&self.citations));
        }
        self.object.to_raw()
    }
}

/// The input of a call from its text: an object, whatever the model wrote.
fn input(text: &str) -> Box<RawValue> {
    let raw: Option<&RawValue> = serde_json::from_str(if text.is_empty() { "{}" } else { text }).ok();
    match raw {
        Some(input) if input.get().starts_with('{') => input.to_owned(),
        Some(_) | None => wrapped(text),
    }
}

/// An input that is no object, in the one shape in which the upstream takes it back.
///
/// Source: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming>
fn wrapped(text: &str) -> Box<RawValue> {
    let mut object = Object::default();
    object.set("INVALID_JSON", json_string(text));
    object.to_raw()
}

fn shape(block_type: &str) -> Shape {
    match block_type {
        "text" => Shape::Text,
        "thinking" => Shape::Thinking,
        "redacted_thinking" => Shape::RedactedThinking,
        call if call.ends_with("tool_use") => Shape::Call,
        result if result.ends_with("tool_result") => Shape::Result,
        _ => Shape::Other,
    }
}

/// The field that the deltas of a block write.
fn field(shape: Shape) -> Option<&'static str> {
    match shape {
        Shape::Text => Some("text"),
        Shape::Thinking => Some("thinking"),
        Shape::Call => Some("input"),
        Shape::RedactedThinking | Shape::Result | Shape::Other => None,
    }
}

fn kind(shape: Shape) -> PartKind {
    match shape {
        Shape::Text => PartKind::Text,
        Shape::Thinking | Shape::RedactedThinking => PartKind::Thinking,
        Shape::Call => PartKind::ToolUse,
        Shape::Result => PartKind::ToolResult,
        Shape::Other => PartKind::Other,
    }
}
