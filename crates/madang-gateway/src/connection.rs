//! One socket after its handshake: a socket and an outbox behind a short lock (architecture.md, invariant 5).
//!
//! The session's task writes to it straight; its own task reads, and flushes when the socket was full. It must never
//! hold a buffer while idle.

pub(crate) mod backlog;
mod dispatch;
mod held;
mod outbox;
mod reader;
mod registry;
mod sweep;
pub(crate) mod v1;
mod wire;

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use madang_hub::{Batch, Outgoing, Viewer};
use madang_protocol::{CloseCode, ConnectionId, Event, Head, ProtocolVersion, UserId};
use parking_lot::Mutex;
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::caps::Permit;
use crate::codec::Opcode;
use crate::gateway::Shared;
use crate::message_router;
use outbox::{Outbox, Phase, Terms};
pub(crate) use reader::{Arrival, run};
pub(crate) use registry::Registry;
pub(crate) use sweep::sweep;
pub(crate) use wire::Tls;

/// What an administrator sees of a connection.
pub(crate) struct Outline {
    pub(crate) id: ConnectionId,
    pub(crate) person: Option<(UserId, Arc<str>)>,
    pub(crate) protocol: &'static str,
    pub(crate) remote: SocketAddr,
    /// In milliseconds since the start.
    pub(crate) began_ms: u64,
}

/// One socket.
pub(crate) struct Connection {
    id: ConnectionId,
    version: ProtocolVersion,
    shared: Arc<Shared>,
    socket: TcpStream,
    encrypted: bool,
    outbox: Mutex<Outbox>,
    /// Where it came from.
    remote: SocketAddr,
    /// When it began, in milliseconds since the start.
    began_ms: u64,
    /// When something last came in, in milliseconds since the start.
    heard_ms: AtomicU64,
    /// Whether a message has begun and not ended.
    inside: AtomicBool,
    /// Sets its heartbeat apart from others.
    jitter: u64,
    /// Where the registry has it.
    slot: AtomicUsize,
    /// Its place among the sockets of this server.
    _permit: Arc<Permit>,
}

impl Connection {
    fn terms(&self) -> Terms<'_> {
        Terms {
            socket: &self.socket,
            version: self.version,
            backlog_bytes: self.shared.settings.backlog_bytes,
            asked_bytes: self.shared.settings.asked_bytes,
            shared: &self.shared,
        }
    }

    /// Sends an event that the edge itself makes.
    fn tell(&self, event: Event, correlation_id: Option<&str>) {
        let head = Head {
            session: None,
            position: None,
            correlation_id,
            at: self.shared.now(),
            unique: crate::ids::unique(),
        };
        self.deliver(&[Batch::new(vec![Outgoing::new(event, head)])]);
    }

    /// Says why and closes, once.
    pub(crate) fn close(&self, code: CloseCode, sentence: Option<&str>) {
        let terms = self.terms();
        self.outbox.lock().close(code, sentence, terms);
    }

    /// As [`Connection::close`], with an event made by the caller.
    pub(crate) fn close_with(&self, event: &Event, code: CloseCode) {
        let terms = self.terms();
        self.outbox.lock().close_with(event, code, terms);
    }

    /// Who it is, where it came from and since when, for an administrator.
    pub(crate) fn outline(&self) -> Outline {
        Outline {
            id: self.id,
            person: self.outbox.lock().person.clone(),
            protocol: self.version.subprotocol(),
            remote: self.remote,
            began_ms: self.began_ms,
        }
    }

    /// Which version it speaks.
    pub(crate) fn speaks(&self) -> ProtocolVersion {
        self.version
    }

    /// Stops at once, without a word.
    fn end(&self) {
        self.outbox.lock().end();
    }

    /// Waits while what the connection asked for before is still on its way: one page at a time, and no more in memory.
    async fn taken_in(&self) {
        std::future::poll_fn(|cx| match self.poll_outbox(cx) {
            (Phase::Open, false) if self.outbox.lock().asked_bytes > 0 => Poll::Pending,
            _ => Poll::Ready(()),
        })
        .await;
    }

    /// Whether events still go out.
    fn is_open(&self) -> bool {
        self.outbox.lock().phase == Phase::Open
    }

    fn pong(&self, payload: &[u8]) {
        let terms = self.terms();
        self.outbox.lock().control(Opcode::Pong, payload, terms);
    }

    fn closed_by_peer(&self, code: Option<u16>) {
        let terms = self.terms();
        self.outbox.lock().closed_by_peer(code, terms);
    }

    /// Ends the sending half, so that a peer that can't be read any more sees the end too.
    fn shut_down(&self) {
        let mut outbox = self.outbox.lock();
        if let Some(tls) = &mut outbox.tls {
            tls.send_close_notify();
        }
        outbox.flush(self.terms());
        if SockRef::from(&self.socket).shutdown(Shutdown::Write).is_err() {
            outbox.end();
        }
    }

    /// Registers the reader's task to be woken, flushes what waits, and tells where the connection stands and whether
    /// all was written.
    fn poll_outbox(&self, cx: &mut Context<'_>) -> (Phase, bool) {
        let mut outbox = self.outbox.lock();
        if !outbox.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            outbox.waker = Some(cx.waker().clone());
        }
        while outbox.is_full() && outbox.phase != Phase::Closed {
            match self.socket.poll_write_ready(cx) {
                Poll::Pending => break,
                Poll::Ready(Ok(())) => outbox.flush(self.terms()),
                Poll::Ready(Err(_)) => outbox.end(),
            }
        }
        (outbox.phase, !outbox.is_full())
    }

    /// Reads what there is; 0 is the end of the stream.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.encrypted {
            let mut outbox = self.outbox.lock();
            match &mut outbox.tls {
                Some(tls) => wire::read_tls(&self.socket, tls, buffer),
                None => Ok(0),
            }
        } else {
            wire::read_plain(&self.socket, buffer)
        };
        if matches!(read, Ok(1..)) {
            self.heard_ms.store(self.shared.now_ms(), Ordering::Relaxed);
        }
        read
    }
}

impl Viewer for Connection {
    fn connection_id(&self) -> ConnectionId {
        self.id
    }

    fn version(&self) -> ProtocolVersion {
        self.version
    }

    fn invalidate(&self) {
        self.close(CloseCode::StateInvalidated, None);
    }

    fn deliver(&self, batches: &[Arc<Batch>]) {
        let terms = self.terms();
        let mut outbox = self.outbox.lock();
        outbox.deliver(batches, terms);
        if outbox.unanswered.is_empty() {
            return;
        }
        let answered = outbox.unanswered.take(batches, self.shared.now_us());
        let user = outbox.person.as_ref().map(|(user, _)| *user);
        drop(outbox);
        let sender = (user, Some(self.remote.ip()));
        answered.iter().for_each(|answered| message_router::note(&self.shared, answered, sender));
    }
}
