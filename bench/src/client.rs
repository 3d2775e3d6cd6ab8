//! A version-2 client that costs little: one buffer, a tiny frame parser, no JSON tree.

use anyhow::{Context, bail};
use base64::Engine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that has been let in.
pub(crate) struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    start: usize,
    /// Bytes of frames received, heads included.
    pub(crate) received: u64,
    next_id: u64,
}

impl Socket {
    /// Connects as a new guest and says hello.
    pub(crate) async fn connect(address: &str) -> anyhow::Result<Socket> {
        Self::connect_as(address, "").await
    }

    /// Connects as whoever a token stands for, and says hello.
    pub(crate) async fn connect_as(address: &str, token: &str) -> anyhow::Result<Socket> {
        Ok(Self::introduced(address, token).await?.0)
    }

    /// The same; and what the server says of whom it let in.
    pub(crate) async fn introduced(address: &str, token: &str) -> anyhow::Result<(Socket, String)> {
        let mut socket = Self::greet(address, token, "null").await?;
        let connected = socket.until(r#""type":"connected""#).await?;
        // A connection that rests keeps no room for what it read.
        socket.buffer = Vec::new();
        socket.start = 0;
        Ok((socket, connected))
    }

    /// Connects and asks to resume; all that follows is read by whoever asked.
    pub(crate) async fn resume(address: &str, token: &str, resume: &str) -> anyhow::Result<Socket> {
        Self::greet(address, token, resume).await
    }

    async fn greet(address: &str, token: &str, resume: &str) -> anyhow::Result<Socket> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let key = base64::engine::general_purpose::STANDARD.encode([7; 16]);
        let head = format!(
            "GET /ws?token={token} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: madang.v2.json\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut socket =
            Socket { stream, buffer: Vec::with_capacity(1024), start: 0, received: 0, next_id: 0 };
        socket.skip_head().await?;
        let hello = format!(r#"{{"client":{{"name":"bench","version":"1"}},"resume":{resume}}}"#);
        socket.send("hello", &hello).await?;
        Ok(socket)
    }

    /// The bare socket; what was read and not looked at is lost.
    pub(crate) fn into_std(self) -> anyhow::Result<std::net::TcpStream> {
        Ok(self.stream.into_std()?)
    }

    async fn skip_head(&mut self) -> anyhow::Result<()> {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                if !self.buffer.starts_with(b"HTTP/1.1 101") {
                    bail!("refused: {}", String::from_utf8_lossy(&self.buffer));
                }
                self.start = end + 4;
                return Ok(());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        self.buffer.reserve(4096);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }

    /// Sends a command and returns its id.
    pub(crate) async fn send(&mut self, kind: &str, data: &str) -> anyhow::Result<u64> {
        self.next_id += 1;
        let id = self.next_id;
        self.send_as(&format!("b{id}"), kind, data).await?;
        Ok(id)
    }

    /// Sends a command under an id of the caller's.
    pub(crate) async fn send_as(&mut self, id: &str, kind: &str, data: &str) -> anyhow::Result<()> {
        let text = format!(r#"{{"type":"{kind}","data":{data},"timestamp":0,"id":"{id}"}}"#);
        let mut frame = vec![0x81];
        match u16::try_from(text.len()) {
            Ok(length) if length < 126 => frame.push(0x80 | length as u8),
            Ok(length) => {
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
            Err(_) => bail!("too long for a benchmark"),
        }
        // A mask of zeros is allowed and costs nothing.
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        Ok(self.stream.write_all(&frame).await?)
    }

    /// The next text message; pings are answered.
    pub(crate) async fn next(&mut self) -> anyhow::Result<&str> {
        loop {
            let available = &self.buffer[self.start..];
            let Some((head, length)) =
                frame_head(available).filter(|(head, length)| available.len() >= head + length)
            else {
                self.fill().await?;
                continue;
            };
            let opcode = available[0] & 0x0f;
            let begin = self.start + head;
            self.start = begin + length;
            self.received += (head + length) as u64;
            match opcode {
                1 => return std::str::from_utf8(&self.buffer[begin..begin + length]).context("not text"),
                9 => {
                    let mut pong = vec![0x8a, 0x80 | length as u8, 0, 0, 0, 0];
                    pong.extend(&self.buffer[begin..begin + length]);
                    self.stream.write_all(&pong).await?;
                }
                8 => bail!("closed: {}", String::from_utf8_lossy(&self.buffer[begin..begin + length])),
                _ => {}
            }
        }
    }

    /// Reads until a message contains this, and returns it.
    pub(crate) async fn until(&mut self, wanted: &str) -> anyhow::Result<String> {
        loop {
            let text = self.next().await?;
            if text.contains(wanted) {
                return Ok(text.to_owned());
            }
            if text.contains(r#""type":"error""#) {
                bail!("refused: {text}");
            }
        }
    }

    /// Makes a session with this model and returns its id.
    pub(crate) async fn session(&mut self, model: &str) -> anyhow::Result<String> {
        self.send("create_session", &format!(r#"{{"model":"{model}"}}"#)).await?;
        let ack = self.until(r#""type":"ack""#).await?;
        Ok(field(&ack, "session_id").context("no session id")?.to_owned())
    }
}

/// The token of a new guest.
pub(crate) async fn guest(address: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!("POST /api/v1/guests HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(field(&answer, "token").context("no guest was made")?.to_owned())
}

/// Head length and payload length of a server's frame, once its head is there.
fn frame_head(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.get(1)? {
        126 => Some((4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into())),
        127 => Some((10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?)),
        short => Some((2, short.into())),
    }
}

/// A text field's value, where it has no escapes.
pub(crate) fn field<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let marker = format!(r#""{name}":""#);
    let rest = &json[json.find(&marker)? + marker.len()..];
    rest.split('"').next()
}

/// A number's value.
pub(crate) fn number(json: &str, name: &str) -> Option<u64> {
    let marker = format!(r#""{name}":"#);
    let rest = &json[json.find(&marker)? + marker.len()..];
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The send times (microseconds since 1970) that the stand-in wrote into the text after `marker`.
pub(crate) fn stamps<'a>(text: &'a str, marker: &'a str) -> impl Iterator<Item = u64> + 'a {
    text.split(marker)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .flat_map(|content| content.split_ascii_whitespace())
        .filter(|word| word.len() == 16)
        .filter_map(|word| word.parse().ok())
}

/// The same clock that the stand-in stamps with.
#[expect(clippy::disallowed_methods, reason = "a benchmark lives at the edge")]
pub(crate) fn now_us() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
