//! A client that writes bytes: no library refuses to send what it wants sent.

use std::collections::VecDeque;
use std::time::Duration;

use madang_protocol::UserId;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::frames;
use crate::server::TestServer;

/// A test that is right never waits so long.
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
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// Sends one request and reads its whole answer.
pub(crate) async fn request(server: &TestServer, head: &str) -> Answer {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    read_answer(&mut socket).await
}

/// Sends one request with `Host` and `Connection: close` and reads its answer.
pub(crate) async fn ask(server: &TestServer, line: &str, headers: &[&str]) -> Answer {
    let mut head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    request(server, &(head + "\r\n")).await
}

async fn read_answer(socket: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        let mut byte = [0; 1];
        let read = soon("an answer", socket.read(&mut byte)).await.unwrap_or(0);
        assert!(read > 0, "closed without an answer, after {:?}", String::from_utf8_lossy(&bytes));
        bytes.push(byte[0]);
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    soon("a body", socket.read_exact(&mut body)).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    answer
}

/// The head of an upgrade.
pub(crate) fn upgrade_head(path: &str, headers: &[&str]) -> String {
    let mut head = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    headers.iter().for_each(|header| head.push_str(&format!("{header}\r\n")));
    head + "\r\n"
}

/// One frame of the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// The code, and nothing behind it.
    Close(Option<u16>),
    /// The end of the stream.
    End,
}

/// A WebSocket written by hand.
pub(crate) struct RawClient {
    pub(crate) socket: TcpStream,
    pub(crate) answer: Answer,
    events: VecDeque<Value>,
    /// Whether pings are answered by [`RawClient::frame`].
    pub(crate) polite: bool,
}

impl RawClient {
    /// Connects; the server must agree.
    pub(crate) async fn connect(server: &TestServer, path: &str, headers: &[&str]) -> RawClient {
        let client = Self::try_connect(server, path, headers).await;
        assert_eq!(client.answer.status, 101, "{:?}", client.answer);
        client
    }

    pub(crate) async fn try_connect(server: &TestServer, path: &str, headers: &[&str]) -> RawClient {
        Self::over(TcpStream::connect(server.address).await.unwrap(), path, headers).await
    }

    /// Connects with a receive buffer so small that the server's socket is soon full.
    pub(crate) async fn connect_narrow(server: &TestServer, path: &str, headers: &[&str]) -> RawClient {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::over(socket.connect(server.address).await.unwrap(), path, headers).await
    }

    async fn over(mut socket: TcpStream, path: &str, headers: &[&str]) -> RawClient {
        socket.write_all(upgrade_head(path, headers).as_bytes()).await.unwrap();
        let answer = read_answer(&mut socket).await;
        RawClient { socket, answer, events: VecDeque::new(), polite: true }
    }

    /// Connects with version 1, as a new guest.
    pub(crate) async fn v1(server: &TestServer) -> RawClient {
        Self::connect(server, "/ws", &[]).await
    }

    /// Connects with version 2 as a new guest, says hello, and takes `connected`.
    pub(crate) async fn v2(server: &TestServer) -> RawClient {
        let mut client = Self::connect(server, "/ws", &[V2]).await;
        client.hello().await;
        client
    }

    /// Says hello and takes `connected`.
    pub(crate) async fn hello(&mut self) -> Value {
        self.command("hello-1", "hello", json!({"client": {"name": "raw", "version": "1"}})).await;
        self.event("connected").await
    }

    /// The credential in the cookie that the server set.
    pub(crate) fn token(&self) -> String {
        let cookie = self.answer.header("set-cookie").expect("a cookie was set");
        cookie.split(';').next().unwrap().strip_prefix("__Host-madang=").unwrap().to_owned()
    }

    /// Writes bytes as they are.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        soon("room to write", self.socket.write_all(bytes)).await.unwrap();
    }

    /// Sends a text message.
    pub(crate) async fn text(&mut self, text: &str) {
        self.bytes(&frames::text(text)).await;
    }

    /// Sends a command.
    pub(crate) async fn command(&mut self, id: &str, kind: &str, data: Value) {
        self.text(&json!({"type": kind, "data": data, "timestamp": 1, "id": id}).to_string()).await;
    }

    /// Reads the next frame, and answers pings meanwhile.
    pub(crate) async fn frame(&mut self) -> Frame {
        loop {
            let frame = soon("a frame", self.read_frame()).await;
            match frame {
                Frame::Ping(payload) if self.polite => self.bytes(&frames::frame(0x8a, &payload)).await,
                frame => return frame,
            }
        }
    }

    async fn read_frame(&mut self) -> Frame {
        let mut head = [0; 2];
        if self.socket.read_exact(&mut head).await.is_err() {
            return Frame::End;
        }
        assert_eq!(head[0] & 0xf0, 0x80, "frames of ours are whole and without reserved bits");
        let length = match head[1] {
            126 => u64::from(self.socket.read_u16().await.unwrap()),
            127 => self.socket.read_u64().await.unwrap(),
            short => u64::from(short),
        };
        let mut payload = vec![0; length as usize];
        self.socket.read_exact(&mut payload).await.unwrap();
        match head[0] & 0x0f {
            1 => Frame::Text(String::from_utf8(payload).unwrap()),
            8 if payload.is_empty() => Frame::Close(None),
            8 => Frame::Close(Some(u16::from_be_bytes([payload[0], payload[1]]))),
            9 => Frame::Ping(payload),
            10 => Frame::Pong(payload),
            other => panic!("opcode {other}"),
        }
    }

    /// Reads up to this frame.
    pub(crate) async fn until(&mut self, wanted: &Frame) {
        loop {
            let frame = self.frame().await;
            if frame == *wanted {
                return;
            }
            assert!(!matches!(frame, Frame::Close(_) | Frame::End), "{frame:?} instead of {wanted:?}");
        }
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Value {
        while self.events.is_empty() {
            match self.frame().await {
                Frame::Text(text) => match serde_json::from_str(&text).unwrap() {
                    Value::Array(items) => self.events.extend(items),
                    one => self.events.push_back(one),
                },
                Frame::Ping(_) | Frame::Pong(_) => {}
                end @ (Frame::Close(_) | Frame::End) => panic!("{end:?} instead of an event"),
            }
        }
        self.events.pop_front().unwrap()
    }

    /// The next event of a kind; others are passed over.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        loop {
            let event = soon(kind, self.next()).await;
            if event["type"] == kind {
                return event;
            }
        }
    }

    /// The answer to a command: the first event with its correlation id.
    pub(crate) async fn answer_to(&mut self, id: &str) -> Value {
        loop {
            let event = soon(id, self.next()).await;
            if event["correlation_id"] == id {
                return event;
            }
        }
    }

    /// Reads to the close frame, and says what `disconnected` said before it.
    pub(crate) async fn closed(&mut self) -> (Option<u16>, Option<Value>) {
        let mut said = None;
        loop {
            match self.frame().await {
                Frame::Text(text) => {
                    let event: Value = serde_json::from_str(&text).unwrap();
                    if event["type"] == "disconnected" {
                        said = Some(event["data"].clone());
                    }
                }
                Frame::Ping(_) | Frame::Pong(_) => {}
                Frame::Close(code) => return (code, said),
                Frame::End => return (None, said),
            }
        }
    }

    /// Checks that the server closes with this code, says so before, and ends the stream.
    #[track_caller]
    pub(crate) fn must_close(self, code: u16) -> impl Future<Output = ()> {
        let at = std::panic::Location::caller();
        async move {
            let mut client = self;
            let (closed, said) = client.closed().await;
            assert_eq!(closed, Some(code), "at {at}");
            assert_eq!(said.unwrap_or_else(|| panic!("no disconnected at {at}"))["code"], code, "at {at}");
            client.bytes(&frames::close(code, b"")).await;
            assert_eq!(client.frame().await, Frame::End, "at {at}");
        }
    }

    /// Checks that the connection lives and answers.
    pub(crate) async fn must_live(&mut self) {
        self.command("still-here", "ping", json!({"timestamp": 5})).await;
        let pong = self.answer_to("still-here").await;
        assert_eq!((pong["type"].as_str(), pong["data"]["timestamp"].as_i64()), (Some("pong"), Some(5)));
    }
}

/// A user id in an event.
pub(crate) fn user(event: &Value) -> UserId {
    event["data"]["user_id"].as_str().unwrap().parse().unwrap()
}
