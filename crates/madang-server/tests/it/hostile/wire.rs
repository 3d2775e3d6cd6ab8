//! A client that writes bytes: no library refuses to send what it wants sent.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// A read that is right never waits so long.
const PATIENCE: Duration = Duration::from_secs(20);
/// The subprotocol of version 2.
pub(crate) const V2: &str = "Sec-WebSocket-Protocol: madang.v2.json";

/// An answer's head and body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The code of a problem+json body; empty for any other body.
    pub(crate) fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Where the server under attack is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target(pub(crate) SocketAddr);

impl Target {
    /// A bare socket.
    pub(crate) fn socket(self) -> TcpStream {
        let socket = TcpStream::connect(self.0).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket
    }

    /// Sends these bytes and reads one answer.
    pub(crate) fn raw(self, bytes: &[u8]) -> Answer {
        let mut socket = self.socket();
        // A server that has refused already may have closed its ear: its answer is there all the same.
        drop(socket.write_all(bytes));
        read_answer(&mut socket).expect("an answer")
    }

    /// One request with a body.
    pub(crate) fn ask(self, line: &str, headers: &[&str], body: &str) -> Answer {
        let mut head = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            head.push_str("Host: localhost\r\n");
        }
        headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
        if !body.is_empty() {
            head.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        self.raw(format!("{head}\r\n{body}").as_bytes())
    }

    /// Tries an upgrade.
    pub(crate) fn try_upgrade(self, path: &str, headers: &[&str]) -> (TcpStream, Answer) {
        let mut socket = self.socket();
        drop(socket.write_all(upgrade_head(path, headers).as_bytes()));
        let answer = read_answer(&mut socket).expect("an answer");
        (socket, answer)
    }

    /// An upgrade that must succeed.
    pub(crate) fn upgrade(self, path: &str, headers: &[&str]) -> Wire {
        let (socket, answer) = self.try_upgrade(path, headers);
        assert_eq!(answer.status, 101, "{answer:?}");
        Wire { socket, answer, events: VecDeque::new() }
    }

    /// A new guest on version 1.
    pub(crate) fn v1(self) -> Wire {
        self.upgrade("/ws", &[])
    }

    /// A new guest on version 2, after `connected`.
    pub(crate) fn v2(self) -> Wire {
        self.with(&[V2])
    }

    /// A person known by their token, on version 2, after `connected`.
    pub(crate) fn person(self, token: &str) -> Wire {
        self.with(&[V2, &format!("Authorization: Bearer {token}")])
    }

    fn with(self, headers: &[&str]) -> Wire {
        let mut wire = self.upgrade("/ws", headers);
        wire.command("hello", "hello", &json!({"client": {"name": "wire", "version": "1"}}));
        wire.event("connected");
        wire
    }

    /// The token of a new guest.
    pub(crate) fn guest(self) -> String {
        let answer = self.ask("POST /api/v1/guests", &[], "");
        let body: Value = serde_json::from_str(&answer.body).expect("a guest");
        body["token"].as_str().unwrap_or_else(|| panic!("no token: {answer:?}")).to_owned()
    }
}

fn read_answer(socket: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        if socket.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut answer = Answer { status, head, body: String::new() };
    if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
        // It never ends by itself.
        return Some(answer);
    }
    let mut body = Vec::new();
    match answer.header("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            body.resize(length, 0);
            socket.read_exact(&mut body).ok()?;
        }
        None if status != 101 => drop(socket.read_to_end(&mut body)),
        None => {}
    }
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Some(answer)
}

/// The head of an upgrade.
pub(crate) fn upgrade_head(path: &str, headers: &[&str]) -> String {
    let mut head = format!("GET {path} HTTP/1.1\r\n");
    if !headers.iter().any(|header| header.starts_with("Host:")) {
        head.push_str("Host: localhost\r\n");
    }
    head.push_str(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    );
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    head + "\r\n"
}

/// A masked frame; `flags` is the first byte as it goes on the wire.
pub(crate) fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut out = header(flags, payload.len() as u64);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    out
}

/// A masked frame's head that declares so many bytes, in the shortest form.
pub(crate) fn header(flags: u8, length: u64) -> Vec<u8> {
    let mut out = vec![flags];
    match length {
        0..=125 => out.push(0x80 | length as u8),
        126..=0xffff => {
            out.push(0x80 | 126);
            out.extend((length as u16).to_be_bytes());
        }
        _ => {
            out.push(0x80 | 127);
            out.extend(length.to_be_bytes());
        }
    }
    out.extend([0x37, 0xfa, 0x21, 0x3d]);
    out
}

/// A whole text message.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload.as_bytes())
}

/// A close frame.
pub(crate) fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason);
    frame(0x88, &payload)
}

/// A WebSocket written by hand.
pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
    pub(crate) answer: Answer,
    events: VecDeque<Value>,
}

/// What comes on a WebSocket.
#[derive(Debug, PartialEq)]
pub(crate) enum Came {
    Text(String),
    Pong,
    /// The code, and nothing behind it.
    Close(Option<u16>),
    /// The end of the stream, or of our patience.
    End,
}

impl Wire {
    /// Writes bytes as they are; false when the server has hung up.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> bool {
        self.socket.write_all(bytes).is_ok()
    }

    /// Sends a command.
    pub(crate) fn command(&mut self, id: &str, kind: &str, data: &Value) -> bool {
        let envelope = json!({"type": kind, "data": data, "timestamp": 1, "id": id});
        self.bytes(&text(&envelope.to_string()))
    }

    /// The next frame; pings are answered.
    pub(crate) fn frame(&mut self) -> Came {
        loop {
            let mut head = [0; 2];
            if self.socket.read_exact(&mut head).is_err() {
                return Came::End;
            }
            let mut long = [0; 8];
            let length = match head[1] {
                126 => self.socket.read_exact(&mut long[6..]).map(|()| u64::from_be_bytes(long)),
                127 => self.socket.read_exact(&mut long).map(|()| u64::from_be_bytes(long)),
                short => Ok(u64::from(short)),
            };
            let mut payload = vec![0; usize::try_from(length.unwrap_or(0)).unwrap()];
            if self.socket.read_exact(&mut payload).is_err() {
                return Came::End;
            }
            match head[0] {
                0x81 => return Came::Text(String::from_utf8(payload).unwrap()),
                0x88 if payload.is_empty() => return Came::Close(None),
                0x88 => return Came::Close(Some(u16::from_be_bytes([payload[0], payload[1]]))),
                0x89 => drop(self.bytes(&frame(0x8a, &payload))),
                0x8a => return Came::Pong,
                other => panic!("the server sent a frame that begins with {other:#x}"),
            }
        }
    }

    /// The next event; none when the connection is over.
    pub(crate) fn next(&mut self) -> Option<Value> {
        while self.events.is_empty() {
            match self.frame() {
                Came::Text(text) => {
                    let came: Value = serde_json::from_str(&text).unwrap();
                    match came.as_array() {
                        Some(items) => self.events.extend(items.iter().cloned()),
                        None => self.events.push_back(came),
                    }
                }
                Came::Pong => {}
                Came::Close(_) | Came::End => return None,
            }
        }
        self.events.pop_front()
    }

    /// The next event of a kind; others are passed over.
    #[track_caller]
    pub(crate) fn event(&mut self, kind: &str) -> Value {
        loop {
            let event = self.next().unwrap_or_else(|| panic!("the end instead of {kind}"));
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// The answer to a command; none when the connection ends first.
    pub(crate) fn try_answer(&mut self, id: &str) -> Option<Value> {
        loop {
            let event = self.next()?;
            if event["correlation_id"] == id {
                return Some(event);
            }
        }
    }

    /// The answer to a command.
    #[track_caller]
    pub(crate) fn answer_to(&mut self, id: &str) -> Value {
        self.try_answer(id).unwrap_or_else(|| panic!("the end instead of an answer to {id}"))
    }

    /// Sends a command and reads its answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, id: &str, kind: &str, data: &Value) -> Value {
        self.command(id, kind, data);
        self.answer_to(id)
    }

    /// A session of one's own.
    #[track_caller]
    pub(crate) fn session(&mut self, id: &str) -> String {
        let made = self.ask(id, "create_session", &json!({}));
        made["data"]["session_id"].as_str().unwrap_or_else(|| panic!("no session: {made}")).to_owned()
    }

    /// Reads to the close frame: its code, and the code that `disconnected` said before it.
    pub(crate) fn closed(&mut self) -> (Option<u16>, Option<u64>) {
        let mut said = None;
        loop {
            match self.frame() {
                Came::Text(text) => {
                    let event: Value = serde_json::from_str(&text).unwrap();
                    if event["type"] == "disconnected" {
                        said = event["data"]["code"].as_u64();
                    }
                }
                Came::Pong => {}
                Came::Close(code) => return (code, said),
                Came::End => return (None, said),
            }
        }
    }

    /// Checks that the server closes with this code, having said so.
    #[track_caller]
    pub(crate) fn must_close(&mut self, code: u16) {
        assert_eq!(self.closed(), (Some(code), Some(u64::from(code))));
    }

    /// Checks that the connection lives and answers.
    #[track_caller]
    pub(crate) fn must_live(&mut self) {
        assert_eq!(self.ask("alive", "ping", &json!({"timestamp": 5}))["type"], "pong");
    }
}
