//! The generator: one thread on epoll that publishes at a rate and counts what comes back, for any server.
//!
//! Nothing of a message is parsed but what tells when it was due: a client library would cost more than the server under
//! test.

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
pub(crate) const TIMED: usize = 8;
/// Silence after which what has not come is given up.
const SILENCE: Duration = Duration::from_secs(3);

/// What is published, and how it is known again in what comes.
pub(crate) trait Wire {
    /// Writes the publication with this number, due at this time.
    fn write(&mut self, out: &mut Vec<u8>, n: usize, due_us: u64);

    /// Counts the publications in bytes that the connection at `place` read, and notes the ages of those that can be timed.
    fn read(&mut self, place: usize, bytes: &[u8], ages: Option<&mut Samples>) -> u64;
}

/// Payloads that say themselves when they were due, in a frame that the function makes around each.
pub(crate) struct Marked<F>(pub(crate) F);

impl<F: FnMut(&mut Vec<u8>, usize, &str)> Wire for Marked<F> {
    fn write(&mut self, out: &mut Vec<u8>, n: usize, due_us: u64) {
        let filler = "x".repeat(PAYLOAD - 1 - STAMP);
        (self.0)(out, n, &format!("{}{due_us:016}{filler}", char::from(MARK)));
    }

    fn read(&mut self, _: usize, bytes: &[u8], ages: Option<&mut Samples>) -> u64 {
        if let Some(ages) = ages {
            let now = now_us();
            for at in memchr::memchr_iter(MARK, bytes) {
                let stamp =
                    bytes.get(at + 1..at + 1 + STAMP).and_then(|stamp| std::str::from_utf8(stamp).ok());
                // One that is cut at the end of a read is counted and not timed.
                if let Some(due) = stamp.and_then(|stamp| stamp.parse::<u64>().ok()) {
                    ages.add(now.saturating_sub(due));
                }
            }
        }
        memchr::memchr_iter(MARK, bytes).count() as u64
    }
}

/// The connections, and what is published through.
pub(crate) struct Crowd {
    poll: Poll,
    sockets: Vec<TcpStream>,
    speakers: Vec<std::net::TcpStream>,
    wire: Box<dyn Wire>,
    buffer: Vec<u8>,
    out: Vec<u8>,
    next: usize,
    seen: u64,
    ages: Samples,
    late: Samples,
    timing: bool,
}

/// What a window came to.
pub(crate) struct Window {
    pub(crate) sent: u64,
    pub(crate) delivered: u64,
    pub(crate) ages: Samples,
    /// By how much each was published later than it was due: of the ages, what is the generator's own.
    pub(crate) late: Samples,
}

impl Crowd {
    /// Takes connections that have been let in; those at the places in `publishers` publish in turn.
    pub(crate) fn new(
        sockets: Vec<std::net::TcpStream>,
        publishers: &[usize],
        wire: Box<dyn Wire>,
    ) -> anyhow::Result<Crowd> {
        let poll = Poll::new()?;
        let speakers =
            publishers.iter().map(|place| sockets[*place].try_clone()).collect::<Result<Vec<_>, _>>()?;
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
            speakers,
            wire,
            buffer: vec![0; READ_BYTES],
            out: Vec::new(),
            next: 0,
            seen: 0,
            ages: Samples::default(),
            late: Samples::default(),
            timing: false,
        })
    }

    /// Publishes through other sockets from now on.
    pub(crate) fn speak_through(&mut self, speakers: Vec<std::net::TcpStream>) -> anyhow::Result<()> {
        speakers.iter().try_for_each(|speaker| speaker.set_nonblocking(true))?;
        self.speakers = speakers;
        Ok(())
    }

    /// Writes the same through everything that is published through.
    pub(crate) fn all_say(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.speakers.iter().try_for_each(|speaker| write(speaker, bytes))
    }

    /// Publishes `rate` messages a second for so long, and waits for `fan` deliveries of each.
    pub(crate) fn window(&mut self, rate: u64, seconds: f64, fan: u64) -> anyhow::Result<Window> {
        let mut events = Events::with_capacity(4096);
        let total = (rate as f64 * seconds) as u64;
        (self.seen, self.ages, self.late, self.timing) = (0, Samples::default(), Samples::default(), true);
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
        let (ages, late) = (std::mem::take(&mut self.ages), std::mem::take(&mut self.late));
        Ok(Window { sent, delivered: self.seen, ages, late })
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
        self.out.clear();
        self.late.add(now_us().saturating_sub(due_us));
        self.wire.write(&mut self.out, self.next, due_us);
        let speaker = &self.speakers[self.next % self.speakers.len()];
        self.next += 1;
        write(speaker, &self.out)
    }

    fn read(&mut self, place: usize) -> anyhow::Result<()> {
        loop {
            let read = match self.sockets[place].read(&mut self.buffer) {
                Ok(0) => bail!("the server closed a connection"),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let timed = self.timing && place.is_multiple_of(TIMED);
            self.seen += self.wire.read(place, &self.buffer[..read], timed.then_some(&mut self.ages));
            if read < self.buffer.len() {
                return Ok(());
            }
        }
    }
}

/// Writes at once: a few hundred bytes always fit into the buffer of a socket that is read.
fn write(mut to: &std::net::TcpStream, bytes: &[u8]) -> anyhow::Result<()> {
    if to.write(bytes)? < bytes.len() {
        bail!("the server does not read what is published");
    }
    Ok(())
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
