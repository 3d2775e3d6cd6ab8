//! What waits for a socket or an event stream that is full: bounded, text merged, the newest of what may be late (DC2, DC3).

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use madang_hub::{Form, Outgoing, StreamPiece};
use madang_protocol::{
    ClaudeResponse, Delivery, DocumentId, Event, Head, MessageId, ProtocolVersion, SessionId, UnixMs, UserId,
    encode_event,
};

use crate::codec::{Opcode, write_frame};
use crate::frames::{fits, write_group};
use crate::streams::text;

/// Bytes of frames that are made at a time for a socket that takes bytes again.
const REFILL_BYTES: usize = 64 * 1024;
/// Bytes that an envelope of a merged delta has besides its text, near enough.
const PIECE_BYTES: usize = 320;

/// Where someone is in a document, or is no more.
const CURSOR: &str = "cursor_moved";
/// The name of a delta on the wire.
const CLAUDE_RESPONSE: &str = "claude_response";

/// Events that could not be written yet, in order.
#[derive(Debug)]
pub(crate) struct Backlog {
    form: Form,
    /// Framed bytes on their way, of which a part may be written already.
    wire: Bytes,
    /// A ping or pong that goes next.
    control: Vec<u8>,
    items: VecDeque<Item>,
    /// How many items have left: item `n` of all is `items[n - left]`.
    left: u64,
    /// The last item of each running reply.
    replies: HashMap<MessageId, u64>,
    /// The item of each thing of which only the newest counts.
    newest: HashMap<Key, u64>,
    bytes: usize,
}

#[derive(Debug)]
enum Item {
    Envelope(Bytes),
    Reply(SessionId, StreamPiece),
    Newest(Key, Bytes),
}

/// What an event is the newest word about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    session: Option<SessionId>,
    kind: String,
    person: Option<UserId>,
    document: Option<DocumentId>,
}

impl Key {
    /// None for an event that makes none void.
    fn of(event: &Outgoing) -> Option<Key> {
        let session = match &event.event {
            Some(Event::ParticipantJoined(_) | Event::ParticipantLeft(_)) => return None,
            Some(Event::SessionChanged(data)) => Some(data.summary.session_id),
            Some(_) | None => event.session,
        };
        let (kind, document) = match &event.event {
            Some(Event::CursorMoved(data)) => (CURSOR, Some(data.document)),
            // Whoever is gone is nowhere, and whoever comes back is somewhere: one makes the other void.
            Some(Event::CursorRemoved(data)) => (CURSOR, Some(data.document)),
            Some(_) | None => (event.kind.as_str(), None),
        };
        Some(Key { session, kind: kind.to_owned(), person: Key::person(event), document })
    }

    /// The person that it tells of.
    fn person(event: &Outgoing) -> Option<UserId> {
        match &event.event {
            Some(Event::PresenceChanged(data)) => Some(data.presence.user_id),
            Some(Event::ParticipantJoined(data)) => data.user_id.user(),
            Some(Event::ParticipantLeft(data)) => Some(data.user_id),
            Some(Event::CursorMoved(data)) => data.user_id.user(),
            Some(Event::CursorRemoved(data)) => data.user_id.user(),
            Some(_) | None => None,
        }
    }
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Item::Envelope(envelope) | Item::Newest(_, envelope) => envelope.len(),
            Item::Reply(_, piece) => piece.content.len() + PIECE_BYTES,
        }
    }
}

impl Backlog {
    /// Begins with framed bytes that the socket did not take.
    pub(crate) fn new(version: ProtocolVersion, wire: Bytes) -> Backlog {
        let form = match version {
            ProtocolVersion::V1 => Form::SocketV1,
            ProtocolVersion::V2 => Form::SocketV2,
        };
        Backlog::of(form, wire)
    }

    /// As [`Backlog::new`], for any form.
    pub(crate) fn of(form: Form, wire: Bytes) -> Backlog {
        Backlog {
            form,
            bytes: wire.len(),
            wire,
            control: Vec::new(),
            items: VecDeque::new(),
            left: 0,
            replies: HashMap::new(),
            newest: HashMap::new(),
        }
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues an event as its class allows.
    pub(crate) fn queue(&mut self, event: &Outgoing) {
        match (event.delivery, &event.piece, event.session) {
            (Delivery::Stream, Some(piece), Some(session)) => self.queue_piece(session, piece),
            // The answer to a command (`mark_read`) is owed, however many newer ones there are.
            (Delivery::Ephemeral, ..) if event.correlation_id.is_some() => {
                self.queue_envelope(self.bytes_of(event));
            }
            (Delivery::Ephemeral, ..) => self.queue_newest(event),
            (Delivery::Durable, ..) => self.queue_envelope(self.bytes_of(event)),
            (Delivery::Direct | Delivery::Stream, ..) => {
                // A snapshot may contain what was said before it: text after it must not move to before it.
                self.replies.clear();
                self.queue_envelope(self.bytes_of(event));
            }
        }
    }

    /// An event as it stands between the frames: an envelope, or the text of a server-sent event.
    fn bytes_of(&self, event: &Outgoing) -> Bytes {
        match self.form {
            Form::SocketV1 | Form::SocketV2 => event.envelope.clone(),
            Form::Sse => text::one(event),
        }
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.wire.is_empty() && self.items.is_empty()
    }

    /// Puts framed bytes on their way. Nothing waits before them.
    pub(crate) fn begin(&mut self, wire: Bytes) {
        self.bytes += wire.len();
        self.wire = wire;
    }

    /// Queues an envelope that is neither merged nor replaced.
    pub(crate) fn queue_envelope(&mut self, envelope: Bytes) {
        self.push(Item::Envelope(envelope));
    }

    /// Puts a frame between the others; of several pings or pongs the newest alone (RFC 6455 5.5.3).
    pub(crate) fn queue_control(&mut self, opcode: Opcode, payload: &[u8]) {
        self.control.clear();
        write_frame(&mut self.control, opcode, payload);
    }

    /// Drops everything but the bytes on their way, and ends with `last`: the connection closes.
    pub(crate) fn end_with(&mut self, last: &[u8]) {
        self.items.clear();
        self.replies.clear();
        self.newest.clear();
        let mut wire = std::mem::take(&mut self.wire).to_vec();
        wire.extend_from_slice(last);
        self.bytes = wire.len();
        self.wire = Bytes::from(wire);
    }

    /// The bytes to write next; empty when nothing waits any more.
    pub(crate) fn wire(&mut self, now: UnixMs) -> &Bytes {
        if self.wire.is_empty() {
            self.refill(now);
        }
        &self.wire
    }

    /// Notes that the socket took so many bytes of [`Backlog::wire`].
    pub(crate) fn written(&mut self, bytes: usize) {
        self.wire = self.wire.slice(bytes..);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    fn push(&mut self, item: Item) {
        self.bytes += item.bytes();
        self.items.push_back(item);
    }

    fn next_index(&self) -> u64 {
        self.left + self.items.len() as u64
    }

    fn item_mut(&mut self, index: u64) -> Option<&mut Item> {
        let at = usize::try_from(index.checked_sub(self.left)?).ok()?;
        self.items.get_mut(at)
    }

    /// Appends a piece to the last one of its reply, when both are of the same part.
    fn queue_piece(&mut self, session: SessionId, piece: &StreamPiece) {
        let before = self.replies.get(&piece.message_id).copied();
        if let Some(Item::Reply(_, last)) = before.and_then(|index| self.item_mut(index))
            && last.part == piece.part
            && last.kind == piece.kind
        {
            last.content.push_str(&piece.content);
            last.n = piece.n;
            self.bytes += piece.content.len();
            return;
        }
        self.replies.insert(piece.message_id, self.next_index());
        self.push(Item::Reply(session, piece.clone()));
    }

    /// Replaces what the event makes void (DC3).
    fn queue_newest(&mut self, event: &Outgoing) {
        let bytes = self.bytes_of(event);
        let Some(key) = Key::of(event) else {
            // Who comes and goes is told in full, and what is said of them after it stays after it.
            let person = Key::person(event);
            self.newest.retain(|key, _| key.session != event.session || key.person != person);
            return self.queue_envelope(bytes);
        };
        let before = self.newest.get(&key).copied();
        let new = bytes.len();
        if let Some(Item::Newest(_, envelope)) = before.and_then(|index| self.item_mut(index)) {
            let old = std::mem::replace(envelope, bytes).len();
            self.bytes = self.bytes + new - old;
            return;
        }
        self.newest.insert(key.clone(), self.next_index());
        self.push(Item::Newest(key, bytes));
    }

    /// Makes the next frames.
    fn refill(&mut self, now: UnixMs) {
        let mut out = std::mem::take(&mut self.control);
        let mut group: Vec<Bytes> = Vec::new();
        let mut group_bytes = 0;
        while out.len() + group_bytes < REFILL_BYTES {
            let Some(envelope) = self.pop(now) else { break };
            if self.form == Form::Sse {
                out.extend_from_slice(&envelope);
                continue;
            }
            let room = self.form == Form::SocketV2 && fits(group.len(), group_bytes, envelope.len());
            if !room && !group.is_empty() {
                write_group(&mut out, &group);
                group.clear();
                group_bytes = 0;
            }
            group_bytes += envelope.len() + 1;
            group.push(envelope);
        }
        if !group.is_empty() {
            write_group(&mut out, &group);
        }
        self.bytes = out.len() + self.items.iter().map(Item::bytes).sum::<usize>();
        self.wire = Bytes::from(out);
    }

    fn pop(&mut self, now: UnixMs) -> Option<Bytes> {
        let item = self.items.pop_front()?;
        let index = self.left;
        self.left += 1;
        Some(match item {
            Item::Envelope(envelope) => envelope,
            Item::Newest(key, envelope) => {
                self.newest.remove(&key);
                envelope
            }
            Item::Reply(session, piece) => {
                if self.replies.get(&piece.message_id) == Some(&index) {
                    self.replies.remove(&piece.message_id);
                }
                let envelope = encode_piece(session, piece, now);
                match self.form {
                    Form::SocketV1 | Form::SocketV2 => Bytes::from(envelope),
                    Form::Sse => text::event(CLAUDE_RESPONSE, None, envelope.as_bytes()),
                }
            }
        })
    }
}

/// A merged delta as an envelope.
pub(crate) fn encode_piece(session: SessionId, piece: StreamPiece, now: UnixMs) -> String {
    let event = Event::from(ClaudeResponse {
        n: Some(piece.n),
        part: Some(piece.part),
        kind: Some(piece.kind),
        name: piece.name,
        stream: true,
        ..ClaudeResponse::bare(session, piece.message_id, piece.content)
    });
    encode(&event, Some(session), now)
}

/// An envelope that the edge makes itself, for one connection.
pub(crate) fn encode(event: &Event, session: Option<SessionId>, now: UnixMs) -> String {
    let head = Head { session, position: None, correlation_id: None, at: now, unique: crate::ids::unique() };
    encode_event(event, head)
}

#[cfg(test)]
mod tests;
