//! What the session's task hands to the edge: events encoded once, in batches whose frames are made once.
//!
//! The hub never blocks on a viewer. What a slow one misses or merges is the edge's business (DC2, DC3).

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use madang_protocol::{
    ConnectionId, Delivery, Event, Head, MessageId, PartKind, Position, ProtocolVersion, SessionId, UnixMs,
    encode_event, encode_stored,
};

/// One receiver of events: a socket, an event stream. The edge implements it.
pub trait Viewer: Send + Sync + 'static {
    /// Which connection.
    fn connection_id(&self) -> ConnectionId;

    /// Which version it speaks; a version-1 viewer is sent no parts but text, and one envelope a frame.
    fn version(&self) -> ProtocolVersion;

    /// The session can't be served to it any more (a fault of ours): close with 4202, so that it comes back.
    fn invalidate(&self);

    /// The person does not belong to the session any more, and was told so (SE4). An event stream of that session ends;
    /// a socket goes on with its other sessions.
    fn removed(&self, _session: SessionId) {}

    /// Whether it stays to hear what happens. One that asks once (an HTTP request) follows nothing and is nobody's
    /// presence, whatever it asks for.
    fn stays(&self) -> bool {
        true
    }

    /// Takes batches, in order, to be written together. Must return at once, whatever the socket does.
    fn deliver(&self, batches: &[Arc<Batch>]);
}

/// A piece of a running reply, kept apart from its encoding so that a slow connection can merge pieces (DC2).
#[derive(Debug, Clone)]
pub struct StreamPiece {
    /// The reply.
    pub message_id: MessageId,
    /// The delta's number.
    pub n: u32,
    /// The part.
    pub part: u32,
    /// What the part is.
    pub kind: PartKind,
    /// The tool's name, on a tool part's first piece.
    pub name: Option<String>,
    /// The text.
    pub content: String,
}

/// One event on its way out.
#[derive(Debug)]
pub struct Outgoing {
    /// The session it belongs to.
    pub session: Option<SessionId>,
    /// Its name on the wire.
    pub kind: String,
    /// How it may be delivered late.
    pub delivery: Delivery,
    /// The event itself; absent for one replayed from the log as stored.
    pub event: Option<Event>,
    /// Its place in the log, for durable events.
    pub position: Option<Position>,
    /// The command it answers.
    pub correlation_id: Option<String>,
    /// The piece, for deltas.
    pub piece: Option<StreamPiece>,
    /// The whole envelope: JSON text, the same for both versions.
    pub envelope: Bytes,
}

impl Outgoing {
    /// Encodes an event.
    #[must_use]
    pub fn new(event: Event, head: Head<'_>) -> Outgoing {
        let mut piece = None;
        if let Event::ClaudeResponse(data) = &event
            && data.stream
        {
            piece = data.n.zip(data.part).zip(data.kind).map(|((n, part), kind)| StreamPiece {
                message_id: data.message_id,
                n,
                part,
                kind,
                name: data.name.clone(),
                content: data.content.clone(),
            });
        }
        Outgoing {
            session: head.session,
            kind: event.kind().to_owned(),
            delivery: event.delivery(),
            position: head.position,
            correlation_id: head.correlation_id.map(str::to_owned),
            piece,
            envelope: Bytes::from(encode_event(&event, head)),
            event: Some(event),
        }
    }

    /// Encodes a durable event whose data was already written out for the log.
    #[must_use]
    pub fn durable(event: Event, data: &str, session: SessionId, position: Position, at: UnixMs) -> Outgoing {
        let stored = Outgoing::stored(event.kind(), data, session, position, at);
        Outgoing { event: Some(event), ..stored }
    }

    /// Encodes a `code_changed` whose data was already written out for its document's log: its place is in its data.
    #[must_use]
    pub fn of_a_document(data: &str, head: Head<'_>) -> Outgoing {
        Outgoing {
            session: head.session,
            kind: CODE_CHANGED.to_owned(),
            delivery: Delivery::Durable,
            event: None,
            position: None,
            correlation_id: None,
            piece: None,
            envelope: Bytes::from(encode_stored(CODE_CHANGED, data, head)),
        }
    }

    /// Encodes a stored event without reading its data.
    #[must_use]
    pub fn stored(kind: &str, data: &str, session: SessionId, position: Position, at: UnixMs) -> Outgoing {
        let head =
            Head { session: Some(session), position: Some(position), correlation_id: None, at, unique: 0 };
        Outgoing {
            session: Some(session),
            kind: kind.to_owned(),
            delivery: Delivery::Durable,
            event: None,
            position: Some(position),
            correlation_id: None,
            piece: None,
            envelope: Bytes::from(encode_stored(kind, data, head)),
        }
    }
}

/// Changes of documents: the one event whose place is in its data.
const CODE_CHANGED: &str = "code_changed";

/// The encodings of a batch that are made once and shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// WebSocket frames of version 1: one envelope each.
    SocketV1 = 0,
    /// WebSocket frames of version 2: arrays.
    SocketV2 = 1,
    /// Server-sent events.
    Sse = 2,
}

/// Events that leave together.
#[derive(Debug)]
pub struct Batch {
    events: Vec<Arc<Outgoing>>,
    asked_for: bool,
    forms: [OnceLock<Bytes>; 3],
}

impl Batch {
    /// Makes a batch; it is not empty.
    #[must_use]
    pub fn new(events: Vec<Outgoing>) -> Arc<Batch> {
        Batch::shared(events.into_iter().map(Arc::new).collect())
    }

    /// Makes a batch of events that are in others, too; it is not empty.
    #[must_use]
    pub fn shared(events: Vec<Arc<Outgoing>>) -> Arc<Batch> {
        Batch::of(events, false)
    }

    /// Several batches as one, in their order; there is at least one.
    #[must_use]
    pub fn joined<'a>(batches: impl IntoIterator<Item = &'a Arc<Batch>>) -> Arc<Batch> {
        let mut batches = batches.into_iter();
        match (batches.next(), batches.next()) {
            (Some(only), None) => only.clone(),
            (first, second) => {
                let all = first.into_iter().chain(second).chain(batches);
                Batch::shared(all.flat_map(|batch| batch.events.iter().cloned()).collect())
            }
        }
    }

    fn of(events: Vec<Arc<Outgoing>>, asked_for: bool) -> Arc<Batch> {
        Arc::new(Batch { events, asked_for, forms: Default::default() })
    }

    /// Makes a batch that one connection asked for: what it missed, a state, a page.
    ///
    /// It may be larger than what may wait for a connection that falls behind, and is no sign that this one does.
    #[must_use]
    pub fn asked_for(events: Vec<Outgoing>) -> Arc<Batch> {
        Batch::of(events.into_iter().map(Arc::new).collect(), true)
    }

    /// Whether one connection asked for it.
    #[must_use]
    pub fn was_asked_for(&self) -> bool {
        self.asked_for
    }

    /// Bytes of its envelopes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.envelope.len()).sum()
    }

    /// The events, in order.
    #[must_use]
    pub fn events(&self) -> &[Arc<Outgoing>] {
        &self.events
    }

    /// The bytes of a form: made by the first viewer that asks, shared by all others (invariant 5).
    pub fn form(&self, form: Form, make: impl FnOnce(&[Arc<Outgoing>]) -> Bytes) -> &Bytes {
        self.forms[form as usize].get_or_init(|| make(&self.events))
    }
}
