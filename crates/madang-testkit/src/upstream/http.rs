//! The reading half of HTTP/1.1: request heads and bodies from a byte buffer.
//!
//! Must never answer anything itself except `100 Continue`; the writing half is `conn.rs`, because only the scenarios
//! know how badly a response has to be cut up.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Largest request head in bytes; a longer one closes the connection. Ten times what the official SDKs send.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Most header lines in one request; more close the connection.
const HEADERS_MAX: usize = 128;
/// Largest body of a Messages request in bytes (32 MB, as the API documents); a longer one is read, dropped and answered 413.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Longest wait for the next byte of a request; a quieter connection is closed.
const READ_IDLE_MAX: Duration = Duration::from_secs(120);
/// Bytes asked from the socket at a time.
const READ_CHUNK_BYTES: usize = 64 * 1024;

/// One request as it was read, body whole.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path without the query.
    pub(crate) path: String,
    /// Query without the question mark, empty when there is none.
    pub(crate) query: String,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of body the client sent; larger than `body` when it went over [`BODY_BYTES_MAX`].
    pub(crate) body_bytes: usize,
}

impl Request {
    /// The first value of a header, its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the connection may carry another request after this one.
    pub(crate) fn keeps_alive(&self) -> bool {
        !self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Why no request could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The client went away or stayed silent; nothing to answer.
    #[error("the client closed the connection")]
    Closed,
    /// What arrived is not HTTP/1.1.
    #[error("the request is not valid HTTP/1.1")]
    Malformed,
}

/// Reads requests from one connection and keeps what arrived early.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) bytes: Vec<u8>,
}

impl Inbox {
    /// The next request of the connection, its body read whole.
    pub(crate) async fn next(&mut self, stream: &mut TcpStream) -> Result<Request, ReadError> {
        let (mut request, framing) = loop {
            if let Some(parsed) = self.take_head()? {
                break parsed;
            }
            if self.bytes.len() > HEAD_BYTES_MAX {
                return Err(ReadError::Malformed);
            }
            self.fill(stream).await?;
        };
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            let sent = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            sent.map_err(|_| ReadError::Closed)?;
        }
        match framing {
            Framing::Length(length) => self.take_body(stream, &mut request, length).await?,
            Framing::Chunked => self.take_chunks(stream, &mut request).await?,
        }
        Ok(request)
    }

    fn take_head(&mut self) -> Result<Option<(Request, Framing)>, ReadError> {
        let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut slots);
        let status = head.parse(&self.bytes).map_err(|_| ReadError::Malformed)?;
        let httparse::Status::Complete(head_bytes) = status else { return Ok(None) };
        let target = head.path.unwrap_or("/");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = head.headers.iter().map(|header| {
            (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).trim().to_owned())
        });
        let request = Request {
            method: head.method.unwrap_or("").to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
            body: Vec::new(),
            body_bytes: 0,
        };
        let chunked = request.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
        let framing = match request.header("content-length") {
            _ if chunked => Framing::Chunked,
            Some(length) => Framing::Length(length.parse().map_err(|_| ReadError::Malformed)?),
            None => Framing::Length(0),
        };
        self.bytes.drain(..head_bytes);
        Ok(Some((request, framing)))
    }

    async fn take_body(
        &mut self,
        stream: &mut TcpStream,
        into: &mut Request,
        length: usize,
    ) -> Result<(), ReadError> {
        into.body_bytes += length;
        let mut missing = length;
        while missing > 0 {
            if self.bytes.is_empty() {
                self.fill(stream).await?;
            }
            let taken = missing.min(self.bytes.len());
            let room = BODY_BYTES_MAX.saturating_sub(into.body.len()).min(taken);
            into.body.extend_from_slice(&self.bytes[..room]);
            self.bytes.drain(..taken);
            missing -= taken;
        }
        Ok(())
    }

    async fn take_chunks(&mut self, stream: &mut TcpStream, into: &mut Request) -> Result<(), ReadError> {
        loop {
            let line = self.take_line(stream).await?;
            let size = line.split(';').next().unwrap_or("").trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(|_| ReadError::Malformed)?;
            if size == 0 {
                while !self.take_line(stream).await?.is_empty() {}
                return Ok(());
            }
            self.take_body(stream, into, size).await?;
            if !self.take_line(stream).await?.is_empty() {
                return Err(ReadError::Malformed);
            }
        }
    }

    async fn take_line(&mut self, stream: &mut TcpStream) -> Result<String, ReadError> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.bytes.len() > HEAD_BYTES_MAX {
                return Err(ReadError::Malformed);
            }
            self.fill(stream).await?;
        }
    }

    async fn fill(&mut self, stream: &mut TcpStream) -> Result<(), ReadError> {
        let reading = read_some(stream, &mut self.bytes);
        match tokio::time::timeout(READ_IDLE_MAX, reading).await {
            Ok(Ok(bytes)) if bytes > 0 => Ok(()),
            Ok(_) | Err(_) => Err(ReadError::Closed),
        }
    }
}

enum Framing {
    Length(usize),
    Chunked,
}

async fn read_some(stream: &TcpStream, into: &mut Vec<u8>) -> std::io::Result<usize> {
    loop {
        stream.readable().await?;
        into.reserve(READ_CHUNK_BYTES);
        match stream.try_read_buf(into) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            result => return result,
        }
    }
}
