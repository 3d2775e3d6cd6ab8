//! A raw HTTP/1.1 client: it shows how a response really ended, which no HTTP library does.

use std::net::SocketAddr;
use std::time::Duration;

use madang_testkit::upstream::{Options, Upstream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for anything in a test; only a failing test ever takes it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How a response stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The body was whole.
    Whole,
    /// The connection closed too early.
    Closed,
    /// The connection was reset.
    Reset,
}

/// One response as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// The body without its chunk framing, as far as it came.
    pub(crate) body: Vec<u8>,
    /// Sizes of the HTTP chunks, in order.
    pub(crate) chunks: Vec<usize>,
    pub(crate) end: End,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.clone().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn error_type(&self) -> String {
        self.json()["error"]["type"].as_str().unwrap_or("").to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or("").to_owned()
    }

    /// The events of the body: name and data.
    pub(crate) fn events(&self) -> Vec<(String, Value)> {
        events_in(&String::from_utf8_lossy(&self.body))
    }

    /// All text deltas together.
    pub(crate) fn text(&self) -> String {
        let events = self.events();
        events.iter().filter_map(|(_, data)| data["delta"]["text"].as_str()).collect()
    }

    /// The events in short: kinds of blocks with their number of deltas, the stop reason, and how it ended.
    pub(crate) fn summary(&self) -> String {
        let mut words: Vec<String> = vec![self.status.to_string()];
        let mut deltas = 0;
        for (name, data) in self.events() {
            match name.as_str() {
                "content_block_start" => {
                    deltas = 0;
                    words.push(data["content_block"]["type"].as_str().unwrap_or("?").to_owned());
                }
                "content_block_delta" => deltas += 1,
                "content_block_stop" => words.push(format!("[{deltas}]")),
                "message_delta" => {
                    words.push(data["delta"]["stop_reason"].as_str().unwrap_or("?").to_owned())
                }
                "error" => {
                    words.push(format!("[{deltas}] error:{}", data["error"]["type"].as_str().unwrap_or("?")))
                }
                "message_start" | "message_stop" | "ping" => {}
                other => words.push(format!("<{other}>")),
            }
        }
        let last = self.events().pop().map(|(name, _)| name);
        let broken_off = !matches!(last.as_deref(), Some("message_stop" | "error"));
        if broken_off && last.is_some() {
            words.push(format!("[{deltas}]"));
        }
        words.push(format!("{:?}", self.end).to_lowercase());
        words.join(" ")
    }
}

/// Splits an event stream as the standard says, whatever the line ends.
pub(crate) fn events_in(body: &str) -> Vec<(String, Value)> {
    let body = body.replace("\r\n", "\n");
    let events = body.split("\n\n").filter_map(|event| {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let data = serde_json::from_str(field("data:")?).ok()?;
        Some((field("event:")?.to_owned(), data))
    });
    events.collect()
}

/// A connection to the stand-in.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(addr).await.unwrap(), read: Vec::new() }
    }

    /// Sends a request without waiting for its answer.
    pub(crate) async fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads one response, however it ends.
    pub(crate) async fn receive(&mut self) -> Response {
        tokio::time::timeout(PATIENCE, self.receive_patiently()).await.unwrap()
    }

    /// Reads until the body so far satisfies a condition.
    pub(crate) async fn receive_until(&mut self, enough: impl Fn(&str) -> bool) {
        let reading = async {
            while !enough(&String::from_utf8_lossy(&self.read)) {
                assert!(self.fill().await.is_none(), "the response ended early");
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap();
    }

    async fn receive_patiently(&mut self) -> Response {
        let mut response = Response {
            status: 0,
            head: String::new(),
            body: Vec::new(),
            chunks: Vec::new(),
            end: End::Whole,
        };
        let head_end = loop {
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break at;
            }
            if let Some(end) = self.fill().await {
                response.end = end;
                return response;
            }
        };
        response.head = String::from_utf8_lossy(&self.read[..head_end]).into_owned();
        self.read.drain(..head_end + 4);
        response.status = response.head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        match response.header("content-length").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => response.end = self.take_into(length, &mut response.body).await,
            None if response.header("transfer-encoding") == Some("chunked") => {
                self.take_chunks(&mut response).await
            }
            None => {}
        }
        response
    }

    async fn take_chunks(&mut self, response: &mut Response) {
        loop {
            let line_end = loop {
                if let Some(at) = find(&self.read, b"\r\n") {
                    break at;
                }
                if let Some(end) = self.fill().await {
                    response.end = end;
                    return;
                }
            };
            let size = usize::from_str_radix(&String::from_utf8_lossy(&self.read[..line_end]), 16).unwrap();
            self.read.drain(..line_end + 2);
            if size > 0 {
                response.chunks.push(size);
            }
            let mut line = Vec::new();
            let mut end = self.take_into(size, &mut response.body).await;
            if end == End::Whole {
                end = self.take_into(2, &mut line).await;
            }
            if size == 0 || end != End::Whole {
                response.end = end;
                return;
            }
        }
    }

    async fn take_into(&mut self, bytes: usize, into: &mut Vec<u8>) -> End {
        let mut missing = bytes;
        while missing > 0 {
            if self.read.is_empty()
                && let Some(end) = self.fill().await
            {
                return end;
            }
            let taken = missing.min(self.read.len());
            into.extend(self.read.drain(..taken));
            missing -= taken;
        }
        End::Whole
    }

    async fn fill(&mut self) -> Option<End> {
        match self.stream.read_buf(&mut self.read).await {
            Ok(0) => Some(End::Closed),
            Ok(_) => None,
            Err(_) => Some(End::Reset),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// A started stand-in with the options of the tests.
pub(crate) async fn started() -> Upstream {
    Upstream::start(Options::default()).await.unwrap()
}

/// A minimal Messages body.
pub(crate) fn body(model: &str, stream: bool) -> Value {
    let messages = json!([{ "role": "user", "content": "Hello there" }]);
    json!({ "model": model, "max_tokens": 1024, "stream": stream, "messages": messages })
}

/// The bytes of a POST with the usual headers and these.
pub(crate) fn post(path: &str, headers: &str, body: &str) -> String {
    let usual = "host: sim\r\nx-api-key: key-a\r\nanthropic-version: 2026-10-21\r\n";
    format!("POST {path} HTTP/1.1\r\n{usual}{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// Sends a Messages body on a connection of its own.
pub(crate) async fn ask(upstream: &Upstream, body: &Value) -> Response {
    ask_with(upstream, "", body).await
}

/// Sends a Messages body with more headers, each ending in CR LF.
pub(crate) async fn ask_with(upstream: &Upstream, headers: &str, body: &Value) -> Response {
    let mut client = Client::connect(upstream.addr()).await;
    client.send(&post("/v1/messages", headers, &body.to_string())).await;
    client.receive().await
}

/// Streams a scenario of its own name.
pub(crate) async fn stream(upstream: &Upstream, scenario: &str) -> Response {
    ask(upstream, &body(&format!("sim-{scenario}"), true)).await
}

/// GETs a path with credentials.
pub(crate) async fn get(upstream: &Upstream, path: &str) -> Response {
    let mut client = Client::connect(upstream.addr()).await;
    let head = "host: sim\r\nauthorization: Bearer key-a\r\nanthropic-version: 2026-10-21\r\n\r\n";
    client.send(&format!("GET {path} HTTP/1.1\r\n{head}")).await;
    client.receive().await
}
