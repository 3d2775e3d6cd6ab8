//! One accepted connection: writes that notice when the client leaves, and count how long it made us wait.
//!
//! Every write and every pause watches the reading side, so an abort is logged within one delta interval.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use super::http::{Inbox, ReadError, Request};

/// Bytes a client may send ahead while its response is still being written; more are left in the socket.
const READ_AHEAD_BYTES_MAX: usize = 1024 * 1024;
/// Writes after which an unpaced stream looks for a closed peer and lets other tasks run.
const WRITES_PER_CHECK: u32 = 16;

/// The client closed its side, or reset the connection.
#[derive(Debug, thiserror::Error)]
#[error("the client left")]
pub(crate) struct Gone;

/// What one response cost on the wire.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Meter {
    /// Bytes accepted by the kernel, head and chunk framing included.
    pub(crate) bytes_sent: u64,
    /// Time spent waiting for a full socket buffer to drain.
    pub(crate) blocked: Duration,
    /// Longest single such wait.
    pub(crate) blocked_max: Duration,
    /// Writes that found the socket buffer full.
    pub(crate) blocked_writes: u64,
}

/// A connection and what has been read from it in advance.
#[derive(Debug)]
pub(crate) struct Conn {
    stream: TcpStream,
    inbox: Inbox,
    /// Number of the connection, from 1.
    pub(crate) number: u64,
    /// Cuts every raw write into pieces of this many bytes; 0 writes whole.
    pub(crate) tcp_bytes: usize,
    /// Costs of the response being written.
    pub(crate) meter: Meter,
    writes: u32,
}

impl Conn {
    pub(crate) fn new(stream: TcpStream, number: u64) -> Self {
        Self { stream, inbox: Inbox::default(), number, tcp_bytes: 0, meter: Meter::default(), writes: 0 }
    }

    /// Reads the next request and starts a new meter for its response.
    pub(crate) async fn next_request(&mut self) -> Result<Request, ReadError> {
        let request = self.inbox.next(&mut self.stream).await?;
        self.meter = Meter::default();
        self.tcp_bytes = 0;
        Ok(request)
    }

    /// Writes everything, in pieces of `tcp_bytes` when that is set.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let piece = if self.tcp_bytes == 0 { bytes.len().max(1) } else { self.tcp_bytes };
        for part in bytes.chunks(piece) {
            self.write_whole(part).await?;
            self.writes = self.writes.wrapping_add(1);
            if self.writes.is_multiple_of(WRITES_PER_CHECK) || self.tcp_bytes > 0 {
                tokio::task::yield_now().await;
                self.check()?;
            }
        }
        Ok(())
    }

    /// Waits until `deadline`, or until the client leaves.
    pub(crate) async fn sleep_until(&mut self, deadline: Instant) -> Result<(), Gone> {
        if deadline <= Instant::now() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep_until(deadline) => Ok(()),
            () = peer_left(&self.stream, &mut self.inbox.bytes) => Err(Gone),
        }
    }

    /// Waits for ever, that is until the client leaves.
    pub(crate) async fn hang(&mut self) -> Gone {
        peer_left(&self.stream, &mut self.inbox.bytes).await;
        Gone
    }

    /// Makes the coming close a reset: the peer gets RST, and what it has not read yet is lost.
    pub(crate) fn arm_reset(&self) {
        // A socket that is already closed cannot be armed, and then there is nothing left to reset.
        drop(self.stream.set_zero_linger());
    }

    async fn write_whole(&mut self, mut bytes: &[u8]) -> Result<(), Gone> {
        while !bytes.is_empty() {
            match self.stream.try_write(bytes) {
                Ok(0) => return Err(Gone),
                Ok(written) => {
                    self.meter.bytes_sent += written as u64;
                    bytes = &bytes[written..];
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait_writable().await?,
                Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }

    async fn wait_writable(&mut self) -> Result<(), Gone> {
        let since = Instant::now();
        let outcome = tokio::select! {
            ready = self.stream.writable() => ready.map_err(|_| Gone),
            () = peer_left(&self.stream, &mut self.inbox.bytes) => Err(Gone),
        };
        let waited = since.elapsed();
        self.meter.blocked += waited;
        self.meter.blocked_max = self.meter.blocked_max.max(waited);
        self.meter.blocked_writes += 1;
        outcome
    }

    fn check(&mut self) -> Result<(), Gone> {
        match poll_peer(&self.stream, &mut self.inbox.bytes) {
            Peer::Left => Err(Gone),
            Peer::Silent | Peer::SentAhead => Ok(()),
        }
    }
}

enum Peer {
    Left,
    Silent,
    SentAhead,
}

fn poll_peer(stream: &TcpStream, inbox: &mut Vec<u8>) -> Peer {
    if inbox.len() >= READ_AHEAD_BYTES_MAX {
        return Peer::Silent;
    }
    match stream.try_read_buf(inbox) {
        Ok(0) => Peer::Left,
        Ok(_) => Peer::SentAhead,
        Err(error) if error.kind() == ErrorKind::WouldBlock => Peer::Silent,
        Err(_) => Peer::Left,
    }
}

async fn peer_left(stream: &TcpStream, inbox: &mut Vec<u8>) {
    loop {
        if inbox.len() >= READ_AHEAD_BYTES_MAX {
            std::future::pending::<()>().await;
        }
        inbox.reserve(1024);
        if stream.readable().await.is_err() {
            return;
        }
        if matches!(poll_peer(stream, inbox), Peer::Left) {
            return;
        }
    }
}
