//! The generator: one thread on epoll that publishes at a rate and counts what comes back, for any server.
//!
//! Nothing of a message is parsed but its mark and the time when it was due: a client library would cost more than the
//! server under test.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::bail;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::client::now_us;
use crate::stats::Samples;

/// Begins a payload, and occurs nowhere else in what a server sends.
pub(crate) const MARK: u8 = b'@';
/// Digits of the time behind the mark: microseconds since 1970.
pub(crate) const STAMP: usize = 16;
/// Bytes of one payload.
pub(crate) const PAYLOAD: usize = 150;
/// Bytes that one read takes at most.
const READ_BYTES: usize = 256 * 1024;
/// Of so many connections one is timed: the others are only counted.
const TIMED: usize = 8;
/// Silence after which what has not come is given up.
const SILENCE: Duration = Duration::from_secs(3);

/// Makes the frame of a publisher's message around this payload.
pub(crate) type Frame = Box<dyn Fn(&mut Vec<u8>, usize, &str)>;

/// The connections, some of which publish.
pub(crate) struct Crowd {
    poll: Poll,
    sockets: Vec<TcpStream>,
    publishers: Vec<usize>,
    frame: Frame,
    buffer: Vec<u8>,
    out: Vec<u8>,
    next: usize,
    seen: u64,
    ages: Samples,
    timing: bool,
}

/// What a window came to.
pub(crate) struct Window {
    pub(crate) sent: u64,
    pub(crate) delivered: u64,
    pub(crate) ages: Samples,
}

impl Crowd {
    /// Takes connections that have been let in; those at the places in `publishers` publish in turn.
    pub(crate) fn new(
        sockets: Vec<std::net::TcpStream>,
        publishers: Vec<usize>,
        frame: Frame,
    ) -> anyhow::Result<Crowd> {
        let poll = Poll::new()?;
        let mut all = Vec::with_capacity(sockets.len());
        for (place, socket) in sockets.into_iter().enumerate() {
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(place), Interest::READABLE)?;
            all.push(socket);
        }
        Ok(Crowd {
            poll,
            sockets: all,
            publishers,
            frame,
            buffer: vec![0; READ_BYTES],
            out: Vec::new(),
            next: 0,
            seen: 0,
            ages: Samples::default(),
            timing: false,
        })
    }

    /// Publishes `rate` messages a second for so long, and waits for `fan` deliveries of each.
    pub(crate) fn window(&mut self, rate: u64, seconds: f64, fan: u64) -> anyhow::Result<Window> {
        let mut events = Events::with_capacity(4096);
        let total = (rate as f64 * seconds) as u64;
        (self.seen, self.ages, self.timing) = (0, Samples::default(), true);
        let begun_us = now_us();
        let (mut sent, mut last) = (0, Instant::now());
        while sent < total || (self.seen < sent * fan && last.elapsed() < SILENCE) {
            let now = now_us();
            while sent < total && begun_us + sent * 1_000_000 / rate <= now {
                self.publish(begun_us + sent * 1_000_000 / rate)?;
                sent += 1;
            }
            let next = begun_us + sent * 1_000_000 / rate;
            let wait = if sent < total { Duration::from_micros(next.saturating_sub(now)) } else { SILENCE };
            let before = self.seen;
            self.turn(&mut events, wait)?;
            if self.seen > before {
                last = Instant::now();
            }
        }
        let ages = std::mem::take(&mut self.ages);
        Ok(Window { sent, delivered: self.seen, ages })
    }

    /// Reads what comes until nothing has come for a while: answers to what was asked before.
    pub(crate) fn settle(&mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(4096);
        self.timing = false;
        loop {
            self.turn(&mut events, Duration::from_millis(300))?;
            if events.is_empty() {
                return Ok(());
            }
        }
    }

    fn turn(&mut self, events: &mut Events, wait: Duration) -> anyhow::Result<()> {
        match self.poll.poll(events, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => other?,
        }
        for event in events.iter() {
            self.read(event.token().0)?;
        }
        Ok(())
    }

    fn publish(&mut self, due_us: u64) -> anyhow::Result<()> {
        let who = self.publishers[self.next % self.publishers.len()];
        let filler = "x".repeat(PAYLOAD - 1 - STAMP);
        self.out.clear();
        (self.frame)(&mut self.out, self.next, &format!("{}{due_us:016}{filler}", char::from(MARK)));
        self.next += 1;
        // A few hundred bytes always fit into the buffer of a socket that is read.
        if self.sockets[who].write(&self.out)? < self.out.len() {
            bail!("the server does not read what is published");
        }
        Ok(())
    }

    fn read(&mut self, place: usize) -> anyhow::Result<()> {
        loop {
            let read = match self.sockets[place].read(&mut self.buffer) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let bytes = &self.buffer[..read];
            self.seen += memchr::memchr_iter(MARK, bytes).count() as u64;
            if self.timing && place.is_multiple_of(TIMED) {
                let now = now_us();
                for at in memchr::memchr_iter(MARK, bytes) {
                    let stamp =
                        bytes.get(at + 1..at + 1 + STAMP).and_then(|stamp| std::str::from_utf8(stamp).ok());
                    // One that is cut at the end of a read is counted and not timed.
                    if let Some(due) = stamp.and_then(|stamp| stamp.parse::<u64>().ok()) {
                        self.ages.add(now.saturating_sub(due));
                    }
                }
            }
            if read < self.buffer.len() {
                return Ok(());
            }
        }
    }
}

/// A masked text frame, with a mask of zeros: allowed, and it costs nothing.
pub(crate) fn text_frame(out: &mut Vec<u8>, text: &[u8]) {
    out.push(0x81);
    match text.len() {
        length @ 0..126 => out.push(0x80 | length as u8),
        length => {
            out.push(0x80 | 126);
            out.extend((length as u16).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend(text);
}
