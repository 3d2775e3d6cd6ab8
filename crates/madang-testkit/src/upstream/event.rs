//! The server-sent events of a streamed message, and the message that a client builds from them.
//!
//! A non-streaming answer is always made by [`accumulate`] from the events of the streaming one, so the two cannot
//! differ. Keys keep the order of the real wire, `type` first.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// One event of a stream.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    MessageStart { message: Box<MessageHead> },
    ContentBlockStart { index: usize, content_block: Block },
    ContentBlockDelta { index: usize, delta: Delta },
    ContentBlockStop { index: usize },
    MessageDelta(Box<MessageEnd>),
    MessageStop {},
    Ping {},
    Error { error: Value, request_id: String },
}

impl Event {
    /// The name on the `event:` line, equal to the JSON `type`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta(_) => "message_delta",
            Self::MessageStop {} => "message_stop",
            Self::Ping {} => "ping",
            Self::Error { .. } => "error",
        }
    }
}

/// The message of a `message_start`: everything but the content.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MessageHead {
    pub(crate) model: String,
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) role: &'static str,
    pub(crate) content: [Value; 0],
    pub(crate) stop_reason: Option<String>,
    pub(crate) stop_sequence: Option<String>,
    pub(crate) stop_details: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input_transformations: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diagnostics: Option<Value>,
    pub(crate) usage: Value,
}

/// The body of a `message_delta`: why the message ended and what it cost in all.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct MessageEnd {
    pub(crate) delta: StopDelta,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context_management: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) input_transformations: Option<Value>,
}

/// The `delta` of a `message_delta`.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct StopDelta {
    pub(crate) stop_reason: String,
    pub(crate) stop_sequence: Option<String>,
    pub(crate) stop_details: Option<Value>,
}

/// A content block as its `content_block_start` carries it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Block {
    Text {
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Value>,
        text: String,
    },
    Thinking {
        thinking: String,
        signature: String,
    },
    ToolUse {
        id: String,
        name: String,
        caller: Value,
        input: Value,
    },
    ServerToolUse {
        id: String,
        name: String,
        caller: Value,
        input: Value,
    },
    /// Any other block, verbatim.
    #[serde(untagged)]
    Other(Value),
}

/// One piece of a content block.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub(crate) enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "signature_delta")]
    Signature { signature: String },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: String },
    #[serde(rename = "citations_delta")]
    Citations { citation: Value },
    #[serde(rename = "compaction_delta")]
    Compaction { content: Option<String>, encrypted_content: Option<String> },
}

impl Delta {
    /// Bytes that count as output; a signature is free.
    pub(crate) fn output_bytes(&self) -> usize {
        match self {
            Self::Text { text } => text.len(),
            Self::Thinking { thinking } => thinking.len(),
            Self::InputJson { partial_json } => partial_json.len(),
            Self::Compaction { content, .. } => content.as_ref().map_or(0, String::len),
            Self::Signature { .. } | Self::Citations { .. } => 0,
        }
    }
}

/// What a client knows after reading events in order.
#[derive(Debug, Default)]
pub(crate) struct Accumulated {
    /// The message; null before `message_start`.
    pub(crate) message: Value,
    /// The `error` event that ended the stream.
    pub(crate) error: Option<Value>,
    partial_json: Map<String, Value>,
}

impl Accumulated {
    /// Applies one event, the data already parsed; unknown events and deltas are ignored, as the SDKs do.
    pub(crate) fn apply(&mut self, data: &Value) {
        let index = data["index"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        match data["type"].as_str().unwrap_or("") {
            "message_start" => self.message = data["message"].clone(),
            "content_block_start" => self.push_block(&data["content_block"]),
            "content_block_delta" => self.apply_delta(index, &data["delta"]),
            "content_block_stop" => self.stop_block(index),
            "message_delta" => self.apply_end(data),
            "error" => self.error = Some(data["error"].clone()),
            _ => {}
        }
    }

    fn push_block(&mut self, block: &Value) {
        if let Some(content) = self.message["content"].as_array_mut() {
            content.push(block.clone());
        }
        if block["type"] == "fallback" {
            // The model that goes on is the one the message names.
            self.message["model"] = block["to"]["model"].clone();
        }
    }

    fn apply_delta(&mut self, index: usize, delta: &Value) {
        let Some(block) = self.message["content"].get_mut(index) else { return };
        match delta["type"].as_str().unwrap_or("") {
            "text_delta" => append(&mut block["text"], &delta["text"]),
            "thinking_delta" => append(&mut block["thinking"], &delta["thinking"]),
            "signature_delta" => block["signature"] = delta["signature"].clone(),
            "input_json_delta" => {
                let buffer = self.partial_json.entry(index.to_string()).or_insert_with(|| json!(""));
                append(buffer, &delta["partial_json"]);
            }
            "citations_delta" => match block["citations"].as_array_mut() {
                Some(list) => list.push(delta["citation"].clone()),
                None => block["citations"] = json!([delta["citation"]]),
            },
            "compaction_delta" => {
                block["content"] = delta["content"].clone();
                block["encrypted_content"] = delta["encrypted_content"].clone();
            }
            _ => {}
        }
    }

    fn stop_block(&mut self, index: usize) {
        let Some(Value::String(buffer)) = self.partial_json.remove(&index.to_string()) else { return };
        if buffer.is_empty() {
            return;
        }
        // Input that is not JSON stays as text, which is what a caller of the API has to cope with too.
        let input = serde_json::from_str(&buffer).unwrap_or(Value::String(buffer));
        if let Some(block) = self.message["content"].get_mut(index) {
            block["input"] = input;
        }
    }

    fn apply_end(&mut self, data: &Value) {
        for (key, value) in data["delta"].as_object().into_iter().flatten() {
            self.message[key] = value.clone();
        }
        for (key, value) in data["usage"].as_object().into_iter().flatten().filter(|(_, v)| !v.is_null()) {
            self.message["usage"][key] = value.clone();
        }
        for key in ["context_management", "input_transformations"] {
            if let Some(value) = data.get(key) {
                self.message[key] = value.clone();
            }
        }
    }
}

fn append(target: &mut Value, piece: &Value) {
    match (target, piece) {
        (Value::String(text), Value::String(piece)) => text.push_str(piece),
        (target, piece) => *target = piece.clone(),
    }
}
