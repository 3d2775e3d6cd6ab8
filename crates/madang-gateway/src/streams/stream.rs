//! One event stream: what waits for it, bounded as a socket's backlog is (DC2).

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use madang_hub::{Batch, Form, Outgoing, Viewer};
use madang_protocol::{CloseCode, ConnectionId, Disconnected, ErrorData, Event, ProtocolVersion, SessionId};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::text;
use crate::connection::backlog::{Backlog, encode};
use crate::gateway::Shared;

/// How the session answered the wish to follow it.
pub(crate) type Begun = Result<(), Box<ErrorData>>;

/// An event stream.
pub(crate) struct Stream {
    id: ConnectionId,
    session: SessionId,
    shared: Arc<Shared>,
    state: Mutex<State>,
}

struct State {
    backlog: Backlog,
    /// Bytes of what the stream asked for itself since it last had nothing waiting: no sign of falling behind.
    asked_bytes: usize,
    /// Whether nothing more is taken in: what waits is the last.
    ending: bool,
    waker: Option<Waker>,
    /// The id of the command that follows the session, and who waits for its answer.
    following: Option<(String, oneshot::Sender<Begun>)>,
}

impl Stream {
    /// Makes a stream; with it comes what tells whether the session could be followed.
    pub(crate) fn new(
        shared: &Arc<Shared>,
        session: SessionId,
        command_id: String,
    ) -> (Arc<Stream>, oneshot::Receiver<Begun>) {
        let (answer, begun) = oneshot::channel();
        let state = State {
            backlog: Backlog::of(Form::Sse, Bytes::new()),
            asked_bytes: 0,
            ending: false,
            waker: None,
            following: Some((command_id, answer)),
        };
        let id = ConnectionId::new(shared.now(), crate::random::bytes());
        let shared = Arc::clone(shared);
        (Arc::new(Stream { id, session, shared, state: Mutex::new(state) }), begun)
    }

    pub(crate) fn id(&self) -> ConnectionId {
        self.id
    }

    /// Says why, and ends when that has been sent (CN6).
    pub(crate) fn end(&self, code: CloseCode, sentence: &str) {
        self.end_with(&Event::from(Disconnected {
            code: code.number(),
            reason: sentence.to_owned(),
            reconnect_after_ms: None,
        }));
    }

    /// As [`Stream::end`], with an event made by the caller.
    pub(crate) fn end_with(&self, event: &Event) {
        let envelope = encode(event, None, self.shared.now());
        self.state.lock().end(&text::event(event.kind(), None, envelope.as_bytes()));
    }

    /// The next bytes to send; none when the stream is over.
    pub(super) fn poll_bytes(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.state.lock();
        let bytes = state.backlog.wire(self.shared.now()).clone();
        if !bytes.is_empty() {
            state.backlog.written(bytes.len());
            return Poll::Ready(Some(bytes));
        }
        if state.ending {
            return Poll::Ready(None);
        }
        state.asked_bytes = 0;
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes in what a batch says of this session.
    fn take(&self, state: &mut State, batch: &Arc<Batch>) {
        let ours = |event: &&Arc<Outgoing>| event.session == Some(self.session);
        if batch.was_asked_for() {
            state.asked_bytes += batch.bytes();
        }
        if state.backlog.is_empty() && batch.events().iter().all(|event| ours(&event)) {
            state.backlog.begin(batch.form(Form::Sse, text::events).clone());
        } else {
            batch.events().iter().filter(ours).for_each(|event| state.backlog.queue(event));
        }
        let over = batch.events().iter().filter(ours).find_map(|event| match event.kind.as_str() {
            "removed" => Some(CloseCode::Forbidden),
            "session_deleted" => Some(CloseCode::NoSuchSession),
            _ => None,
        });
        let settings = &self.shared.settings;
        let bound = settings.backlog_bytes + state.asked_bytes.min(settings.asked_bytes);
        let slow = (state.backlog.bytes() > bound).then_some(CloseCode::TooSlow);
        if let Some(code) = slow {
            state.end(&self.goodbye(code));
        } else if let Some(code) = over {
            state.last(self.goodbye(code));
        }
    }

    fn goodbye(&self, code: CloseCode) -> Bytes {
        let event = Event::from(Disconnected {
            code: code.number(),
            reason: code.reason().to_owned(),
            reconnect_after_ms: None,
        });
        text::event(event.kind(), None, encode(&event, None, self.shared.now()).as_bytes())
    }
}

impl State {
    /// Drops what waits and ends with `last`.
    fn end(&mut self, last: &[u8]) {
        if !self.ending {
            self.backlog.end_with(last);
            self.finish();
        }
    }

    /// Ends with `last`, behind what waits.
    fn last(&mut self, last: Bytes) {
        if !self.ending {
            self.backlog.queue_envelope(last);
            self.finish();
        }
    }

    fn finish(&mut self) {
        self.ending = true;
        self.following = None;
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Tells whoever began the stream whether it could be; a refusal is their answer and no event.
    fn answer(&mut self, batch: &Batch) -> bool {
        let Some((id, _)) = &self.following else { return false };
        let answers = |event: &&Arc<Outgoing>| event.correlation_id.as_deref() == Some(id);
        let Some(answer) = batch.events().iter().find(answers) else { return false };
        let Some((_, begun)) = self.following.take() else { return false };
        let refused = match &answer.event {
            Some(Event::Error(error)) => Some(error.clone()),
            Some(_) | None => None,
        };
        let is_refused = refused.is_some();
        // Whoever waited may have gone: the stream is dropped with them.
        drop(begun.send(refused.map_or(Ok(()), Err)));
        is_refused
    }
}

impl Viewer for Stream {
    fn connection_id(&self) -> ConnectionId {
        self.id
    }

    fn version(&self) -> ProtocolVersion {
        ProtocolVersion::V2
    }

    fn invalidate(&self) {
        self.end(CloseCode::StateInvalidated, CloseCode::StateInvalidated.reason());
    }

    fn removed(&self, session: SessionId) {
        if session == self.session {
            self.state.lock().last(self.goodbye(CloseCode::Forbidden));
        }
    }

    fn deliver(&self, batches: &[Arc<Batch>]) {
        let mut state = self.state.lock();
        for batch in batches {
            if state.ending {
                return;
            }
            if !state.answer(batch) {
                self.take(&mut state, batch);
            }
        }
        state.wake();
    }
}
