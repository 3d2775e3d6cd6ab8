//! A server that says exactly the bytes it is told, for what no well-behaved stand-in does.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens after the last byte of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// The connection is closed, which ends the body.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing, until the client leaves.
    Hang,
}

/// One answer, byte for byte.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) split: usize,
    pub(crate) then: Then,
}

impl Answer {
    /// A stream of events.
    pub(crate) fn stream(events: impl AsRef<[u8]>) -> Self {
        let mut bytes =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_1\r\n\r\n".to_vec();
        bytes.extend_from_slice(events.as_ref());
        Self { bytes, split: usize::MAX, then: Then::Close }
    }

    /// Some status with headers (each ended by CRLF) and a body.
    pub(crate) fn status(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{body}");
        Self { bytes: text.into_bytes(), split: usize::MAX, then: Then::Close }
    }

    pub(crate) fn split(self, split: usize) -> Self {
        Self { split, ..self }
    }

    pub(crate) fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: String,
}

/// The server. It answers `/v1/models` with the list, or 404 without one, and everything else with the next answer.
pub(crate) struct Server {
    pub(crate) base_url: String,
    plan: Arc<Plan>,
    left: watch::Receiver<usize>,
}

struct Plan {
    answers: Mutex<VecDeque<Answer>>,
    models: Option<String>,
    seen: Mutex<Vec<Seen>>,
    left: watch::Sender<usize>,
}

impl Server {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>, models: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let (left, receiver) = watch::channel(0);
        let plan = Arc::new(Plan {
            answers: Mutex::new(answers.into_iter().collect()),
            models: models.map(str::to_owned),
            seen: Mutex::default(),
            left,
        });
        let shared = plan.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, shared.clone()));
            }
        });
        Self { base_url, plan, left: receiver }
    }

    /// Begins anew with other answers.
    pub(crate) fn restart(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.plan.answers.lock() = answers.into_iter().collect();
        self.plan.seen.lock().clear();
    }

    /// The requests for replies so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen_at("POST /v1/messages ")
    }

    /// The requests for the list of models so far.
    pub(crate) fn seen_lists(&self) -> Vec<Seen> {
        self.seen_at("GET /v1/models")
    }

    /// The requests so far whose first line begins so.
    pub(crate) fn seen_at(&self, start: &str) -> Vec<Seen> {
        self.plan.seen.lock().iter().filter(|seen| seen.head.starts_with(start)).cloned().collect()
    }

    /// Waits until a client left an answer that hangs.
    pub(crate) async fn client_left(&mut self) {
        self.left.wait_for(|left| *left > 0).await.unwrap();
    }
}

async fn serve(mut socket: TcpStream, plan: Arc<Plan>) {
    socket.set_nodelay(true).unwrap();
    let Some(seen) = read(&mut socket).await else { return };
    let is_list = seen.head.starts_with("GET /v1/models");
    plan.seen.lock().push(seen);
    let answer = if is_list {
        match &plan.models {
            Some(models) => Answer::status(200, "content-type: application/json\r\n", models),
            None => Answer::status(404, "", "404 page not found"),
        }
    } else {
        plan.answers.lock().pop_front().unwrap_or_else(|| Answer::status(418, "", "no answer left"))
    };
    for chunk in answer.bytes.chunks(answer.split) {
        if socket.write_all(chunk).await.is_err() {
            return;
        }
        if answer.split < 1024 {
            // Lets the client read before the next write, so that it sees the split.
            tokio::task::yield_now().await;
        }
    }
    match answer.then {
        Then::Close => drop(socket.shutdown().await),
        Then::Reset => socket.set_zero_linger().unwrap(),
        Then::Hang => {
            drop(socket.read(&mut [0; 64]).await);
            plan.left.send_modify(|left| *left += 1);
        }
    }
}

async fn read(socket: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let length = socket.read(&mut chunk).await.ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&chunk[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let announced = head.to_lowercase();
        let announced = announced.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        if body.len() >= announced.map_or(0, |length| length.trim().parse().unwrap()) {
            return Some(Seen { head: head.to_owned(), body: body.to_owned() });
        }
    }
}
