//! What all tests need: requests, events, and items that can be compared.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use madang_model::{AnthropicModel, ApiKey, Model, ModelError, Reply, Request, Settings, StreamItem};
use madang_protocol::Usage;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::serve::Server;

/// Settings for a server on loopback, with waits that no test notices.
pub(crate) fn settings(base_url: &str) -> Settings {
    Settings {
        api_key: Some(ApiKey::new("made-up")),
        base_url: base_url.to_owned(),
        retry_base_ms: 1,
        retry_cap_ms: 4,
        ..Settings::default()
    }
}

/// The model behind a server.
pub(crate) fn model(server: &Server) -> AnthropicModel {
    AnthropicModel::new(&settings(&server.base_url)).unwrap()
}

/// A request with one message of a person.
pub(crate) fn request(model: &str, text: &str) -> Request {
    Request {
        model: model.to_owned(),
        effort: None,
        system: Arc::from("You are here."),
        tools: None,
        messages: vec![message("user", &json!(text))],
        max_tokens: 1024,
        user_hash: None,
    }
}

/// A message of the history.
pub(crate) fn message(role: &str, content: &Value) -> Arc<RawValue> {
    Arc::from(to_raw_value(&json!({ "role": role, "content": content })).unwrap())
}

/// A reply, read to its end; no test waits longer than this for anything.
pub(crate) async fn read(reply: Reply) -> (Vec<StreamItem>, Option<ModelError>) {
    let items = tokio::time::timeout(Duration::from_secs(60), reply.collect::<Vec<_>>()).await.unwrap();
    let mut read = Vec::new();
    let mut items = items.into_iter();
    for item in items.by_ref() {
        match item {
            Ok(item) => read.push(item),
            Err(error) => {
                assert!(items.next().is_none(), "an error is the last item");
                return (read, Some(error));
            }
        }
    }
    (read, None)
}

/// Items as lines that can be compared, deltas of a part joined.
pub(crate) fn lines(items: &[StreamItem]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut growing = None;
    for item in items {
        if let StreamItem::Delta { index, content } = item {
            assert!(!content.is_empty(), "no delta is empty");
            if growing == Some(*index) {
                lines.last_mut().unwrap().push_str(content);
            } else {
                lines.push(format!("{index}: {content}"));
            }
            growing = Some(*index);
            continue;
        }
        growing = None;
        lines.push(line(item));
    }
    lines
}

fn line(item: &StreamItem) -> String {
    match item {
        StreamItem::Waiting { code, attempt, .. } => format!("waiting {} {attempt}", code.as_str()),
        StreamItem::Started { upstream_id, request_id, model } => {
            format!("started {upstream_id:?} {request_id:?} {model}")
        }
        StreamItem::PartStarted { index, kind, name, tool_use_id } => {
            let mut line = format!("{index} {kind:?}");
            for text in [name, tool_use_id].into_iter().flatten() {
                write!(line, " {text}").unwrap();
            }
            line
        }
        StreamItem::Delta { index, content } => format!("{index}: {content}"),
        StreamItem::Citation { index, json } => format!("{index} cites {json}"),
        StreamItem::PartEnded { index, raw } => format!("{index} = {raw}"),
        StreamItem::Usage { usage, .. } => format!(
            "usage {} {} {} {}",
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_input_tokens,
            usage.cache_creation_input_tokens
        ),
        StreamItem::Ended { stop_reason, explanation } => {
            format!(
                "ended {stop_reason}{}",
                explanation.as_ref().map(|e| format!(": {e}")).unwrap_or_default()
            )
        }
    }
}

/// The shown text of all parts.
pub(crate) fn text(items: &[StreamItem]) -> String {
    items
        .iter()
        .filter_map(
            |item| if let StreamItem::Delta { content, .. } = item { Some(content.as_str()) } else { None },
        )
        .collect()
}

/// What was used in the end, summed and whole.
pub(crate) fn used(items: &[StreamItem]) -> (Usage, &RawValue) {
    let used =
        |item| if let &StreamItem::Usage { usage, ref raw } = item { Some((usage, &**raw)) } else { None };
    items.iter().rev().find_map(used).unwrap()
}

/// The blocks to be sent back.
pub(crate) fn blocks(items: &[StreamItem]) -> Vec<Box<RawValue>> {
    items
        .iter()
        .filter_map(
            |item| if let StreamItem::PartEnded { raw, .. } = item { Some(raw.clone()) } else { None },
        )
        .collect()
}

/// Events as the upstream writes them, from their data. Text, not values: the order of fields is part of the test.
pub(crate) fn events<T: AsRef<str>>(data: &[T]) -> String {
    data.iter().fold(String::new(), |mut text, data| {
        let data = data.as_ref();
        let name = data.split('"').nth(3).unwrap_or("message");
        write!(text, "event: {name}\ndata: {data}\n\n").unwrap();
        text
    })
}

/// The first event of every reply.
pub(crate) const MESSAGE_START: &str = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}} }"#;

/// The last event of every reply.
pub(crate) const MESSAGE_STOP: &str = r#"{"type":"message_stop"   }"#;

/// The event that says why a reply ends.
pub(crate) fn message_delta(stop_reason: &str) -> String {
    format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{stop_reason}","stop_sequence":null}},"usage":{{"output_tokens":7}}}}"#
    )
}

/// The start of a block.
pub(crate) fn start(index: u32, block: &str) -> String {
    format!(r#"{{"type":"content_block_start","index":{index},"content_block":{block}  }}"#)
}

/// More of a block.
pub(crate) fn delta(index: u32, delta: &str) -> String {
    format!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta} }}"#)
}

/// The end of a block.
pub(crate) fn stop(index: u32) -> String {
    format!(r#"{{"type":"content_block_stop","index":{index}}}"#)
}

/// A text delta.
pub(crate) fn text_delta(index: u32, text: &str) -> String {
    delta(index, &json!({ "type": "text_delta", "text": text }).to_string())
}

/// A whole message of these events.
pub(crate) fn whole(inside: &[String], stop_reason: &str) -> String {
    let mut data = vec![MESSAGE_START.to_owned()];
    data.extend_from_slice(inside);
    data.extend([message_delta(stop_reason), MESSAGE_STOP.to_owned()]);
    events(&data)
}

/// A whole reply of one text.
pub(crate) fn text_reply(pieces: &[&str]) -> String {
    let mut data = vec![start(0, r#"{"type":"text","text":""}"#), r#"{"type": "ping"}"#.to_owned()];
    data.extend(pieces.iter().map(|piece| text_delta(0, piece)));
    data.push(stop(0));
    whole(&data, "end_turn")
}

/// Asks a server that gives these answers, and reads the reply.
pub(crate) async fn ask(
    answers: impl IntoIterator<Item = crate::serve::Answer>,
) -> (Vec<StreamItem>, Option<ModelError>) {
    let server = Server::start(answers, None).await;
    read(model(&server).reply(request("claude-x", "hi"))).await
}
