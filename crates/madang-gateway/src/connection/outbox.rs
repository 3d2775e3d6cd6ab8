//! The sending half of a connection: straight into the socket, and into a backlog only while that is full.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use madang_hub::{Batch, Form};
use madang_protocol::{CloseCode, Disconnected, Event, ProtocolVersion, UnixMs, UserId};
use tokio::net::TcpStream;

use super::backlog::{Backlog, encode};
use super::v1::Gate;
use super::wire::{self, Tls};
use crate::codec::{Opcode, close_payload, write_frame};
use crate::frames::frames_v2;
use crate::gateway::Shared;
use crate::message_router::Unanswered;

/// Batches that one system call writes.
const SLICES: usize = 16;

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Events go out.
    Open,
    /// The last frame is on its way or sent; the peer's is awaited.
    Closing(Ending),
    /// Nothing goes out any more.
    Closed,
}

/// How a closing connection is being closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Whether the peer's close frame has come.
    pub(crate) answered: bool,
}

/// What a connection sends, behind its lock.
pub(crate) struct Outbox {
    pub(crate) phase: Phase,
    pub(crate) tls: Tls,
    /// What waits while the socket is full.
    pub(crate) backlog: Option<Box<Backlog>>,
    /// Bytes of what the connection asked for itself, since the socket became full: they don't count as falling behind.
    pub(crate) asked_bytes: usize,
    /// Version 1's order of replies.
    pub(crate) gate: Option<Box<Gate>>,
    /// Wakes the reader, when it has to flush or to end.
    pub(crate) waker: Option<Waker>,
    /// When the socket last took something, in milliseconds since the start.
    pub(crate) progress_ms: u64,
    /// What the sweeper waits for.
    pub(crate) watch: Watch,
    /// Whose it is, once that is known.
    pub(crate) person: Option<(UserId, Arc<str>)>,
    /// Commands whose answers are looked out for.
    pub(crate) unanswered: Unanswered,
    /// The code it was closed with, by either side.
    pub(crate) last_code: Option<u16>,
}

/// Moments at which something must have happened, in milliseconds since the start; none while nothing is awaited.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// `hello`, or a credential.
    pub(crate) greeting: Option<u64>,
    /// Whether `hello` has come and only the credential is missing.
    pub(crate) nameless: bool,
    /// Something, after a ping.
    pub(crate) pong: Option<u64>,
    /// The peer's half of the goodbye.
    pub(crate) goodbye: Option<u64>,
}

/// What every write needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) socket: &'a TcpStream,
    pub(crate) version: ProtocolVersion,
    pub(crate) backlog_bytes: usize,
    pub(crate) asked_bytes: usize,
    /// Has the clocks, which are looked at only when it matters: most writes go straight through.
    pub(crate) shared: &'a Shared,
}

impl Terms<'_> {
    fn now(&self) -> UnixMs {
        self.shared.now()
    }

    /// Milliseconds since the start.
    fn now_ms(&self) -> u64 {
        self.shared.now_ms()
    }
}

impl Outbox {
    pub(crate) fn new(version: ProtocolVersion, tls: Tls) -> Outbox {
        Outbox {
            phase: Phase::Open,
            tls,
            backlog: None,
            asked_bytes: 0,
            gate: (version == ProtocolVersion::V1).then(Box::default),
            waker: None,
            progress_ms: 0,
            watch: Watch::default(),
            person: None,
            unanswered: Unanswered::default(),
            last_code: None,
        }
    }

    /// Whether bytes wait for the socket.
    pub(crate) fn is_full(&self) -> bool {
        self.backlog.is_some() || wire::holds(&self.tls)
    }

    /// Sends batches, in order.
    pub(crate) fn deliver(&mut self, batches: &[Arc<Batch>], terms: Terms<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        if self.gate.is_some() {
            self.deliver_v1(batches, terms);
        } else {
            self.deliver_v2(batches, terms);
        }
        if self.is_full() {
            let asked_for = batches.iter().filter(|batch| batch.was_asked_for());
            self.asked_bytes += asked_for.map(|batch| batch.bytes()).sum::<usize>();
            self.hold_to_bound(terms);
        }
    }

    fn deliver_v2(&mut self, batches: &[Arc<Batch>], terms: Terms<'_>) {
        for chunk in batches.chunks(SLICES) {
            if self.is_full() {
                self.queue(chunk, terms);
                continue;
            }
            if let [only] = chunk {
                self.send(&[only.form(Form::SocketV2, frames_v2)], terms);
                continue;
            }
            let framed: Vec<&Bytes> =
                chunk.iter().map(|batch| batch.form(Form::SocketV2, frames_v2)).collect();
            self.send(&framed, terms);
        }
    }

    fn queue(&mut self, batches: &[Arc<Batch>], terms: Terms<'_>) {
        let backlog = self.backlog_mut(terms);
        batches.iter().flat_map(|batch| batch.events()).for_each(|event| backlog.queue(event));
    }

    fn deliver_v1(&mut self, batches: &[Arc<Batch>], terms: Terms<'_>) {
        for batch in batches {
            let Some(gate) = &mut self.gate else { return };
            let sorted = gate.sort(batch, terms.now());
            if self.is_full() {
                let backlog = self.backlog_mut(terms);
                sorted.queue(batch, backlog);
            } else {
                let framed = sorted.frames(batch);
                self.send(&[&framed], terms);
            }
        }
    }

    /// Closes a connection whose backlog has outgrown its bound (DC2).
    fn hold_to_bound(&mut self, terms: Terms<'_>) {
        let waiting = self.backlog.as_ref().map_or(0, |backlog| backlog.bytes());
        let held = self.gate.as_ref().map_or(0, |gate| gate.held_bytes());
        if waiting + held > terms.backlog_bytes + self.asked_bytes.min(terms.asked_bytes) {
            self.close(CloseCode::TooSlow, None, terms);
        }
    }

    /// Writes framed bytes to a socket that is not full; what it does not take waits.
    fn send(&mut self, framed: &[&Bytes], terms: Terms<'_>) {
        let mut slices = [IoSlice::new(&[]); SLICES];
        for (slice, bytes) in slices.iter_mut().zip(framed) {
            *slice = IoSlice::new(bytes);
        }
        let mut written = match wire::write(terms.socket, &mut self.tls, &slices[..framed.len()]) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => return self.end(),
        };
        let total: usize = framed.iter().map(|bytes| bytes.len()).sum();
        if written < total {
            let mut rest = Vec::with_capacity(total - written);
            for bytes in framed {
                let skip = written.min(bytes.len());
                written -= skip;
                rest.extend_from_slice(&bytes[skip..]);
            }
            self.backlog = Some(Box::new(Backlog::new(terms.version, Bytes::from(rest))));
        }
        if self.is_full() {
            self.progress_ms = terms.now_ms();
            self.wake();
        }
    }

    /// Sends a control frame, between others if need be.
    pub(crate) fn control(&mut self, opcode: Opcode, payload: &[u8], terms: Terms<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        if self.is_full() {
            return self.backlog_mut(terms).queue_control(opcode, payload);
        }
        let mut frame = Vec::new();
        write_frame(&mut frame, opcode, payload);
        self.send(&[&Bytes::from(frame)], terms);
    }

    /// Says why and closes; the peer's half is awaited (CN6).
    pub(crate) fn close(&mut self, code: CloseCode, sentence: Option<&str>, terms: Terms<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        let event = Event::from(Disconnected {
            code: code.number(),
            reason: sentence.unwrap_or(code.reason()).to_owned(),
            reconnect_after_ms: None,
        });
        self.close_with(&event, code, terms);
    }

    /// As [`Outbox::close`], with an event made by the caller.
    pub(crate) fn close_with(&mut self, event: &Event, code: CloseCode, terms: Terms<'_>) {
        if self.phase != Phase::Open {
            return;
        }
        let mut last = Vec::new();
        write_frame(&mut last, Opcode::Text, encode(event, None, terms.now()).as_bytes());
        write_frame(&mut last, Opcode::Close, &close_payload(code));
        self.finish((Some(code.number()), false), last, terms);
    }

    /// Answers the peer's close frame, or notes that it answered ours.
    pub(crate) fn closed_by_peer(&mut self, code: Option<u16>, terms: Terms<'_>) {
        match &mut self.phase {
            Phase::Open => {
                let mut last = Vec::new();
                let payload = code.map(u16::to_be_bytes);
                write_frame(
                    &mut last,
                    Opcode::Close,
                    payload.as_ref().map_or(&[][..], |payload| &payload[..]),
                );
                self.finish((code, true), last, terms);
            }
            Phase::Closing(ending) => ending.answered = true,
            Phase::Closed => {}
        }
    }

    fn finish(&mut self, (code, answered): (Option<u16>, bool), last: Vec<u8>, terms: Terms<'_>) {
        self.phase = Phase::Closing(Ending { answered });
        self.last_code = code;
        self.gate = None;
        if self.is_full() {
            self.backlog_mut(terms).end_with(&last);
        } else {
            self.send(&[&Bytes::from(last)], terms);
        }
        self.wake();
    }

    /// Stops at once.
    pub(crate) fn end(&mut self) {
        self.phase = Phase::Closed;
        self.backlog = None;
        self.gate = None;
        self.wake();
    }

    /// Writes what waits, as far as the socket takes it.
    pub(crate) fn flush(&mut self, terms: Terms<'_>) {
        match self.try_flush(terms) {
            Ok(()) => (self.backlog, self.asked_bytes) = (None, 0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.end(),
        }
    }

    fn try_flush(&mut self, terms: Terms<'_>) -> io::Result<()> {
        if wire::holds(&self.tls) {
            wire::flush(terms.socket, &mut self.tls)?;
            self.progress_ms = terms.now_ms();
        }
        let Some(backlog) = &mut self.backlog else { return Ok(()) };
        loop {
            let bytes = backlog.wire(terms.now());
            if bytes.is_empty() {
                return Ok(());
            }
            let written = wire::write(terms.socket, &mut self.tls, &[IoSlice::new(bytes)])?;
            backlog.written(written);
            self.progress_ms = terms.now_ms();
        }
    }

    fn backlog_mut(&mut self, terms: Terms<'_>) -> &mut Backlog {
        self.backlog.get_or_insert_with(|| Box::new(Backlog::new(terms.version, Bytes::new())))
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
