//! A stand-in of the Messages API whose replies the generator itself writes: each delta leaves when it is due, and its text is
//! as long as anyone's payload. The other stand-in (`sim-upstream`) stamps shorter ones, in a process of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context, bail};

/// Time that a prompt has to arrive here.
const PROMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// What it calls its model.
pub(crate) const MODEL: &str = "bench";
/// What comes before a reply's first delta.
const BEGIN: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",",
    "\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,",
    "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,",
    "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
);
/// What comes after its last.
const END: &str = concat!(
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",",
    "\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

/// The stand-in: whoever asks it gets the beginning of a reply, and the socket is handed over.
pub(crate) struct Model {
    /// Where it listens, as `host:port`.
    pub(crate) address: String,
    asked: Receiver<TcpStream>,
}

impl Model {
    /// Listens in threads of its own, which end with the connections.
    pub(crate) fn start() -> anyhow::Result<Model> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                // A connection that breaks is the other side's to notice.
                std::thread::spawn(move || drop(serve(socket, &sender)));
            }
        });
        Ok(Model { address, asked })
    }

    /// The next so many replies that were asked for.
    pub(crate) fn replies(&self, count: usize) -> anyhow::Result<Vec<TcpStream>> {
        (0..count).map(|_| self.asked.recv_timeout(PROMPT_TIMEOUT).context("no prompt came")).collect()
    }
}

/// One piece of a reply, as a chunk of its body.
pub(crate) fn delta(out: &mut Vec<u8>, text: &str) {
    chunk(
        out,
        &format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\
             \"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n"
        ),
    );
}

/// The end of a reply.
pub(crate) fn end() -> Vec<u8> {
    let mut out = Vec::new();
    chunk(&mut out, END);
    out.extend(b"0\r\n\r\n");
    out
}

fn chunk(out: &mut Vec<u8>, text: &str) {
    out.extend(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes());
}

/// Answers what is asked on one connection, until it is asked for a reply.
fn serve(mut socket: TcpStream, asked: &Sender<TcpStream>) -> anyhow::Result<()> {
    socket.set_nodelay(true)?;
    loop {
        let head = request(&mut socket)?;
        if head.starts_with("POST /v1/messages ") {
            let mut answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
                    .to_vec();
            chunk(&mut answer, BEGIN);
            socket.write_all(&answer)?;
            return Ok(asked.send(socket)?);
        }
        let list = format!(r#"{{"data":[{{"id":"{MODEL}"}}],"has_more":false}}"#);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        socket.write_all(format!("{head} {}\r\n\r\n{list}", list.len()).as_bytes())?;
    }
}

/// Reads a request and drops its body; returns its head.
fn request(socket: &mut TcpStream) -> anyhow::Result<String> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let read = socket.read(&mut part)?;
        if read == 0 {
            bail!("closed");
        }
        bytes.extend(&part[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:").and_then(|length| length.trim().parse::<usize>().ok())
        });
        let rest = (end + 4 + length.unwrap_or(0)).saturating_sub(bytes.len());
        std::io::copy(&mut socket.take(rest as u64), &mut std::io::sink())?;
        return Ok(head);
    }
}
