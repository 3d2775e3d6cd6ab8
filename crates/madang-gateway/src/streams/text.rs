//! The text of server-sent events: `id: EPOCH:SEQ`, `event: TYPE`, `data: ENVELOPE` (HT2).

use std::sync::Arc;

use bytes::Bytes;
use madang_hub::Outgoing;
use madang_protocol::{Epoch, Event, Position};

/// Bytes of an event beside its envelope, near enough: field names, its name, its id.
const FRAME_BYTES: usize = 96;

/// What a comment looks like: nothing to a client, a sign of life to everything between.
pub(crate) const COMMENT: &str = ":\n\n";

/// The events of a batch: the bytes that every stream of the session shares.
pub(crate) fn events(events: &[Arc<Outgoing>]) -> Bytes {
    let mut out = Vec::with_capacity(events.iter().map(|event| event.envelope.len() + FRAME_BYTES).sum());
    events.iter().for_each(|event| write(&mut out, &event.kind, place(event), &event.envelope));
    Bytes::from(out)
}

/// One event as it left the hub.
pub(crate) fn one(outgoing: &Outgoing) -> Bytes {
    event(&outgoing.kind, place(outgoing), &outgoing.envelope)
}

/// One event.
pub(crate) fn event(kind: &str, position: Option<Position>, envelope: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(envelope.len() + FRAME_BYTES);
    write(&mut out, kind, position, envelope);
    Bytes::from(out)
}

/// The position that a client stands at once it has the event: its own, or that of the state it brings.
fn place(event: &Outgoing) -> Option<Position> {
    match &event.event {
        Some(Event::SessionState(state)) => Some(Position { epoch: state.epoch, seq: state.seq }),
        Some(_) | None => event.position,
    }
}

fn write(out: &mut Vec<u8>, kind: &str, position: Option<Position>, envelope: &[u8]) {
    if let Some(Position { epoch, seq }) = position {
        out.extend_from_slice(format!("id: {epoch}:{seq}\n").as_bytes());
    }
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let begin = out.len();
    out.extend_from_slice(envelope);
    // JSON has no line break but between its tokens, and there a space means the same.
    out[begin..].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    out.extend_from_slice(b"\n\n");
}

/// Reads `Last-Event-ID`; what is no position of ours counts as none, and gets the whole state.
pub(crate) fn read_id(text: &str) -> Option<Position> {
    let (epoch, seq) = text.split_once(':')?;
    let epoch: Epoch = epoch.parse().ok()?;
    let plain = !seq.is_empty() && seq.len() <= 19 && seq.bytes().all(|byte| byte.is_ascii_digit());
    Some(Position { epoch, seq: seq.parse().ok().filter(|_| plain)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ht2_an_event_is_three_lines_and_an_empty_one() {
        let position = Position { epoch: Epoch::new(255), seq: 7 };
        let text = event("message_created", Some(position), b"{\"a\":\n1}");
        let expected = "id: 00000000000000ff:7\nevent: message_created\ndata: {\"a\": 1}\n\n";
        assert_eq!(text, expected.as_bytes());
        assert_eq!(event("pong", None, b"{}"), "event: pong\ndata: {}\n\n".as_bytes());
    }

    #[test]
    fn ht2_an_id_that_is_none_of_ours_is_no_position() {
        let position = Position { epoch: Epoch::new(255), seq: 7 };
        assert_eq!(read_id("00000000000000ff:7"), Some(position));
        for bad in [
            "",
            ":",
            "7",
            "-1",
            "00000000000000ff:-1",
            "00000000000000ff:+1",
            "ff:7",
            "00000000000000ff:",
            "00000000000000ff:99999999999999999999",
            "00000000000000FF:7",
            "00000000000000ff:7 ",
        ] {
            assert_eq!(read_id(bad), None, "{bad:?}");
        }
    }
}
