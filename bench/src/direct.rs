//! The same stream read directly from the stand-in: what the server's own delays are added to.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{now_us, stamps};
use crate::stats::Samples;

/// What one stream showed.
#[derive(Default)]
pub(crate) struct Seen {
    /// From the prompt to the first delta.
    pub(crate) first: Samples,
    /// Age of each later delta.
    pub(crate) ages: Samples,
    /// Bytes of the delta events, as the upstream sends them; or of the frames that a viewer gets.
    pub(crate) bytes: u64,
}

impl Seen {
    pub(crate) fn merge(&mut self, other: Seen) {
        self.first.merge(other.first);
        self.ages.merge(other.ages);
        self.bytes += other.bytes;
    }

    /// Takes the stamps of one read.
    pub(crate) fn take(&mut self, begun_us: u64, stamps: impl Iterator<Item = u64>) {
        let now = now_us();
        for stamp in stamps {
            match self.first.len() {
                0 => self.first.add(now.saturating_sub(begun_us)),
                _ => self.ages.add(now.saturating_sub(stamp)),
            }
        }
    }
}

/// Asks the stand-in itself and reads the reply to its end.
pub(crate) async fn stream(address: &str, model: &str) -> anyhow::Result<Seen> {
    let body = format!(
        r#"{{"model":"{model}","max_tokens":32000,"stream":true,"messages":[{{"role":"user","content":"Go."}}]}}"#
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: {address}\r\nauthorization: Bearer made-up-key\r\n\
         anthropic-version: 2026-10-21\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let begun = now_us();
    stream.write_all(head.as_bytes()).await?;
    let mut seen = Seen::default();
    let mut buffer = Vec::with_capacity(1 << 16);
    let mut done = 0;
    loop {
        if stream.read_buf(&mut buffer).await? == 0 {
            bail!("the stand-in closed early");
        }
        // Whole events only: one may be cut by a read.
        let Some(end) = buffer.windows(2).rposition(|two| two == b"\n\n") else { continue };
        let text = std::str::from_utf8(&buffer[done..end + 2]).context("not text")?;
        seen.take(begun, stamps(text, r#""text":""#));
        let deltas = text.split("\n\n").filter(|event| event.contains("content_block_delta"));
        seen.bytes += deltas.map(|event| event.len() as u64 + 2).sum::<u64>();
        if text.contains("message_stop") {
            return Ok(seen);
        }
        done = end + 2;
    }
}
