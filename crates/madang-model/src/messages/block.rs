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
        let mut block = Self { index, shape, object, grown: String::new(), citations: Vec::new() };
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
        match (delta.kind.as_ref(), self.shape) {
            ("text_delta", Shape::Text) => self.show(delta.text.ok_or(Misplaced)?, out),
            ("thinking_delta", Shape::Thinking) => self.show(delta.thinking.ok_or(Misplaced)?, out),
            ("input_json_delta", Shape::Call) => self.show(delta.partial_json.ok_or(Misplaced)?, out),
            ("signature_delta", Shape::Thinking) => {
                self.object.set("signature", json_string(&delta.signature.ok_or(Misplaced)?));
            }
            ("citations_delta", Shape::Text) => self.cite(delta.citation.ok_or(Misplaced)?, out),
            ("compaction_delta", Shape::Other) => {
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
        match self.shape {
            Shape::Text => {
                self.object.set("text", json_string(&self.grown));
                if !self.citations.is_empty() {
                    self.object.set("citations", json_array(&self.citations));
                }
            }
            Shape::Thinking => self.object.set("thinking", json_string(&self.grown)),
            Shape::Call => self.end_call(out),
            Shape::Other => {
                let content = self.object.to_raw().get().to_owned();
                out.extend([StreamItem::Delta { index: self.index, content }]);
            }
            Shape::RedactedThinking | Shape::Result => {}
        }
        out.extend([StreamItem::PartEnded { index: self.index, raw: self.object.to_raw() }]);
    }

    fn end_call(&mut self, out: &mut impl Extend<StreamItem>) {
        if self.grown.trim_ascii().is_empty() {
            // The input came whole with the start, or the tool takes none.
            let content = self.object.get("input").map_or("{}", RawValue::get).to_owned();
            if self.object.get("input").is_none() {
                self.object.set("input", RawValue::from_string("{}".to_owned()).expect("{} is JSON"));
            }
            out.extend([StreamItem::Delta { index: self.index, content }]);
            return;
        }
        let grown = std::mem::take(&mut self.grown);
        let input: Option<&RawValue> = serde_json::from_str(&grown).ok();
        let input = match input {
            Some(input) if input.get().starts_with('{') => input.to_owned(),
            Some(_) | None => wrapped(&grown),
        };
        self.object.set("input", input);
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

fn kind(shape: Shape) -> PartKind {
    match shape {
        Shape::Text => PartKind::Text,
        Shape::Thinking | Shape::RedactedThinking => PartKind::Thinking,
        Shape::Call => PartKind::ToolUse,
        Shape::Result => PartKind::ToolResult,
        Shape::Other => PartKind::Other,
    }
}
