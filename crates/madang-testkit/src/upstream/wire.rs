//! Turns steps into bytes: SSE framing with its paddings, HTTP heads and chunks.

use serde_json::Value;

use super::clock::stamp_us;
use super::event::{Delta, Event};
use super::knobs::Transport;
use super::plan::Step;

/// Bytes of a stamp: sixteen digits until the year 2286, and a space.
pub(crate) const STAMP_BYTES: usize = 17;
/// Ends a chunked body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The bytes of a step that is an event or raw bytes; nothing for the others.
pub(crate) fn frame(step: &Step, transport: &Transport, n: u64) -> Vec<u8> {
    match step {
        Step::Event(event) => sse(event.name(), &json_of(event), transport, n),
        Step::Stamp { index } => {
            let event = stamped(*index);
            sse(event.name(), &json_of(&event), transport, n)
        }
        Step::Foreign { name, data } => sse(name, &data.to_string(), transport, n),
        Step::Raw(bytes) => bytes.clone(),
        Step::Pause(_) | Step::Cut(_) => Vec::new(),
    }
}

/// A text delta that says when it was made.
pub(crate) fn stamped(index: usize) -> Event {
    Event::ContentBlockDelta { index, delta: Delta::Text { text: format!("{} ", stamp_us()) } }
}

/// The data of a step as JSON, for accumulating; null for what is no event.
pub(crate) fn value_of(step: &Step) -> Value {
    match step {
        Step::Event(event) => serde_json::to_value(event).unwrap_or(Value::Null),
        Step::Stamp { index } => serde_json::to_value(stamped(*index)).unwrap_or(Value::Null),
        Step::Foreign { data, .. } => data.clone(),
        Step::Raw(_) | Step::Pause(_) | Step::Cut(_) => Value::Null,
    }
}

fn json_of(event: &Event) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

fn sse(name: &str, data: &str, transport: &Transport, n: u64) -> Vec<u8> {
    let end = if transport.crlf { "\r\n" } else { "\n" };
    let mut text = String::with_capacity(data.len() + name.len() + 24 + 2 * transport.pad_spaces);
    text.push_str(&format!("event: {name}{end}data: "));
    match data.strip_suffix('}').filter(|_| transport.pad_spaces > 0) {
        Some(open) => {
            let (before, after) = padding(n, transport.pad_spaces);
            text.push_str(&format!("{open}{:before$}}}{:after$}", "", ""));
        }
        None => text.push_str(data),
    }
    text.push_str(end);
    text.push_str(end);
    text.into_bytes()
}

/// Spaces before and after the closing brace of the n-th event: uneven, as on the real wire, and the same every time.
fn padding(n: u64, spaces_max: usize) -> (usize, usize) {
    let bytes = *blake3::hash(&n.to_le_bytes()).as_bytes();
    (usize::from(bytes[0]) % (spaces_max + 1), usize::from(bytes[1]) % (spaces_max + 1))
}

/// Puts bytes into one HTTP chunk.
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// A response head; `length` none means a chunked body.
pub(crate) fn head(status: u16, headers: &[(String, String)], length: Option<usize>) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    match length {
        Some(length) => text.push_str(&format!("content-length: {length}\r\n\r\n")),
        None => text.push_str("transfer-encoding: chunked\r\n\r\n"),
    }
    text.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::{padding, sse};
    use crate::upstream::knobs::Transport;

    #[test]
    fn events_are_framed_padded_and_ended_as_asked() {
        let plain = sse("ping", "{\"type\":\"ping\"}", &Transport::default(), 0);
        assert_eq!(plain, b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
        let transport = Transport { crlf: true, pad_spaces: 7, ..Transport::default() };
        let (before, after) = padding(3, 7);
        let expected =
            format!("event: ping\r\ndata: {{\"type\":\"ping\"{:before$}}}{:after$}\r\n\r\n", "", "");
        assert_eq!(sse("ping", "{\"type\":\"ping\"}", &transport, 3), expected.as_bytes());
    }
}
