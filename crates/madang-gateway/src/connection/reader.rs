//! The reading half: one task a connection, one buffer a thread, bytes of its own only while a frame is incomplete.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use madang_hub::{Caller, Link};
use madang_protocol::limits::{ANONYMOUS_MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX};
use madang_protocol::{CloseCode, ConnectionId, Inbound, InboundError, ProtocolVersion};
use parking_lot::Mutex;
use tokio::net::TcpStream;

use super::dispatch::Greeting;
use super::held::Held;
use super::outbox::{Outbox, Phase};
use super::{Connection, Tls};
use crate::caps::{Permit, Place};
use crate::codec::{Decoder, Item};
use crate::gateway::Shared;
use crate::limiter::Rate;
use crate::revocation::Guard;

/// Bytes that one read takes at most.
const READ_BYTES: usize = 64 * 1024;
/// Reads in one go, before other tasks have a turn.
const READS_MAX: usize = 16;

thread_local! {
    /// The bytes that were just read, on this thread.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// A socket that has been upgraded.
pub(crate) struct Arrival {
    pub(crate) socket: TcpStream,
    pub(crate) tls: Tls,
    /// What the client sent behind its request.
    pub(crate) early: Bytes,
    pub(crate) version: ProtocolVersion,
    /// Who it is, when that is known.
    pub(crate) caller: Option<Caller>,
    /// Why it may not stay.
    pub(crate) refusal: Option<CloseCode>,
    pub(crate) remote: SocketAddr,
    pub(crate) permit: Arc<Permit>,
}

/// What the reading task keeps.
pub(super) struct Reader {
    pub(super) connection: Arc<Connection>,
    pub(super) decoder: Decoder,
    /// Bytes that were read and not decoded, because a command of before them is being handed in.
    pending: Vec<u8>,
    pending_at: usize,
    pub(super) greeting: Greeting,
    pub(super) link: Option<Link>,
    /// So that it ends with its credential (SE4).
    pub(super) registered: Option<Guard>,
    /// Its place among its person's sockets, once it is known whose it is.
    pub(super) place: Option<Place>,
    /// Signals that came too fast.
    pub(super) held: Option<Box<Held>>,
    /// Malformed messages in a row (CM4).
    pub(super) malformed: u32,
    /// The bucket of pings, and of commands before the credential is known.
    pings_full_at_us: u64,
    /// Nothing more is decoded: the peer broke the rules, or said goodbye.
    deaf: bool,
    /// The sending half was ended.
    shut: bool,
}

/// What a read came to.
enum Step {
    Do(Deed),
    /// The connection is over.
    End,
}

/// What is to be done about a message.
pub(super) enum Deed {
    Commands(Vec<Inbound>),
    Malformed(InboundError),
    /// A binary message (EN3).
    Binary,
    /// A large message without budget (EN5).
    Refused,
    /// Signals that were held back may go on (CM5).
    Release,
}

/// Reads a connection to its end.
///
/// The reader is made before the future, which takes it in: an argument would have a place of its own in there for as long
/// as the connection lasts.
pub(crate) fn run(arrival: Arrival, shared: Arc<Shared>) -> impl Future<Output = ()> + Send + 'static {
    let mut reader = Reader::new(arrival, shared);
    async move {
        if reader.greeting.is_due() {
            Box::pin(reader.greet(None)).await;
        }
        #[expect(
            clippy::while_let_loop,
            reason = "it would keep the step beside the deed, for which there is no room"
        )]
        loop {
            let Step::Do(deed) = poll_fn(|cx| reader.poll_step(cx)).await else { break };
            // Boxed, so that the task of an idle connection is small.
            Box::pin(reader.obey(deed)).await;
        }
        reader.connection.end();
        reader.connection.shared.connections.remove(&reader.connection);
        reader.log_end();
    }
}

impl Reader {
    fn new(arrival: Arrival, shared: Arc<Shared>) -> Reader {
        let Arrival { socket, tls, early, version, caller, refusal, remote, permit } = arrival;
        let (now, now_ms) = (shared.now(), shared.now_ms());
        let greeting = Greeting::new(version, caller);
        let connection = Arc::new(Connection {
            id: ConnectionId::new(now, crate::random::bytes()),
            version,
            socket,
            encrypted: tls.is_some(),
            outbox: Mutex::new(Outbox::new(version, tls)),
            remote,
            began_ms: now_ms,
            heard_ms: AtomicU64::new(now_ms),
            inside: AtomicBool::new(false),
            jitter: crate::random::below(u64::MAX),
            slot: AtomicUsize::new(0),
            _permit: permit,
            shared,
        });
        if !greeting.is_due() {
            connection.outbox.lock().watch.greeting = Some(now_ms + connection.shared.settings.hello_ms);
        }
        connection.shared.connections.add(&connection);
        if let Some(code) = refusal {
            connection.close(code, None);
        }
        let known = greeting.is_known();
        let mut reader = Reader {
            connection,
            decoder: Decoder::new(ANONYMOUS_MESSAGE_BYTES_MAX),
            pending: early.to_vec(),
            pending_at: 0,
            greeting,
            link: None,
            registered: None,
            place: None,
            held: None,
            malformed: 0,
            pings_full_at_us: 0,
            deaf: false,
            shut: false,
        };
        if known {
            reader.widen();
        }
        reader
    }

    /// The one log line of a connection.
    fn log_end(&self) {
        let Connection { id, version, began_ms, shared, .. } = &*self.connection;
        let user = self.link.as_ref().map(|link| link.caller().user);
        let code = self.connection.outbox.lock().last_code;
        let duration_ms = shared.now_ms() - began_ms;
        tracing::info!(connection.id = %id, ?version, user.id = ?user, code, duration_ms, "connection ended");
    }

    /// Grows the limits of a connection whose credential is known (EN5).
    pub(super) fn widen(&mut self) {
        self.decoder.set_limit(MESSAGE_BYTES_MAX);
        if self.connection.version == ProtocolVersion::V1 {
            self.decoder.allow_large(Arc::clone(&self.connection.shared.budget));
        }
    }

    /// Reads until something is to be done; flushes what waits meanwhile.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Some(held) = &mut self.held
            && held.poll_due(cx).is_ready()
        {
            return Poll::Ready(Step::Do(Deed::Release));
        }
        for _ in 0..READS_MAX {
            match self.connection.poll_outbox(cx) {
                (Phase::Closed, _) => return Poll::Ready(Step::End),
                (Phase::Closing(ending), true) if ending.answered => return Poll::Ready(Step::End),
                (Phase::Closing(_), true) if self.deaf && !self.shut => {
                    self.shut = true;
                    self.connection.shut_down();
                }
                (Phase::Closing(_) | Phase::Open, _) => {}
            }
            let step = if self.pending.is_empty() { ready!(self.poll_read(cx)) } else { self.read_pending() };
            if let Some(step) = step {
                return Poll::Ready(step);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn read_pending(&mut self) -> Option<Step> {
        let mut pending = std::mem::take(&mut self.pending);
        let (used, deed) = self.decode(&mut pending[self.pending_at..]);
        self.pending_at += used;
        if self.pending_at < pending.len() {
            self.pending = pending;
        } else {
            self.pending_at = 0;
        }
        deed.map(Step::Do)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        // Under TLS there may be plain text though the socket has nothing more, so reading comes first.
        if !self.connection.encrypted && ready!(self.connection.socket.poll_read_ready(cx)).is_err() {
            return Poll::Ready(Some(Step::End));
        }
        let read = BUFFER.with_borrow_mut(|buffer| {
            let read = self.connection.read(buffer)?;
            let (used, deed) = self.decode(&mut buffer[..read]);
            self.pending.extend_from_slice(&buffer[used..read]);
            Ok((read, deed.map(Step::Do)))
        });
        match read {
            Ok((0, _)) => Poll::Ready(Some(Step::End)),
            Ok((_, step)) => Poll::Ready(step),
            Err(error) => self.poll_after(&error, cx),
        }
    }

    fn poll_after(&self, error: &io::Error, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        if error.kind() != io::ErrorKind::WouldBlock {
            return Poll::Ready(Some(Step::End));
        }
        match ready!(self.connection.socket.poll_read_ready(cx)) {
            Ok(()) => Poll::Ready(None),
            Err(_) => Poll::Ready(Some(Step::End)),
        }
    }

    /// Decodes up to the next thing to be done; all of the input when there is none.
    fn decode(&mut self, input: &mut [u8]) -> (usize, Option<Deed>) {
        let mut used = 0;
        let mut ping: Option<Vec<u8>> = None;
        let deed = loop {
            if self.deaf || used == input.len() {
                used = input.len();
                break None;
            }
            match self.decoder.decode(&mut input[used..]) {
                Err(violation) => {
                    self.deaf = true;
                    self.connection.close(violation.close, Some(violation.rule));
                }
                Ok(decoded) => {
                    used += decoded.used;
                    match decoded.item {
                        None => {}
                        Some(Item::Text(text, _held)) => {
                            break Some(read_text(&text, self.connection.version));
                        }
                        Some(Item::Binary) => break Some(Deed::Binary),
                        Some(Item::Refused) => break Some(Deed::Refused),
                        Some(Item::Pong) => self.spend(),
                        Some(Item::Ping(payload)) => {
                            ping = Some(payload.into_owned());
                            self.spend();
                        }
                        Some(Item::Close(frame)) => {
                            self.deaf = true;
                            self.connection.closed_by_peer(frame.code);
                        }
                    }
                }
            }
        };
        // Of several pings the newest alone is answered (RFC 6455 5.5.3).
        if let Some(payload) = ping {
            self.connection.pong(&payload);
        }
        self.connection.inside.store(self.decoder.is_inside() && !self.deaf, Ordering::Relaxed);
        (used, deed)
    }

    /// Counts what costs work and is no command of a known person; too many are a flood.
    pub(super) fn spend(&mut self) {
        let shared = &self.connection.shared;
        let rate = Rate::new(shared.settings.pings_per_second, 1_000_000, shared.settings.pings_burst);
        if rate.take(&mut self.pings_full_at_us, shared.now_us()).is_err() {
            self.deaf = true;
            self.connection.close(CloseCode::PolicyViolation, Some("Too many pings at once."));
        }
    }
}

fn read_text(text: &str, version: ProtocolVersion) -> Deed {
    match Inbound::read(text, version) {
        Ok(inbound) => Deed::Commands(inbound),
        Err(error) => Deed::Malformed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of the future that a function makes.
    fn size<F>(_: impl FnOnce(Arrival, Arc<Shared>) -> F) -> usize {
        size_of::<F>()
    }

    /// A task takes 112 bytes more, and memory for it comes in powers of two: 512 bytes for each connection, and not 1,024.
    #[test]
    fn a_connection_at_rest_is_small() {
        let task = size(run);
        assert!(task <= 392, "{task} bytes: is a large branch not boxed?");
        let connection = size_of::<Connection>();
        assert!(connection <= 368, "{connection} bytes");
    }
}
