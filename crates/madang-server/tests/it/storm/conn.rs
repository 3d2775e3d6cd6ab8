//! One person's socket: what came is read without waiting long, and a frame that is cut is kept.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use socket2::SockRef;

use crate::hostile::wire::{frame, text, upgrade_head};

/// How long a look at the socket waits.
const LOOK: Duration = Duration::from_millis(3);
/// Bytes that the system keeps for someone who reads slowly: little, so that the server notices.
const RECEIVE_BYTES: usize = 16 * 1024;

/// A socket after its handshake.
pub(crate) struct Conn {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Conn {
    /// Connects as the person of this token; none while the server is away.
    pub(crate) fn open(address: SocketAddr, token: &str, version_2: bool) -> Option<Conn> {
        let socket = TcpStream::connect(address).ok()?;
        SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BYTES).ok()?;
        socket.set_write_timeout(Some(Duration::from_secs(2))).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        let bearer = format!("Authorization: Bearer {token}");
        let offered = if version_2 { "madang.v2.json" } else { "claude-websocket-v1" };
        let head = upgrade_head("/ws", &[&bearer, &format!("Sec-WebSocket-Protocol: {offered}")]);
        let mut conn = Conn { socket, buffer: Vec::new() };
        conn.socket.write_all(head.as_bytes()).ok()?;
        let end = loop {
            if let Some(at) = conn.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if !conn.fill() {
                return None;
            }
        };
        if !conn.buffer.starts_with(b"HTTP/1.1 101") {
            return None;
        }
        conn.buffer.drain(..end);
        conn.socket.set_read_timeout(Some(LOOK)).ok()?;
        Some(conn)
    }

    fn fill(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.socket.read(&mut bytes) {
            Ok(0) => false,
            Ok(read) => {
                self.buffer.extend_from_slice(&bytes[..read]);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Sends a command; false when the socket is broken.
    pub(crate) fn command(&mut self, id: &str, kind: &str, data: &Value) -> bool {
        let envelope = json!({"type": kind, "data": data, "timestamp": 1, "id": id});
        self.socket.write_all(&text(&envelope.to_string())).is_ok()
    }

    /// Breaks off in the middle of a frame, without a goodbye: the peer sees a reset.
    pub(crate) fn break_off(mut self) {
        let half = text(&json!({"type": "chat_message", "data": {"content": "never whole"}}).to_string());
        drop(self.socket.write_all(&half[..half.len() / 2]));
        drop(SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)));
    }

    /// What came: the texts of frames; none when the connection is over. Pings are answered.
    pub(crate) fn look(&mut self) -> Option<Vec<Value>> {
        let open = self.fill();
        let mut came = Vec::new();
        while let Some((opcode, payload, used)) = whole(&self.buffer) {
            match opcode {
                0x81 => came.push(serde_json::from_slice(payload).expect("the server sends JSON")),
                0x88 => return Some(came).filter(|came| !came.is_empty()),
                0x89 => {
                    let pong = frame(0x8a, payload);
                    drop(self.socket.write_all(&pong));
                }
                _ => {}
            }
            self.buffer.drain(..used);
        }
        (open || !came.is_empty()).then_some(came)
    }
}

/// The first frame, when all of it is there: its first byte, its payload, its length.
fn whole(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (head, length) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    Some((bytes[0], bytes.get(head..head + length)?, head + length))
}
