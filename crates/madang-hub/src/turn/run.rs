//! Reading one reply of the model: rolling up, counting, going on after a pause.

use std::time::Duration;

use futures_util::StreamExt;
use madang_model::{ModelError, Reply, StreamItem};
use madang_protocol::limits::EVENT_BYTES_MAX;
use madang_protocol::{ErrorCode, PartKind};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::line::{Line, refused};
use super::{Block, Claims, End, Piece, Update, Work, input_tokens, message_of, weight};
use crate::budget::Plan;
use crate::pool::Ask;

/// Times that a reply paused by the upstream is continued in one turn.
const CONTINUATIONS_MAX: u32 = 8;
/// Bytes that a reply's parts may take as JSON text: the final event holds its text twice and must stay below the
/// limit of stored events. A real reply has a fifth of it; one that passes it is cut off and fails.
const REPLY_BYTES_MAX: usize = EVENT_BYTES_MAX / 4;
/// Bytes that a reply's whole blocks may take, signatures included: they are one record. Beyond, it fails.
const BLOCKS_BYTES_MAX: usize = EVENT_BYTES_MAX / 2;
/// Bytes of text that are rolled up into one piece; it is sent at once then.
const PIECE_BYTES_MAX: usize = 32 * 1024;

/// The session stopped listening.
pub(super) struct Stopped;

/// A block that is being written.
struct Open {
    index: u32,
    part: Option<u32>,
    kind: PartKind,
    name: Option<String>,
    tool_use_id: Option<String>,
    begun: Instant,
}

pub(super) struct Run {
    sender: mpsc::Sender<Update>,
    rollup: Duration,
    /// What waits to be sent, and until when.
    waiting: Option<(Piece, Instant)>,
    first_sent: bool,
    /// Open blocks; usually one.
    open: Vec<Open>,
    /// Parts shown so far.
    parts: u32,
    /// JSON bytes of the parts, and bytes of the whole blocks.
    bytes: (usize, usize),
    claims: Claims,
    /// What is asked now: the model, and the tokens sent.
    asking: (String, u64),
}

impl Run {
    pub(super) fn new(sender: mpsc::Sender<Update>, rollup_ms: u64, claims: Claims) -> Self {
        Run {
            sender,
            rollup: Duration::from_millis(rollup_ms),
            waiting: None,
            first_sent: false,
            open: Vec::new(),
            parts: 0,
            bytes: (0, 0),
            claims,
            asking: Default::default(),
        }
    }

    /// Waits for its turn, then reads the reply to its end; goes on after a pause of the upstream.
    pub(super) async fn answer(&mut self, work: Work) -> Result<(), Stopped> {
        let Work { model, mut request, door, budgets, payer, .. } = work;
        let ask = Ask { person: payer.user, model: request.model.as_str().into(), tokens: weight(&request) };
        let mut line = match door.enter(ask) {
            Ok(pass) => Line::new(pass),
            Err(error) => return self.fail(error).await,
        };
        if let Err(error) = line.turn(&self.sender).await? {
            return self.fail(error).await;
        }
        let wanted = request.max_tokens;
        for round in 1.. {
            self.asking = (request.model.clone(), input_tokens(&request));
            let plan = Plan { model: &request.model, input_tokens: self.asking.1, max_tokens: wanted };
            match budgets.claim(payer, plan).await {
                Ok(claim) => {
                    request.max_tokens = claim.max_tokens;
                    self.claims.lock().push(claim);
                }
                Err(rejection) => return self.fail(refused(rejection)).await,
            }
            self.asked().await?;
            let mut blocks = Vec::new();
            let ended = self.read(model.reply(request.clone()), &mut line, &mut blocks).await?;
            let Some((stop_reason, explanation)) = ended else { return Ok(()) };
            let goes_on = stop_reason == "pause_turn" && round < CONTINUATIONS_MAX;
            let Some(message) = message_of(&mut blocks).filter(|_| goes_on) else {
                return self.send(Update::End(End::Done { stop_reason, explanation })).await;
            };
            self.send(Update::Continued { message: message.clone() }).await?;
            request.messages.push(message);
        }
        Ok(())
    }

    /// Reads one upstream reply; none when it failed, which has been told.
    async fn read(
        &mut self,
        mut reply: Reply,
        line: &mut Line,
        blocks: &mut Vec<Block>,
    ) -> Result<Option<(String, Option<String>)>, Stopped> {
        self.open.clear();
        loop {
            let item = match self.waiting.as_ref().map(|(_, due)| *due) {
                None => reply.next().await,
                Some(due) => tokio::select! {
                    biased;
                    item = reply.next() => item,
                    () = sleep_until(due) => { self.flush().await?; continue }
                },
            };
            let error = match item {
                Some(Ok(item)) if self.is_too_long(&item) => too_long(),
                Some(Ok(StreamItem::Ended { stop_reason, explanation })) => {
                    self.flush().await?;
                    return Ok(Some((stop_reason, explanation)));
                }
                Some(Ok(StreamItem::Waiting { code, retry_after_ms, attempt })) => {
                    match line.again(&self.sender, code, retry_after_ms, attempt).await? {
                        Ok(()) => {
                            self.asked().await?;
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                Some(Ok(StreamItem::PartEnded { index, raw })) => {
                    self.end_block(index, raw, blocks).await?;
                    continue;
                }
                Some(Ok(item)) => {
                    self.item(item, line).await?;
                    continue;
                }
                Some(Err(error)) => {
                    line.failed(&error);
                    error
                }
                None => unfinished(),
            };
            self.fail(error).await?;
            return Ok(None);
        }
    }

    /// Says that a request is made.
    async fn asked(&self) -> Result<(), Stopped> {
        let (model, sent_tokens) = self.asking.clone();
        self.send(Update::Asked { model, sent_tokens }).await
    }

    async fn fail(&mut self, error: ModelError) -> Result<(), Stopped> {
        self.flush().await?;
        self.send(Update::End(End::Failed(error))).await
    }

    /// Counts an item; whether the reply passes a limit with it.
    fn is_too_long(&mut self, item: &StreamItem) -> bool {
        let (parts, blocks) = match item {
            StreamItem::PartStarted { name, tool_use_id, .. } => {
                let texts = [name, tool_use_id].into_iter().flatten();
                (texts.map(|text| json_bytes(text)).sum(), 0)
            }
            StreamItem::Delta { content, .. } => (json_bytes(content), 0),
            StreamItem::Citation { json, .. } => (json_bytes(json), 0),
            StreamItem::PartEnded { raw, .. } => (0, raw.get().len()),
            StreamItem::Waiting { .. }
            | StreamItem::Started { .. }
            | StreamItem::Usage { .. }
            | StreamItem::Ended { .. } => (0, 0),
        };
        self.bytes = (self.bytes.0 + parts, self.bytes.1 + blocks);
        self.bytes.0 > REPLY_BYTES_MAX || self.bytes.1 > BLOCKS_BYTES_MAX
    }

    async fn item(&mut self, item: StreamItem, line: &mut Line) -> Result<(), Stopped> {
        match item {
            StreamItem::Started { upstream_id, request_id, model } => {
                line.answered();
                self.send(Update::Started { upstream_id, request_id, model }).await
            }
            StreamItem::Usage { usage, raw } => self.send(Update::Usage { usage, raw }).await,
            StreamItem::PartStarted { index, kind, name, tool_use_id } => {
                self.flush().await?;
                let shows = !matches!(kind, PartKind::Text | PartKind::Thinking);
                self.open.push(Open { index, part: None, kind, name, tool_use_id, begun: Instant::now() });
                // A tool's call is worth seeing before its input is written.
                if shows { self.show_empty(index).await } else { Ok(()) }
            }
            StreamItem::Delta { index, content } => self.delta(index, content).await,
            StreamItem::Citation { index, json } => {
                self.flush().await?;
                if self.open.iter().any(|open| open.index == index && open.part.is_none()) {
                    self.show_empty(index).await?;
                }
                let part = self.open.iter().find(|open| open.index == index).and_then(|open| open.part);
                match part {
                    Some(part) => self.send(Update::Citation { part, json }).await,
                    None => Ok(()),
                }
            }
            // Handled by the caller.
            StreamItem::PartEnded { .. } | StreamItem::Waiting { .. } | StreamItem::Ended { .. } => Ok(()),
        }
    }

    /// A piece of an open block, which becomes a part with its first one.
    fn piece(&mut self, index: u32, content: String) -> Option<Piece> {
        let open = self.open.iter_mut().find(|open| open.index == index)?;
        let part = *open.part.get_or_insert(self.parts);
        self.parts = self.parts.max(part + 1);
        let (name, tool_use_id) = (open.name.clone(), open.tool_use_id.clone());
        Some(Piece { part, kind: open.kind, name, tool_use_id, content })
    }

    async fn show_empty(&mut self, index: u32) -> Result<(), Stopped> {
        match self.piece(index, String::new()) {
            Some(piece) => self.send(Update::Piece(piece)).await,
            None => Ok(()),
        }
    }

    async fn delta(&mut self, index: u32, content: String) -> Result<(), Stopped> {
        let part = self.open.iter().find(|open| open.index == index).and_then(|open| open.part);
        if let Some((piece, due)) = self.waiting.as_mut().filter(|(piece, _)| Some(piece.part) == part) {
            piece.content.push_str(&content);
            // An upstream that is always ready would never let the timer have its turn.
            let full = piece.content.len() >= PIECE_BYTES_MAX || *due <= Instant::now();
            return if full { self.flush().await } else { Ok(()) };
        }
        self.flush().await?;
        let Some(piece) = self.piece(index, content) else { return Ok(()) };
        if !self.first_sent || self.rollup.is_zero() {
            self.first_sent = true;
            return self.send(Update::Piece(piece)).await;
        }
        self.waiting = Some((piece, Instant::now() + self.rollup));
        Ok(())
    }

    async fn end_block(
        &mut self,
        index: u32,
        raw: Box<RawValue>,
        blocks: &mut Vec<Block>,
    ) -> Result<(), Stopped> {
        self.flush().await?;
        let place = self.open.iter().position(|open| open.index == index);
        let open = place.map(|place| self.open.remove(place));
        let elapsed = open.as_ref().map_or(Duration::ZERO, |open| open.begun.elapsed());
        let duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let block = Block { index, part: open.and_then(|open| open.part), raw };
        blocks.push(block.clone());
        self.send(Update::BlockEnded { block, duration_ms }).await
    }

    async fn flush(&mut self) -> Result<(), Stopped> {
        match self.waiting.take() {
            Some((piece, _)) => self.send(Update::Piece(piece)).await,
            None => Ok(()),
        }
    }

    async fn send(&self, update: Update) -> Result<(), Stopped> {
        self.sender.send(update).await.map_err(|_| Stopped)
    }
}

/// Bytes that a text takes inside JSON.
fn json_bytes(text: &str) -> usize {
    let escaped = text.bytes().map(|byte| match byte {
        b'"' | b'\\' => 2,
        0..=31 => 6,
        _ => 1,
    });
    escaped.sum()
}

fn broken(message: &str, detail: &str) -> ModelError {
    ModelError {
        code: ErrorCode::ModelUnavailable,
        message: message.into(),
        retry_after_ms: None,
        detail: detail.into(),
        request_id: None,
    }
}

/// A model that ends its stream without saying so broke its contract; the person is told what it means for them.
pub(crate) fn unfinished() -> ModelError {
    broken("Claude's reply broke off.", "the model's stream ended without an end")
}

fn too_long() -> ModelError {
    broken(
        "Claude's reply is longer than a reply can be and was cut off.",
        "the reply passed a limit of bytes",
    )
}
