//! Sends a plan: the head, then every step at its time and in the pieces that the transport knobs ask for.

use std::time::Duration;

use tokio::time::Instant;

use super::conn::{Conn, Gone};
use super::event::{Accumulated, Event};
use super::knobs::Transport;
use super::log::Ending;
use super::plan::{Cut, HttpReply, Step};
use super::request::tokens_of_bytes;
use super::wire;

/// What to do with the connection after a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// It may carry the next request.
    KeepOpen,
    /// Close it.
    Close,
}

/// How a response went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Played {
    pub(crate) ending: Ending,
    pub(crate) after: After,
    pub(crate) events: u64,
    pub(crate) deltas: u64,
    pub(crate) output_tokens: usize,
}

/// Why playing stopped early.
enum Halt {
    Left,
    Cut(Cut),
}

impl From<Gone> for Halt {
    fn from(_: Gone) -> Self {
        Self::Left
    }
}

/// Writes one response to one connection.
pub(crate) struct Player<'a> {
    conn: &'a mut Conn,
    transport: &'a Transport,
    /// What happens when the body reaches `bytes_max`.
    cut_at_max: Cut,
    waiting: Vec<u8>,
    body_bytes: u64,
    /// When the next delta is due.
    due: Instant,
    events: u64,
    deltas: u64,
    output_bytes: usize,
    output_tokens_reported: Option<usize>,
}

impl<'a> Player<'a> {
    pub(crate) fn new(conn: &'a mut Conn, transport: &'a Transport, cut_at_max: Cut) -> Self {
        conn.tcp_bytes = transport.tcp_bytes;
        Self {
            conn,
            transport,
            cut_at_max,
            waiting: Vec::new(),
            body_bytes: 0,
            due: Instant::now(),
            events: 0,
            deltas: 0,
            output_bytes: 0,
            output_tokens_reported: None,
        }
    }

    /// Streams a message as server-sent events.
    ///
    /// `hints` are bytes written before the head, such as an informational response.
    pub(crate) async fn stream(
        &mut self,
        hints: &[u8],
        headers: &[(String, String)],
        steps: &[Step],
    ) -> Played {
        let outcome = self.stream_steps(hints, headers, steps).await;
        self.ended(outcome).await
    }

    /// Answers with the message that the steps add up to, after the time the stream would have taken.
    pub(crate) async fn json(
        &mut self,
        hints: &[u8],
        headers: &[(String, String)],
        steps: &[Step],
        refuse: JsonError<'_>,
    ) -> Played {
        let outcome = match self.conn.write(hints).await {
            Ok(()) => self.json_of_steps(headers, steps, refuse).await,
            Err(gone) => Err(gone.into()),
        };
        self.ended(outcome).await
    }

    /// Sends a plain response; `headers` hold those of the reply as well.
    pub(crate) async fn plain(&mut self, headers: &[(String, String)], reply: &HttpReply) -> Played {
        let outcome = self.write_whole(reply.status, headers, &reply.body).await;
        self.ended(outcome).await
    }

    /// Ends the connection in place of a response.
    pub(crate) async fn cut(&mut self, cut: Cut) -> Played {
        self.ended(Err(Halt::Cut(cut))).await
    }

    async fn stream_steps(
        &mut self,
        hints: &[u8],
        headers: &[(String, String)],
        steps: &[Step],
    ) -> Result<(), Halt> {
        self.conn.write(hints).await?;
        self.conn.sleep_until(Instant::now() + self.transport.ttft).await?;
        self.conn.write(&wire::head(200, headers, None)).await?;
        self.due = Instant::now();
        for step in steps {
            self.play(step).await?;
        }
        self.flush().await?;
        Ok(self.conn.write(wire::LAST_CHUNK).await?)
    }

    async fn play(&mut self, step: &Step) -> Result<(), Halt> {
        match step {
            Step::Pause(time) => {
                self.flush().await?;
                self.due = Instant::now().max(self.due) + *time;
                self.wait().await?;
            }
            Step::Cut(cut) => {
                self.flush().await?;
                return Err(Halt::Cut(*cut));
            }
            Step::Event(_) | Step::Stamp { .. } | Step::Foreign { .. } | Step::Raw(_) => {
                if step.is_delta() && self.deltas > 0 && !self.transport.interval.is_zero() {
                    self.due += self.transport.interval;
                    self.wait().await?;
                }
                self.emit(step).await?;
            }
        }
        Ok(())
    }

    async fn emit(&mut self, step: &Step) -> Result<(), Halt> {
        let bytes = wire::frame(step, self.transport, self.events);
        self.waiting.extend_from_slice(&bytes);
        if self.waiting.len() >= self.transport.coalesce_bytes {
            self.flush().await?;
        }
        self.events += u64::from(step.is_event());
        self.deltas += u64::from(step.is_delta());
        self.count(step);
        Ok(())
    }

    /// Counts output by its pieces, until the final usage says what it was.
    fn count(&mut self, step: &Step) {
        self.output_tokens_reported = reported_tokens(step).or(self.output_tokens_reported);
        self.output_bytes += output_bytes(step);
    }

    /// Waits until the next delta is due, sending the pings of a silence.
    async fn wait(&mut self) -> Result<(), Halt> {
        while !self.transport.ping.is_zero() && Instant::now() + self.transport.ping < self.due {
            self.conn.sleep_until(Instant::now() + self.transport.ping).await?;
            let ping = wire::frame(&Step::Event(Event::Ping {}), self.transport, self.events);
            self.waiting.extend_from_slice(&ping);
            self.events += 1;
            self.flush().await?;
        }
        Ok(self.conn.sleep_until(self.due).await?)
    }

    /// Writes what is waiting, split into chunks, up to the byte at which the body is to break off.
    async fn flush(&mut self) -> Result<(), Halt> {
        let mut bytes = std::mem::take(&mut self.waiting);
        let room = self.transport.bytes_max.map_or(u64::MAX, |max| max - self.body_bytes);
        let cuts = bytes.len() as u64 >= room && self.transport.bytes_max.is_some();
        if cuts {
            bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        }
        self.body_bytes += bytes.len() as u64;
        let piece =
            if self.transport.split_bytes == 0 { bytes.len().max(1) } else { self.transport.split_bytes };
        for part in bytes.chunks(piece) {
            self.conn.write(&wire::chunk(part)).await?;
        }
        if cuts { Err(Halt::Cut(self.cut_at_max)) } else { Ok(()) }
    }

    async fn json_of_steps(
        &mut self,
        headers: &[(String, String)],
        steps: &[Step],
        refuse: JsonError<'_>,
    ) -> Result<(), Halt> {
        let deltas = u32::try_from(steps.iter().filter(|step| step.is_delta()).count()).unwrap_or(u32::MAX);
        let pauses: Duration =
            steps.iter().map(|step| if let Step::Pause(time) = step { *time } else { Duration::ZERO }).sum();
        let whole =
            self.transport.ttft + pauses + self.transport.interval.saturating_mul(deltas.saturating_sub(1));
        self.conn.sleep_until(Instant::now() + whole).await?;
        let mut message = Accumulated::default();
        for step in steps {
            match step {
                Step::Cut(Cut::Eof) => break,
                Step::Cut(cut) => return Err(Halt::Cut(*cut)),
                Step::Event(_) | Step::Stamp { .. } | Step::Foreign { .. } => {
                    message.apply(&wire::value_of(step))
                }
                Step::Raw(_) | Step::Pause(_) => {}
            }
            self.count(step);
        }
        if let Some(error) = &message.error {
            let (status, body) = refuse(error);
            return self.write_whole(status, headers, &body).await;
        }
        self.write_whole(200, headers, message.message.to_string().as_bytes()).await
    }

    async fn write_whole(
        &mut self,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<(), Halt> {
        // Head and body in one write: a client that reads once then gets both.
        let mut bytes = wire::head(status, headers, Some(body.len()));
        bytes.extend_from_slice(body);
        Ok(self.conn.write(&bytes).await?)
    }

    async fn ended(&mut self, outcome: Result<(), Halt>) -> Played {
        let (ending, after) = match outcome {
            Ok(()) => (Ending::Done, After::KeepOpen),
            Err(Halt::Left) => (Ending::Aborted, After::Close),
            Err(Halt::Cut(cut)) => self.end_by(cut).await,
        };
        let output_tokens = self.output_tokens_reported.unwrap_or(tokens_of_bytes(self.output_bytes));
        Played { ending, after, events: self.events, deltas: self.deltas, output_tokens }
    }

    async fn end_by(&mut self, cut: Cut) -> (Ending, After) {
        match cut {
            Cut::Reset => self.conn.arm_reset(),
            Cut::Truncate => {}
            Cut::Eof => match self.conn.write(wire::LAST_CHUNK).await {
                Ok(()) => return (Ending::Cut, After::KeepOpen),
                Err(Gone) => return (Ending::Aborted, After::Close),
            },
            Cut::Stall => {
                self.conn.hang().await;
                return (Ending::Aborted, After::Close);
            }
        }
        (Ending::Cut, After::Close)
    }
}

/// Makes the refusal that a non-streaming client gets for an `error` event.
pub(crate) type JsonError<'a> = &'a (dyn Fn(&serde_json::Value) -> (u16, Vec<u8>) + Sync);

fn reported_tokens(step: &Step) -> Option<usize> {
    let Step::Event(Event::MessageDelta(end)) = step else { return None };
    end.usage.as_ref()?["output_tokens"].as_u64().and_then(|tokens| usize::try_from(tokens).ok())
}

fn output_bytes(step: &Step) -> usize {
    match step {
        Step::Event(Event::ContentBlockDelta { delta, .. }) => delta.output_bytes(),
        Step::Stamp { .. } => wire::STAMP_BYTES,
        Step::Foreign { data, .. } => ["text", "thinking", "partial_json"]
            .iter()
            .filter_map(|key| data["delta"][key].as_str())
            .map(str::len)
            .sum(),
        Step::Event(_) | Step::Raw(_) | Step::Pause(_) | Step::Cut(_) => 0,
    }
}
